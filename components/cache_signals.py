"""What is measured of the stores in Memorystore: a Redis Cluster and its followers, a Valkey instance, or an older Redis."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from .signals import Signal


@dataclass(frozen=True)
class Family:
    """How the metrics of a kind of store are named."""

    metrics: str
    """What metrics begin with."""
    resource: str
    label: str
    """The label of the resource that says which store it is."""


WRITES = ("hset", "set", "zadd", "zrem")
"""The commands that write sessions and the blacklist (database/cache/sessions.py), as a server counts them. Those that are
replicated as others (scripts, expiries), or that nobody asked for (DEL, of what has expired), are not among them."""
WINDOW = "5m"
"""Commands are counted over as much."""
CLUSTER = Family("redis.googleapis.com/cluster", "redis.googleapis.com/Cluster", "cluster_id")
VALKEY = Family("memorystore.googleapis.com/instance", "memorystore.googleapis.com/Instance", "instance_id")


@dataclass(frozen=True, kw_only=True)
class MemoryStore:
    """The signals of a store. Redis Cluster and Valkey publish the same ones, under other names."""

    name: str
    """What its alerts and its dashboard are called after: `cache`, `sessions`."""
    title: str
    family: Family
    ids: Sequence[str]
    """The one that is written to, and then those that follow it."""

    @property
    def memory(self) -> Signal:
        """The fullest node, as a fraction: the average hides a shard that is full."""
        return self._of("Memory of the fullest node", "memory/maximum_utilization", "ALIGN_MAX")

    @property
    def memory_used(self) -> Signal:
        return self._of("Memory in use", "memory/total_used_memory", "ALIGN_MEAN", unit="By")

    @property
    def memory_size(self) -> Signal:
        return self._of("Memory there is", "memory/size", "ALIGN_MEAN", unit="By")

    @property
    def cpu(self) -> Signal:
        return self._of("CPU of the busiest node", "cpu/maximum_utilization", "ALIGN_MAX", role="primary")

    @property
    def evictions(self) -> Signal:
        return self._of("Keys evicted", "stats/total_evicted_keys_count", "ALIGN_DELTA", seconds=300)

    @property
    def connections(self) -> Signal:
        return self._of("Connections", "clients/total_connected_clients", "ALIGN_MEAN")

    @property
    def rejections(self) -> Signal:
        return self._of("Connections rejected", "stats/total_rejected_connections_count", "ALIGN_DELTA", seconds=300)

    @property
    def commands(self) -> Signal:
        return self._of("Commands", "commandstats/total_calls_count", "ALIGN_RATE", unit="1/s")

    @property
    def time_in_commands(self) -> Signal:
        """In microseconds a second; divided by the commands a second it is the latency of one."""
        return self._of("Time spent in commands", "commandstats/total_usec_count", "ALIGN_RATE", unit="us/s")

    @property
    def healthy(self) -> Signal:
        """The part of the time in which the least healthy node was healthy."""
        resource = f"{self.family.resource}Node"
        return self._of("Nodes that are healthy", "node/server/healthy", "ALIGN_FRACTION_TRUE", "REDUCE_MIN", resource)

    @property
    def replication_lag(self) -> Signal:
        """Of replicas in the same region."""
        return self._of("Replication lag", "replication/maximum_ack_lag", "ALIGN_MAX", unit="s")

    @property
    def regions_apart(self) -> Signal:
        """What followers in other regions have not received yet."""
        metric = "cross_cluster_replication/secondary_maximum_replication_offset_diff"
        return self._of("What another region lacks", metric, "ALIGN_MAX", unit="By")

    @property
    def writes_lacking(self) -> str:
        """In PromQL, the part of the writes of the last minutes that did not arrive in the other region. Of Valkey no lag between
        regions is published; but a server counts the writes that are replicated to it, as it counts those of clients."""
        written, arrived = (f"sum(increase({self._writes(id_)}[{WINDOW}]))" for id_ in self.ids[:2])
        return f"1 - ({arrived} or vector(0)) / {written}"

    def _writes(self, id_: str) -> str:
        service, path = self.family.metrics.split("/")
        name = f"{re.sub(r'[^a-z0-9]', '_', service)}:{path}_commandstats_total_calls_count"
        labels = f'{self.family.label}="{id_}",role="primary",command=~"(?i){"|".join(WRITES)}"'
        return f'{name}{{monitored_resource="{self.family.resource}",{labels}}}'

    @property
    def backup_status(self) -> Signal:
        """1 where the last backup succeeded, 0 where it failed."""
        return self._of("Last backup succeeded", "backup/last_backup_status", "ALIGN_MIN", "REDUCE_MIN")

    @property
    def backup_size(self) -> Signal:
        return self._of("Size of the last backup", "backup/last_backup_size", "ALIGN_MIN", "REDUCE_MIN", unit="By")

    def _of(
        self, title: str, metric: str, aligner: str, reducer: str | None = None, resource: str = "", *, role: str = "",
        seconds: int = 60, unit: str = "1",
    ) -> Signal:  # fmt: skip
        counted = aligner in ("ALIGN_DELTA", "ALIGN_RATE")
        return Signal(
            title=title, metric=f"{self.family.metrics}/{metric}", resource=resource or self.family.resource,
            of={self.family.label: self.ids}, where={"role": role} if role else {}, aligner=aligner,
            reducer=reducer or ("REDUCE_SUM" if counted else "REDUCE_MAX"), by=(f"resource.label.{self.family.label}",),
            seconds=seconds, unit=unit,
        )  # fmt: skip


def older_memory(project: str, region: str, name: str) -> Signal:
    """The memory of a Redis instance of the older kind, which has metrics of its own and is named by its path."""
    return Signal(
        title="Memory", metric="redis.googleapis.com/stats/memory/usage_ratio", resource="redis_instance",
        of={"instance_id": [f"projects/{project}/locations/{region}/instances/{name}"]}, aligner="ALIGN_MAX",
        reducer="REDUCE_MAX", by=("resource.label.instance_id",),
    )  # fmt: skip
