"""Whether an object is what its schema says, in the API server's words.

Schemas are OpenAPI's: those that Kubernetes publishes, and those inside custom resource definitions. What a preview does
not know yet is taken to be right.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..values import UNKNOWN, is_list, is_object

Schema = Mapping[str, Any]
QUANTITY = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)(Ki|Mi|Gi|Ti|Pi|Ei|[numkMGTPE]|[eE][+-]?[0-9]+)?")
QUANTITY_SAYS = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
GO_TYPES = {"boolean": "bool", "integer": "int32", "number": "float64"}


@dataclass(frozen=True)
class Problem:
    """What is wrong at a path: `unknown` field, wrong `type`, or a value that is `invalid`."""

    path: str
    kind: str
    says: str


def problems(schema: Schema, value: Any, definitions: Schema) -> list[Problem]:
    """All that is wrong with a value."""
    return list(_check(schema, value, definitions, "", "object"))


def message(kind: str, resource: str, version: str, name: str, found: Sequence[Problem], *, custom: bool) -> str:
    """What the API server answers to an object with problems.

    Args:
        kind: such as StatefulSet.
        resource: the kind with its group, such as StatefulSet.apps.
        version: the version of its API.
        name: the object's name.
        found: what is wrong with it.
        custom: whether it is a custom resource.
    """
    unknown = [f'unknown field "{problem.path}"' for problem in found if problem.kind == "unknown"]
    if unknown:
        says = f"strict decoding error: {', '.join(unknown)}"
        return says if custom else f'{kind} in version "{version}" cannot be handled as a {kind}: {says}'
    wrong = [problem for problem in found if problem.kind == "type"]
    if wrong and not custom:
        return f'{kind} in version "{version}" cannot be handled as a {kind}: json: {wrong[0].says}'
    return invalid(resource, name, [f"{problem.path}: {problem.says}" for problem in found])


def invalid(resource: str, name: str, says: Sequence[str]) -> str:
    """What the API server answers where values are not allowed."""
    listed = says[0] if len(says) == 1 else f"[{', '.join(says)}]"
    return f'{resource} "{name}" is invalid: {listed}'


def _check(schema: Schema, value: Any, definitions: Schema, path: str, inside: str) -> Iterator[Problem]:
    if "$ref" in schema:
        inside = str(schema["$ref"]).rsplit(".", 1)[-1]
        schema = definitions[schema["$ref"]]
    if value is UNKNOWN or value is None:
        return
    wrong = _wrong_type(schema, value)
    if wrong:
        yield Problem(path, "type", _type_says(wrong, value, path, inside))
        return
    yield from _check_value(schema, value, path)
    if is_object(value):
        yield from _check_object(schema, value, definitions, path, inside)
    if is_list(value):
        for index, item in enumerate(value):
            yield from _check(schema.get("items", {}), item, definitions, f"{path}[{index}]", inside)


def _check_object(schema: Schema, value: Mapping[str, Any], definitions: Schema, path: str, inside: str) -> Iterator[Problem]:
    known: Schema = schema.get("properties", {})
    others = schema.get("additionalProperties")
    free = not known or schema.get("x-kubernetes-preserve-unknown-fields") or others is not None
    for name, item in value.items():
        where = f"{path}.{name}" if path else name
        if name in known:
            yield from _check(known[name], item, definitions, where, inside)
        elif is_object(others):
            yield from _check(others, item, definitions, where, inside)
        elif not free:
            yield Problem(where, "unknown", "")
    for name in schema.get("required", ()):
        if value.get(name) is None:
            yield Problem(f"{path}.{name}" if path else name, "invalid", "Required value")


def _wrong_type(schema: Schema, value: Any) -> str | None:
    """The type that a value should have had."""
    if schema.get("x-kubernetes-int-or-string"):
        return None if isinstance(value, int | str) and not isinstance(value, bool) else "integer or string"
    if schema.get("format") == "quantity":
        return None if isinstance(value, int | float | str) and not isinstance(value, bool) else "string"
    kind = schema.get("type")
    right = {
        "string": isinstance(value, str),
        "boolean": isinstance(value, bool),
        "integer": isinstance(value, int) and not isinstance(value, bool),
        "number": isinstance(value, int | float) and not isinstance(value, bool),
        "object": is_object(value),
        "array": is_list(value),
    }
    return None if kind is None or right[kind] else str(kind)


def _type_says(wanted: str, value: Any, path: str, inside: str) -> str:
    got = next(name for kind, name in _JSON_TYPES if isinstance(value, kind))
    field = re.sub(r"\[\d+\]", "", path)
    return f"cannot unmarshal {got} into Go struct field {inside}.{field} of type {GO_TYPES.get(wanted, wanted)}"


_JSON_TYPES: tuple[tuple[Any, str], ...] = (
    (bool, "bool"),  # before numbers: a bool is an int too
    (int | float, "number"),
    (str, "string"),
    (Mapping, "object"),
    (list, "array"),
)


def _check_value(schema: Schema, value: Any, path: str) -> Iterator[Problem]:
    if "enum" in schema and value not in schema["enum"]:
        allowed = ", ".join(json.dumps(item) for item in schema["enum"])
        yield Problem(path, "invalid", f"Unsupported value: {json.dumps(value)}: supported values: {allowed}")
    if schema.get("format") == "quantity" and not QUANTITY.fullmatch(str(value)):
        yield Problem(path, "invalid", f"Invalid value: {json.dumps(str(value))}: {QUANTITY_SAYS}")
    if isinstance(value, str) and "pattern" in schema and not re.search(schema["pattern"], value):
        yield Problem(path, "invalid", f"Invalid value: {json.dumps(value)}: {path} in body should match '{schema['pattern']}'")
    yield from _check_bounds(schema, value, path)


def _check_bounds(schema: Schema, value: Any, path: str) -> Iterator[Problem]:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    size = len(value) if isinstance(value, str) or is_list(value) else None
    unit = "items" if is_list(value) else "chars long"
    for low, high, amount, what in (
        ("minimum", "maximum", value if number else None, ""),
        ("minLength", "maxLength", size if isinstance(value, str) else None, unit),
        ("minItems", "maxItems", size if is_list(value) else None, unit),
    ):
        if amount is not None and low in schema and amount < schema[low]:
            yield Problem(path, "invalid", _bound(value, path, f"at least {schema[low]} {what}"))
        if amount is not None and high in schema and amount > schema[high]:
            yield Problem(path, "invalid", _bound(value, path, f"at most {schema[high]} {what}"))


def _bound(value: Any, path: str, says: str) -> str:
    return f"Invalid value: {json.dumps(value)}: {path} in body should be {says}".rstrip()
