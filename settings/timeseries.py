"""The time series: TimescaleDB under Patroni on the Kubernetes clusters, its backups, and its standby in the other region.

How many members there are, and what each has of processors and memory, stands with the nodes: `kubernetes.clusters`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import StringConstraints, model_validator

from .section import NOT_LOOKED_UP, ImageReference, ResourceName, Section, setting

PATRONI = "https://patroni.readthedocs.io/en/latest/dynamic_configuration.html"
PGBACKREST = "https://pgbackrest.org/configuration.html"
POSTGRES = "https://www.postgresql.org/docs/15"
PUSH_SECONDS = 60
"""What the push of a finished segment to the bucket may take, on top of the wait for it to be full."""

Role = Literal["primary", "secondary"]
Cron = Annotated[str, StringConstraints(pattern=r"^(\S+ ){4}\S+$")]
"""When a job runs, in UTC: minute, hour, day of the month, month, day of the week."""
SiteName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,43}[a-z0-9]$")]
"""Short enough for a Service with a suffix, and for the label that a StatefulSet gives its pods."""
DatabaseName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]


class Volumes(Section):
    """The disks of each member. They grow in place, and never shrink: the API refuses it, because the data is on them."""

    data_gib: int = setting(5120, "§5.1: 5 TB", unit="GiB", ge=10, le=65536)
    """Data."""
    log_gib: int = setting(256, "design: a day of log beside what slots may keep", unit="GiB", ge=10, le=65536)
    """The write-ahead log."""


class Failover(Section):
    """When a standby takes over: Patroni's clocks."""

    ttl_seconds: int = setting(20, f"{PATRONI}: a failover in under 30 s", unit="seconds", ge=20, le=300)
    """After how long without a sign of life the leader's lock is free."""
    loop_wait_seconds: int = setting(5, PATRONI, unit="seconds", ge=1, le=60)
    """The pause between two looks at the state of things."""
    retry_timeout_seconds: int = setting(5, PATRONI, unit="seconds", ge=3, le=60)
    """How long the store and PostgreSQL are asked again before a leader steps down."""
    synchronous: bool = setting(True, "§10.2: no acknowledged row is lost in a failover")
    """Whether a commit waits for one standby to have it too."""
    lag_mib: int = setting(32, PATRONI, unit="MiB", ge=1, le=10240)
    """How far behind a standby may be and still take over, where commits do not wait."""
    start_seconds: int = setting(60, f"{PATRONI}: primary_start_timeout", unit="seconds", ge=10, le=600)
    """How long a crashed primary may recover before a standby takes over."""
    stop_seconds: int = setting(300, "design: hand over, then a last checkpoint", unit="seconds", ge=60, le=3600)
    """How long a member has to stop."""

    @model_validator(mode="after")
    def _clocks(self) -> Failover:
        needed = self.loop_wait_seconds + 2 * self.retry_timeout_seconds
        if needed > self.ttl_seconds:
            raise ValueError(
                f"loop_wait_seconds + 2 * retry_timeout_seconds is {self.loop_wait_seconds} + 2 * {self.retry_timeout_seconds} = "
                f"{needed}, more than ttl_seconds ({self.ttl_seconds}): a leader that is only slow would lose its lock"
            )
        return self


class Repository(Section):
    """pgBackRest: full, differential and incremental backups, and every segment of the log."""

    archive_timeout_seconds: int = setting(60, f"{POSTGRES}/runtime-config-wal.html", unit="seconds", ge=10, le=86400)
    """After how long a segment of the log is archived although it is not full."""
    full: Cron = setting("0 1 * * 0", "§10.1", unit="cron, UTC")
    """When everything is backed up."""
    differential: Cron = setting("0 1 * * 1-6", "§10.1", unit="cron, UTC")
    """When what changed since the last full backup is."""
    incremental: Cron = setting("0 7,13,19 * * *", "§10.1", unit="cron, UTC")
    """When what changed since the last backup of any kind is."""
    retained_full: int = setting(4, "§10.1: 30 days", unit="full backups", ge=1, le=520)
    """How many full backups are kept, with all that builds on them and the log between them."""
    processes: int = setting(4, PGBACKREST, unit="processes", ge=1, le=64)
    """How many files are compressed and sent at once."""
    hours: int = setting(20, "design: before the next day's", unit="hours", ge=1, le=168)
    """How long a backup may take."""


