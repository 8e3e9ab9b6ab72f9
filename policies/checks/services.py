"""Checks of services beside the stores."""

from __future__ import annotations

from .properties import both, must_be

backup_plan_is_whole = both(
    *(must_be(f"backupConfig.{name}", True) for name in ("allNamespaces", "includeVolumeData", "includeSecrets"))
)
"""A backup has every object, every secret and every volume."""
