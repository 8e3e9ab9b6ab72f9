"""Carries the shapes of resource types over into the local cloud.

Reads a file of provider facts, one JSON object a line: `token`, `properties` with `tf` (the provider's name), `type`,
`required`, `optional`, `computed`, `forceNew`, `sensitive`, `default`, `minItems`, `maxItems`, `allowed`, `range`,
`pattern`, `validation` and the relations `conflictsWith`, `exactlyOneOf`, `atLeastOneOf` in the provider's names. It
writes `localcloud/gcp/shapes/<service>.json`, with the relations in Pulumi's names and without what is not used.

    python -m tools.shapes FACTS.jsonl gcp:storage/bucket:Bucket
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

SHAPES = Path(__file__).resolve().parents[1] / "localcloud" / "gcp" / "shapes"
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
        services.setdefault(token.split(":")[1].split("/")[0], {})[token] = convert(properties, properties)
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
