"""Carries the shapes of resource types over into the local cloud, from a file of facts and the provider's SDK.

Reads a file of provider facts, one JSON object a line: `token`, `properties` with `tf` (the provider's name), `type`,
`required`, `optional`, `computed`, `forceNew`, `sensitive`, `default`, `minItems`, `maxItems`, `allowed`, `range`,
`pattern`, `validation` and the relations `conflictsWith`, `exactlyOneOf`, `atLeastOneOf` in the provider's names. It
writes `localcloud/gcp/shapes/<service>.json`, with the relations in Pulumi's names and without what is not used. Where
the installed SDK knows an argument that the facts do not have, or has another type for it, the SDK is right: programs
are written against it.

    python -m tools.shapes FACTS.jsonl gcp:storage/bucket:Bucket
"""

from __future__ import annotations

import argparse
import inspect
import json
import re
import sys
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pulumi_gcp
from pulumi import _types  # pyright: ignore[reportPrivateUsage] - the SDK says nowhere else what its arguments are

SHAPES = Path(__file__).resolve().parents[1] / "localcloud" / "gcp" / "shapes"
SCALARS: dict[Any, str] = {str: "string", int: "int", float: "float", bool: "bool"}
RELATIONS = ("conflictsWith", "exactlyOneOf", "atLeastOneOf")
KEPT = (
    "type",
    "required",
    "optional",
    "computed",
    "forceNew",
    "sensitive",
    "default",
    "minItems",
    "maxItems",
    "allowed",
    "range",
    "pattern",
)


def main() -> int:
    """Adds the named types to the local cloud's data."""
    parser = argparse.ArgumentParser(prog="python -m tools.shapes", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("facts", type=Path, help="provider facts, one resource type a line")
    parser.add_argument("tokens", nargs="*", help="Pulumi type tokens to add; without any, what is there is renewed")
    arguments = parser.parse_args()
    wanted = set(arguments.tokens) | {token for path in SHAPES.glob("*.json") for token in json.loads(path.read_text())}
    found: dict[str, Any] = {}
    with arguments.facts.open() as lines:
        for line in lines:
            fact = json.loads(line)
            if fact["token"] in wanted:
                found[fact["token"]] = fact["properties"]
    if missing := wanted - found.keys():
        print(f"not in {arguments.facts}: {', '.join(sorted(missing))}", file=sys.stderr)
        return 1
    write(found)
    return 0


def write(found: Mapping[str, Any]) -> None:
    """Writes one file a service, types and properties in alphabetical order."""
    services: dict[str, dict[str, Any]] = {}
    for token in sorted(found):
        properties = found[token]
        converted = convert(properties, properties)
        reconcile(converted, sdk_arguments(token))
        services.setdefault(token.split(":")[1].split("/")[0], {})[token] = converted
    SHAPES.mkdir(parents=True, exist_ok=True)
    for service, types in services.items():
        (SHAPES / f"{service}.json").write_text(json.dumps(types, indent=1, sort_keys=True) + "\n")


def convert(properties: Mapping[str, Any], root: Mapping[str, Any]) -> dict[str, Any]:
    """A type's properties as `localcloud.shape` reads them."""
    converted: dict[str, Any] = {}
    for name, fact in properties.items():
        kept = {key: fact[key] for key in KEPT if key in fact}
        kept |= {key: [pulumi_path(path, root) for path in fact[key]] for key in RELATIONS if key in fact}
        if "pattern" not in kept and (regex := re.search(r'must match regex "(.+)"$', fact.get("validation", ""))):
            kept["pattern"] = regex[1]
        if "properties" in fact:
            kept["properties"] = convert(fact["properties"], root)
        converted[name] = kept
    return converted


def sdk_arguments(token: str) -> type:
    """The class of a resource type's arguments in the provider's SDK."""
    module, name = token.split(":")[1].split("/", maxsplit=1)[0], token.rsplit(":", 1)[-1]
    return getattr(getattr(pulumi_gcp, module), f"{name}Args")


def reconcile(properties: dict[str, Any], arguments: type) -> None:
    """Adds the SDK's arguments that the facts do not have, and takes the SDK's types of single values."""
    for name, annotation in _types.input_type_types(arguments).items():
        kind, nested = sdk_type(annotation)
        known = properties.setdefault(name, {"type": kind, "optional": True})
        if nested is not None:
            reconcile(known.setdefault("properties", {}), nested)
            for optional in known["properties"].keys() & optional_arguments(nested):
                known["properties"][optional].pop("required", None)
            if kind == "object" and known["type"] == "object":
                known |= {"type": "list", "maxItems": 1}
        elif kind in SCALARS.values() and known["type"] in SCALARS.values():
            known["type"] = kind
            if kind == "string" and "default" in known:
                known["default"] = str(known["default"])


def optional_arguments(arguments: type) -> set[str]:
    """The arguments that the SDK lets a program leave out."""
    given = inspect.signature(arguments).parameters
    names = _types.input_type_py_to_pulumi_names(arguments)
    return {name for python_name, name in names.items() if given[python_name].default is not inspect.Parameter.empty}


def nested_arguments(arguments: type) -> dict[str, type]:
    """The arguments that are objects themselves, or lists of them, with the class of each."""
    found = {name: sdk_type(annotation)[1] for name, annotation in _types.input_type_types(arguments).items()}
    return {name: nested for name, nested in found.items() if nested is not None}


def sdk_type(annotation: Any) -> tuple[str, type | None]:
    """The kind of an SDK annotation, and the class of what is inside where that is an object."""
    if annotation in SCALARS:
        return SCALARS[annotation], None
    if isinstance(annotation, type) and _types.is_input_type(annotation):
        return "object", annotation
    inside = typing.get_args(annotation)
    item: Any = _types.unwrap_type(inside[-1]) if inside else str
    if issubclass(typing.get_origin(annotation) or str, Mapping):
        return f"map<{SCALARS.get(item, 'string')}>", None
    if isinstance(item, type) and _types.is_input_type(item):
        return "list", item
    return f"list<{SCALARS.get(item, 'string')}>", None


def pulumi_path(path: str, root: Mapping[str, Any]) -> str:
    """`settings.0.ip_configuration` in Pulumi's names: `settings.ipConfiguration`."""
    names: list[str] = []
    properties = root
    for part in path.split("."):
        if part.isdigit():
            continue
        name, fact = next((n, f) for n, f in properties.items() if f["tf"] == part)
        names.append(name)
        properties = fact.get("properties", {})
    return ".".join(names)


if __name__ == "__main__":
    sys.exit(main())
