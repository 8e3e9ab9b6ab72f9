"""What a resource type looks like, as its provider's own schema says: the checks and differences that follow from it.

A shape is data (`shapes/*.json`); adding a type adds no code here.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from .values import UNKNOWN, Props, at, is_list, is_object


@dataclass(frozen=True)
class Property:
    """One property. `kind` is string, int, float, bool, map, list, set or object."""

    kind: str
    item: str = "string"
    required: bool = False
    optional: bool = False
    computed: bool = False
    force_new: bool = False
    sensitive: bool = False
    default: Any = None
    min_items: int = 0
    max_items: int | None = None
    conflicts_with: tuple[str, ...] = ()
    exactly_one_of: tuple[str, ...] = ()
    at_least_one_of: tuple[str, ...] = ()
    allowed: tuple[Any, ...] = ()
    range: tuple[float | None, float | None] | None = None
    pattern: str | None = None
    properties: Mapping[str, Property] = field(default_factory=dict[str, "Property"])

    @staticmethod
    def parse(data: Mapping[str, Any]) -> Property:
        """Reads a property as `shapes/*.json` spells it."""
        type_ = str(data["type"])
        outer, _, inner = type_.partition("<")
        single = data.get("maxItems") == 1 and outer in {"list", "set"}
        nested = {name: Property.parse(value) for name, value in data.get("properties", {}).items()}
        flattened = "object" if "properties" in data else inner.rstrip(">") or "string"
        kind = flattened if single else outer  # Pulumi flattens a list of at most one to the thing itself
        low_high = data.get("range")
        return Property(
            kind=kind,
            item="object" if "properties" in data else inner.rstrip(">") or "string",
            required=data.get("required", False),
            optional=data.get("optional", False),
            computed=data.get("computed", False),
            force_new=data.get("forceNew", False),
            sensitive=data.get("sensitive", False),
            default=data.get("default"),
            min_items=data.get("minItems", 0),
            max_items=None if single else data.get("maxItems"),
            conflicts_with=tuple(data.get("conflictsWith", ())),
            exactly_one_of=tuple(data.get("exactlyOneOf", ())),
            at_least_one_of=tuple(data.get("atLeastOneOf", ())),
            allowed=tuple(data.get("allowed", ())),
            range=(low_high[0], low_high[1]) if low_high else None,
            pattern=data.get("pattern"),
            properties=nested,
        )

    @property
    def output_only(self) -> bool:
        """Set by the cloud alone."""
        return self.computed and not self.optional and not self.required


@dataclass(frozen=True)
class Failure:
    """A property that its shape does not allow, and why."""

    path: str
    reason: str


class Kind(StrEnum):
    """What happened to a property between two versions."""

    ADD = "add"
    DELETE = "delete"
    UPDATE = "update"


@dataclass(frozen=True)
class Change:
    """A property that differs; `replaces` where the difference needs a new resource."""

    kind: Kind
    replaces: bool


ChangeSecret = Callable[[str, Any, bool], Any]


@dataclass(frozen=True)
class Shape:
    """A resource type's properties."""

    token: str
    data: Mapping[str, Any]
    """As `shapes/*.json` spells them; who only looks for a resource of the type does without reading that."""

    @functools.cached_property
    def properties(self) -> Mapping[str, Property]:
        """They, by name."""
        return {name: Property.parse(value) for name, value in self.data.items()}

    def map_secrets(self, values: Mapping[str, Any], change: ChangeSecret) -> Props:
        """The values with other ones where a secret is, at the top or inside objects.

        `change` gets the path, the value, and whether the property is write-only; it answers the new value, None for none.
        """
        return _map_secrets(self.properties, values, change, "")

    def check(self, inputs: Mapping[str, Any]) -> list[Failure]:
        """Everything that is wrong with the inputs; unknown values are taken to be right."""
        failures = list(_check_object(self.properties, inputs, ""))
        failures += _check_relations(self.properties, inputs, inputs, "")
        return failures

    def with_defaults(self, inputs: Mapping[str, Any]) -> Props:
        """The inputs with the provider's own defaults filled in."""
        return _with_defaults(self.properties, inputs)

    def diff(self, old: Mapping[str, Any], new: Mapping[str, Any], ignore: Sequence[str] = ()) -> dict[str, Change]:
        """The changes from old to new inputs, by property path."""
        changes = dict(_diff_object(self.properties, old, new, ""))
        return {path: change for path, change in changes.items() if not _ignored(path, ignore)}


