"""What is measured: one definition of each series, for alerts, dashboards and objectives alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

SQL = "cloudsql.googleapis.com/database"
MICROSECONDS = 1000
"""In a millisecond: Query Insights counts in microseconds."""


@dataclass(frozen=True, kw_only=True)
class Signal:
    """Series of a metric, and how they are put together. Names are those of
    https://cloud.google.com/monitoring/api/ref_v3/rest/v3/projects.alertPolicies#aggregation"""

    title: str
    metric: str
    resource: str
    of: Mapping[str, Sequence[str]]
    """The monitored resources: a label, and the values that it may have."""
    where: Mapping[str, str] = field(default_factory=dict[str, str])
    """The metric's own labels, each with its value."""
    aligner: str = "ALIGN_MEAN"
    reducer: str | None = None
    by: Sequence[str] = ()
    """The labels whose values are kept apart, such as `resource.label.database_id`."""
    seconds: int = 60
    """The length of a step."""
    unit: str = "1"

    @property
    def filter(self) -> str:
        """The monitoring filter."""
        parts = [f'metric.type="{self.metric}"', f'resource.type="{self.resource}"']
        parts += [f"resource.labels.{label}={_one_of(values)}" for label, values in self.of.items()]
        parts += [f'metric.labels.{label}="{value}"' for label, value in self.where.items()]
        return " AND ".join(parts)


def _one_of(values: Sequence[str]) -> str:
    listed = ",".join(f'"{value}"' for value in values)
    return listed if len(values) == 1 else f"one_of({listed})"


@dataclass(frozen=True)
class Databases:
    """The signals of Cloud SQL instances: a primary and its replicas."""

    project: str
    primary: str
    replicas: Sequence[str]

    @property
    def up(self) -> Signal:
        return self._of_all("Server is up", "up", aligner="ALIGN_MIN")

    @property
    def connections(self) -> Signal:
        """Of each instance, over its databases."""
        return self._of_all(
            "Connections",
            "postgresql/num_backends",
            aligner="ALIGN_MAX",
            reducer="REDUCE_SUM",
            by=("resource.label.database_id",),
        )

    @property
    def connections_by_state(self) -> Signal:
        """Of the primary: what the pools hold, and what of it works."""
        return self._of_primary(
            "Connections by state", "postgresql/num_backends_by_state", reducer="REDUCE_SUM", by=("metric.label.state",)
        )

    @property
    def query_latency(self) -> Signal:
        """The mean over all queries of the primary, in microseconds."""
        return replace(self.latencies, title="Mean query latency", aligner="ALIGN_DELTA", reducer="REDUCE_MEAN")

    @property
    def latencies(self) -> Signal:
        """The distribution over the queries of the primary, in microseconds; the 99th percentile of each."""
        return Signal(
            title="Query latency, 99th percentile",
            metric=f"{SQL}/postgresql/insights/aggregate/latencies",
            resource="cloudsql_instance_database",
            of={"resource_id": [self._id(self.primary)]},
            aligner="ALIGN_PERCENTILE_99",
            reducer="REDUCE_MAX",
            by=("resource.label.database",),
            seconds=300,
            unit="us",
        )

    @property
    def replication_lag(self) -> Signal:
        """In seconds; negative where replication is not running."""
        return self._of(self.replicas, "Replication lag", "replication/replica_lag", aligner="ALIGN_MAX", unit="s")

    @property
    def replication_bytes(self) -> Signal:
        """How far the replicas are behind, as the primary sees it."""
        return self._of_primary(
            "Replication lag in bytes", "postgresql/replication/replica_byte_lag",
            where={"replica_lag_type": "replay_location"}, aligner="ALIGN_MAX", by=("metric.label.replica_name",),
            reducer="REDUCE_MAX", unit="By",
        )  # fmt: skip

    @property
    def cpu(self) -> Signal:
        return self._of_all("CPU", "cpu/utilization")

    @property
    def memory(self) -> Signal:
        return self._of_all("Memory", "memory/utilization")

    @property
    def disk(self) -> Signal:
        """The part of the disk that is full, as it is now: it grows by itself."""
        return self._of_all("Disk, of its present size", "disk/utilization", aligner="ALIGN_MAX")

    @property
    def disk_bytes(self) -> Signal:
        return self._of_all("Disk", "disk/bytes_used", aligner="ALIGN_MAX", unit="By")

    @property
    def transaction_ids(self) -> Signal:
        return self._of_primary("Transaction ids in use", "postgresql/transaction_id_utilization", aligner="ALIGN_MAX")

    @property
    def lock_waits(self) -> Signal:
        return self._of_primary(
            "Connections that wait for a lock",
            "postgresql/backends_in_wait",
            where={"wait_event_type": "Lock"},
            reducer="REDUCE_SUM",
        )

    @property
    def lock_time(self) -> Signal:
        return Signal(
            title="Time spent waiting for locks",
            metric=f"{SQL}/postgresql/insights/aggregate/lock_time",
            resource="cloudsql_instance_database",
            of={"resource_id": [self._id(self.primary)]},
            aligner="ALIGN_RATE",
            reducer="REDUCE_SUM",
            by=("metric.label.lock_type",),
            seconds=300,
            unit="us",
        )

    @property
    def deadlocks(self) -> Signal:
        return self._of_primary(
            "Deadlocks", "postgresql/deadlock_count", aligner="ALIGN_DELTA", reducer="REDUCE_SUM", seconds=300
        )

    @property
    def failed_logins(self) -> Signal:
        return self._of_all(
            "Failed logins", "network/connection_attempt_count", where={"login_status": "failed"},
            aligner="ALIGN_DELTA", reducer="REDUCE_SUM", by=("resource.label.database_id",), seconds=300,
        )  # fmt: skip

    @property
    def failed_archivings(self) -> Signal:
        return self._of_primary(
            "Log files not archived", "replication/log_archive_failure_count", aligner="ALIGN_DELTA", seconds=300
        )

    @property
    def failovers(self) -> Signal:
        return self._of_primary("Failovers", "auto_failover_request_count", aligner="ALIGN_DELTA", seconds=300)

    @property
    def transactions(self) -> Signal:
        return self._of_primary(
            "Transactions", "postgresql/transaction_count", aligner="ALIGN_RATE", reducer="REDUCE_SUM",
            by=("metric.label.transaction_type",), unit="1/s",
        )  # fmt: skip

    def of_primary(self, signal: Signal) -> Signal:
        """A signal narrowed to the primary."""
        return replace(signal, of={"database_id": [self._id(self.primary)]})

    def _id(self, instance: str) -> str:
        return f"{self.project}:{instance}"

    def _of_primary(self, title: str, metric: str, **how: object) -> Signal:
        return self._of([self.primary], title, metric, **how)

    def _of_all(self, title: str, metric: str, **how: object) -> Signal:
        return self._of([self.primary, *self.replicas], title, metric, **how)

    def _of(self, instances: Sequence[str], title: str, metric: str, **how: object) -> Signal:
        ids = [self._id(instance) for instance in instances]
        return Signal(title=title, metric=f"{SQL}/{metric}", resource="cloudsql_database", of={"database_id": ids}, **how)  # pyright: ignore[reportArgumentType]
