"""The weekly proofs that backups of the main database, of the search engine and of the caches can be brought back."""

from __future__ import annotations

from pydantic import Field

from .section import ResourceName, Section, setting
from .storage import Folder
from .timeseries import Cron

WORKLOAD = "backup-verifier"
"""The workload, of `identities`, that does it for the main database."""
SEARCH_WORKLOAD = "search-verifier"
"""The one that does it for the search engine."""
SEARCH_USER = "search-verify"
"""Who it signs in as there, and the credential of it."""

CACHE_WORKLOAD = "cache-verifier"
"""The one that does it for the caches."""


class CacheVerification(Section):
    """A Job that brings the newest backup of a store in Memorystore back into a throw-away store beside it, with as many shards
    of as large nodes and no copies, counts its keys, and takes it away. The store is paid for meanwhile. It is there
    where the store has backups and `images.jobs` says what runs."""

    schedule: Cron = Field(json_schema_extra={"source": "§10.1: weekly backup verification tests", "unit": "cron, UTC"})
    """When: not while Memorystore takes a backup of its own, nor in its maintenance window."""
    newest_hours: int = setting(26, "§10.1: daily", unit="hours", ge=1, le=168)
    """How old the newest backup may be."""
    hours: int = setting(2, "design: to make a store takes a quarter of an hour", unit="hours", ge=1, le=24)
    """How long it may take."""


class SearchVerification(Section):
    """A Job that restores the newest snapshot of the search engine under another name, compares every document with the live
    index, and takes it away. It runs inside the cluster, and costs what the copy takes of the disks meanwhile."""

    schedule: Cron = setting("0 7 * * 4", "§10.1: weekly backup verification tests", unit="cron, UTC")
    """When: not while a snapshot is taken, which is `search.snapshots.schedule`."""
    newest_hours: int = setting(26, "§10.1: daily", unit="hours", ge=1, le=168)
    """How old the newest snapshot may be."""
    hours: int = setting(2, "design: an index of some gigabytes", unit="hours", ge=1, le=24)
    """How long it may take."""
    folder: Folder = setting("database/verification/elasticsearch/", "§7.1")
    """The folder of `verification.bucket` that evidence is kept in; not the snapshots' own, where Elasticsearch wants no other
    files."""


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
    search: SearchVerification = SearchVerification()
    """The same for the search engine."""
    cache: CacheVerification = CacheVerification(schedule="0 8 * * 2")
    """The same for the cache cluster of the primary region."""
    sessions: CacheVerification = CacheVerification(schedule="0 10 * * 2")
    """The same for the session store, where its form is valkey."""
    cache_folder: Folder = setting("redis/verification/", "§7.1")
    """The folder of `bucket` that the evidence of these two is kept in."""