# -- checking


def _check_object(properties: Mapping[str, Property], values: Mapping[str, Any], path: str) -> Iterator[Failure]:
    for name, value in values.items():
        where = f"{path}.{name}" if path else name
        known = properties.get(name)
        if known is None or known.output_only:
            kind = "is set by the cloud and cannot be given" if known else "is not expected here"
            yield Failure(where, f'An argument named "{name}" {kind}.')
        elif value is not UNKNOWN and value is not None:
            yield from _check_value(known, value, where)
    for name, known in properties.items():
        if known.required and values.get(name) is None:
            where = f"{path}.{name}" if path else name
            yield Failure(where, f'Missing required argument. The argument "{name}" is required.')


def _check_value(known: Property, value: Any, path: str) -> Iterator[Failure]:
    problem = _wrong_type(known.kind, value)
    if problem:
        yield Failure(path, problem)
    elif known.kind == "object":
        yield from _check_object(known.properties, value, path)
    elif known.kind in {"list", "set"}:
        yield from _check_items(known, value, path)
    elif known.kind == "map":
        for key, item in value.items():
            if item is not UNKNOWN and (wrong := _wrong_type(known.item, item)):
                yield Failure(f"{path}.{key}", wrong)
    else:
        yield from _check_scalar(known, value, path)


def _check_items(known: Property, items: Sequence[Any], path: str) -> Iterator[Failure]:
    if len(items) < known.min_items:
        yield Failure(path, f"at least {known.min_items} item(s) are needed, got {len(items)}")
    if known.max_items is not None and len(items) > known.max_items:
        yield Failure(path, f"at most {known.max_items} item(s) are allowed, got {len(items)}")
    for index, item in enumerate(items):
        where = f"{path}[{index}]"
        if item is UNKNOWN:
            continue
        if wrong := _wrong_type(known.item, item):
            yield Failure(where, wrong)
        elif known.properties:
            yield from _check_object(known.properties, item, where)
        else:
            yield from _check_scalar(known, item, where)


def _check_scalar(known: Property, value: Any, path: str) -> Iterator[Failure]:
    if known.allowed and value not in known.allowed:
        options = " ".join(json.dumps(option) for option in known.allowed if option != "")
        yield Failure(path, f"expected {path} to be one of [{options}], got {value}")
    if known.range:
        low, high = known.range
        if (low is not None and value < low) or (high is not None and value > high):
            yield Failure(path, f"expected {path} to be in the range ({low} - {high}), got {value}")
    if known.pattern and isinstance(value, str) and not re.search(known.pattern, value):
        yield Failure(path, f'"{path}" ("{value}") does not match regex "{known.pattern}"')


_TYPES: Mapping[str, Callable[[Any], bool]] = {
    "string": lambda value: isinstance(value, str | int | float) and not isinstance(value, bool),
    "bool": lambda value: isinstance(value, bool),
    "int": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "float": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "object": is_object,
    "map": is_object,
    "list": is_list,
    "set": is_list,
}


def _wrong_type(kind: str, value: Any) -> str | None:
    return None if _TYPES[kind](value) else f"expected a value of type {kind}, got {json.dumps(value, default=repr)}"


def _check_relations(
    properties: Mapping[str, Property], values: Mapping[str, Any], root: Mapping[str, Any], path: str
) -> list[Failure]:
    """conflictsWith, exactlyOneOf and atLeastOneOf, which name paths from the resource's root."""
    failures: list[Failure] = []
    for name, known in properties.items():
        where = f"{path}.{name}" if path else name
        value = values.get(name)
        if value is not None:
            failures += [
                Failure(where, f'"{where}": conflicts with {other}')
                for other in known.conflicts_with
                if at(root, other) is not None
            ]
            if known.kind == "object" and is_object(value):
                failures += _check_relations(known.properties, value, root, where)
        for group, most in ((known.exactly_one_of, 1), (known.at_least_one_of, len(known.at_least_one_of))):
            given = [other for other in group if at(root, other) is not None]
            if group and where == min(group) and not 1 <= len(given) <= most:
                wanted = "exactly one" if most == 1 else "at least one"
                failures.append(Failure(where, f"{wanted} of `{','.join(group)}` must be specified"))
    return failures


