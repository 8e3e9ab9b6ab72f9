"""What becomes of Pulumi's state, as pure functions of a deployment: databases and users move to the instance that serves, and an
instance that is gone is forgotten."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from graphlib import TopologicalSorter
from typing import Any

from localcloud.catalog import recovery_id

INSTANCE = "gcp:sql/databaseInstance:DatabaseInstance"
NAME = "gcp:dns/recordSet:RecordSet"
INSIDE = ("gcp:sql/database:Database", "gcp:sql/user:User")
PLACES = ("region", "location", "zone")
Resource = dict[str, Any]
Resources = Sequence[Mapping[str, Any]]
Links = tuple[list[str], dict[str, list[str]]]
"""What a resource needs, and what each of its inputs needs."""


def urn_of(resources: Resources, name: str, kind: str = INSTANCE) -> str | None:
    """The URN of the instance of a name."""
    return next((str(r["urn"]) for r in resources if r["type"] == kind and name in _named(r["inputs"])), None)


def _named(inputs: Mapping[str, Any]) -> tuple[str | None, ...]:
    """The physical name, where Google's resources have it, where Valkey's do, and where those of Kubernetes do."""
    return inputs.get("name"), inputs.get("instanceId"), inputs.get("metadata", {}).get("name")


def inside(resources: Resources, name: str) -> list[str]:
    """The URNs of the databases and users of an instance."""
    return [str(r["urn"]) for r in resources if r["type"] in INSIDE and r["inputs"].get("instance") == name]


def names(resources: Resources, host: str = "main-db") -> list[str]:
    """The URNs of the names that lead to the instance that serves."""
    return [str(r["urn"]) for r in resources if r["type"] == NAME and str(r["inputs"].get("name")).startswith(f"{host}.")]


def moved(deployment: Mapping[str, Any], old: str, new: str, project: str, region: str) -> tuple[dict[str, Any], list[str]]:
    """The deployment in which databases and users are those of another instance, which has them all: it was a replica. They are
    found there under the ids that follow from their inputs, and are to be read back: the answer has their URNs, too."""
    resources: list[Resource] = list(deployment["resources"])
    before, after = urn_of(resources, old), urn_of(resources, new)
    wanted = set(inside(resources, old))
    urns: list[str] = []
    for index, known in enumerate(resources):
        if known["urn"] not in wanted or before is None or after is None:
            continue
        inputs = {**known["inputs"], "instance": new}
        id_ = recovery_id(known["type"], inputs, project, region)
        if id_ is None:
            continue
        links = {key: _exchanged(named, before, after) for key, named in known.get("propertyDependencies", {}).items()}
        depends = _exchanged(known.get("dependencies", []), before, after)
        resources[index] = {
            **known, "id": id_, "inputs": inputs, "outputs": {}, "dependencies": depends, "propertyDependencies": links,
        }  # fmt: skip
        urns.append(known["urn"])
    return {**deployment, "resources": ordered(resources)}, urns


def without(deployment: Mapping[str, Any], urn: str) -> dict[str, Any]:
    """The deployment that has forgotten a resource, and in which none waits for it."""
    kept: list[Resource] = []
    for known in deployment["resources"]:
        if known["urn"] == urn:
            continue
        links = {key: _exchanged(named, urn, None) for key, named in known.get("propertyDependencies", {}).items()}
        depends = _exchanged(known.get("dependencies", []), urn, None)
        entry = {**known, "dependencies": depends, "propertyDependencies": links}
        kept.append({key: value for key, value in entry.items() if key in known})
    return {**deployment, "resources": kept}


def ordered(resources: Sequence[Resource]) -> list[Resource]:
    """The resources in an order in which each comes after what it needs, as the engine wants them. What an update has replaced
    and not deleted yet is there twice; the one that stands is the one that others need."""
    places = {known["urn"]: index for index, known in enumerate(resources)}
    places |= {known["urn"]: index for index, known in enumerate(resources) if _stands(known)}
    graph = {
        index: [places[urn] for urn in _needs(known) if places.get(urn, index) != index] for index, known in enumerate(resources)
    }
    return [resources[index] for index in TopologicalSorter(graph).static_order()]


def unbound(deployment: Mapping[str, Any], urns: Collection[str]) -> dict[str, Any]:
    """The deployment in which these need nothing but their parents and providers."""
    return _with(deployment, {urn: ([], {}) for urn in urns})


def bound(deployment: Mapping[str, Any], before: Mapping[str, Any], urns: Collection[str]) -> dict[str, Any]:
    """The deployment in which these need again what they needed before; but nothing that is gone, or that by now needs them."""
    graph = {known["urn"]: set(_needs(known)) for known in deployment["resources"] if _stands(known)}
    links: dict[str, Links] = {}
    for known in before["resources"]:
        urn = known["urn"]
        if urn not in urns or urn not in graph or not _stands(known):
            continue
        free = {needed for needed in _needs(known) if needed in graph and urn not in _reached(needed, graph)}
        graph[urn] |= free
        named = {key: [one for one in of or () if one in free] for key, of in known.get("propertyDependencies", {}).items()}
        links[urn] = [one for one in known.get("dependencies", []) if one in free], named
    rebound = _with(deployment, links)
    return {**rebound, "resources": ordered(rebound["resources"])}


def _with(deployment: Mapping[str, Any], links: Mapping[str, Links]) -> dict[str, Any]:
    resources = [
        {**known, "dependencies": links[known["urn"]][0], "propertyDependencies": links[known["urn"]][1]}
        if known["urn"] in links and _stands(known)
        else known
        for known in deployment["resources"]
    ]
    return {**deployment, "resources": resources}


def _stands(known: Mapping[str, Any]) -> bool:
    return not known.get("delete")


def _reached(urn: str, graph: Mapping[str, Collection[str]]) -> set[str]:
    found, waiting = {urn}, [urn]
    while waiting:
        more = set(graph.get(waiting.pop(), ())) - found
        found |= more
        waiting += more
    return found


def in_region(resources: Resources, region: str) -> list[str]:
    """The URNs of what is in a region: it says so itself, or the provider that it is made through is that of a cluster there."""
    return [str(known["urn"]) for known in resources if known.get("custom") and _is_in(known, region)]


def _is_in(known: Mapping[str, Any], region: str) -> bool:
    if str(known["type"]).startswith("pulumi:providers:"):
        return region in str(known["urn"]).rpartition("::")[2]  # a cluster's; Google's own is everywhere
    places = {str(known.get(part, {}).get(name) or "").lower() for part in ("inputs", "outputs") for name in PLACES}
    through = str(known.get("provider") or "").rpartition("::")[0].rpartition("::")[2]
    return region in through or any(place == region or place.rpartition("-")[0] == region for place in places)


def _needs(known: Mapping[str, Any]) -> Iterable[str]:
    yield from known.get("dependencies", [])
    for named in known.get("propertyDependencies", {}).values():
        yield from named or ()
    provider = str(known.get("provider") or "").rpartition("::")[0]
    yield from filter(None, (str(known.get("parent") or ""), provider, str(known.get("deletedWith") or "")))


def _exchanged(urns: Iterable[str] | None, old: str, new: str | None) -> list[str]:
    found = [new if urn == old else urn for urn in urns or ()]
    return list(dict.fromkeys(urn for urn in found if urn))
