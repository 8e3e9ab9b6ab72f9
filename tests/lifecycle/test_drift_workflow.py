"""The workflow that looks for drift: its commands run as they stand, on the local cloud."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tools.recorder import ROOT

from .checkout import Checkout
from .runner import Runner, local_cloud

WORKFLOW: dict[Any, Any] = yaml.safe_load((ROOT / ".github" / "workflows" / "drift.yml").read_text())
DEPLOY: dict[str, Any] = yaml.safe_load((ROOT / ".github" / "workflows" / "deploy-environment.yml").read_text())["jobs"]
LOOK = WORKFLOW["jobs"]["look"]
GH = """#!{python}
import json, pathlib, sys
log = pathlib.Path("{log}")
log.write_text(log.read_text() + json.dumps(sys.argv[1:]) + "\\n")
if "list" in sys.argv:
    print("{known}")
"""


@pytest.mark.engine
def test_what_differs_is_told_and_nothing_else_fails(checkout: Checkout, tmp_path: Path) -> None:
    runner = Runner(checkout, tmp_path)
    failed = runner.step(LOOK)
    assert failed.returncode == 1, "an environment that is not up is an error, not drift"
    for job in ("plan", "apply"):
        runner.ok(DEPLOY[job])
    runner.ok(LOOK)
    assert (runner.temp / "drift.md").read_text() == "```\n'dev' is as declared: nothing would change\n```\n"
    local_cloud(checkout, "set", "topics/orders", "messageRetentionDuration", "1209600s", "--by", "a@alphintra.com")
    runner.ok(LOOK)
    told = (runner.temp / "drift.md").read_text()
    assert (
        "orders-topic (gcp:Topic) was changed\n    messageRetentionDuration: 604800s -> 1209600s\n    by a@alphintra.com" in told
    )
    assert (runner.temp / "github_output").read_text().splitlines() == ["status=1", "status=0", "status=2"]


@pytest.mark.parametrize(
    ("status", "known", "does"),
    [
        ("0", "", []),
        ("0", "7", ["close", "7"]),
        ("2", "", ["create", "--repo", "a/b", "--title", "Drift of prod", "--body-file"]),
        ("2", "7\\n8", ["edit", "7", "--repo", "a/b", "--body-file"]),
    ],
)
def test_one_issue_is_kept_while_something_differs(tmp_path: Path, status: str, known: str, does: list[str]) -> None:
    (log := tmp_path / "log").touch()
    (gh := tmp_path / "gh").write_text(GH.format(python=sys.executable, log=log, known=known))
    gh.chmod(0o755)
    [step] = [step for step in LOOK["steps"] if step.get("id") == "tell"]
    env = {"PATH": f"{tmp_path}:{os.defpath}", "RUNNER_TEMP": str(tmp_path), "REPOSITORY": "a/b", "ENVIRONMENT": "prod"}
    subprocess.run(["bash", "-e", "-c", step["run"]], cwd=ROOT, env={**env, "STATUS": status}, check=True)
    asked, *done = (json.loads(line) for line in log.read_text().splitlines())
    assert asked[:2] == ["issue", "list"]
    assert [word[: len(does) + 1][1:] for word in done] == ([does] if does else [])


def test_who_looks_for_drift_may_change_nothing() -> None:
    assert LOOK["environment"] == "${{ matrix.environment }}-plan", "the account that plans"
    assert LOOK["permissions"] == {"contents": "read", "id-token": "write", "issues": "write"}
    assert LOOK["strategy"]["matrix"]["environment"] == ["dev", "staging", "prod"]
    assert "schedule" in WORKFLOW[True]  # YAML 1.1 reads `on` as true
    assert all("${{" not in step.get("run", "") for step in LOOK["steps"])
