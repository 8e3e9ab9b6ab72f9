"""What somebody is told of the stores in Memorystore, and what is shown of them, as data."""

from __future__ import annotations

from collections.abc import Iterator

from settings.cache import WARMER

from .alert import Definition, LogMatch, LogMetric, Omission, Query, Silence, Threshold
from .cache_signals import CLUSTER, MemoryStore
from .dashboard_layout import Chart, Dashboard, Series
from .signals import Signal

MEGABYTE = 1024**2
EXECUTIONS = 'resource.type="cloud_scheduler_job" AND log_id("cloudscheduler.googleapis.com/executions")'
FINISHED = 'jsonPayload."@type"="type.googleapis.com/google.cloud.scheduler.logging.AttemptFinished"'
PAGE = "cache"
"""The runbook."""


def memory_full(name: str, title: str, signal: Signal) -> Definition:
    """The alert of section 11.2 on memory."""
    return Definition(
        name=f"{name}-memory-high", title=f"{title}: memory is nearly full", runbook=PAGE, condition=Threshold(signal=signal),
        text="At 100 % keys are evicted, or writes are refused, as the eviction policy says. It is the fullest node that counts.",
    )  # fmt: skip


def store_alerts(
    store: MemoryStore, *, replicas: bool, backups: bool, may_evict: bool, other_regions: bool
) -> Iterator[Definition]:
    """Alerts of a Redis Cluster or a Valkey instance: those of section 11.2, and what an operator adds."""

    def alert(what: str, title: str, text: str, condition: Threshold | Silence | Query) -> Definition:
        return Definition(
            name=f"{store.name}-{what}", title=f"{store.title}: {title}", text=text, runbook=PAGE, condition=condition
        )

    yield memory_full(store.name, store.title, store.memory)
    yield alert("cpu-high", "CPU is busy", "One core serves a shard; commands begin to queue.", Threshold(signal=store.cpu))
    yield alert(
        "connections-rejected", "connections are rejected", "As many clients as may be are connected; others get an error.",
        Threshold(signal=store.rejections, fixed=0),
    )  # fmt: skip
    yield alert(
        "node-down", "a node is not healthy", "Its replica has taken over, or its part of the keys is gone for now.",
        Threshold(signal=store.healthy, comparison="below", fixed=1),
    )  # fmt: skip
    yield alert("signal-missing", "nothing is heard", "Every other alert of that store is blind, too.", Silence(store.memory))
    if not may_evict:
        yield alert(
            "evicting", "keys are evicted", "Sessions end, and tokens that were revoked are good again.",
            Threshold(signal=store.evictions, fixed=0),
        )  # fmt: skip
    if replicas:
        yield alert(
            "replication-lag-high", "replicas are behind", "What they lack is lost if they must take over now.",
            Threshold(signal=store.replication_lag),
        )  # fmt: skip
    if other_regions:
        yield alert(
            "region-behind", "the other region is behind", "What it lacks is lost with this region: 5 minutes are allowed.",
            Threshold(signal=store.regions_apart, times=MEGABYTE)
            if store.family == CLUSTER
            else Query(promql=f"{store.writes_lacking} > $threshold"),
        )  # fmt: skip
    if backups:
        yield alert(
            "backup-failed", "the last backup failed", "Find out why before the next one is due.",
            Threshold(signal=store.backup_status, comparison="below", fixed=1),
        )  # fmt: skip
        yield alert(
            "backup-empty", "the last backup is empty", "It succeeded, and there is nothing in it.",
            Threshold(signal=store.backup_size, comparison="below", fixed=1),
        )  # fmt: skip


def archives_finished(job: str) -> LogMetric:
    """The requests for an archive of the cache that succeeded."""
    return LogMetric(
        "cache-archives-finished",
        "Archives of the cache that were asked for with success",
        f'{EXECUTIONS} AND resource.labels.job_id="{job}" AND {FINISHED} AND NOT severity>=ERROR',
        "cloud_scheduler_job",
    )


def archive_alerts(store: MemoryStore, job: str) -> Iterator[Definition]:
    """Alerts of the job that archives the cache: it fails, or it does not run at all."""
    yield Definition(
        name=f"{store.name}-archive-failed", title=f"{store.title}: the archive job failed", runbook=PAGE,
        text="Memorystore refused the request for a backup, three times.",
        condition=LogMatch(f'{EXECUTIONS} AND resource.labels.job_id="{job}" AND {FINISHED} AND severity>=ERROR'),
    )  # fmt: skip
    yield Definition(
        name=f"{store.name}-archive-missing", title=f"{store.title}: the archive job does not run", runbook=PAGE,
        text="No archive succeeded for longer than its schedule allows, and none was seen to fail: somebody paused the job.",
        condition=Omission(archives_finished(job), store.memory),
    )  # fmt: skip


def rounds_warmed(namespace: str) -> LogMetric:
    """The rounds of the cache warmer that were done."""
    return LogMetric(
        "cache-rounds-warmed", "Rounds of the cache warmer that were done", _rounds(namespace, '"done"'), "k8s_container"
    )


def warmer_alerts(store: MemoryStore, namespace: str) -> Iterator[Definition]:
    """Alerts of what fills the cache: it fails, or it does not run at all."""
    yield Definition(
        name=f"{store.name}-warming-failed", title=f"{store.title}: it is not filled ahead", runbook=PAGE,
        text="A round of the warmer failed until the next was due, or was not through by then. Values live for two rounds.",
        condition=LogMatch(_rounds(namespace, '("failed" OR "cut short")')),
    )  # fmt: skip
    yield Definition(
        name=f"{store.name}-warming-missing", title=f"{store.title}: the warmer does not run", runbook=PAGE,
        text="No round was done, and one is due each minute. Whoever asks the cache asks the databases instead.",
        condition=Omission(rounds_warmed(namespace), store.memory),
    )  # fmt: skip


def _rounds(namespace: str, outcome: str) -> str:
    return (
        f'resource.type="k8s_container" AND resource.labels.namespace_name="{namespace}" AND '
        f'resource.labels.container_name="{WARMER}" AND jsonPayload.outcome={outcome}'
    )


def store_dashboard(store: MemoryStore, *, other_regions: bool) -> Dashboard:
    """Memory, evictions, health and failover, connections and latency: section 11.1."""
    charts = [
        Chart("Memory of the fullest node", [store.memory]),
        Chart("Memory in use, of what there is", [store.memory_used, store.memory_size]),
        Chart("Keys evicted", [store.evictions]),
        Chart("Nodes that are healthy", [store.healthy]),
        Chart("Replication lag", [store.replication_lag]),
        *([Chart("What another region lacks", [_lacking(store)])] if other_regions else []),
        Chart("Connections", [store.connections]),
        Chart("Connections rejected", [store.rejections]),
        Chart("Commands a second", [store.commands]),
        Chart("Time spent in commands: latency, by the number of commands", [store.time_in_commands]),
        Chart("CPU of the busiest node", [store.cpu]),
        Chart("Last backup succeeded", [store.backup_status]),
        Chart("Size of the last backup", [store.backup_size]),
    ]
    return Dashboard(store.name, f"Alphintra: {store.title.lower()}", "Memorystore.", charts)


def _lacking(store: MemoryStore) -> Signal | Series:
    return store.regions_apart if store.family == CLUSTER else Series(store.writes_lacking, "10^2.%")
