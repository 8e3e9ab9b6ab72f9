"""The workflows: what they use of others is pinned, they may do little, and their linters have nothing to say."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from tools.recorder import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
ACTIONLINT = Path(__file__).parent / "actionlint"
"""A Go module that pins it."""
WRONG = """
on: pull_request
permissions: {}
jobs:
  greet:
    runs-on: ubuntu-24.04
    steps:
      - run: echo "${{ github.event.pull_request.title }}"
"""
Linter = Callable[[Sequence[Path]], subprocess.CompletedProcess[str]]


def zizmor(files: Sequence[Path]) -> subprocess.CompletedProcess[str]:
    """What is unsafe."""
    program = Path(sys.executable).with_name("zizmor")
    return subprocess.run([program, "--offline", "--quiet", *files], capture_output=True, text=True, check=False)


def actionlint(files: Sequence[Path]) -> subprocess.CompletedProcess[str]:
    """What is wrong; built from its module the first time."""
    if not shutil.which("go"):
        pytest.skip("Go is not installed: actionlint cannot be built")
    fetched = subprocess.run(["go", "mod", "download"], cwd=ACTIONLINT, capture_output=True, text=True, check=False)
    if fetched.returncode:
        pytest.skip(f"Go cannot fetch actionlint's modules: {fetched.stderr}")
    command = ["go", "tool", "actionlint", "-shellcheck=", "-pyflakes=", *map(str, files)]
    return subprocess.run(command, cwd=ACTIONLINT, capture_output=True, text=True, check=False)


linters = pytest.mark.parametrize(("linter", "says"), [(zizmor, "template-injection"), (actionlint, "potentially untrusted")])


@linters
def test_linters_have_nothing_to_say(linter: Linter, says: str) -> None:
    done = linter(WORKFLOWS)
    assert done.returncode == 0, done.stdout + done.stderr
    assert says not in done.stdout


@linters
def test_a_mistake_would_be_told(linter: Linter, says: str, tmp_path: Path) -> None:
    file = tmp_path / ".github" / "workflows" / "wrong.yml"
    file.parent.mkdir(parents=True)
    file.write_text(WRONG)
    done = linter([file])
    assert done.returncode
    assert says in done.stdout


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_actions_are_pinned_by_commit_and_say_their_version(file: Path) -> None:
    used = re.findall(r"uses: *(.+)", file.read_text())
    assert used
    for action in (known for known in used if not known.startswith("./")):  # what is ours comes with the commit
        assert re.fullmatch(r"[a-z0-9-]+/[a-z0-9/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action), action


@pytest.mark.parametrize("file", WORKFLOWS, ids=lambda file: file.name)
def test_a_workflow_may_read_the_code_and_no_more_unless_a_job_says_so(file: Path) -> None:
    known: dict[str, Any] = yaml.safe_load(file.read_text())
    assert known["permissions"] == {"contents": "read"}
    assert all("timeout-minutes" in job for job in known["jobs"].values() if "uses" not in job)
