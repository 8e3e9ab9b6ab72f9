"""The workflow that deploys: its commands run as they stand, on the local cloud, by whom it says, in the order it says."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tools.recorder import ROOT

from .checkout import Checkout
from .runner import Runner

WORKFLOWS = ROOT / ".github" / "workflows"
DEPLOY: dict[Any, Any] = yaml.safe_load((WORKFLOWS / "deploy.yml").read_text())
JOBS: dict[str, Any] = yaml.safe_load((WORKFLOWS / "deploy-environment.yml").read_text())["jobs"]


@pytest.fixture
def runner(checkout: Checkout, tmp_path: Path) -> Runner:
    return Runner(checkout, tmp_path)


def refused(runner: Runner) -> str:
    done = runner.step(JOBS["apply"])
    assert done.returncode == 1, done.stdout
    assert "Traceback" not in done.stderr
    return done.stderr


@pytest.mark.engine
def test_what_was_reviewed_is_what_happens(runner: Runner) -> None:
    runner.ok(JOBS["plan"])
    summary = runner.summary()
    assert summary.startswith("## dev\n```diff\n+ ")
    assert "+ orders-topic (gcp:Topic)" in summary
    assert summary.endswith("```\n")
    assert "'dev' stands on the LOCAL CLOUD" in runner.ok(JOBS["apply"])
    again = refused(runner)
    assert "plan.json no longer matches: 'dev' was changed after the plan was made" in again, "an approval is spent"

    runner.retention.write_text("8")
    runner.ok(JOBS["plan"])
    assert "~ orders-topic (gcp:Topic)\n    messageRetentionDuration: 604800s -> 691200s" in runner.summary()
    runner.retention.write_text("9")
    other = refused(runner)
    assert re.search(
        r"::(orders|trades)-topic violates plan: properties changed: ~~messageRetentionDuration\[{691200s}!={777600s}\]", other
    ), "whichever comes first"
    assert other.rstrip().endswith("Nothing was changed.")
    runner.retention.write_text("8")
    assert "'dev' stands" in runner.ok(JOBS["apply"]), "the plan held all the while"


def test_a_plan_may_look_and_an_update_waits_for_who_guards_its_environment() -> None:
    plan, apply = JOBS["plan"], JOBS["apply"]
    assert plan["environment"] == "${{ inputs.environment }}-plan"
    assert apply["environment"] == "${{ inputs.environment }}"
    assert apply["needs"] == "plan"
    assert [step["id"] for step in apply["steps"] if "run" in step] == ["backup", "apply"]
    for job in (plan, apply):
        assert job["permissions"] == {"contents": "read", "id-token": "write"}
        assert all(step["with"]["persist-credentials"] is False for step in job["steps"] if "checkout" in step.get("uses", ""))
        assert all("${{" not in step.get("run", "") for step in job["steps"])
        [auth] = [step for step in job["steps"] if "google-github-actions/auth@" in step.get("uses", "")]
        assert set(auth["with"]) == {"workload_identity_provider", "service_account"}, "no keys"
        assert "cache" not in json.dumps(job), "what another workflow has left is not what deploys"


def test_each_environment_comes_after_the_one_before_it_and_one_deployment_at_a_time() -> None:
    assert DEPLOY[True] == {"push": {"branches": ["main"]}}  # YAML 1.1 reads `on` as true
    assert {name: job.get("needs") for name, job in DEPLOY["jobs"].items()} == {"dev": None, "staging": "dev", "prod": "staging"}
    for name, job in DEPLOY["jobs"].items():
        assert job["with"] == {"environment": name}
        assert job["concurrency"] == {"group": f"deploy-{name}", "cancel-in-progress": False}
