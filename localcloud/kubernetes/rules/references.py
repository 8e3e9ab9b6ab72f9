"""What a pod needs and nobody made; `cluster.toml` lists where a pod names it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ...errors import Refusal
from ...gcp.naming import render
from ...values import at, every, object_at
from ..pods import Pods, pods_of
from ..view import Request, Status, cluster_data
from .book import DOCS, rule, with_pods


@rule("pod-needs", *with_pods(), verbs=("ready",), source=f"{DOCS}/tasks/debug/debug-application/debug-pods/")
def pod_needs(request: Request) -> Refusal | None:
    """The secrets, config maps, claims, service accounts and priority classes that a pod names are there."""
    pods = pods_of(request.kind, request.new)
    says = [text for need in cluster_data()["needs"] for text in _missing(request, pods, need)] if pods else []
    return Status(400, "; ".join(dict.fromkeys(says)), "BackOff") if says else None


def _missing(request: Request, pods: Pods, need: Mapping[str, Any]) -> Iterator[str]:
    for place in _places(pods, need):
        name = at(place, need["path"])
        if name is None or at(place, need.get("optional", "optional")) is True:
            continue
        properties = {**place, "value": name, "namespace": pods.namespace, "pod": pods.name}
        if not request.view.exists(need["to"], name, pods.namespace):
            yield str(render(need["says"], properties))
        elif key := at(place, need.get("key", "-")):
            yield from _missing_key(request, need["to"], str(name), str(key), pods.namespace)


def _places(pods: Pods, need: Mapping[str, Any]) -> list[Any]:
    """The parts of a pod's spec that may name what it needs; those of containers in all containers."""
    within = need.get("within")
    if within is None:
        return [pods.spec]
    if within.startswith("containers[]."):
        rest = within.removeprefix("containers[].")
        return [place for container in pods.containers() for place in every(container, rest)]
    return every(pods.spec, within)


def _missing_key(request: Request, token: str, name: str, key: str, namespace: str) -> Iterator[str]:
    row = request.view.named(token, name, namespace)
    keys = {known for part in ("data", "stringData", "binaryData") for known in object_at(row.config, part)} if row else {key}
    if key not in keys:
        yield f"Error: couldn't find key {key} in {token.rsplit(':', 1)[-1]} {namespace}/{name}"
