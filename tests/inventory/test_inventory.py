"""What the program declares, held against what it declared when somebody last looked.

A difference is not a defect: it is something to look at. `make golden` writes the files anew.
"""

from __future__ import annotations

import difflib
import json
import subprocess
import sys
from functools import cache

import pytest

from tools.golden import FOLDER, goldens
from tools.inventory import inventory
from tools.recorder import ROOT

from ..environments import ENVIRONMENTS


@cache
def now_declared() -> dict[str, str]:
    """The files as they would be written now; each is dear."""
    return goldens()


@pytest.mark.parametrize("name", [*(f"{environment}.yaml" for environment in ENVIRONMENTS), "urns.txt"])
def test_the_inventory_is_as_it_was(name: str) -> None:
    kept, now = (FOLDER / name).read_text().splitlines(), now_declared()[name].splitlines()
    difference = "\n".join(difflib.unified_diff(kept, now, "kept", "now", lineterm="", n=1))
    assert not difference, (
        f"{difference}\n\nWhere that is meant: `make golden`. A URN that changes needs an alias and a line in docs/UPGRADING.md."
    )


def test_the_command_prints_json_and_nothing_else() -> None:
    command = [sys.executable, "-m", "tools.inventory", "--env", "prod"]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    entries = json.loads(answer.stdout)
    assert [entry["urn"] for entry in entries] == sorted(entry["urn"] for entry in entries)
    wanted = {"urn", "type", "name", "parent", "custom", "protect", "provider", "dependencies", "propertyDependencies"}
    wanted |= {"ignoreChanges", "inputs"}
    assert all(entry.keys() == wanted for entry in entries)
    urns = {entry["urn"] for entry in entries}
    assert len(urns) == len(entries)
    for entry in entries:
        assert {*entry["dependencies"], *filter(None, [entry["parent"]])} <= urns
    instance = next(entry for entry in entries if entry["name"] == "main-db-primary")
    assert instance["inputs"]["rootPasswordWo"] == "[secret]"
    assert instance["protect"] is True


def test_an_unknown_environment_is_named() -> None:
    answer = subprocess.run(
        [sys.executable, "-m", "tools.inventory", "--env", "prd"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (answer.returncode, answer.stdout, answer.stderr) == (1, "", "Pulumi.prd.yaml does not exist\n")


def test_it_is_the_same_every_time() -> None:
    assert inventory("dev") == inventory("dev")
