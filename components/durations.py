"""Durations as Google's APIs want them."""

from __future__ import annotations

DAY = 86400
"""Seconds in a day."""


def days(count: int) -> str:
    """So many days as the APIs write durations: seconds with an s."""
    return f"{count * DAY}s"
