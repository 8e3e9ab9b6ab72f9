"""All resource types the local cloud keeps, whichever API they are of: for tools that look at states and programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .gcp import catalog as gcp
from .gcp import foresee as gcp_foresee
from .gcp import provider as gcp_provider
from .gcp.cloud import Place
from .gcp.naming import NotKnown
from .kubernetes import foresee as kubernetes
from .kubernetes import provider as kubernetes_provider
from .kubernetes.kinds import assumed, kinds
from .kubernetes.view import within
from .plugin import Difference
from .random.provider import SHAPES
from .shape import Change, Kind
from .values import Props


def is_kept(token: str) -> bool:
    """Whether the local cloud keeps resources of a type in its store."""
    return token in gcp.types() or kubernetes.is_object_type(token)


def create_seconds(token: str) -> float:
    """The typical duration of creating a resource of a type, with the time until others see it; 0 where there is none."""
    known = gcp.types().get(token)
    return float(known.seconds.get("create", 0)) + known.propagation if known else kubernetes.create_seconds(token)


def recovery_id(token: str, inputs: Mapping[str, Any], project: str, region: str) -> str | None:
    """The id under which a resource is found whose creation was cut off; None where the inputs do not tell."""
    known = gcp.types().get(token)
    if known:
        return known.recovery_id(inputs, project, region)
    return kubernetes.id_of(token, inputs) if kubernetes.is_object_type(token) else None


def full_name(token: str, inputs: Mapping[str, Any], id_: str, project: str, region: str) -> str | None:
    """The name of a resource that is unique over all of its cloud; of an object, within its cluster: `//…/k8s/…`."""
    known = gcp.types().get(token)
    if known is None:
        kind = (kinds().get(token) or assumed(token)) if kubernetes.is_object_type(token) else None
        namespace, _, name = id_.rpartition("/")
        return f"//container.googleapis.com/k8s/{within(kind, namespace)}{name}" if kind else None
    try:
        return known.full_name(known.path(gcp.with_place(known, inputs, project, region)))
    except NotKnown:  # the cloud has made it up
        return known.full_name(id_) if id_.startswith("projects/") else None


def foresee(token: str, name: str, inputs: Mapping[str, Any], project: str, region: str) -> tuple[str, Props]:
    """The id and the outputs of a resource to be. What only its cloud can tell stands as `<name.property>`."""
    if kubernetes.is_object_type(token):
        return kubernetes.foresee(token, name, inputs)
    return gcp_foresee.foresee(token, name, inputs, project, region)


def difference(token: str, old: Props, new: Props, ignore: Sequence[str], config: Mapping[str, Any]) -> Difference:
    """What differs between two versions of a resource's inputs, by path, and what of it needs a new resource, as its provider
    says.

    Args:
        config: the settings of the resource's provider.
    """
    if token in gcp.types():
        place = Place(project=str(config.get("project") or ""), region=str(config.get("region") or ""))
        return gcp_provider.difference(token, old, new, ignore, place)
    if token in SHAPES:
        return Difference(SHAPES[token].diff(old, new, ignore))
    kind = (kinds().get(token) or assumed(token)) if kubernetes.is_object_type(token) else None
    if kind:
        return kubernetes_provider.difference(kind, old, new, ignore, config)
    changed = (name for name in {**old, **new} if old.get(name) != new.get(name))
    return Difference({name: Change(Kind.UPDATE, replaces=False) for name in changed})
