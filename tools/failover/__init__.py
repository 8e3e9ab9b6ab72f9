"""Disaster recovery: another instance takes over, and the first serves again; each a plan of steps that can be gone on with.

What is done at the cloud, what is written into Pulumi's state, and what the settings say afterwards belong together: no one of
the three is done by hand.
"""
