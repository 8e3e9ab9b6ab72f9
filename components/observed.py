"""What is watched in an environment: alerts, counts, promises and dashboards for each store that it has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from settings import Environment
from settings.database import WATCHER

from .alert import Definition, LogMetric
from .alert_definitions import audit_alerts, backups_succeeded, database_alerts, jobs_watched, slow_queries
from .cache_alerts import (
    archive_alerts,
    archives_finished,
    memory_full,
    rounds_warmed,
    store_alerts,
    store_dashboard,
    warmer_alerts,
)
from .cache_archive import archive_job
from .cache_signals import CLUSTER, VALKEY, MemoryStore, older_memory
from .cache_verification import cache_restore_test
from .dashboard_definitions import database_dashboard, database_overview, overview, storage_dashboard
from .dashboard_layout import Chart, Dashboard
from .failover_alerts import failover_alerts, looks
from .observed_clusters import JOBS, on_clusters
from .promises import Promise, database_promises
from .signals import Databases

LATENCY, LAG = "database-query-latency-high", "database-replication-lag-high"


@dataclass(frozen=True)
class Observed:
    """What is watched."""

    definitions: Sequence[Definition]
    counted: Sequence[LogMetric]
    promises: Sequence[Promise]
    services: dict[str, str]
    """The stores that promise something, each with a title."""
    dashboards: Sequence[Dashboard]


def observed(settings: Environment) -> Observed:
    """Follows from the settings alone: names are known before there is anything of that name."""
    instances = settings.database_instances
    replicas = [instances[region] for region in settings.database_followers]
    databases = Databases(settings.project.id, instances[settings.serving_region], replicas)
    alerts = settings.monitoring.alerts
    slow = slow_queries(databases)
    caches, (on_them, counted, shown), watcher = _caches(settings), on_clusters(settings), _watcher(settings)
    stores = [
        database_dashboard(databases, slow),
        *caches.dashboards,
        *shown,
        storage_dashboard(settings.project.id, [settings.storage.bucket_name(bucket) for bucket in settings.storage.buckets]),
    ]
    memory = [Chart(f"{one.name.capitalize()}: memory", one.charts[0].signals) for one in caches.dashboards]
    return Observed(
        definitions=[
            *database_alerts(
                databases,
                max_connections=settings.database.max_connections,
                disk_limit_gb=settings.database.disk.autoresize_limit_gb,
            ),
            *(failover_alerts(watcher, Databases(databases.project, replicas[0], []).up) if watcher else ()),
            *caches.definitions,
            *on_them,
            *audit_alerts(settings.monitoring.deployers),
        ],
        counted=[
            backups_succeeded(databases),
            jobs_watched(databases),
            slow,
            *([looks(watcher)] if watcher else []),
            *caches.counted,
            *counted,
        ],
        promises=list(
            database_promises(databases, slowest_ms=alerts[LATENCY].threshold or 0, latest_seconds=alerts[LAG].threshold or 0)
        ),
        services={"database": "Main database"},
        dashboards=[overview(stores, [*database_overview(databases), *memory]), *stores],
    )


def _watcher(settings: Environment) -> str | None:
    """The namespace of what fails over by itself, where that runs."""
    known = settings.database.failover
    runs = known.mode != "manual" and known.may_take_over
    return (settings.identities.workloads[WATCHER].kubernetes or "").partition("/")[0] if runs else None


def _in_order(by_region: Mapping[str, str], serving: str) -> list[str]:
    """The names of stores, that of the one that is written to first."""
    return [by_region[serving], *(name for region, name in by_region.items() if region != serving)]


def _caches(settings: Environment) -> Observed:
    """What is watched of the stores in Memorystore."""
    cluster, sessions = settings.cache.cluster, settings.cache.sessions
    job = archive_job(settings.cache_clusters[settings.cache_region])
    cache_ids = _in_order(settings.cache_clusters, settings.cache_region)
    cache = MemoryStore(name="cache", title="Cache", family=CLUSTER, ids=cache_ids)
    session_ids = _in_order(settings.session_stores, settings.sessions_region)
    session_store = MemoryStore(name="sessions", title="Session store", family=VALKEY, ids=session_ids)
    definitions = [
        *store_alerts(
            cache, replicas=cluster.replicas > 0, backups=cluster.backups is not None, may_evict=True,
            other_regions=bool(cluster.secondaries),
        ),
        *(archive_alerts(cache, job) if cluster.archive else ()),
        *(warmer_alerts(cache, JOBS) if settings.images.jobs else ()),
    ]  # fmt: skip
    dashboards = [store_dashboard(cache, other_regions=bool(cluster.secondaries))]
    if sessions.form == "valkey":
        definitions += store_alerts(
            session_store, replicas=sessions.replicas > 0, backups=sessions.backups is not None,
            may_evict=sessions.eviction != "noeviction", other_regions=bool(sessions.secondaries),
        )  # fmt: skip
        dashboards.append(store_dashboard(session_store, other_regions=bool(sessions.secondaries)))
    else:
        memory = older_memory(settings.project.id, settings.regions.primary, sessions.name)
        definitions.append(memory_full(session_store.name, session_store.title, memory))
    counted = [archives_finished(job)] if cluster.archive else []
    counted += [rounds_warmed(JOBS)] if settings.images.jobs else []
    alive = {"cluster": cache.memory, "sessions": session_store.memory}
    for store, (instance, _) in settings.verified_caches.items():
        proof = cache_restore_test(store)
        definitions += [*proof.alerts(alive=alive[store]), proof.empty(instance)]
        counted.append(proof.finished)
    return Observed(definitions, counted, [], {}, dashboards)
