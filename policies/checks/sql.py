"""Checks of Cloud SQL instances."""

from __future__ import annotations

from ..rule import Check
from .properties import has, unless


def for_primaries(check: Check) -> Check:
    """Only instances that follow no other: a replica has no backups and no standby of its own."""
    return unless(has("masterInstanceName"), check)
