"""When each resource begins and ends, if all is made from nothing and everything begins as soon as it may."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import Any

from localcloud.catalog import create_seconds

from ..homes import Inventory

Duration = Callable[[str], float]
Edge = tuple[str, str]
"""A resource, and one that it waits for."""


@dataclass(frozen=True)
class Bar:
    """A resource on the time axis."""

    urn: str
    begins: float
    ends: float
    waits_for: str
    """The last thing that it waited for; empty where it waited for nothing."""

    @property
    def seconds(self) -> float:
        """How long it takes."""
        return self.ends - self.begins


@dataclass(frozen=True)
class Schedule:
    """All of it."""

    bars: Mapping[str, Bar]

    @property
    def seconds(self) -> float:
        """Until the last resource is there."""
        return max((bar.ends for bar in self.bars.values()), default=0.0)

    @property
    def path(self) -> list[Bar]:
        """The longest chain, first to last."""
        step = max(self.bars.values(), key=lambda bar: bar.ends, default=None)
        found: list[Bar] = []
        while step:
            found.insert(0, step)
            step = self.bars.get(step.waits_for)
        return found


@dataclass(frozen=True)
class Avoidable:
    """A dependency that is only said, by no value that is passed on, and makes the longest chain longer."""

    edge: Edge
    saves: float
    """Seconds that an update from nothing would be shorter without it."""


def schedule(inventory: Inventory, without: Collection[Edge] = (), duration: Duration = create_seconds) -> Schedule:
    """The schedule of what a program declares.

    Args:
        inventory: the resources.
        without: dependencies that do not count.
        duration: seconds that a type takes.
    """
    by_urn = {entry["urn"]: entry for entry in inventory}
    needs = {
        urn: [need for need in _needs(entry) if need in by_urn and (urn, need) not in without] for urn, entry in by_urn.items()
    }
    bars: dict[str, Bar] = {}
    for urn in TopologicalSorter(needs).static_order():
        latest = max((bars[need] for need in needs[urn]), key=lambda bar: bar.ends, default=None)
        begins = latest.ends if latest else 0.0
        bars[urn] = Bar(urn, begins, begins + duration(by_urn[urn]["type"]), latest.urn if latest else "")
    return Schedule(bars)


def avoidable(inventory: Inventory, duration: Duration = create_seconds) -> list[Avoidable]:
    """Dependencies on the longest chain that the program says and no value carries, with what each costs."""
    whole = schedule(inventory, duration=duration)
    by_urn = {entry["urn"]: entry for entry in inventory}
    chain = [(bar.urn, bar.waits_for) for bar in whole.path if bar.waits_for]
    said = [(urn, need) for urn, need in chain if need in by_urn[urn]["dependencies"] and need not in carried(by_urn[urn])]
    found = [Avoidable(edge, whole.seconds - schedule(inventory, [edge], duration).seconds) for edge in said]
    return [known for known in found if known.saves > 0]


def carried(entry: Mapping[str, Any]) -> set[str]:
    """What a resource needs a value of."""
    known: Mapping[str, Sequence[str]] = entry["propertyDependencies"]
    return {urn for urns in known.values() for urn in urns}


def _needs(entry: Mapping[str, Any]) -> list[str]:
    provider = str(entry.get("provider") or "").rpartition("::")[0]
    return [*entry["dependencies"], str(entry.get("parent") or ""), provider]
