"""Carries the custom resource definitions of Elastic's operator over: `python -m tools.elastic_definitions`.

They come from the operator's Go module, as the local cloud's schema does (`tools.kubernetes_schemas`), and go to
`components/elastic_definitions.json`. The operator waits for each of its kinds at start, but only Elasticsearch is used here:
of that one the schema is kept, without descriptions; the others stand there as kinds that take anything.
"""

from __future__ import annotations

import argparse
import json
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from localcloud.kubernetes.manifests import documents

from .kubernetes_schemas import ANYTHING, SCHEMAS, module, stripped

TARGET = Path(__file__).resolve().parents[1] / "components" / "elastic_definitions.json"
ALL = "config/crds/v1/all-crds.yaml"
USED = "Elasticsearch"
OPAQUE = (
    *("status", "spec.http.service", "spec.monitoring", "spec.podDisruptionBudget", "spec.remoteClusters"),
    *("spec.remoteClusterServer", "spec.transport", "spec.nodeSets.volumeClaimTemplates"),
)
"""Parts of its schema that are Kubernetes' own kinds once more, or about what is not used: the operator looks into them."""


def main() -> int:
    """Writes the definitions, or says whether they are as the module has them."""
    parser = argparse.ArgumentParser(prog="python -m tools.elastic_definitions", description=(__doc__ or "").partition(":")[0])
    parser.add_argument("--check", action="store_true", help="change nothing; fail where the file is not what the module has")
    arguments = parser.parse_args()
    made = text()
    if arguments.check:
        return int(TARGET.read_text() != made)
    TARGET.write_text(made)
    return 0


def text() -> str:
    """The file: a definition a line."""
    source: Mapping[str, Any] = tomllib.loads((SCHEMAS / "sources.toml").read_text())["eck"]
    found = documents((Path(str(module(source)["Dir"])) / ALL).read_text())
    lines = ",\n".join(f"  {json.dumps(definition(crd), sort_keys=True)}" for crd in sorted(found, key=_name))
    return f'{{\n "source": "{source["module"]}@{source["version"]}",\n "definitions": [\n{lines}\n ]\n}}\n'


def definition(crd: Mapping[str, Any]) -> Mapping[str, Any]:
    """What is kept of a definition: its names, and of its versions the one that is stored."""
    spec = crd["spec"]
    version = next(version for version in spec["versions"] if version["storage"])
    used = spec["names"]["kind"] == USED
    return {
        "group": spec["group"],
        "names": spec["names"],
        "version": version["name"],
        "columns": version["additionalPrinterColumns"] if used else [],
        "schema": _used(version["schema"]["openAPIV3Schema"]) if used else {"type": "object", **ANYTHING},
    }


def _used(whole: Mapping[str, Any]) -> Any:
    schema: Any = stripped(whole)
    for path in OPAQUE:
        *names, last = path.split(".")
        place = schema
        for name in names:
            place = place["properties"][name]
            place = place.get("items", place)
        part = place["properties"][last]
        anything = {"type": "object", **ANYTHING}
        place["properties"][last] = {"type": "array", "items": anything} if part["type"] == "array" else anything
    return schema


def _name(crd: Mapping[str, Any]) -> str:
    return str(crd["metadata"]["name"])


if __name__ == "__main__":
    sys.exit(main())
