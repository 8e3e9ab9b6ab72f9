"""The backup before a change of the schema: made by what a plan says, once, and a failure stops what comes after it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tools import backup
from tools.recorder import ROOT

JOBS: dict[str, Any] = yaml.safe_load((ROOT / ".github" / "workflows" / "deploy-environment.yml").read_text())["jobs"]
URNS = (ROOT / "tests" / "inventory" / "urns.txt").read_text().splitlines()
JOB, OTHER_JOB, PRIMARY = (
    next(f"urn:pulumi:prod::alphintra::{urn}" for urn in URNS if urn.endswith(end))
    for end in ("Job::migrations-main-us-central1-job", "Job::migrations-timeseries-us-central1-job", "::main-db-primary")
)
GCLOUD = """#!{python}
import json, pathlib, sys
pathlib.Path("{log}").write_text(json.dumps(sys.argv[1:]))
sys.exit({status})
"""


def plan(**steps: str) -> dict[str, Any]:
    names = {"job": JOB, "other": OTHER_JOB, "primary": PRIMARY}
    return {"resourcePlans": {names[name]: {"goal": {}, "steps": [step]} for name, step in steps.items()}}


@pytest.mark.parametrize(
    ("steps", "made"),
    [
        ({"job": "create", "primary": "same"}, True),
        ({"job": "create-replacement"}, True),
        ({"job": "same", "other": "create"}, False),
        ({"job": "delete"}, False),
        ({"job": "create", "primary": "create"}, False),
    ],
    ids=["new changes", "replaced", "the time series", "taken away", "a new environment"],
)
def test_only_what_changes_a_schema_that_is_there_is_backed_up_before(steps: dict[str, str], made: bool) -> None:
    assert backup.changes_schema(plan(**steps)) is made


class Runner:
    def __init__(self, folder: Path, status: int = 0) -> None:
        self.folder, self.log = folder, folder / "asked"
        gcloud = folder / "gcloud"
        gcloud.write_text(GCLOUD.format(python=sys.executable, log=self.log, status=status))
        gcloud.chmod(0o755)

    def step(self, kept: Any, environment: str = "prod") -> subprocess.CompletedProcess[str]:
        """The workflow's own step."""
        (self.folder / "plan.json").write_text(json.dumps(kept))
        [step] = [step for step in JOBS["apply"]["steps"] if step.get("id") == "backup"]
        env = {
            "PATH": f"{self.folder}:{Path(sys.executable).parent}:{os.defpath}",
            "HOME": str(self.folder),
            "RUNNER_TEMP": str(self.folder),
        }
        return subprocess.run(
            ["bash", "-e", "-c", step["run"]],
            cwd=ROOT, env={**env, "CLOUD": step["env"]["CLOUD"], "ENVIRONMENT": environment}, capture_output=True, text=True, check=False,
        )  # fmt: skip


KEPT = {"environment": "prod", "cloud": "gcp", "state": "d"}


def test_the_step_backs_up_the_instance_that_serves(tmp_path: Path) -> None:
    runner = Runner(tmp_path)
    done = runner.step({**KEPT, "plan": plan(job="create")})
    assert done.returncode == 0, done.stderr
    asked = json.loads(runner.log.read_text())
    assert asked[:3] == ["sql", "backups", "create"]
    assert "--instance=alphintra-main-db" in asked
    assert "--async" not in asked


def test_nothing_is_backed_up_where_the_schema_stays(tmp_path: Path) -> None:
    runner = Runner(tmp_path)
    assert runner.step({**KEPT, "plan": plan(job="same")}).returncode == 0
    assert not runner.log.exists()


@pytest.mark.parametrize(
    ("kept", "environment", "said"),
    [
        ({**KEPT, "plan": plan(job="create")}, "prod", "the backup failed: the database is not changed"),
        ({**KEPT, "plan": plan(job="create")}, "staging", "is a plan for environment prod, not staging"),
        ({"resourcePlans": {}}, "prod", "is no plan of ours"),
    ],
)
def test_what_is_not_backed_up_is_not_changed(tmp_path: Path, kept: Any, environment: str, said: str) -> None:
    done = Runner(tmp_path, status=1).step(kept, environment)
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr
