"""Checks of logs and alerts."""

from __future__ import annotations

from ..resources import Resource, Stack
from ..tokens import GRANTS


def writer_is_granted(sink: Resource, stack: Stack) -> str | None:
    """The sink's own identity may write to where it writes."""
    granted = any(property_ == "member" for _, property_ in stack.pointing_at(sink, *GRANTS))
    return None if granted else "nothing is granted to its writerIdentity"