class Exports(Section):
    """Logical backups: pg_dump of a standby, streamed into the bucket."""

    schedule: Cron = setting("30 3 * * *", "§10.1: daily", unit="cron, UTC")
    """When."""
    hours: int = setting(20, "design: before the next day's", unit="hours", ge=1, le=168)
    """How long one may take."""


class RestoreTest(Section):
    """A restore that is run to see whether backups are any good."""

    schedule: Cron = setting("0 6 * * 3", "§10.1: automated restore testing, weekly", unit="cron, UTC")
    """When."""
    cpu: float = setting(2, "design", unit="vCPU", gt=0, le=64)
    """Processors of the server that is restored."""
    memory_gib: int = setting(8, "design", unit="GiB", ge=1, le=512)
    """Its memory."""
    hours: int = setting(6, "§10.2: within the RTO", unit="hours", ge=1, le=168)
    """How long it may take: what takes longer would not be back in time either."""


class Site(Section):
    """The members in one region."""

    name: SiteName
    """Patroni's scope, and what the names of members begin with."""
    stanza: SiteName
    """The folder in the repository that the site's own backups and log go to."""


def _default_sites() -> dict[Role, Site]:
    return {
        "primary": Site(name="alphintra-timeseries-db", stanza="alphintra-timeseries-db"),
        "secondary": Site(name="alphintra-timeseries-db-standby", stanza="alphintra-timeseries-db-standby"),
    }


class TimeSeries(Section):
    """The time-series database."""

    image: ImageReference = setting(
        f"docker.io/timescale/timescaledb-ha:pg15.18-ts2.28.3@{NOT_LOOKED_UP}",
        "§5.1: PostgreSQL 15, the newest TimescaleDB for it",
    )
    """PostgreSQL 15, TimescaleDB, Patroni and pgBackRest. The digest of zeros is no image's: it stands until somebody who reaches
    the registry looks up the tag's, and nothing is pulled in its place."""
    exporter_image: ImageReference = setting(
        "quay.io/prometheuscommunity/postgres-exporter:v0.20.1"
        "@sha256:ac5ec343104fae0e2d84a27bb8d69b38430a11910c5382cad85d478d2bab713e",
        "§11.1",
    )
    """The exporter of metrics."""
    database: DatabaseName = setting("alphintra_timeseries", "§5.2")
    """The database that the hypertables are in."""
    max_connections: int = setting(100, f"{POSTGRES}/runtime-config-connection.html", unit="connections", ge=25, le=5000)
    """Connections to each member."""
    clients: tuple[ResourceName, ...] = setting(("services", "jobs"), "§9.2")
    """The namespaces whose pods may connect."""
    rpo_minutes: int = setting(60, "§10.2: RPO < 1 hour", unit="minutes", ge=1, le=1440)
    """How much may be lost with a whole region."""
    rto_hours: int = setting(6, "§10.2: RTO < 6 hours", unit="hours", ge=1, le=168)
    """How long it may take to be back."""
    leader: Role = setting("primary", "§10.2: failover_mode manual")
    """The site that takes writes; others follow its archive. `make failover STORE=timeseries` and `make failback` write it: leave
    it to the two."""
    sites: dict[Role, Site] = setting(_default_sites(), "§10.2")
    """The members by the role of their region; one is made where `kubernetes.clusters` has a cluster."""
    volumes: Volumes = Volumes()
    """Disks."""
    failover: Failover = Failover()
    """Failover within a site."""
    repository: Repository = Repository()
    """Physical backups."""
    exports: Exports = Exports()
    """Logical backups."""
    restore_test: RestoreTest = RestoreTest()
    """Restores that are tried."""
    bucket: ResourceName = setting("timescaledb-repository", "§7.1, §10.1")
    """The bucket, of `storage.buckets`, that the repository is in."""
    repository_folder: Annotated[str, StringConstraints(pattern=r"^([a-z0-9-]+/)+$")] = setting(
        "database/timescaledb/repository/", "§7.1"
    )
    """The folder of it."""
    export_bucket: ResourceName = setting("backups", "§7.1, §10.1")
    """The bucket that logical backups go to."""
    export_folder: Annotated[str, StringConstraints(pattern=r"^([a-z0-9-]+/)+$")] = setting(
        "database/timescaledb/logical/", "§7.1"
    )
    """The folder of it."""

    @model_validator(mode="after")
    def _loses_no_more_than_promised(self) -> TimeSeries:
        waits, promised = self.repository.archive_timeout_seconds, self.rpo_minutes * 60
        if waits + PUSH_SECONDS > promised:
            raise ValueError(
                f"repository.archive_timeout_seconds is {waits}: with {PUSH_SECONDS} s for the push a row is in the other region "
                f"after {waits + PUSH_SECONDS} s, later than rpo_minutes ({self.rpo_minutes} * 60 = {promised} s)"
            )
        if self.restore_test.hours > self.rto_hours:
            raise ValueError(
                f"restore_test.hours is {self.restore_test.hours}, more than rto_hours ({self.rto_hours}): a restore that is "
                "too slow to keep the promise would pass"
            )
        return self

    @model_validator(mode="after")
    def _led(self) -> TimeSeries:
        if self.leader not in self.sites:
            raise ValueError(f"leader is {self.leader}, which is none of sites: {', '.join(self.sites)}")
        return self

    @model_validator(mode="after")
    def _sites_apart(self) -> TimeSeries:
        taken: dict[tuple[str, str], Role] = {}
        for role, site in self.sites.items():
            for what, value, why in (
                ("name", site.name, f"members of both would be called {site.name}-0, and one would answer for the other"),
                ("stanza", site.stanza, "after a promotion both would write one history into one folder"),
            ):
                other = taken.setdefault((what, value), role)
                if other != role:
                    raise ValueError(f"sites.{role}.{what} is {value}, as sites.{other}.{what} is: {why}; give it another")
        return self


