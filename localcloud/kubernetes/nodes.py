"""The nodes of a cluster: how many there may be, what is left on each for pods, and what they are labelled with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from ..machines import GI, MI, capacity, machine_data
from ..store import Row
from ..values import at, list_at, object_at
from .pods import Amounts, Pods
from .view import ClusterView

MEMORY_RESERVED = ((4, 25), (4, 20), (8, 10), (112, 6))
"""Of so many GiB after those before, so many hundredths; 2 of all that is above."""
CPU_RESERVED = ((1, 600), (1, 100), (2, 50))
"""Of so many cores after those before, so many ten-thousandths; 25 of all that is above."""
EVICTION = 100 * MI
SMALL_MACHINE = 255 * MI


@dataclass
class Node:
    """A node and what runs on it."""

    name: str
    labels: Mapping[str, str]
    taints: list[Mapping[str, Any]]
    allocatable: Amounts
    pods: list[Pods] = field(default_factory=list[Pods])

    def free(self, resource: str) -> Fraction:
        """How much of a resource nobody has asked for yet."""
        taken = sum((pods.requests.get(resource, Fraction()) for pods in self.pods), start=Fraction())
        return self.allocatable.get(resource, Fraction()) - taken


def allocatable(machine_type: str, huge_pages: Mapping[str, int] | None = None) -> Amounts:
    """What GKE leaves for pods on a machine: its capacity without what it reserves for itself.

    See https://cloud.google.com/kubernetes-engine/docs/concepts/plan-node-sizes.

    Args:
        machine_type: Compute Engine's name.
        huge_pages: how many pages of each size are set aside, such as {"2Mi": 4608}.
    """
    cores, memory = capacity(machine_type)
    kept = Fraction(SMALL_MACHINE) if memory < GI else _reserved(memory, GI, MEMORY_RESERVED, 2, 100)
    shared = machine_data()["shared"].get(machine_type)
    cpu = Fraction(shared["left"], 1000) if shared else cores - _reserved(Fraction(cores), 1, CPU_RESERVED, 25, 10000)
    sizes = {"2Mi": 2 * MI, "1Gi": GI}
    pages = {f"hugepages-{size}": Fraction(count * sizes[size]) for size, count in (huge_pages or {}).items() if count}
    left = memory - kept - EVICTION - sum(pages.values(), start=Fraction())
    return {"cpu": cpu, "memory": left, **pages}


def nodes(view: ClusterView) -> list[Node]:
    """The nodes that a cluster may have: each pool as large as it can become."""
    return [node for pool in view.node_pools() for node in _nodes_of(pool, view)]


def _nodes_of(pool: Row, view: ClusterView) -> list[Node]:
    settings = pool.properties
    name = str(settings.get("name"))
    config: Mapping[str, Any] = settings.get("nodeConfig") or {}
    machine = str(config.get("machineType") or "e2-medium")
    huge = object_at(config, "linuxNodeConfig.hugepagesConfig")
    pages = {"2Mi": int(huge.get("hugepageSize2m") or 0), "1Gi": int(huge.get("hugepageSize1g") or 0)}
    zones = _zones(settings, view)
    taints: list[Mapping[str, Any]] = [
        {**taint, "effect": _EFFECTS.get(str(taint.get("effect")), taint.get("effect"))} for taint in list_at(config, "taints")
    ]
    labels: dict[str, str] = {
        **object_at(config, "labels"),
        "cloud.google.com/gke-nodepool": name,
        "cloud.google.com/machine-family": machine.split("-", maxsplit=1)[0],
        "kubernetes.io/arch": "arm64" if machine.startswith(("t2a", "c4a")) else "amd64",
        "kubernetes.io/os": "linux",
        "node.kubernetes.io/instance-type": machine,
    }
    left = allocatable(machine, pages)
    return [
        Node(
            name=f"gke-{name}-{zone}-{number}",
            labels={
                **labels,
                "kubernetes.io/hostname": f"gke-{name}-{zone}-{number}",
                "topology.kubernetes.io/zone": zone,
                "topology.kubernetes.io/region": zone.rpartition("-")[0],
            },
            taints=taints,
            allocatable=left,
        )
        for number, zone in _places(settings, zones)
    ]


_EFFECTS = {"NO_SCHEDULE": "NoSchedule", "NO_EXECUTE": "NoExecute", "PREFER_NO_SCHEDULE": "PreferNoSchedule"}


def _zones(settings: Mapping[str, Any], view: ClusterView) -> list[str]:
    own: list[str] = settings.get("nodeLocations") or view.cluster.properties.get("nodeLocations") or []
    place = view.path.split("/")[3]
    return (
        own
        or machine_data()["zones"].get(place)
        or ([place] if place.count("-") > 1 else [f"{place}-{letter}" for letter in "abc"])
    )


def _places(settings: Mapping[str, Any], zones: list[str]) -> list[tuple[int, str]]:
    """(number, zone) of each node: as many in a zone as the pool may have there."""
    total = at(settings, "autoscaling.totalMaxNodeCount")
    if total:
        return [(index // len(zones), zones[index % len(zones)]) for index in range(int(total))]
    count = at(settings, "autoscaling.maxNodeCount") or settings.get("nodeCount") or settings.get("initialNodeCount") or 1
    return [(number, zone) for number in range(int(count)) for zone in zones]


def _reserved(amount: Fraction, unit: int, steps: tuple[tuple[int, int], ...], above: int, parts: int) -> Fraction:
    kept, rest = Fraction(), amount
    for size, share in steps:
        step = min(rest, Fraction(size * unit))
        kept += step * share / parts
        rest -= step
    return kept + rest * above / parts
