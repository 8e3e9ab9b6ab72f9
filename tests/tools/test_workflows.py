"""The workflows: what they use of others is pinned, and they may do little."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tools.recorder import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


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
