"""The stores that a lost region takes with it, as data: what is promised of each, what brings it back, and what is missing where
nothing does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from settings import Environment


@dataclass(frozen=True)
class Promise:
    """What section 10.2 promises; None where it says nothing."""

    rto_seconds: float | None = None
    rpo_seconds: float | None = None


@dataclass(frozen=True, kw_only=True)
class Store:
    """A store, in the order in which they are brought back: what must be back first comes first."""

    name: str
    """What `make failover STORE=` calls it, where it knows it."""
    title: str
    components: tuple[str, ...]
    """What the names of the program's components that it is made of begin with."""
    promise: Callable[[Environment], Promise]
    host: str = ""
    """What clients call it, without the domain."""
    kind: str = ""
    """The type of what that name leads to."""
    output: str = ""
    """The stack's output that says by region who leads, where no name does."""
    follower: Callable[[Environment], str] | None = None
    """The end of the name, at the cloud, of what follows it in the other region."""
    missing: str = ""
    """What is missing for it to be back by a command; empty where nothing is."""


def _minutes(rto: float | None, rpo: float | None) -> Promise:
    return Promise(*(None if known is None else known * 60 for known in (rto, rpo)))


def _replica(settings: Environment) -> str:
    return f"instances/{settings.database_instances[settings.regions.secondary]}"


STORES = (
    Store(
        name="cache",
        title="Redis: cache cluster",
        components=("redis-cluster", "cache-archive"),
        promise=lambda known: _minutes(known.objectives.cache_rto_minutes, known.cache.cluster.rpo_minutes),
        host="cache",
        kind="gcp:redis/cluster:Cluster",
        follower=lambda known: f"clusters/{known.cache_clusters[known.regions.secondary]}",
    ),
    Store(
        name="sessions",
        title="Redis: sessions",
        components=("redis-sessions",),
        promise=lambda known: _minutes(known.objectives.cache_rto_minutes, known.cache.sessions.rpo_minutes),
        host="sessions",
        kind="gcp:memorystore/instance:Instance",
        follower=lambda known: f"instances/{known.session_stores[known.regions.secondary]}",
    ),
    Store(
        name="main-database",
        title="PostgreSQL",
        components=("main-db",),
        promise=lambda known: _minutes(known.objectives.database_rto_minutes, known.objectives.database_rpo_minutes),
        host="main-db",
        kind="gcp:sql/databaseInstance:DatabaseInstance",
        follower=_replica,
    ),
    Store(
        name="timeseries",
        title="TimescaleDB",
        components=("timeseries",),
        promise=lambda known: _minutes(known.timeseries.rto_hours * 60, known.timeseries.rpo_minutes),
        output="timeSeries",
        follower=lambda known: f"statefulsets/{known.timeseries.sites['secondary'].name}",
    ),
    Store(
        name="search",
        title="Elasticsearch",
        components=("search", "elastic-operator"),
        promise=lambda _: Promise(),
        missing="snapshots are in the other region; no search cluster is declared there that they could be restored into",
    ),
    Store(
        name="buckets",
        title="Cloud Storage",
        components=("storage", "static-assets", "object-events"),
        promise=lambda _: Promise(),
        missing="buckets of the primary region are in that region alone, and nothing copies them; backups and the time series' "
        "repository are in the other one",
    ),
)
"""Section 10.2 promises nothing of the last two; 10.1 has no backups of them."""
