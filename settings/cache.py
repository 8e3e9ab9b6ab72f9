"""Caches and sessions: Memorystore."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import model_validator

from .identity import AccountId
from .section import Region, ResourceName, Role, Section, Zone, setting

DOCS = "https://cloud.google.com/memorystore/docs"
WRITABLE_GB = {
    "SHARED_CORE_NANO": 1.12, "STANDARD_SMALL": 5.2, "HIGHMEM_MEDIUM": 10.4, "STANDARD_LARGE": 20.8,
    "HIGHMEM_XLARGE": 46.4, "HIGHMEM_2XLARGE": 88.0,
}  # fmt: skip
"""The data that a node of each type takes: 80 % of its memory."""

NodeType = Literal[
    "SHARED_CORE_NANO", "STANDARD_SMALL", "HIGHMEM_MEDIUM", "STANDARD_LARGE", "HIGHMEM_XLARGE", "HIGHMEM_2XLARGE"
]  # fmt: skip
Eviction = Literal[
    "noeviction", "allkeys-lru", "allkeys-lfu", "allkeys-random",
    "volatile-lru", "volatile-lfu", "volatile-random", "volatile-ttl",
]  # fmt: skip
Day = Literal["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"]
FSYNC_LOSS_MINUTES = {"always": 0.0, "everysec": 1 / 60, "no": 0.5}


class Persistence(Section):
    """What survives the loss of every node of a shard. Memorystore has AOF or RDB, not both."""

    mode: Literal["AOF", "RDB", "DISABLED"] = setting("AOF", "§10.1, §10.2: a loss below 5 min, which no snapshot reaches")
    """AOF: every write is logged; RDB: snapshots."""
    fsync: Literal["always", "everysec", "no"] = setting("everysec", "§10.1: AOF persistence enabled")
    """How often the log goes to disk. `no` leaves it to the system: about every 30 s."""
    snapshot_hours: Literal[1, 6, 12, 24] = setting(6, "§10.1: RDB snapshots every 6 hours", unit="hours")
    """How often a snapshot is taken, where mode is RDB."""

    @property
    def worst_loss_minutes(self) -> float | None:
        """How many minutes of writes can be lost; None where all can."""
        losses = {"AOF": FSYNC_LOSS_MINUTES[self.fsync], "RDB": self.snapshot_hours * 60.0}
        return losses.get(self.mode)

    def keeps(self, rpo_minutes: int | None) -> bool:
        """Whether no more is lost than is allowed."""
        loss = self.worst_loss_minutes
        return rpo_minutes is None or (loss is not None and loss <= rpo_minutes)


def room(node_type: str, memory_gb: float) -> None:
    """Raises ValueError where a node has no room for the data."""
    if WRITABLE_GB[node_type] >= memory_gb:
        return
    fitting = [f"{name} ({size:g} GB)" for name, size in WRITABLE_GB.items() if size >= memory_gb]
    larger = f"the smallest that does is {fitting[0]}" if fitting else "no node does; use more shards"
    raise ValueError(
        f"node_type {node_type} takes {WRITABLE_GB[node_type]:g} GB of data (80 % of {WRITABLE_GB[node_type] / 0.8:g} GB), "
        f"which is less than memory_gb ({memory_gb:g}); {larger}"
    )


def objective(persistence: Persistence, rpo_minutes: int | None) -> None:
    """Raises ValueError where more can be lost than the objective allows."""
    if persistence.keeps(rpo_minutes):
        return
    loss = persistence.worst_loss_minutes
    can = "everything" if loss is None else f"up to {loss:g} min"
    raise ValueError(
        f"persistence.mode is {persistence.mode}, with which {can} can be lost, but rpo_minutes is {rpo_minutes}; take AOF, "
        "or say in rpo_minutes what may be lost"
    )


class ManagedBackups(Section):
    """Backups that Memorystore takes by itself, once a day. They outlive what they are of."""

    retention_days: int = setting(30, "§10.1: 30-day retention", unit="days", ge=1, le=365)
    """How long a backup is kept."""
    hour: int = setting(3, "§10.1: daily", unit="hour, UTC", ge=0, le=23)
    """The hour in which it is taken."""


class Window(Section):
    """When Google may update the nodes: an hour a week."""

    day: Day = setting("SUNDAY", "§10: outside trading hours")
    """The day."""
    hour: int = setting(6, "§10: outside trading hours", unit="hour, UTC", ge=0, le=23)
    """The hour."""


class Archive(Section):
    """Backups beside the daily ones, asked for by a Cloud Scheduler job."""

    every_hours: Literal[1, 2, 3, 4, 6, 8, 12] = setting(6, "§10.1: every 6 hours", unit="hours")
    """How often."""
    first_hour: int = setting(1, "apart from the daily backup", unit="hour, UTC", ge=0, le=23)
    """The first hour of the day, from which the others follow."""
    retention_days: int = setting(7, "design", unit="days", ge=1, le=365)
    """How long each is kept. Google's own default is a hundred years."""
    attempts: int = setting(3, f"{DOCS}/cluster/manage-backups: one backup or update at a time", ge=0, le=5)
    """How often a refused request is repeated: there is one backup or update at a time."""
    workload: AccountId = setting("cache-archive", "§9.2")
    """The workload, one of `identities.workloads`, under which the job acts."""

    @property
    def hours(self) -> tuple[int, ...]:
        """The hours of the day in which a backup is asked for."""
        return tuple(sorted((self.first_hour + n) % 24 for n in range(0, 24, self.every_hours)))


