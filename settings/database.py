"""The main database: Cloud SQL for PostgreSQL."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from .section import Region, ResourceName, Role, Section, Zone, setting, zone_region

DOCS = "https://cloud.google.com/sql/docs/postgres"
CUSTOM_TIER = re.compile(r"db-custom-(\d+)-(\d+)")
PLUS_TIER = re.compile(r"db-perf-optimized-N-(2|4|8|16|32|48|64|80|96|128)")
MEGABYTES_PER_CONNECTION = 10
"""Memory that a connection of PostgreSQL takes at most in the long run, for the upper bound of max_connections."""

ClockTime = Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
"""Hours and minutes, such as 03:00."""
Tier = Annotated[str, StringConstraints(pattern=r"^db-(custom-\d+-\d+|perf-optimized-N-\d+)$")]
"""A machine: db-custom-<CPUs>-<memory in MB>, or db-perf-optimized-N-<CPUs>."""
Edition = Literal["ENTERPRISE", "ENTERPRISE_PLUS"]
Rebuilds = Annotated[int, Field(ge=0, le=99)]
WATCHER = "failover-watcher"
"""The workload, of `identities`, that fails over by itself."""


class Disk(Section):
    """The data disk: SSD that grows by itself."""

    size_gb: int = setting(1024, "§4.1: 1 TB SSD", unit="GB", ge=10, le=65536)
    """The size to begin with."""
    autoresize_limit_gb: int = setting(4096, "§4.1: auto-scaling enabled", unit="GB", ge=10, le=65536)
    """The size at which growing stops, so that a runaway writer cannot run up any bill."""

    @model_validator(mode="after")
    def _limit(self) -> Disk:
        if self.autoresize_limit_gb < self.size_gb:
            raise ValueError(
                f"autoresize_limit_gb ({self.autoresize_limit_gb}) is below size_gb ({self.size_gb}); the disk only grows"
            )
        return self


class Backups(Section):
    """Automated backups and point-in-time recovery of the primary."""

    retained: int = setting(30, "§4.1, §10.1: 30-day retention", unit="daily backups", ge=1, le=365)
    """How many daily backups are kept."""
    start_time: ClockTime = setting("03:00", "§10.1: daily")
    """The UTC hour in whose window a backup starts."""
    log_retention_days: int = setting(7, f"{DOCS}/backup-recovery/pitr", unit="days", ge=1, le=35)
    """How far back point-in-time recovery reaches: at most 7 days with ENTERPRISE, 35 with ENTERPRISE_PLUS."""
    final_backup_days: int = setting(30, f"{DOCS}/backup-recovery/backups#final-backup", unit="days", ge=0, le=365)
    """How long the backup that is taken at deletion is kept; 0 for none."""


class Maintenance(Section):
    """When Google may update the instance."""

    day: int = setting(7, "§10: outside trading hours", unit="day of the week, 1 is Monday", ge=1, le=7)
    """The day."""
    hour: int = setting(6, "§10: outside trading hours", unit="hour, UTC", ge=0, le=23)
    """The hour."""
    track: Literal["canary", "stable", "week5"] = setting("stable", f"{DOCS}/maintenance")
    """How early an update comes: canary first, week5 last. Production goes after staging."""


class PasswordPolicy(Section):
    """What the instance demands of passwords."""

    min_length: int = setting(16, "§9", unit="characters", ge=8, le=100)
    """The shortest password."""
    reuse_interval: int = setting(5, "§9", unit="passwords", ge=0, le=100)
    """How many old passwords are not taken again."""


class QueryInsights(Section):
    """Query Insights: which statements are slow, and why."""

    plans_per_minute: int = setting(5, "§11.1, §12.1", unit="plans", ge=0, le=20)
    """Execution plans sampled a minute."""
    query_length: int = setting(4096, "§11.1, §12.1", unit="bytes", ge=256, le=4500)
    """How much of a statement is recorded."""
    record_client_address: bool = setting(False, "§13: an address is personal data")
    """Whether clients' addresses are recorded."""


class Replica(Section):
    """A read replica in another region. It has the primary's machine, edition and flags: it may have to take over."""

    zone: Zone
    """Where it runs."""
    availability: Literal["ZONAL", "REGIONAL"] = setting("ZONAL", "§10.2")
    """REGIONAL: with a standby in another zone of its region."""


