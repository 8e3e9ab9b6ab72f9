"""Recorded series of production, in which something is wrong, or nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from ..environments import of_type
from .evaluation import Series

SQL = "cloudsql.googleapis.com/database"
MAIN, REPLICA = "alphintra-prod:alphintra-main-db", "alphintra-prod:alphintra-read-replica-us-east1"
GB = 1024**3
HOUR, DAY = 3600, 86400
NOW = 40 * DAY
"""Recordings end here."""


@cache
def policies() -> dict[str, dict[str, Any]]:
    """The policies of prod, by the name of their alert."""
    return {known.inputs["userLabels"]["alert"]: known.inputs for known in of_type("prod", "AlertPolicy")}


def constant(value: Any, seconds: int = 2 * HOUR) -> list[tuple[int, Any]]:
    """The same value each minute, until now."""
    return [(when, value) for when in range(NOW - seconds + 60, NOW + 1, 60)]


def sql(metric: str, value: Any, instance: str = MAIN, **labels: str) -> Series:
    return Series(
        metric=f"{SQL}/{metric}",
        resource="cloudsql_database",
        of={"database_id": instance},
        labels=labels,
        points=constant(value),
    )


def latency(*milliseconds: float) -> Series:
    measured = [value * 1000 for value in milliseconds]
    return Series(
        metric=f"{SQL}/postgresql/insights/aggregate/latencies", resource="cloudsql_instance_database",
        of={"resource_id": MAIN, "database": "alphintra"}, points=constant(measured),
    )  # fmt: skip


@dataclass(frozen=True)
class Staged:
    """What is recorded when something is wrong, and when all is well."""

    bad: Sequence[Series]
    good: Sequence[Series]


def memorystore(store: str, metric: str, value: Any, **labels: str) -> Series:
    """Of the cache cluster or of the session store."""
    family, kind, label, name = {
        "cache": ("redis.googleapis.com/cluster", "redis.googleapis.com/Cluster", "cluster_id", "alphintra-redis-cluster"),
        "cache-east": ("redis.googleapis.com/cluster", "redis.googleapis.com/Cluster", "cluster_id", "alphintra-redis-cluster-us-east1"),
        "sessions": ("memorystore.googleapis.com/instance", "memorystore.googleapis.com/Instance", "instance_id", "alphintra-redis-sessions"),
    }[store]  # fmt: skip
    resource = f"{kind}Node" if metric.startswith("node/") else kind
    return Series(metric=f"{family}/{metric}", resource=resource, of={label: name}, labels=labels, points=constant(value))


def caches() -> dict[str, Staged]:
    """What both stores in Memorystore have."""
    found: dict[str, Staged] = {}
    for store in ("cache", "sessions"):
        for alert, metric, bad, good, labels in (
            ("memory-high", "memory/maximum_utilization", 0.91, 0.9, {}),
            ("cpu-high", "cpu/maximum_utilization", 0.81, 0.8, {"role": "primary"}),
            ("connections-rejected", "stats/total_rejected_connections_count", 1, 0, {}),
            ("node-down", "node/server/healthy", False, True, {"role": "replica"}),
            ("replication-lag-high", "replication/maximum_ack_lag", 61, 60, {}),
            ("backup-failed", "backup/last_backup_status", 0, 1, {"backup_type": "AUTOMATED"}),
            ("backup-empty", "backup/last_backup_size", 0, 10**9, {"backup_type": "AUTOMATED"}),
        ):
            found[f"{store}-{alert}"] = Staged(
                [memorystore(store, metric, bad, **labels)], [memorystore(store, metric, good, **labels)]
            )
        heard = memorystore(store, "memory/maximum_utilization", 0.5)
        found[f"{store}-signal-missing"] = Staged([silent(heard, 900)], [silent(heard, 840)])
    return found


def archives(*hours_ago: float, alive: bool = True) -> list[Series]:
    """Archives of the cache that succeeded so long ago, of a cluster that has been there for a month or only for an hour."""
    points = [(NOW - int(ago * HOUR), 1) for ago in hours_ago]
    job = {"job_id": "alphintra-redis-cluster-archive"}
    counted = Series(
        metric="logging.googleapis.com/user/cache-archives-finished", resource="cloud_scheduler_job", of=job, points=points
    )
    heard = memorystore("cache", "memory/maximum_utilization", 0.5)
    return [counted, replace(heard, points=constant(0.5, 30 * DAY if alive else HOUR))]


def warmed(*hours_ago: float, alive: bool = True) -> list[Series]:
    """Rounds of the warmer that were done so long ago, of a cache that has been there for a month or only for a minute."""
    points = [(NOW - int(ago * HOUR), 1) for ago in hours_ago]
    counted = Series(metric="logging.googleapis.com/user/cache-rounds-warmed", resource="k8s_container", of={}, points=points)
    heard = memorystore("cache", "memory/maximum_utilization", 0.5)
    return [counted, replace(heard, points=constant(0.5, 30 * DAY if alive else 60))]


def disk(first: float, last: float) -> Series:
    """A disk that grew evenly over the last two hours, in parts of the limit of its growth."""
    points = [
        (when, value) for when, value in zip(range(NOW - 2 * HOUR + 60, NOW + 1, 60), _steps(first, last, 120), strict=True)
    ]
    return Series(metric=f"{SQL}/disk/bytes_used", resource="cloudsql_database", of={"database_id": MAIN}, points=points)


def _steps(first: float, last: float, count: int) -> list[float]:
    return [(first + (last - first) * step / (count - 1)) * 4096 * GB for step in range(count)]


def silent(series: Series, since: int) -> Series:
    return replace(series, points=[(when, value) for when, value in series.points if when <= NOW - since])


def backups(*hours_ago: float, alive: bool = True, of: str = "backups-succeeded") -> list[Series]:
    """Backups that succeeded so long ago, of an instance that has been there for a month or only for an hour."""
    points = [(NOW - int(ago * HOUR), 1) for ago in hours_ago]
    counted = Series(metric=f"logging.googleapis.com/user/database-{of}", resource="cloudsql_database",
                     of={"database_id": MAIN}, points=points)  # fmt: skip
    up = Series(
        metric=f"{SQL}/up",
        resource="cloudsql_database",
        of={"database_id": MAIN},
        points=constant(1, 30 * DAY if alive else HOUR),
    )
    return [counted, up]