class Secondary(Section):
    """A store in another region that follows the first one. Everything that is not here is the first one's."""

    replicas: int = setting(1, "§6.1: a replica each", unit="replicas of each shard", ge=0, le=5)
    """It may have to take over, so it has replicas of its own."""
    maintenance: Window = Window(day="SATURDAY")
    """Not on the day of the store that it follows."""
    backups: ManagedBackups = ManagedBackups(hour=4)
    """Its own backups, which are the ones in the other region (§10.1)."""


def following(kind: str, serving: Role, secondaries: Mapping[Region, Secondary], zone: Zone | None) -> None:
    """Raises ValueError where what follows a store cannot be as it is said."""
    if serving == "secondary" and not secondaries:
        raise ValueError(f"serving is secondary, but secondaries is empty: there is no {kind} that could")
    if zone is not None and secondaries:
        raise ValueError(f"zone is {zone}, but secondaries are in other regions and spread as this {kind} is; set it to null")


class Cluster(Section):
    """The cluster that caches market data, portfolios, rate limits and strategy state (§6.2)."""

    name: ResourceName = setting("alphintra-redis-cluster", "§6.1")
    """The cluster's name; that of a secondary ends with its region."""
    shards: int = setting(3, "§6.1: 3 masters", unit="shards", ge=1, le=125)
    """How many parts the keys are spread over."""
    replicas: int = setting(1, "§6.1: 3 replicas", unit="replicas of each shard", ge=0, le=5)
    """Copies in other zones that take over by themselves."""
    memory_gb: float = setting(16, "§6.1: 16 GB per node", unit="GB", gt=0)
    """The data that a node must have room for."""
    node_type: NodeType = setting("STANDARD_LARGE", f"{DOCS}/cluster/cluster-node-specification")
    """The node; it takes at least `memory_gb` of data."""
    maxmemory_gb: float = setting(15, "§6.3: maxmemory 15gb", unit="GB of each node", gt=0)
    """The data at which keys are evicted."""
    eviction: Eviction = setting("allkeys-lru", "§6.3: maxmemory-policy")
    """Which keys go first."""
    persistence: Persistence = Persistence()
    """What survives."""
    backups: ManagedBackups | None = setting(ManagedBackups(), "§10.1")
    """Daily backups; null for none."""
    archive: Archive | None = setting(Archive(), "§10.1: every 6 hours")
    """More backups; null for none."""
    maintenance: Window = Window()
    """The maintenance window."""
    zone: Zone | None = setting(None, "§6.1, §10.2")
    """The only zone, for a cluster without replicas; null spreads it over the region's zones."""
    secondaries: dict[Region, Secondary] = setting({"us-east1": Secondary()}, "§10.2: backup_cluster us-east1, replication async")
    """Clusters that follow this one, by their region."""
    serving: Role = setting("primary", "§10.2: the backup cluster takes over")
    """The role of the region whose cluster takes writes; the others follow it. `make failover STORE=cache` and `make failback`
    write it, after they have exchanged the clusters' roles at Google: leave it to the two."""
    rpo_minutes: int | None = setting(5, "§10.2: RPO < 5 minutes", unit="minutes", ge=0)
    """The writes that may be lost; null promises nothing."""

    @model_validator(mode="after")
    def _fits(self) -> Cluster:
        room(self.node_type, self.memory_gb)
        if self.maxmemory_gb > self.memory_gb:
            raise ValueError(f"maxmemory_gb is {self.maxmemory_gb:g}, which is more than memory_gb ({self.memory_gb:g})")
        return self

    @model_validator(mode="after")
    def _survives(self) -> Cluster:
        objective(self.persistence, self.rpo_minutes)
        if self.zone is not None and self.replicas:
            raise ValueError(f"zone is {self.zone}, but a cluster with replicas has them in other zones; set it to null")
        return self

    @model_validator(mode="after")
    def _served(self) -> Cluster:
        following("cluster", self.serving, self.secondaries, self.zone)
        return self

    @model_validator(mode="after")
    def _apart(self) -> Cluster:
        if self.archive and self.backups and self.backups.hour in self.archive.hours:
            raise ValueError(
                f"archive.first_hour is {self.archive.first_hour}: with every_hours {self.archive.every_hours} it meets the "
                f"daily backup at {self.backups.hour}, and Google refuses a second backup at the same time"
            )
        return self


