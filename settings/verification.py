"""The weekly proof that the main database's backups can be brought back."""

from __future__ import annotations

from .section import ResourceName, Section, setting
from .timeseries import Cron

WORKLOAD = "backup-verifier"
"""The workload, of `identities`, that does it."""


class Verification(Section):
    """A Job that brings the newest backup back into a throw-away instance, reads it, and takes the instance away."""

    schedule: Cron = setting("0 7 * * 2", "§10.1: weekly backup verification tests", unit="cron, UTC")
    """When."""
    newest_hours: int = setting(26, "§10.1: automated daily backups", unit="hours", ge=1, le=168)
    """How old the newest backup may be."""
    hours: int = setting(4, "§10.2: within the RTO", unit="hours", ge=1, le=24)
    """How long it may take: what takes longer would not be back in time either."""
    bucket: ResourceName = setting("backups", "§7.1, §10.1")
    """The bucket, of `storage.buckets`, that evidence is kept in."""
    folder: str = setting("database/postgresql/verification/", "§7.1")
    """The folder of it."""
