"""Property values: what JSON can say, and what a preview does not know yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeGuard

Props = dict[str, Any]
"""A resource's properties by name."""


class _Unknown:
    """Stands where an output of another resource will be; equal to itself alone."""

    def __repr__(self) -> str:
        return "<not known before the update>"


UNKNOWN: Final = _Unknown()


@dataclass(frozen=True)
class Secret:
    """An output that Pulumi must keep secret."""

    value: Any


def is_object(value: Any) -> TypeGuard[Mapping[str, Any]]:
    """Whether the value is an object."""
    return type(value) is dict or isinstance(value, Mapping)  # nearly all are, and to ask an abstract class takes long


def is_list(value: Any) -> TypeGuard[list[Any]]:
    """Whether the value is a list."""
    return isinstance(value, list)


def is_known(value: Any) -> bool:
    """Whether nothing inside the value is unknown."""
    if is_object(value):
        return all(is_known(item) for item in value.values())
    if is_list(value):
        return all(is_known(item) for item in value)
    return value is not UNKNOWN


def at(values: Any, path: str) -> Any:
    """The value at a dotted path: None where there is none, UNKNOWN where the way there is unknown."""
    for name in path.split("."):
        if values is UNKNOWN:
            return UNKNOWN
        values = values.get(name) if is_object(values) else None
    return values


def object_at(values: Any, path: str) -> Mapping[str, Any]:
    """The object at a dotted path; empty where there is none."""
    found = at(values, path)
    return found if is_object(found) else {}


def list_at(values: Any, path: str) -> list[Any]:
    """The list at a dotted path; empty where there is none."""
    found = at(values, path)
    return found if is_list(found) else []


def every(values: Any, path: str) -> list[Any]:
    """All values at a dotted path in which `name[]` stands for each item of a list."""
    found: list[Any] = [values]
    for part in path.split("."):
        name, many = part.removesuffix("[]"), part.endswith("[]")
        found = [at(value, name) for value in found]
        if many:
            found = [item for value in found if is_list(value) for item in value]
    return [value for value in found if value is not None]


def merge(base: Mapping[str, Any], over: Mapping[str, Any]) -> Props:
    """`over` laid on `base`, object by object; lists and scalars of `over` win."""
    merged = dict(base)
    for key, value in over.items():
        under = merged.get(key)
        merged[key] = merge(under, value) if is_object(under) and is_object(value) else value
    return merged