class Failover(Section):
    """Which instance serves, of the primary's and the replica's, and who decides that another one does. `make failover` and `make
    failback` write the first three, after they have promoted a replica and said so in Pulumi's state. Written by hand they would
    move less than that: leave them to the two."""

    serving: Role = setting("primary", "§10.2: the replica takes over")
    """The role of the region whose instance takes writes: secondary once its replica was promoted."""
    other: Literal["replica", "fenced"] = setting("replica", "§10.2")
    """What the instance of the other region is: a replica, or `fenced`: the one that served before, stopped and kept, so that
    nobody writes to it and what was not replicated can be saved."""
    rebuilds: dict[Role, Rebuilds] = setting(
        {"primary": 0, "secondary": 0}, f"{DOCS}/replication/manage-replicas#promote-replica: a promotion cannot be undone"
    )
    """How often the instance of a region was built anew as a replica, by the region's role. Each time it needs a new name, which
    ends in -r1, -r2...: Google keeps that of the deleted one for a week."""

    mode: Literal["manual", "rehearsed", "automatic"] = setting("manual", "§10.2: automatic failover; docs/adr/0035")
    """Who decides. automatic: a program in the other region stops the primary, promotes the replica and moves the name, once, if
    all that can be asked says that the primary is lost. rehearsed: it says when it would, and can change nothing."""
    quorum: int = setting(4, "docs/adr/0035: five signals", unit="signals", ge=3, le=5)
    """How many signals must say that the primary is lost; one that proves the opposite outweighs them all."""
    hold_minutes: int = setting(10, "docs/adr/0035; within the RTO of §10.2", unit="minutes", ge=5, le=120)
    """For how long they must say so without a break."""

    @property
    def may_take_over(self) -> bool:
        """Whether the instance of the secondary region could take over: it follows the one of the primary region."""
        return self.serving == "primary" and self.other == "replica"

    @property
    def moved(self) -> dict[str, object]:
        """What a failover changes of it."""
        return self.model_dump(mode="json", include={"serving", "other", "rebuilds"})

    @property
    def standing_by(self) -> Role:
        """The role of the other region."""
        return "secondary" if self.serving == "primary" else "primary"


def _default_flags() -> dict[str, str]:
    return {
        # Plans of slow statements, those inside functions too: services work through functions.
        "auto_explain.log_format": "json",
        "auto_explain.log_nested_statements": "on",
        "cloudsql.enable_auto_explain": "on",
        "cloudsql.enable_pg_cron": "on",
        "cloudsql.enable_pgaudit": "on",
        "cloudsql.iam_authentication": "on",
        # The role that owns the function with which PgBouncer looks passwords up: database/main, change 023_pooling.
        "cloudsql.pg_shadow_select_role": "password_reader",
        "cron.database_name": "alphintra",
        "log_checkpoints": "on",
        "log_connections": "on",
        "log_disconnections": "on",
        "log_error_verbosity": "default",
        "log_lock_waits": "on",
        "log_min_error_statement": "error",
        "log_min_messages": "warning",
        "log_statement": "ddl",
        "log_temp_files": "0",
        "pgaudit.log": "ddl,role,write",
        "track_io_timing": "on",
    }


