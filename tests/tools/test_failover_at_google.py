"""Failover at Google: the commands that are run, and what is made of their answers."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from tools.failover.checkpoint import Checkpoint
from tools.failover.cloud import Google
from tools.failover.run import Run
from tools.failover.stations import Move
from tools.failover.steps import plan
from tools.lifecycle.errors import CommandError
from tools.lifecycle.workspace import Workspace
from tools.recorder import ROOT

from .test_failover import NEW, OLD, PROD

GCLOUD = """#!/bin/sh
echo "$*" >> {log}
case "$*" in
  *describe\\ gone*) echo 'ERROR: (gcloud.sql.instances.describe) HTTPError 404: The Cloud SQL instance does not exist.' >&2; exit 1 ;;
  *describe\\ lost*) echo 'ERROR: HTTPError 503: The service is currently unavailable.' >&2; exit 1 ;;
  *describe\\ promoted*) echo '{{"state": "RUNNABLE", "instanceType": "CLOUD_SQL_INSTANCE"}}' ;;
  *describe\\ replica*) echo '{{"state": "RUNNABLE", "instanceType": "READ_REPLICA_INSTANCE"}}' ;;
  *describe*) echo '{{"state": "RUNNABLE", "settings": {{"activationPolicy": "ALWAYS"}}}}' ;;
  *promote-replica\\ lost*) echo 'ERROR: HTTPError 503: try later' >&2; exit 1 ;;
esac
"""


@pytest.fixture
def gcloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stand-in on the path, and the file in which it notes what it was asked for."""
    log, program = tmp_path / "asked", tmp_path / "bin" / "gcloud"
    program.parent.mkdir()
    program.write_text(GCLOUD.format(log=log))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    return log


def test_at_google_the_commands_of_the_plan_are_run_and_their_answers_understood(gcloud: Path) -> None:
    cloud = Google("alphintra-prod", lag_seconds=7)
    assert [cloud.state(name) for name in (OLD, "gone", "lost")] == ["RUNNABLE", None, None]
    assert [cloud.answers(name) for name in (OLD, "gone", "lost")] == [True, True, False]
    assert [cloud.promoted(name) for name in ("promoted", "replica", "lost", "gone")] == [True, False, False, False]
    assert cloud.lag_seconds(NEW) == 7
    asked = len(gcloud.read_text().splitlines())
    for step in plan(PROD, [Move("secondary")]):
        cloud.do(step.kind, step.new, step.commands)
    assert gcloud.read_text().splitlines()[asked:] == [
        f"sql instances patch {OLD} --project=alphintra-prod --activation-policy=NEVER",
        f"sql instances promote-replica {NEW} --project=alphintra-prod --quiet",
        f"sql backups create --instance={NEW} --project=alphintra-prod --location=us-east1",
    ]
    with pytest.raises(CommandError, match=r"promote of lost: `gcloud .*` failed:\nERROR: HTTPError 503: try later"):
        cloud.do("promote", "lost", ["gcloud sql instances promote-replica lost"])


def test_at_google_the_lag_is_said_and_gcloud_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(CommandError, match="LAG=<seconds>"):
        Google("alphintra-prod", lag_seconds=None).lag_seconds(NEW)
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(CommandError, match="gcloud is not installed"):
        Google("alphintra-prod", lag_seconds=0).state(OLD)


@dataclass(frozen=True)
class Elsewhere(Workspace):
    """A workspace whose stack's file is in the folder of the test."""

    @property
    def file(self) -> Path:
        return self.home / "Pulumi.prod.yaml"


def test_at_google_the_settings_go_into_the_stacks_file(tmp_path: Path, gcloud: Path) -> None:
    assert not gcloud.exists()
    file = tmp_path / "Pulumi.prod.yaml"
    before = (ROOT / "Pulumi.prod.yaml").read_text()
    file.write_text(before)
    workspace = Elsewhere("prod", "gcp", tmp_path)
    steps = plan(PROD, [Move("secondary")])
    checkpoint = Checkpoint(tmp_path / "run.json", "failover", False, steps, 0, 0)
    run = Run(workspace, Google("alphintra-prod", 0), checkpoint)
    run.write_settings(next(step for step in steps if step.kind == "settings"))
    said = run.workspace.settings.database.failover
    assert (said.serving, said.other) == ("secondary", "fenced")
    assert file.read_text().startswith(before.rstrip("\n")), "comments and the rest stay as they were"