class Sessions(Section):
    """The store of user sessions and of the JWT blacklist (§6.2): nothing in it may be evicted."""

    form: Literal["valkey", "redis"] = setting("valkey", "§6.1: RDB + AOF for session persistence")
    """valkey: Memorystore for Valkey without cluster mode, with AOF. redis: Memorystore for Redis in the literal version, with
    RDB alone."""
    name: ResourceName = setting("alphintra-redis-sessions", "§6.1")
    """The store's name."""
    memory_gb: int = setting(4, "§6.1: 4 GB", unit="GB", ge=1, le=300)
    """The data that it takes."""
    replicas: int = setting(1, "§6.1: standalone with replica", unit="replicas", ge=0, le=5)
    """Copies in other zones that take over by themselves; at most one where form is redis."""
    node_type: NodeType = setting("STANDARD_SMALL", f"{DOCS}/valkey/instance-node-specification")
    """The node, where form is valkey; it takes at least `memory_gb` of data."""
    valkey_version: Literal["VALKEY_7_2", "VALKEY_8_0"] = setting("VALKEY_8_0", f"{DOCS}/valkey/supported-versions")
    """The engine, where form is valkey."""
    redis_version: Literal["REDIS_7_0", "REDIS_7_2"] = setting("REDIS_7_0", "§6.1: Redis 7.0")
    """The engine, where form is redis."""
    eviction: Eviction = setting("noeviction", "§6.2: the JWT blacklist")
    """Which keys go first when memory is full; never one of allkeys-*."""
    persistence: Persistence = Persistence()
    """What survives."""
    backups: ManagedBackups | None = setting(ManagedBackups(hour=5), "§10.1")
    """Daily backups; null for none, and where form is redis, which has none."""
    maintenance: Window = Window(hour=8)
    """The maintenance window."""
    zone: Zone | None = setting(None, "§6.1")
    """The only zone, for a store without replicas; null spreads it over the region's zones."""
    secondaries: dict[Region, Secondary] = setting({"us-east1": Secondary()}, "§10.2: RTO < 30 minutes, RPO < 5 minutes")
    """Stores that follow this one, by their region, where form is valkey. Empty for none: then a lost region takes the blacklist
    with it."""
    serving: Role = setting("primary", "§10.2: RTO < 30 minutes")
    """The role of the region whose store takes writes; the others follow it. `make failover STORE=sessions` and `make failback`
    write it, after they have exchanged the stores' roles at Google: leave it to the two."""
    rpo_minutes: int | None = setting(5, "§10.2: RPO < 5 minutes", unit="minutes", ge=0)
    """The writes that may be lost; null promises nothing."""

    @model_validator(mode="after")
    def _never_evicts_the_blacklist(self) -> Sessions:
        if self.eviction.startswith("allkeys-"):
            raise ValueError(
                f"eviction is {self.eviction}, which throws away tokens of the JWT blacklist, and they would be good again; "
                "take noeviction, or one of volatile-*"
            )
        return self

    @model_validator(mode="after")
    def _survives(self) -> Sessions:
        objective(self.persistence, self.rpo_minutes)
        if self.zone is not None and self.replicas:
            raise ValueError(f"zone is {self.zone}, but a store with replicas has them in other zones; set it to null")
        return self

    @model_validator(mode="after")
    def _served(self) -> Sessions:
        if self.form == "redis":
            return self
        following("store", self.serving, self.secondaries, self.zone)
        for region, known in self.secondaries.items():
            if self.replicas and not known.replicas:
                raise ValueError(
                    f"secondaries.{region}.replicas is 0, but replicas is {self.replicas}: after a failover there would be "
                    "nowhere for the name that readers use to lead"
                )
        return self

    @model_validator(mode="after")
    def _form(self) -> Sessions:
        if self.form == "valkey":
            room(self.node_type, self.memory_gb)
            return self
        if self.persistence.mode == "AOF":
            raise ValueError("persistence.mode is AOF, which form redis does not have; take RDB, or form valkey")
        if self.backups is not None:
            raise ValueError("backups is set, but form redis has no managed backups; set it to null")
        if self.replicas > 1:
            raise ValueError(f"replicas is {self.replicas}; form redis has 0 or 1")
        if self.secondaries:
            nulls = ", ".join(f"{region}: null" for region in self.secondaries)
            raise ValueError(
                f"secondaries has {', '.join(self.secondaries)}, but form redis cannot be followed from another region; "
                f"set it to {{{nulls}}}, or take form valkey"
            )
        if self.serving == "secondary":
            raise ValueError("serving is secondary, but form redis cannot be followed from another region; set it to primary")
        return self


WARMER = "cache-warmer"
"""The workload, of `identities`, that fills the cache cluster before it is asked."""


class Warmer(Section):
    """What fills the cluster before it is asked, all the time. When is section 12.2's, and in the program: values live for two of
    its rounds. It runs where `images.jobs` says what."""

    replicas: int = setting(2, "§12.2: whoever takes a round's lock does it, and another is there", unit="pods", ge=1, le=5)
    """How many run."""
    jitter_seconds: int = setting(30, "design: half of the shortest round", unit="seconds", ge=0, le=300)
    """How late a round may begin, each of them on another moment; never more than a tenth of its period."""
    cpu: float = setting(0.1, "design: it rests half of the time", unit="vCPU", ge=0.05, le=4)
    """What a pod asks for."""
    memory_mib: int = setting(256, "design: four batches of 2,000 rows", unit="MiB", ge=128, le=4096)
    """What a pod asks for, and has at most."""


class Cache(Section):
    """The stores that live in memory."""

    cluster: Cluster = Cluster()
    """The cache cluster."""
    sessions: Sessions = Sessions()
    """The session store."""
    warmer: Warmer = Warmer()
    """The cache warmer."""
