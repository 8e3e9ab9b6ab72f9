"""Workspaces: the namespaces of the Kubernetes clusters, what may be asked for in them, and who goes first."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import StringConstraints, model_validator

from .section import Section, setting

DOCS = "https://kubernetes.io/docs/concepts"
RESERVED = ("default", "gke-", "gmp-", "kube-")
"""How namespaces begin that are the cluster's own."""
HIGHEST_PRIORITY = 1_000_000_000
"""What is above is for the cluster's own pods."""

Role = Literal["primary", "secondary"]
NamespaceName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$")]
PriorityName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$")]


class Quota(Section):
    """How much all pods of a namespace may ask for together."""

    cpu: float = setting(8, f"{DOCS}/policy/resource-quotas/", unit="vCPU", gt=0, le=1000)
    """Processors."""
    memory_gib: int = setting(16, f"{DOCS}/policy/resource-quotas/", unit="GiB", ge=1, le=10000)
    """Memory, without huge pages; limits count as requests do."""
    storage_gib: int = setting(0, f"{DOCS}/policy/resource-quotas/#quota-for-storage", unit="GiB", ge=0, le=1_000_000)
    """Persistent volumes."""
    pods: int = setting(20, f"{DOCS}/policy/resource-quotas/#object-count-quota", unit="pods", ge=1, le=1000)
    """Pods."""


class Container(Section):
    """What a container asks for that does not say it itself."""

    cpu_millis: int = setting(50, f"{DOCS}/policy/limit-range/", unit="thousandths of a vCPU", ge=1, le=64000)
    """Processors that it asks for."""
    memory_mib: int = setting(128, f"{DOCS}/policy/limit-range/", unit="MiB", ge=4, le=1_000_000)
    """Memory that it asks for, and has at most."""


class Namespace(Section):
    """A namespace in one cluster or in both."""

    clusters: tuple[Role, ...] = setting(("primary",), "§10.2, §15.5", min_length=1)
    """The clusters by the role of their region; one that an environment does not have is passed over."""
    pod_security: Literal["restricted", "baseline"] = setting("restricted", f"{DOCS}/security/pod-security-standards/")
    """The profile that its pods keep to."""
    quota: Quota = Quota()
    """How much its pods may ask for."""
    container: Container = Container()
    """What its containers ask for that do not say it."""


class Priority(Section):
    """Which pods stay where there is no room for all."""

    value: int = setting(0, f"{DOCS}/scheduling-eviction/pod-priority-preemption/", ge=0, le=HIGHEST_PRIORITY)
    """The higher goes first; 0 is what pods have without one."""
    preempts: bool = setting(True, f"{DOCS}/scheduling-eviction/pod-priority-preemption/#non-preempting-priority-class")
    """Whether it takes the place of others that are running."""
    purpose: Annotated[str, StringConstraints(min_length=5, max_length=200)]
    """What it is for."""


def _default_namespaces() -> dict[str, Namespace]:
    both: tuple[Role, ...] = ("primary", "secondary")
    return {
        # §5.1: three members of 8 vCPU and 23 GiB beside huge pages, with exporters, backups, and a restore test beside them;
        # 5 TiB of data and 256 GiB of log each.
        "timescaledb": Namespace(clusters=both, quota=Quota(cpu=48, memory_gib=160, storage_gib=24576, pods=40)),
        # §8.1: three nodes of a kind with 16 GiB, 1 TiB for each of the data nodes.
        "elasticsearch": Namespace(quota=Quota(cpu=20, memory_gib=128, storage_gib=4096, pods=40)),
        "elastic-system": Namespace(quota=Quota(cpu=2, memory_gib=4, pods=10)),
        "pgbouncer": Namespace(clusters=both, quota=Quota(cpu=16, memory_gib=16, pods=20)),
        "services": Namespace(quota=Quota(cpu=64, memory_gib=256, pods=100)),
        # A restore of the time series, whole, beside other jobs.
        "jobs": Namespace(clusters=both, quota=Quota(cpu=16, memory_gib=64, storage_gib=6144, pods=30)),
        "monitoring": Namespace(clusters=both, quota=Quota(cpu=4, memory_gib=8, pods=20)),
    }


def _default_priorities() -> dict[str, Priority]:
    return {
        "alphintra-store": Priority(value=1_000_000, purpose="Data stores: they go last, and take the place of anything else"),
        "alphintra-path": Priority(value=900_000, purpose="What stands between services and stores, such as connection poolers"),
        "alphintra-batch": Priority(value=1_000, preempts=False, purpose="Jobs that wait for room: backups, exports, tests"),
    }


class Workspaces(Section):
    """What the clusters hold before anything runs in them."""

    namespaces: dict[NamespaceName, Namespace] = setting(_default_namespaces(), "§5.1, §8.1, §15.5")
    """Namespaces."""
    priorities: dict[PriorityName, Priority] = setting(_default_priorities(), "design: stores before services before jobs")
    """Priorities of pods, in every cluster."""

    @model_validator(mode="after")
    def _names(self) -> Workspaces:
        for name in self.namespaces:
            if name.startswith(RESERVED):
                raise ValueError(f"namespaces.{name} begins as the cluster's own do ({', '.join(RESERVED)}); take another name")
        for name in self.priorities:
            if name.startswith("system-"):
                raise ValueError(f"priorities.{name} begins with system-, which is for the cluster's own; take another name")
        return self

    def within(self, role: str) -> dict[str, Namespace]:
        """The namespaces of a cluster, by the role of its region."""
        return {name: known for name, known in self.namespaces.items() if role in known.clusters}