PASSWORDS: Mapping[str, str] = {
    "superuser": "timeseries-superuser",
    "replication": "timeseries-replication",
    "rest-api": "timeseries-rest-api",
    "monitoring": "timeseries-monitoring",
    "export": "timeseries-export",
    "restore-test": "timeseries-restore-test",
    "migrations": "timeseries-migrations",
    "cache-warmer": "timeseries-cache-warmer",
}
"""The passwords that members know: file, and the secret that it comes from."""

MEMBERS = "timescaledb"
"""The kind of pod, in `kubernetes.clusters.<role>.pools.<pool>.pods`, that a member is."""
SHARED_BUFFERS = 4
"""One part in so many of a member's memory is PostgreSQL's own cache."""
PAGES_BESIDE_BUFFERS = 0.06
"""Shared memory beside the cache, as a part of it: locks, processes, buffers of the log."""


@dataclass(frozen=True, kw_only=True)
class Members:
    """The members of a site and what each has, from `kubernetes.clusters`."""

    pool: str
    """The nodes that they run on."""
    count: int
    cpu: float
    memory_gib: float
    """Memory without huge pages."""
    huge_pages_gib: int

    @property
    def shared_buffers_gib(self) -> float:
        """PostgreSQL's own cache."""
        return (self.memory_gib + self.huge_pages_gib) / SHARED_BUFFERS

    def problem(self, failover: Failover, role: Role) -> str | None:
        """Why a site cannot have such members."""
        if self.count > 1 and self.count % 2 == 0 and role == "primary":
            return (
                f"count is {self.count}: an even number of members outlives no more failures than {self.count - 1}, and "
                f"splits into two halves; take {self.count - 1} or {self.count + 1}"
            )
        if failover.synchronous and role == "primary" and self.count < 3:
            return (
                f"count is {self.count}, but timeseries.failover.synchronous is true: a commit waits for a standby, and when "
                "one of two is gone nothing else holds it; take 3 members, or set synchronous to false"
            )
        needed = self.shared_buffers_gib * (1 + PAGES_BESIDE_BUFFERS)
        if self.huge_pages_gib and needed > self.huge_pages_gib:
            return (
                f"huge_pages_gib is {self.huge_pages_gib}, but a member of {self.memory_gib:g} + {self.huge_pages_gib} GiB has "
                f"{self.shared_buffers_gib:g} GiB of shared buffers (a quarter), with what is beside them {needed:.2f} GiB; "
                "give it more huge pages, or none"
            )
        return None


READERS: Mapping[str, str] = {"cache-warmer": "cache_warmer"}
"""The workloads that read the time series, and the login of each, which gets its role from the migrations."""
