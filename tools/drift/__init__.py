"""Drift: what differs at the cloud from what was deployed, who changed it, how it is adopted and how it is taken back."""
