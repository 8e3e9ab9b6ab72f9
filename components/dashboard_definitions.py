"""What is shown, as data: every metric of section 11.1 for the stores that Google runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from .alert import LogMetric
from .dashboard_layout import Chart, Dashboard
from .signals import Databases, Signal


def database_dashboard(databases: Databases, slow: LogMetric) -> Dashboard:
    """Cloud SQL: connections and pools, queries, locks, replication, and the machine."""
    charts = [
        Chart("Servers that are up", [databases.up]),
        Chart("Connections", [databases.connections]),
        Chart("Connections by state: what the pools hold, and use", [databases.connections_by_state]),
        Chart("Query latency: 99th percentile", [databases.latencies]),
        Chart("Query latency: mean", [databases.query_latency]),
        Chart("Slow statements logged", [counted(slow, databases)]),
        Chart("Transactions", [databases.transactions]),
        Chart("Waiting for locks", [databases.lock_waits]),
        Chart("Time spent waiting for locks", [databases.lock_time]),
        Chart("Deadlocks", [databases.deadlocks]),
        *([Chart("Replication lag", [databases.replication_lag])] if databases.replicas else []),
        *([Chart("Replication lag in bytes", [databases.replication_bytes])] if databases.replicas else []),
        Chart("CPU", [databases.cpu]),
        Chart("Memory", [databases.memory]),
        Chart("Disk, of the limit of its growth", [databases.disk_bytes]),
        Chart("Disk, of its present size", [databases.disk]),
        Chart("Transaction ids in use", [databases.transaction_ids]),
        Chart("Log files not archived", [databases.failed_archivings]),
        Chart("Failed logins", [databases.failed_logins]),
    ]
    return Dashboard("database", "Alphintra: main database", "Cloud SQL for PostgreSQL: the primary and its replicas.", charts)


def storage_dashboard(project: str, buckets: Sequence[str]) -> Dashboard:
    """Cloud Storage: what is in the buckets, and who asks for it."""

    def signal(title: str, metric: str, aligner: str, by: str, unit: str) -> Signal:
        return Signal(
            title=title, metric=f"storage.googleapis.com/{metric}", resource="gcs_bucket", of={"bucket_name": buckets},
            aligner=aligner, reducer="REDUCE_SUM", by=(by,), seconds=300, unit=unit,
        )  # fmt: skip

    name, code = "resource.label.bucket_name", "metric.label.response_code"
    charts = [
        Chart("Bytes kept", [signal("Bytes", "storage/v2/total_bytes", "ALIGN_MEAN", name, "By")]),
        Chart("Objects kept", [signal("Objects", "storage/v2/total_count", "ALIGN_MEAN", name, "1")]),
        Chart("Requests by answer", [signal("Requests", "api/request_count", "ALIGN_RATE", code, "1/s")]),
        Chart("Bytes read", [signal("Read", "network/sent_bytes_count", "ALIGN_RATE", name, "By/s")]),
    ]
    return Dashboard("storage", "Alphintra: buckets", f"Cloud Storage of {project}.", charts)


def overview(dashboards: Sequence[Dashboard], charts: Sequence[Chart]) -> Dashboard:
    """The few charts that say whether all is well, and the names of the dashboards that say more."""
    more = "\n".join(f"- {dashboard.title}: {dashboard.text}" for dashboard in dashboards)
    return Dashboard("overview", "Alphintra: data platform", f"Is all well? More is on\n\n{more}", charts)


def database_overview(databases: Databases) -> list[Chart]:
    """What the overview shows of Cloud SQL."""
    first = [
        Chart("Main database: up", [databases.up]),
        Chart("Main database: connections", [databases.connections]),
        Chart("Main database: mean query latency", [databases.query_latency]),
        Chart("Main database: disk", [databases.disk_bytes]),
    ]
    return [*first, *([Chart("Main database: replication lag", [databases.replication_lag])] if databases.replicas else [])]


def counted(metric: LogMetric, databases: Databases) -> Signal:
    """Log entries that are counted, as a signal of the primary."""
    return replace(
        databases.of_primary(databases.up), title=metric.title, metric=f"logging.googleapis.com/user/{metric.name}",
        resource=metric.resource, aligner="ALIGN_DELTA", reducer="REDUCE_SUM", seconds=300,
    )  # fmt: skip
