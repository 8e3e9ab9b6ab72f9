"""What is there for those who work on the repository does something: owners, hooks, updates, the container, the changelog."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from settings import load_stack_file
from settings.section import images
from settings.yaml_file import parse
from tests.environments import ENVIRONMENTS
from tools.bootstrap import engine
from tools.recorder import ROOT

HOOKS: dict[str, dict[str, Any]] = {
    hook["id"]: hook for hook in parse((ROOT / ".pre-commit-config.yaml").read_text())["repos"][0]["hooks"]
}
RENOVATE = json.loads((ROOT / ".github" / "renovate.json").read_text())
CONTAINER = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text())


def _names() -> list[str]:
    """What is committed or about to be."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True)
    return [name for name in done.stdout.splitlines() if (ROOT / name).is_file()]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A copy of the repository, with this environment."""
    for name in _names():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / name, tmp_path / name)
    (tmp_path / ".venv").symlink_to(Path(sys.prefix))
    return tmp_path


def passes(repository: Path, hook: str, file: str) -> bool:
    """Whether a hook lets a file be committed: it ends well, and leaves the file as it is."""
    told = HOOKS[hook]
    before = (repository / file).read_bytes()
    names = "" if told.get("pass_filenames") is False else f" {file}"
    done = subprocess.run(["sh", "-c", told["entry"] + names], cwd=repository, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    return done.returncode == 0 and (repository / file).read_bytes() == before


BAD = {
    "format": ("settings/images.py", "\n", "\n\n\n\n"),
    "check": ("settings/images.py", "from typing import", "import os\nfrom typing import"),
    "settings": ("Pulumi.prod.yaml", "alphintra:project", "alphintra:projekt"),
    "workflows": (".github/workflows/ci.yml", "- run: .ci/run", "- run: echo ${{ github.event.pull_request.title }}"),
}


@pytest.mark.parametrize("hook", HOOKS)
def test_a_hook_lets_pass_what_is_right_and_nothing_else(repository: Path, hook: str) -> None:
    file, right, wrong = BAD[hook]
    assert not HOOKS[hook].get("files") or re.search(HOOKS[hook]["files"], file)
    assert passes(repository, hook, file)
    text = (repository / file).read_text()
    assert right in text
    (repository / file).write_text(text.replace(right, wrong, 1))
    assert not passes(repository, hook, file)


def _owned() -> list[tuple[str, list[str]]]:
    lines = (ROOT / ".github" / "CODEOWNERS").read_text().splitlines()
    return [(words[0], words[1:]) for line in lines if (words := line.split()) and not line.startswith("#")]


def test_what_is_owned_is_there_and_everything_is_owned() -> None:
    assert _owned()[0][0] == "*"
    for path, owners in _owned():
        assert all(re.fullmatch(r"@alphintra/[a-z-]+", owner) for owner in owners), path
        assert owners, path
        assert path == "*" or (path.startswith("/") and (ROOT / path[1:]).exists()), path
        assert path.endswith("/") == (path != "*" and (ROOT / path[1:]).is_dir()), path


def _matches(manager: dict[str, Any]) -> list[dict[str, str]]:
    [files] = [re.compile(pattern.strip("/")) for pattern in manager["managerFilePatterns"]]
    [wanted] = [re.compile(said.replace("(?<", "(?P<")) for said in manager["matchStrings"]]
    return [found.groupdict() for name in _names() if files.search(name) for found in wanted.finditer((ROOT / name).read_text())]


def test_updates_are_proposed_of_every_image_with_a_digest_and_of_the_engine() -> None:
    running, installed = [_matches(manager) for manager in RENOVATE["customManagers"]]
    found = {f"{one['depName']}:{one['currentValue']}@{one['currentDigest']}" for one in running}
    declared = {reference for env in ENVIRONMENTS for _, reference in images(load_stack_file(ROOT / f"Pulumi.{env}.yaml"))}
    assert found >= {one for one in declared if "@" in one and not one.endswith("0" * 64)}
    assert installed == [{"currentValue": engine.PINNED}]


def test_the_container_has_what_ci_has() -> None:
    workflow = (ROOT / ".github" / "workflows" / "ci.yml").read_text()
    [go] = set(re.findall(r'go-version: "([\d.]+)"', workflow))
    [python] = set(re.findall(r'python-version: "([\d.]+)"', workflow))
    assert [feature["version"] for feature in CONTAINER["features"].values()] == [go]
    assert f"python:{python}-" in CONTAINER["image"]
    make, *targets = CONTAINER["postCreateCommand"].split()
    known = re.findall(r"^([a-z -]+):(?!=)", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert make == "make"
    assert set(targets) <= {name for line in known for name in line.split()}


def test_every_version_is_in_the_changelog() -> None:
    heads = re.compile(r"^## (\d[\w.]*)$", re.MULTILINE)
    told = heads.findall((ROOT / "CHANGELOG.md").read_text())
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert told[0] == version
    assert set(heads.findall((ROOT / "docs" / "UPGRADING.md").read_text())) == set(told)