class Database(Section):
    """The main database and its replicas."""

    name: ResourceName = setting("alphintra-main-db", "§4.1")
    """The primary's name, before the generation."""
    replica_name: ResourceName = setting("alphintra-read-replica", "§4.1: alphintra-read-replica-{region}")
    """The replicas' name, before region and generation."""
    engine: Literal["POSTGRES_15"] = setting("POSTGRES_15", "§4.1: PostgreSQL 15")
    """The engine's version."""
    edition: Edition = setting("ENTERPRISE", "§4.1: a custom machine type, which ENTERPRISE_PLUS does not take")
    """ENTERPRISE, or ENTERPRISE_PLUS for longer logs and a designated replica for disaster recovery."""
    tier: Tier = setting("db-custom-4-16384", "§4.1: 4 vCPU, 16 GB")
    """The machine."""
    availability: Literal["ZONAL", "REGIONAL"] = setting("REGIONAL", "§4.1: high availability")
    """REGIONAL: a standby in another zone takes over by itself."""
    zone: Zone = setting("us-central1-a", "§10.2")
    """Where the primary runs."""
    secondary_zone: Zone | None = setting("us-central1-c", "§4.1: regional persistent disks")
    """Where its standby runs; none where availability is ZONAL."""
    disk: Disk = Disk()
    """The data disk."""
    backups: Backups = Backups()
    """Backups."""
    maintenance: Maintenance = Maintenance()
    """The maintenance window."""
    passwords: PasswordPolicy = PasswordPolicy()
    """Passwords of built-in users."""
    insights: QueryInsights = QueryInsights()
    """Query Insights."""
    max_connections: int = setting(500, "§11.2: alert above 80 % of connections; §12.1", unit="connections", ge=25, le=10000)
    """Explicit, so that the connection alert has a denominator."""
    slow_query_ms: int = setting(1000, "§11.2: query latency over 1000 ms", unit="ms", ge=10, le=600000)
    """Statements that take longer are logged, and so are their plans."""
    flags: dict[str, str] = setting(_default_flags(), "§9, §11.1, §13.2, CIS GCP 6.2")
    """Database flags beside max_connections and the slow query threshold."""
    databases: tuple[ResourceName, ...] = setting(("alphintra",), "§4.2", min_length=1)
    """The databases of the instance."""
    replicas: dict[Region, Replica] = setting({"us-east1": Replica(zone="us-east1-b")}, "§4.1, §10.2")
    """Read replicas, by their region."""
    failover: Failover = Failover()
    """Which of them serves."""

    @model_validator(mode="after")
    def _serving(self) -> Database:
        failover = self.failover
        if failover != Failover() and not self.replicas:
            raise ValueError(
                "failover says that another instance serves, was fenced, was rebuilt or may take over by itself, "
                "but there is none in replicas"
            )
        if failover.serving == "secondary" and failover.other == "replica" and not failover.rebuilds.get("primary"):
            raise ValueError(
                "failover.other is replica, but the instance of the primary region served before, and Google lets none that did "
                "follow another: it is fenced until `make failback` has built it anew, which failover.rebuilds.primary counts"
            )
        return self

    @model_validator(mode="after")
    def _machine(self) -> Database:
        custom, plus = CUSTOM_TIER.fullmatch(self.tier), PLUS_TIER.fullmatch(self.tier)
        if (self.edition == "ENTERPRISE") != bool(custom) or (self.edition == "ENTERPRISE_PLUS") != bool(plus):
            wanted = "db-custom-<CPUs>-<MB>" if self.edition == "ENTERPRISE" else "db-perf-optimized-N-<2, 4, 8, 16... CPUs>"
            raise ValueError(f"tier {self.tier} does not go with edition {self.edition}, which takes {wanted}")
        if custom:
            cpus, megabytes = int(custom[1]), int(custom[2])
            low, high = max(3840, int(cpus * 0.9 * 1024)), int(cpus * 6.5 * 1024)
            if cpus not in (1, *range(2, 97, 2)):
                raise ValueError(f"tier {self.tier} has {cpus} CPUs; allowed are 1 and even numbers up to 96")
            if megabytes % 256 or not low <= megabytes <= high:
                raise ValueError(
                    f"tier {self.tier} has {megabytes} MB; with {cpus} CPUs allowed are multiples of 256 from {low} to {high}"
                )
        return self

    @model_validator(mode="after")
    def _logs(self) -> Database:
        most = 7 if self.edition == "ENTERPRISE" else 35
        if self.backups.log_retention_days > most:
            raise ValueError(
                f"backups.log_retention_days is {self.backups.log_retention_days}; "
                f"edition {self.edition} keeps logs for at most {most} days"
            )
        if self.backups.retained < self.backups.log_retention_days:
            raise ValueError(
                f"backups.retained ({self.backups.retained}) is below "
                f"backups.log_retention_days ({self.backups.log_retention_days}): "
                "recovery starts from a backup, so backups must reach back as far as logs"
            )
        return self

    @model_validator(mode="after")
    def _zones(self) -> Database:
        if self.availability == "REGIONAL":
            if self.secondary_zone is None or self.secondary_zone == self.zone:
                raise ValueError(f"secondary_zone must be another zone than {self.zone} where availability is REGIONAL")
            if zone_region(self.secondary_zone) != zone_region(self.zone):
                raise ValueError(f"secondary_zone {self.secondary_zone} is not in the region of zone {self.zone}")
        elif self.secondary_zone is not None:
            raise ValueError(f"secondary_zone is {self.secondary_zone}, but availability ZONAL has no standby; set it to null")
        for region, replica in self.replicas.items():
            if zone_region(replica.zone) != region:
                raise ValueError(f"replicas.{region}.zone is {replica.zone}, which is not in {region}")
        return self

    @model_validator(mode="after")
    def _connections(self) -> Database:
        sized = CUSTOM_TIER.fullmatch(self.tier)
        megabytes = int(sized[2]) if sized else int(self.tier.rpartition("-")[2]) * 8192
        most = megabytes // MEGABYTES_PER_CONNECTION
        if self.max_connections > most:
            raise ValueError(
                f"max_connections is {self.max_connections}; {self.tier} has memory for about {most} "
                f"({megabytes} MB at {MEGABYTES_PER_CONNECTION} MB each)"
            )
        for name in ("max_connections", "log_min_duration_statement", "auto_explain.log_min_duration"):
            if name in self.flags:
                raise ValueError(f"flags.{name} is set, but has a setting of its own: max_connections, slow_query_ms")
        if self.flags.get("cron.database_name", self.databases[0]) not in self.databases:
            raise ValueError(f"flags.cron.database_name is {self.flags['cron.database_name']}, which is not in databases")
        return self
