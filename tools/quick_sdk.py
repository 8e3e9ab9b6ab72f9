"""Functions of Pulumi's SDK that come to the same as its own, sooner: they were a quarter of a run of the program."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import pulumi
from pulumi.output import Unknown
from pulumi.runtime import resource, resource_cycle_breaker, rpc

CREATE_URN: Callable[..., pulumi.Output[str]] = resource.create_urn
DECLARE: Callable[[pulumi.Resource, pulumi.Resource], bool] = resource_cycle_breaker.declare_dependency
CONTAINS_UNKNOWNS: Callable[[Any], bool] = rpc.contains_unknowns
"""The SDK's own."""
NEEDS = resource_cycle_breaker._DEPENDENCIES_PROPERTY  # pyright: ignore[reportPrivateUsage]
"""The property in which the SDK notes what a resource needs."""
PLAIN = frozenset({str, int, float, bool, type(None)})
"""What nothing unknown can be in."""
IS_NEEDED = "_alphintra_is_needed"
"""The property in which it is noted here that something needs a resource."""


def install() -> None:
    """Has the SDK call them from now on, where it calls its own."""
    cast("Any", resource).create_urn = create_urn
    cast("Any", rpc).declare_dependency = declare_dependency
    cast("Any", rpc).contains_unknowns = contains_unknowns


def create_urn(
    name: pulumi.Input[str],
    type_: pulumi.Input[str],
    parent: pulumi.Resource | pulumi.Input[str] | None = None,
    project: str | None = None,
    stack: str | None = None,
) -> pulumi.Output[str]:
    """The name of a resource.

    The SDK makes one up for each that it registers, in case nobody answers who knows a better one, out of seven outputs. From
    text it is text.
    """
    if isinstance(name, str) and isinstance(type_, str) and isinstance(parent, str):
        return pulumi.Output.from_input(f"{parent[: parent.rfind('::')]}${type_}::{name}")
    return CREATE_URN(name, type_, parent, project, stack)


def declare_dependency(from_resource: pulumi.Resource, to_resource: pulumi.Resource) -> bool:
    """Notes that a resource needs another; False where that would be a circle.

    The SDK looks through all that the other needs, each time. What is noted already is no circle, and neither can be what
    nothing needs so far.
    """
    if to_resource in getattr(from_resource, NEEDS, ()):
        return True
    if from_resource is to_resource or getattr(from_resource, IS_NEEDED, False):
        noted = DECLARE(from_resource, to_resource)
    else:
        setattr(from_resource, NEEDS, {*getattr(from_resource, NEEDS, ()), to_resource})
        noted = True
    if noted:
        setattr(to_resource, IS_NEEDED, True)
    return noted


def contains_unknowns(value: Any) -> bool:
    """Whether something unknown is in a value. The SDK asks that of each output several times; nearly all are plain."""
    if type(value) in PLAIN:
        return False
    seen: set[int] = set()
    left = [value]
    while left:
        inner = left.pop()
        if type(inner) in PLAIN or id(inner) in seen:
            continue
        if isinstance(inner, Unknown):
            return True
        seen.add(id(inner))
        if isinstance(inner, dict):
            known = cast("dict[Any, Any]", inner)
            left.extend(known[key] for key in known)  # not `values`: a dictionary of the SDK's gives other values for its keys
        elif isinstance(inner, list):
            left.extend(cast("list[Any]", inner))
    return False
