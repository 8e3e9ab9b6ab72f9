"""References among the resources of a state, which lists a resource after all that it depends on.

The rules are Pulumi's own: `rebuildDependencies` of its journal, and `NormalizeURNReferences` of its states
(https://github.com/pulumi/pulumi/blob/v3.256.0/sdk/go/common/apitype/core.go).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

Resource = dict[str, Any]

STACK = "pulumi:pulumi:Stack"


def without_dangling(resources: Sequence[Resource]) -> None:
    """Takes back references to what is gone: a refresh removes what others still depend on."""
    known: set[str] = set()
    for resource in resources:
        _rewrite(resource, lambda urn: urn if urn in known else None)
        known.add(resource["urn"])
    parents: dict[str, str] = {}
    for resource in resources:
        if "parent" in resource and resource["parent"] not in known:
            resource["parent"] = parents.get(resource["parent"], "")
        parents[resource["urn"]] = resource.get("parent", "")


def without_aliases(resources: Sequence[Resource]) -> None:
    """Has references name resources as they are called now."""
    now: dict[str, str] = {}
    for resource in resources:
        now.update(dict.fromkeys(resource.pop("aliases", ()), resource["urn"]))
        parent = now.get(resource.get("parent", ""))
        if parent and _type(parent) != STACK:
            head, project, kind, name = resource["urn"].split("::", 3)
            now[resource["urn"]] = f"{head}::{project}::{_type(parent)}${kind.rpartition('$')[2]}::{name}"
    if not now:
        return
    for resource in resources:
        resource["urn"] = now.get(resource["urn"], resource["urn"])
        for key in ("parent", "viewOf"):
            if key in resource:
                resource[key] = now.get(resource[key], resource[key])
        if "provider" in resource:
            urn, _, id_ = resource["provider"].rpartition("::")
            resource["provider"] = f"{now.get(urn, urn)}::{id_}"
        _rewrite(resource, lambda urn: now.get(urn, urn))


# -- inside


def _rewrite(resource: Resource, rewritten: Callable[[str], str | None]) -> None:
    """Changes what a resource depends on; None drops it."""

    def each(urns: Sequence[str]) -> list[str]:
        return [new for new in map(rewritten, urns) if new]

    for key in ("dependencies", "replaceWith"):
        if key in resource:
            resource[key] = each(resource[key])
    if "propertyDependencies" in resource:
        changed = {key: each(urns or ()) for key, urns in resource["propertyDependencies"].items()}
        resource["propertyDependencies"] = {key: urns for key, urns in changed.items() if urns}
    if "deletedWith" in resource:
        resource["deletedWith"] = rewritten(resource["deletedWith"]) or ""


def _type(urn: str) -> str:
    return urn.split("::", 3)[2]
