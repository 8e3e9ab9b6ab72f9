"""Properties as the policy engine hands them to a rule: behind the SDK's proxies, which raise where a value is not known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pulumi_policy.proxy import (
    UNKNOWN_ARRAY_VALUE,
    UNKNOWN_BOOLEAN_VALUE,
    UNKNOWN_OBJECT_VALUE,
    UNKNOWN_STRING_VALUE,
    UnknownValueError,
    unknown_checking_proxy,
)

from localcloud.values import UNKNOWN, Props, is_list, is_object

__all__ = [
    "ARRAY",
    "BOOLEAN",
    "OBJECT",
    "STRING",
    "UnknownValueError",
    "beside_unknowns",
    "nested",
    "proxied",
    "unknowns",
    "without",
]

ARRAY, BOOLEAN, OBJECT, STRING = UNKNOWN_ARRAY_VALUE, UNKNOWN_BOOLEAN_VALUE, UNKNOWN_OBJECT_VALUE, UNKNOWN_STRING_VALUE


def proxied(properties: Mapping[str, Any]) -> Mapping[str, Any]:
    """The properties as a rule gets them; what the recorder left unknown becomes what the engine sends for it."""
    return unknown_checking_proxy(_sent(properties))


def _sent(value: Any) -> Any:
    if is_object(value):
        return {key: _sent(inner) for key, inner in value.items()}
    if is_list(value):
        return [_sent(inner) for inner in value]
    return STRING if value is UNKNOWN else value


def nested(path: str, value: Any, **beside: Any) -> Props:
    """`nested("a.b", 1, c=2)` is `{"a": {"b": 1}, "c": 2}`."""
    for name in reversed(path.split(".")):
        value = {name: value}
    return {**value, **beside}


def without(properties: Mapping[str, Any], path: str) -> list[Props]:
    """The properties with the path missing in every way: each of its steps left out, empty or null."""
    steps = path.split(".")
    gaps: list[Props] = []
    for depth in range(len(steps)):
        gaps += [_replaced(properties, steps[: depth + 1]), _replaced(properties, steps[: depth + 1], None)]
        if depth < len(steps) - 1:
            gaps.append(_replaced(properties, steps[: depth + 1], {}))
    return gaps


def unknowns(properties: Mapping[str, Any], path: str, leaf: str) -> list[Props]:
    """The properties with each step of the path unknown: objects on the way, `leaf` at its end."""
    steps = path.split(".")
    kinds = [*[OBJECT] * (len(steps) - 1), leaf]
    return [_replaced(properties, steps[: depth + 1], kind) for depth, kind in enumerate(kinds)]


def _replaced(properties: Mapping[str, Any], steps: Sequence[str], *value: Any) -> Props:
    name, *rest = steps
    if rest:
        return {**properties, name: _replaced(properties[name], rest, *value)}
    left: Props = {key: inner for key, inner in properties.items() if key != name}
    return {**left, name: value[0]} if value else left


def beside_unknowns(value: Any) -> Any:
    """The value with neighbours that are not known in every object that is not empty."""
    if is_object(value) and value:
        return {"aNeighbour": STRING, **{key: beside_unknowns(inner) for key, inner in value.items()}, "zNeighbour": OBJECT}
    return [beside_unknowns(inner) for inner in value] if is_list(value) else value
