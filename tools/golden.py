"""Writes what the program declares to `tests/inventory`, for reviewers to see what a change does: `python -m tools.golden`."""

from __future__ import annotations

import io
import sys
from collections import Counter
from typing import Any

from ruamel.yaml import YAML

from .inventory import inventory
from .recorder import ROOT

FOLDER = ROOT / "tests" / "inventory"
ENVIRONMENTS = ("dev", "staging", "prod")


def main() -> int:
    """Writes the files."""
    for name, text in goldens().items():
        (FOLDER / name).write_text(text)
    return 0


def goldens() -> dict[str, str]:
    """The files by name: the resources of each environment, and the URNs of all of them."""
    found = {environment: inventory(environment) for environment in ENVIRONMENTS}
    urns = sorted({entry["urn"].split("::", 2)[2] for entries in found.values() for entry in entries})
    return {**{f"{name}.yaml": _yaml(entries) for name, entries in found.items()}, "urns.txt": "\n".join(urns) + "\n"}


def _yaml(entries: list[dict[str, Any]]) -> str:
    counts = Counter(entry["type"] for entry in entries)
    resources: dict[str, Any] = {}
    for entry in entries:
        if entry["custom"]:
            shown = {"inputs": entry["inputs"]} if entry["inputs"] else {}
            resources[f"{entry['type']}::{entry['name']}"] = {**({"protect": True} if entry["protect"] else {}), **shown}
    text = io.StringIO()
    yaml: Any = YAML(typ="safe", pure=True)
    yaml.default_flow_style, yaml.width = False, 150
    yaml.dump({"counts": dict(sorted(counts.items())), "resources": resources}, text)
    return text.getvalue()


if __name__ == "__main__":
    sys.exit(main())
