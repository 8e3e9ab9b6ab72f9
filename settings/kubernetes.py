"""Kubernetes: a GKE cluster in each region, the nodes in it, and the pods that the nodes must hold."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from .machines import DAEMONS, Size, allocatable, machine_size
from .section import Cidr, Region, ResourceName, Role, Section, setting

DOCS = "https://cloud.google.com/kubernetes-engine/docs"
LONGEST_CLUSTER_NAME = 40
MOST_BACKUPS = 360
"""How many backups a plan can keep (https://cloud.google.com/kubernetes-engine/docs/add-on/backup-for-gke)."""
SURGE = 1
"""Nodes that an upgrade adds to a pool in each zone, before it takes old ones away."""

ZoneLetter = Literal["a", "b", "c", "d", "f"]
Sysctl = Annotated[str, StringConstraints(pattern=r"^(fs|kernel|net|vm)\.[a-z0-9_.-]+$")]


class Pod(Section):
    """A kind of pod that a pool must hold: what each asks for, and gets."""

    cpu: float = Field(gt=0, json_schema_extra={"source": "§5.1, §8.1", "unit": "vCPU"})
    """Processors."""
    memory_gib: float = Field(gt=0, json_schema_extra={"source": "§5.1, §8.1", "unit": "GiB"})
    """Memory, without huge pages."""
    huge_pages_gib: int = setting(0, "§5.1: shared buffers of a quarter of the memory", unit="GiB of 2 MiB pages", ge=0)
    """Memory in huge pages; the pool's nodes set as much aside."""
    count: int = setting(1, "§5.1, §8.1", unit="pods", ge=1, le=100)
    """How many there are; they are spread over the zones."""


class Pool(Section):
    """Nodes of one kind."""

    machine_type: str = Field(json_schema_extra={"source": "§5.1, §8.1: pods must fit beside what GKE keeps"})
    """The machine: `n2-standard-4`, or `n2-custom-10-43008` for 10 vCPU and 43008 MiB."""
    nodes_per_zone: int = setting(1, "§10.2", unit="nodes in each zone", ge=1, le=100)
    """Nodes that are always there."""
    max_nodes_per_zone: int = setting(2, "design: room to grow", unit="nodes in each zone", ge=1, le=100)
    """Nodes that the pool can grow to by itself; as many as `nodes_per_zone` for a pool that does not."""
    zones: tuple[ZoneLetter, ...] = setting((), "§10.2", max_length=3)
    """The zones, by their letter; the cluster's where nothing is said."""
    disk_type: Literal["pd-standard", "pd-balanced", "pd-ssd"] = setting("pd-balanced", f"{DOCS}/how-to/custom-boot-disks")
    """The boot disk: images and logs. Data is on disks of its own."""
    disk_gb: int = setting(100, f"{DOCS}/how-to/custom-boot-disks", unit="GB", ge=30, le=2000)
    """The boot disk's size."""
    max_pods_per_node: int = setting(32, f"{DOCS}/how-to/flexible-pod-cidr", unit="pods", ge=8, le=256)
    """Pods that a node can run; it takes twice as many addresses, rounded up to a power of two."""
    dedicated: bool = setting(True, "design: data stores do not share machines")
    """Whether only pods that tolerate the pool's taint run here."""
    sysctls: dict[Sysctl, str] = setting({}, f"{DOCS}/how-to/node-system-config#sysctl-options")
    """Kernel parameters of the nodes."""
    pods: dict[ResourceName, Pod] = setting({}, "§5.1, §8.1")
    """The pods that the nodes must hold as soon as they are there, beside GKE's own."""

    @property
    def addresses_per_node(self) -> int:
        """Addresses that a node takes of the pods' range: https://cloud.google.com/kubernetes-engine/docs/how-to/flexible-pod-cidr"""
        return 1 << (2 * self.max_pods_per_node - 1).bit_length()

    def on_one_node(self, zones: int) -> Iterator[tuple[str, int, Pod]]:
        """The pods that the fullest of the nodes must hold: name, how many, and the pod."""
        for name, pod in self.pods.items():
            yield name, ceil(ceil(pod.count / zones) / self.nodes_per_zone), pod

    def huge_pages_gib(self, zones: int) -> int:
        """Memory that each node sets aside in huge pages."""
        return sum(many * pod.huge_pages_gib for _, many, pod in self.on_one_node(zones))

    @model_validator(mode="after")
    def _sizes(self) -> Pool:
        try:
            machine_size(self.machine_type)
        except ValueError as error:
            raise ValueError(f"machine_type {error}") from None
        if self.max_nodes_per_zone < self.nodes_per_zone:
            raise ValueError(f"max_nodes_per_zone is {self.max_nodes_per_zone}, below nodes_per_zone ({self.nodes_per_zone})")
        return self


class Maintenance(Section):
    """When Google may upgrade control plane and nodes; times are UTC."""

    days: tuple[Literal["MO", "TU", "WE", "TH", "FR", "SA", "SU"], ...] = setting(
        ("SA", "SU"), "§4.1 maintenance at the weekend", min_length=1
    )
    """The days of the week."""
    start: Annotated[str, StringConstraints(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")] = setting("06:00", "§4.1", unit="HH:MM, UTC")
    """When the window opens."""
    hours: int = setting(6, f"{DOCS}/concepts/maintenance-windows-and-exclusions", unit="hours", ge=4, le=23)
    """How long it stays open."""

    @model_validator(mode="after")
    def _long_enough(self) -> Maintenance:
        total = 4 * len(set(self.days)) * self.hours
        if total < 48:
            raise ValueError(
                f"days and hours leave {total} hours in four weeks ({len(set(self.days))} days of {self.hours} hours); "
                "GKE needs 48 to keep a cluster up to date"
            )
        return self


class Cluster(Section):
    """A cluster: private, in one region."""

    zones: tuple[ZoneLetter, ...] = setting(("a", "b", "c"), "§10.2", min_length=1, max_length=3)
    """The zones that nodes are in, by their letter; the control plane is in every zone of the region anyway."""
    pools: dict[ResourceName, Pool] = Field(json_schema_extra={"source": "§5.1, §8.1"}, min_length=1)
    """The nodes."""
    maintenance: Maintenance = Maintenance()
    """When upgrades may happen."""
    authorized_networks: dict[ResourceName, Cidr] = setting({}, f"{DOCS}/how-to/authorized-networks")
    """Private ranges, beside the cluster's own, that may talk to the control plane's address, such as a VPN's. Its DNS name is
    open to whoever IAM lets in."""

    def zones_of(self, pool: Pool) -> tuple[ZoneLetter, ...]:
        """The zones of a pool, by their letter."""
        return pool.zones or self.zones

    def placed(self, kind: str) -> tuple[str, Pod] | None:
        """The pool that has room for a kind of pod, and what the pod asks for; None where no pool has."""
        return next(((name, pool.pods[kind]) for name, pool in self.pools.items() if kind in pool.pods), None)

    @model_validator(mode="after")
    def _pods_fit(self) -> Cluster:
        for name, pool in self.pools.items():
            zones, machine = len(self.zones_of(pool)), machine_size(pool.machine_type)
            huge, left = pool.huge_pages_gib(zones) * 1024, allocatable(machine)
            free = Size(left.cpu - DAEMONS.cpu, left.memory - DAEMONS.memory - huge)
            held = [(kind, many, Size(pod.cpu * 1000, pod.memory_gib * 1024)) for kind, many, pod in pool.on_one_node(zones)]
            asked = Size(sum(n * size.cpu for _, n, size in held), sum(n * size.memory for _, n, size in held))
            if asked.cpu > free.cpu or asked.memory > free.memory:
                pages = f" and {huge} MiB in huge pages" if huge else ""
                raise ValueError(
                    f"pools.{name}.machine_type is {pool.machine_type}, which is too small: of {machine} GKE leaves {left}; "
                    f"less {DAEMONS} for its own pods{pages} that is {free}, but a node must hold "
                    f"{', '.join(f'{n} x {kind} ({size})' for kind, n, size in held)}: {asked}. "
                    "Take a larger machine, or more nodes_per_zone"
                )
        return self

    @model_validator(mode="after")
    def _system_pods_have_a_place(self) -> Cluster:
        if all(pool.dedicated for pool in self.pools.values()):
            raise ValueError("pools are all dedicated: one must not be, or the cluster's own services find no node")
        return self


class ClusterBackups(Section):
    """Backup for GKE: objects, secrets and volumes of each cluster, kept in the other region."""

    rpo_minutes: int = setting(120, "§10.2", unit="minutes", ge=60, le=86400)
    """How old the newest backup may be: Google chooses the moments. An hour is the least."""
    retain_days: int = setting(30, "§10.1", unit="days", ge=1, le=3650)
    """How long a backup is kept."""
    delete_lock_days: int = setting(7, f"{DOCS}/add-on/backup-for-gke/how-to/backup-plan", unit="days", ge=0, le=90)
    """How long nobody can delete a backup, whatever they may do in the project."""
    volumes: bool = setting(True, "§10.1")
    """Whether the volumes' contents are backed up too, beside the data stores' own backups."""

    @model_validator(mode="after")
    def _kept_as_google_can(self) -> ClusterBackups:
        longest = MOST_BACKUPS * self.rpo_minutes // 1440
        if self.retain_days > max(longest, 1):
            raise ValueError(
                f"retain_days is {self.retain_days}, but of backups every {self.rpo_minutes} minutes Google keeps "
                f"{MOST_BACKUPS}, which is {longest} days; raise rpo_minutes to "
                f"{ceil(self.retain_days * 1440 / MOST_BACKUPS)}, or retain fewer days"
            )
        if self.delete_lock_days > self.retain_days:
            raise ValueError(
                f"delete_lock_days is {self.delete_lock_days}, more than retain_days ({self.retain_days}): a backup would have "
                "to go before it can"
            )
        return self


MAP_COUNT: dict[str, str] = {"vm.max_map_count": "1048576"}
"""Elasticsearch maps its files: https://www.elastic.co/docs/deploy-manage/deploy/cloud-on-k8s/virtual-memory"""


def _timescaledb(count: int, zones: tuple[ZoneLetter, ...] = ()) -> Pool:
    # §5.1: 8 vCPU and 32 GiB, of which 9 in huge pages. A machine of that size has room for 7.9 and 28.
    pods = {"timescaledb": Pod(cpu=8, memory_gib=23, huge_pages_gib=9, count=count)}
    return Pool(machine_type="n2-custom-10-43008", zones=zones, pods=pods)


def _elasticsearch(kind: str, cpu: float) -> Pool:
    # §8.1: three of each kind with 16 GiB.
    pods = {f"elasticsearch-{kind}": Pod(cpu=cpu, memory_gib=16, count=3)}
    return Pool(machine_type="n2-custom-4-24576", sysctls=MAP_COUNT, pods=pods)


def _general(pods: dict[str, Pod]) -> Pool:
    return Pool(machine_type="n2-standard-4", max_nodes_per_zone=4, max_pods_per_node=64, dedicated=False, pods=pods)


def _default_clusters() -> dict[Role, Cluster]:
    pooler = Pod(cpu=1, memory_gib=0.5, count=3)
    operator = Pod(cpu=0.1, memory_gib=0.5, count=2)
    return {
        "primary": Cluster(
            pools={
                "timescaledb": _timescaledb(3),
                "elasticsearch-data": _elasticsearch("data", 2),
                "elasticsearch-masters": _elasticsearch("masters", 1),
                "general": _general({"pgbouncer": pooler, "elastic-operator": operator}),
            },
        ),
        # The standby is upgraded first, and in the week: who watches sees it before the primary follows.
        "secondary": Cluster(
            zones=("b", "c", "d"),
            pools={"timescaledb": _timescaledb(2, ("b", "c")), "general": _general({"pgbouncer": pooler})},
            maintenance=Maintenance(days=("TU", "WE")),
        ),
    }


class Kubernetes(Section):
    """GKE."""

    name: ResourceName = setting("alphintra", "design")
    """What the clusters' names begin with; their region follows."""
    release_channel: Literal["RAPID", "REGULAR", "STABLE", "EXTENDED"] = setting("REGULAR", f"{DOCS}/concepts/release-channels")
    """How soon the clusters get new versions of Kubernetes."""
    clusters: dict[Role, Cluster] = setting(_default_clusters(), "§5.1, §8.1, §10.2, §15.5")
    """The clusters by the role of their region; without `secondary` there is no standby of the time series."""
    backups: ClusterBackups = ClusterBackups()
    """Backups of the clusters."""

    def cluster_name(self, region: Region) -> str:
        """A cluster's physical name."""
        return f"{self.name}-{region}"

    @model_validator(mode="after")
    def _primary(self) -> Kubernetes:
        if "primary" not in self.clusters:
            raise ValueError("clusters.primary is missing: the time series and the search engine run there")
        return self
