"""What a policy is: a pure function of one property, and what a person needs to know about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Check = Callable[[Mapping[str, Any]], str | None]
"""From a resource's properties to what is wrong, or None. It looks at one property: a value that a preview does not know
makes the whole check undecided, and must not hide another finding."""

EVERYWHERE = ("dev", "staging", "prod")
NOT_DEV = ("staging", "prod")


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A policy on resources of some types."""

    id: str
    types: tuple[str, ...]
    check: Check
    title: str
    why: str
    fix: str
    severity: Literal["low", "medium", "high", "critical"]
    environments: tuple[str, ...] = NOT_DEV
    is_guard: bool = False
    """A guard against deletion, which `protection.tear_down` takes off when an environment is meant to go."""
    frameworks: tuple[str, ...] = ()
    """The numbers under which scanners and benchmarks know it."""


def at(properties: Mapping[str, Any], path: str) -> Any:
    """The value at a dotted path, or None.

    Only `name in list(...)` is safe to ask of the engine's proxies; their `get` raises where the key's value is unknown.
    """
    value: Any = properties
    for name in path.split("."):
        if value is None or name not in list(value):
            return None
        value = value[name]
    return value