def _with_defaults(properties: Mapping[str, Property], values: Mapping[str, Any]) -> Props:
    filled = {name: value for name, value in values.items() if value is not None}
    for name, known in properties.items():
        value = filled.get(name)
        if value is None and known.default is not None:
            filled[name] = known.default
        elif known.kind == "object" and is_object(value):
            filled[name] = _with_defaults(known.properties, value)
        elif known.properties and is_list(value):
            filled[name] = [_with_defaults(known.properties, item) if is_object(item) else item for item in value]
    return filled


# -- secrets


def _is_write_only(properties: Mapping[str, Property], name: str) -> bool:
    """Sent to the cloud and never read back: only its `…Version` companion tells whether it changed."""
    return name.endswith("Wo") and f"{name}Version" in properties


def _map_secrets(properties: Mapping[str, Property], values: Mapping[str, Any], change: ChangeSecret, path: str) -> Props:
    changed: Props = {}
    for name, value in values.items():
        known, where = properties.get(name), f"{path}.{name}" if path else name
        if known is None or value is None:
            changed[name] = value
        elif known.sensitive or _is_write_only(properties, name):
            new = change(where, value, _is_write_only(properties, name))
            changed |= {} if new is None else {name: new}
        else:
            inside = known.kind == "object" and is_object(value)
            changed[name] = _map_secrets(known.properties, value, change, where) if inside else value
    return changed


# -- comparing


def _diff_object(
    properties: Mapping[str, Property], old: Mapping[str, Any], new: Mapping[str, Any], path: str
) -> Iterator[tuple[str, Change]]:
    for name, known in properties.items():
        if known.output_only or _is_write_only(properties, name):
            continue
        where = f"{path}.{name}" if path else name
        before = _effective(known, old.get(name))
        after = _effective(known, new.get(name))
        if after is None and known.computed:
            continue  # left to the cloud, which keeps what it has
        if known.kind == "object" and is_object(before) and is_object(after):
            yield from _diff_object(known.properties, before, after, where)
        elif known.item == "object" and is_list(before) and is_list(after):
            yield from _diff_items(known, before, after, where)
        elif _canonical(known, before) != _canonical(known, after):
            yield where, Change(_kind(before, after), known.force_new)


def _diff_items(known: Property, before: list[Any], after: list[Any], path: str) -> Iterator[tuple[str, Change]]:
    if known.kind == "set":
        before, after = _sorted(known, before), _sorted(known, after)
    for index in range(max(len(before), len(after))):
        where = f"{path}[{index}]"
        left = before[index] if index < len(before) else None
        right = after[index] if index < len(after) else None
        if is_object(left) and is_object(right):
            yield from _diff_object(known.properties, left, right, where)
        elif left is not right:
            yield where, Change(_kind(left, right), known.force_new)


def _effective(known: Property, value: Any) -> Any:
    """What a value amounts to: absent, empty and default are the same to the provider."""
    if value is None:
        return known.default
    if known.computed or known.required or known.default is not None:
        return value
    return None if value in ("", False, 0, [], {}) else value


def _canonical(known: Property, value: Any) -> Any:
    if value is None or value is UNKNOWN:
        return value
    if known.kind == "set":
        return _sorted(known, value)
    if known.kind == "string":
        return _number_text(value) if isinstance(value, int | float) else value
    return value


def _sorted(known: Property, values: list[Any]) -> list[Any]:
    def key(value: Any) -> str:
        shown = _with_defaults(known.properties, value) if is_object(value) else value
        return json.dumps(shown, sort_keys=True, default=repr)

    return sorted(values, key=key)


def _number_text(value: float) -> str:
    return str(int(value)) if float(value).is_integer() else str(value)


def _kind(before: Any, after: Any) -> Kind:
    if before is None:
        return Kind.ADD
    return Kind.DELETE if after is None else Kind.UPDATE


def _ignored(path: str, ignore: Sequence[str]) -> bool:
    return any(path == name or path.startswith((f"{name}.", f"{name}[")) for name in ignore)
