"""Checks of any property, to be put together by rules: a path and what must be true of the value there."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from ipaddress import IPv4Network, ip_network
from typing import Any, TypeGuard

from ..rule import Check

Condition = Callable[[Mapping[str, Any]], bool]


def at(properties: Mapping[str, Any], path: str) -> Any:
    """The value at a dotted path, or None.

    Only `name in list(...)` is safe to ask of the engine's proxies; their `get` raises where the key's value is unknown.
    """
    value: Any = properties
    for name in path.split("."):
        if not is_object(value) or name not in list(value):
            return None
        value = value[name]
    return value


def is_object(value: Any) -> TypeGuard[Mapping[str, Any]]:
    """Whether the value is an object, behind a proxy or not."""
    return isinstance(value, Mapping)


def object_at(properties: Mapping[str, Any], path: str) -> Mapping[str, Any]:
    """The object at a dotted path; empty where there is none."""
    found = at(properties, path)
    return found if is_object(found) else {}


def items_at(properties: Mapping[str, Any], path: str) -> Sequence[Any]:
    """The list at a dotted path; empty where there is none."""
    found = at(properties, path)
    return found if isinstance(found, Sequence) and not isinstance(found, str) else ()


def seconds(duration: object) -> float | None:
    """Google's notation of a duration, `7776000s`, as a number."""
    found = re.fullmatch(r"(\d+(?:\.\d+)?)s", str(duration))
    return float(found[1]) if found else None


PRIVATE = tuple(IPv4Network(range_) for range_ in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))
"""https://datatracker.ietf.org/doc/html/rfc1918"""


def is_private(range_: object) -> bool:
    """Whether all of the range is private; Python's own `is_private` counts what is reserved for other ends too."""
    parsed = ip_network(str(range_), strict=False)
    return isinstance(parsed, IPv4Network) and any(parsed.subnet_of(known) for known in PRIVATE)


def shown(value: object) -> str:
    """A value as messages show it; the engine makes every number a float."""
    return repr(int(value) if isinstance(value, float) and value.is_integer() else value)


# -- checks


def must_be(path: str, *allowed: Any) -> Check:
    """The property has one of the values."""

    def check(properties: Mapping[str, Any]) -> str | None:
        found = at(properties, path)
        return None if found in allowed else f"{path} is {shown(found)}; it must be {' or '.join(map(repr, allowed))}"

    return check


def must_not_be(path: str, *refused: Any) -> Check:
    """The property has none of the values."""

    def check(properties: Mapping[str, Any]) -> str | None:
        found = at(properties, path)
        return f"{path} is {shown(found)}; it must not be" if found in refused else None

    return check


def must_be_set(path: str) -> Check:
    """The property has a value that is not empty."""
    return lambda properties: None if at(properties, path) else f"{path} is not set"


def must_not_be_set(path: str) -> Check:
    """The property has no value."""
    return lambda properties: f"{path} is set; leave it out" if at(properties, path) else None


def must_match(path: str, pattern: str) -> Check:
    """The whole property matches a regular expression."""

    def check(properties: Mapping[str, Any]) -> str | None:
        found = at(properties, path)
        return None if re.fullmatch(pattern, str(found)) else f"{path} is {shown(found)}; it must match {pattern}"

    return check


def must_be_in_range(path: str, low: float, high: float = float("inf")) -> Check:
    """The property is a number, or a string of digits, in the range."""
    limits = f"{low:.12g} or more" if high == float("inf") else f"{low:.12g} to {high:.12g}"

    def check(properties: Mapping[str, Any]) -> str | None:
        found = at(properties, path)
        number = float(found) if re.fullmatch(r"\d+(\.\d+)?", str(found)) else None
        return None if number is not None and low <= number <= high else f"{path} is {shown(found)}; it must be {limits}"

    return check


def must_last(path: str, low: float, high: float = float("inf")) -> Check:
    """The property is a duration in seconds, `86400s`, in the range."""
    limits = f"{low:.0f}s or more" if high == float("inf") else f"{low:.0f}s to {high:.0f}s" if low else f"{high:.0f}s or less"

    def check(properties: Mapping[str, Any]) -> str | None:
        found = at(properties, path)
        length = seconds(found)
        return None if length is not None and low <= length <= high else f"{path} is {shown(found)}; it must be {limits}"

    return check


def must_contain(path: str, *wanted: str) -> Check:
    """The list has all of the values."""

    def check(properties: Mapping[str, Any]) -> str | None:
        missing = sorted(set(wanted) - {str(item) for item in items_at(properties, path)})
        return f"{path} lacks {', '.join(missing)}" if missing else None

    return check


def must_have_items(path: str, least: int) -> Check:
    """The list has at least so many items."""

    def check(properties: Mapping[str, Any]) -> str | None:
        count = len(items_at(properties, path))
        return f"{path} has {count} entries; it must have {least} or more" if count < least else None

    return check


# -- put together


def both(*checks: Check) -> Check:
    """All of the checks; the first that finds something says so. For one property, or two that mean nothing alone."""
    return lambda properties: next((wrong for check in checks if (wrong := check(properties))), None)


def either(*checks: Check) -> Check:
    """One of the checks at least; the last says what is wrong."""

    def check(properties: Mapping[str, Any]) -> str | None:
        found = [wrong(properties) for wrong in checks]
        return None if None in found else found[-1]

    return check


def where(condition: Condition, check: Check) -> Check:
    """Only resources of which the condition holds."""
    return lambda properties: check(properties) if condition(properties) else None


def unless(condition: Condition, check: Check) -> Check:
    """Only resources of which the condition does not hold."""
    return lambda properties: None if condition(properties) else check(properties)


def has(path: str, *values: Any) -> Condition:
    """Whether the property is set, or is one of the values where some are given."""
    return lambda properties: at(properties, path) in values if values else bool(at(properties, path))
