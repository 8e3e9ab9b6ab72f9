"""How long an `up` takes on Google Cloud: typical durations, and the longest chain of resources that wait for each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from localcloud.catalog import create_seconds


@dataclass(frozen=True)
class CriticalPath:
    """The chain that decides how long a deployment takes."""

    seconds: float
    steps: Sequence[tuple[str, float]]
    """(name, seconds) of each resource on the chain that takes time, first to last."""


def critical_path(resources: Sequence[Mapping[str, Any]]) -> CriticalPath:
    """The critical path of creating the resources of an exported state, all at once where dependencies allow."""
    by_urn = {resource["urn"]: resource for resource in resources}
    finished: dict[str, float] = {}
    waited_for: dict[str, str] = {}
    for resource in resources:  # a state lists what is depended on first
        urn = resource["urn"]
        needed = [name for name in _needs(resource) if name in finished]
        latest = max(needed, key=lambda name: finished[name], default="")
        waited_for[urn] = latest
        finished[urn] = finished.get(latest, 0.0) + create_seconds(resource["type"])
    last = max(finished, key=lambda name: finished[name], default="")
    steps: list[tuple[str, float]] = []
    step = last
    while step:
        seconds = create_seconds(by_urn[step]["type"])
        if seconds:
            steps.insert(0, (step.rsplit("::", 1)[-1], seconds))
        step = waited_for[step]
    return CriticalPath(finished.get(last, 0.0), steps)


def _needs(resource: Mapping[str, Any]) -> list[str]:
    provider = str(resource.get("provider") or "").rpartition("::")[0]
    return [*(resource.get("dependencies") or []), str(resource.get("parent") or ""), provider]
