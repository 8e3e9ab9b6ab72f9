"""What somebody is told of the search engine, as data. Metrics are those of elasticsearch_exporter 1.11
(https://github.com/prometheus-community/elasticsearch_exporter/blob/master/metrics.md)."""

from __future__ import annotations

from collections.abc import Iterator

from settings.search import INGEST, SPACE

from .alert import Absence, Definition, LogMatch, LogMetric, Omission, Query

PAGE = "search"
"""The runbook."""
OF = 'job="search-cluster"'
"""PodMonitoring has that name."""
NODES = f"elasticsearch_cluster_health_number_of_nodes{{{OF}}}"
"""Heard of as long as the cluster is there."""


def rounds_ingested() -> LogMetric:
    """The rounds of the ingest that were done."""
    return LogMetric("search-rounds-ingested", "Rounds of the search ingest that were done", _rounds("done"), "k8s_container")


def ingest_alerts() -> Iterator[Definition]:
    """Alerts of what follows the listings into the search engine: it fails, or it does not run at all."""
    yield Definition(
        name="search-ingest-failed", title="Search: listings are not taken over", runbook=PAGE,
        text="A round failed: what was changed is not found, and what was withdrawn is found still. The next one tries again.",
        condition=LogMatch(_rounds("failed")),
    )  # fmt: skip
    yield Definition(
        name="search-ingest-missing", title="Search: nobody takes listings over", runbook=PAGE,
        text="No round was done, though one begins every half minute: what was withdrawn is found still.",
        condition=Omission(rounds_ingested(), NODES),
    )  # fmt: skip


def _rounds(outcome: str) -> str:
    return (
        f'resource.type="k8s_container" AND resource.labels.namespace_name="{SPACE}" AND '
        f'resource.labels.container_name="{INGEST}" AND jsonPayload.outcome="{outcome}"'
    )


def search_alerts() -> Iterator[Definition]:
    """Alerts of the cluster and of its snapshots."""

    def alert(what: str, title: str, text: str, condition: Query | Absence) -> Definition:
        return Definition(name=f"search-{what}", title=f"Search: {title}", text=text, runbook=PAGE, condition=condition)

    status = f"elasticsearch_cluster_health_status{{{OF},color="
    latest = f"elasticsearch_snapshot_stats_latest_snapshot_timestamp_seconds{{{OF}}}"
    yield alert(
        "red", "the cluster is red", "A part of the index is nowhere: searches miss it, and writes to it fail.",
        Query(promql=f'max({status}"red"}}) > 0'),
    )  # fmt: skip
    yield alert(
        "yellow", "the cluster is yellow", "A copy is missing: the next node that goes takes a part of the index with it.",
        Query(promql=f'max({status}"yellow"}}) > 0'),
    )  # fmt: skip
    yield alert(
        "signal-missing", "nothing is heard", "Every other alert of the search engine is blind, too.", Absence([NODES])
    )  # fmt: skip
    yield alert(
        "disk-full", "the disk of a node is nearly full",
        "At 85 % a node gets no more shards, at 95 % its indices take no more writes.",
        Query(
            promql=f"1 - elasticsearch_filesystem_data_available_bytes{{{OF}}} / "
            f"elasticsearch_filesystem_data_size_bytes{{{OF}}} > $threshold"
        ),
    )  # fmt: skip
    yield alert(
        "heap-high", "the heap of a node is full", "It collects garbage instead of answering, and leaves the cluster next.",
        Query(
            promql=f'elasticsearch_jvm_memory_used_bytes{{{OF},area="heap"}} / '
            f'elasticsearch_jvm_memory_max_bytes{{{OF},area="heap"}} > $threshold'
        ),
    )  # fmt: skip
    yield alert(
        "snapshot-failed", "a snapshot failed", "It failed, or lacks some shards.",
        Query(
            promql=f"increase(elasticsearch_slm_stats_snapshots_failed_total{{{OF}}}[1h]) > 0 or "
            f"elasticsearch_snapshot_stats_snapshot_failed_shards{{{OF}}} > 0"
        ),
    )  # fmt: skip
    yield alert(
        "snapshot-missing", "there was no snapshot", "None succeeded for longer than a day, and none was seen to fail.",
        # What is new is not blamed for its past: the cluster must have been there that long.
        Query(
            promql=f"(time() - max({latest}) > 60 * $minutes or absent({latest})) and on() "
            f"max(last_over_time({NODES}[1h] offset ${{minutes}}m))",
            looks_back=True,
        ),
    )  # fmt: skip
    yield alert(
        "snapshot-empty", "the last snapshot is empty", "It succeeded, and there is no index in it.",
        Query(promql=f"elasticsearch_snapshot_stats_snapshot_number_of_indices{{{OF}}} < 1"),
    )  # fmt: skip
