"""The drill of a lost region without an engine: what its table says of what was measured, what it counts as missed, and its
workflow."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from localcloud.gcp import replication
from localcloud.store import Row
from settings import load_stack_file
from tools.drill import __main__ as command
from tools.drill import region
from tools.drill.region import Drill, Result, told
from tools.drill.stores import STORES
from tools.failover import command as failover
from tools.failover.checkpoint import Checkpoint, evidence
from tools.failover.stations import Move
from tools.failover.steps import plan
from tools.lifecycle.errors import CommandError
from tools.lifecycle.workspace import Workspace
from tools.recorder import ROOT

PROD = load_stack_file(ROOT / "Pulumi.prod.yaml")
DATABASE = next(store for store in STORES if store.name == "main-database")
WORKFLOW: dict[Any, Any] = yaml.safe_load((ROOT / ".github" / "workflows" / "drill.yml").read_text())
REDIS = "gcp:redis/cluster:Cluster"
VALKEY = "gcp:memorystore/instance:Instance"
SQL = "gcp:sql/databaseInstance:DatabaseInstance"


def result(**values: Any) -> Result:
    good: dict[str, Any] = {"back_seconds": 3600, "lost_seconds": 40, "drift": 0, "drift_back": 0, "problems": []}
    return Result(store=DATABASE, **{**good, **values})


# -- the table


def test_every_store_of_the_document_has_a_row_and_what_no_command_brings_back_is_a_gap_that_says_what_is_missing() -> None:
    text = told([Result(store=store, problems=[]) for store in STORES], PROD)
    for store in STORES:
        (row,) = [line for line in text.splitlines() if line.startswith(f"{store.title}  ")]
        assert bool(store.missing) == (store.name not in failover.STORES) == row.endswith("GAP")
        assert store.missing in text
    assert set(failover.STORES) <= {store.name for store in STORES}


def test_a_store_whose_follower_the_settings_do_not_have_is_a_gap_and_is_not_failed_over(tmp_path: Path) -> None:
    drill = Rehearsed(tmp_path)
    drill.workspace.override({"cache": {"sessions": {"secondaries": {"us-east1": None}}}})
    alone = drill.workspace.settings
    assert alone.session_stores == {"us-central1": "alphintra-redis-sessions"}
    assert "sessions" not in {store.name for store in drill.known}
    text = told([Result(store=store, problems=[]) for store in STORES], alone)
    assert "- Redis: sessions: cache.sessions.secondaries is empty: nothing in the other region could take over" in text
    drill.lose()


@pytest.mark.parametrize(
    ("values", "missed"),
    [
        ({}, []),
        ({"back_seconds": 4 * 3600}, []),
        ({"back_seconds": 4 * 3600 + 1}, ["RTO"]),
        ({"lost_seconds": 901}, ["RPO"]),
        ({"drift": 1, "drift_back": 2}, ["drift", "drift after the fail-back"]),
        ({"back_seconds": None, "problems": ["failover: refused"]}, ["failover: refused"]),
    ],
)
def test_a_bar_is_missed_where_it_is_passed(values: Mapping[str, Any], missed: list[str]) -> None:
    found = result(**values)
    assert found.missed(PROD) == missed
    text = told([found], PROD)
    assert ("MISSED" in text) == bool(missed)
    assert all(f"- PostgreSQL: {'; '.join(missed)}" in text for _ in missed)


@pytest.mark.parametrize("title", [store.title for store in STORES if "Elastic" in store.title or "Cloud Storage" in store.title])
def test_nothing_is_promised_where_the_document_promises_nothing(title: str) -> None:
    store = next(store for store in STORES if store.title == title)
    assert not Result(store=store, back_seconds=1e9, lost_seconds=1e9, problems=[]).missed(PROD)


def test_the_stores_are_brought_back_in_the_order_in_which_they_must_be_back() -> None:
    promised = [store.promise(PROD).rto_seconds or float("inf") for store in STORES]
    assert promised == sorted(promised)


# -- the run


class Rehearsed(Drill):
    """A drill whose environment is five rows in a cloud, of which nothing is exported."""

    def __init__(self, home: Path) -> None:
        super().__init__("prod", home)
        self.home.joinpath("cloud").mkdir()
        with self.store() as store:
            for name, place in PROD.database_instances.items():
                config = {"name": place, "region": name}
                address = {"privateIpAddress": f"10.0.0.{len(name)}"}
                store.put(Row(f"//sql/projects/p/instances/{place}", SQL, "p", place, "", config, address, 0, 0, 0), {})
            for name, cluster in PROD.cache_clusters.items():
                config = {"name": cluster, "region": name}
                store.put(Row(f"//redis/projects/p/clusters/{cluster}", REDIS, "p", cluster, "", config, {}, 0, 0, 0), {})
            for name, known in PROD.session_stores.items():
                config = {"instanceId": known, "location": name}
                store.put(Row(f"//memorystore/projects/p/instances/{known}", VALKEY, "p", known, "", config, {}, 0, 0, 0), {})
            standby = PROD.timeseries.sites["secondary"].name
            full = f"//gke/projects/p/locations/us-east1/clusters/c/statefulsets/{standby}"
            store.put(Row(full, "kubernetes:apps/v1:StatefulSet", "p", standby, "", {}, {}, 0, 0, 0), {})
        self.point("us-central1")

    def point(self, to: str) -> None:
        """The name leads to the instance of a region."""
        config = {"name": "main-db.alphintra.internal.", "rrdatas": [f"10.0.0.{len(to)}"]}
        with self.store() as store:
            store.put(Row("//dns/main-db", "gcp:dns/recordSet:RecordSet", "p", "main-db", "", config, {}, 0, 0, 0), {})

    def leads_to(self, store: Any) -> str:
        return super().leads_to(store) if store.host else ""

    def differing(self) -> tuple[list[str], dict[str, str]]:
        return [], {}


def checkpoint(drill: Drill, *, done: int) -> Checkpoint:
    steps = plan(PROD, [Move("secondary")])
    kept = Checkpoint(evidence(drill.workspace, "main-database"), "failover", False, steps, drill.lost_at + 60, 40)
    kept.deferred = [steps[0].id]
    kept.done = {step.id: 100.0 for step in steps[1:done]}
    return kept


def test_what_a_run_kept_is_what_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    drill = Rehearsed(tmp_path)
    lag: list[float] = []

    def carried_out(_workspace: Any, _cloud: Any, asked: Any, _yes: Any) -> int:
        if asked.command == "failover" and not lag:
            with drill.store() as store:
                lag.extend(replication.lag_seconds(store, row) for row in store.all() if "us-east1" in row.name)
                assert store.meta("region:us-central1") == "lost"
            checkpoint(drill, done=7).save()
            drill.point("us-east1")
        return 0

    def stands(*_: Any) -> int:
        return 0

    monkeypatch.setattr(region, "carry_out", carried_out)
    monkeypatch.setattr(region.commands, "up", stands)
    found = {known.store.name: known for known in drill.run()}["main-database"]
    assert lag == [region.LAG_SECONDS] * 4, "of all that follow"
    assert found.missed(PROD) == []
    assert (found.steps, found.lost_seconds, found.leads_to) == ((6, 8), 40, "us-east1")
    assert found.back_seconds == pytest.approx(60 + 5 * 100, abs=5), "from the loss on, without the backup"
    with drill.store() as store:
        assert store.meta("region:us-central1") == "there"


def test_a_runbook_that_refuses_or_stops_half_way_is_a_bar_that_is_missed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drill = Rehearsed(tmp_path)

    def refuses(*_: Any) -> int:
        raise CommandError("the replica is 2000 seconds behind")

    monkeypatch.setattr(region, "carry_out", refuses)
    drill.fail_over(DATABASE)
    assert drill.results["main-database"].missed(PROD) == ["failover: the replica is 2000 seconds behind"]
    checkpoint(drill, done=3).save()
    drill.fail_over(DATABASE)
    told_ = "; ".join(drill.results["main-database"].missed(PROD))
    assert "it does not serve yet: Pulumi's state" in told_
    assert "its name leads to us-central1" in told_


def test_what_differs_counts_against_its_store_and_what_is_nobodys_against_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drill = Rehearsed(tmp_path)
    owners = {"a": "main-db", "b": "search-us-central1", "c": "network"}
    monkeypatch.setattr(drill, "differing", lambda: (list(owners), owners))
    drill.look("drift")
    assert drill.results["main-database"].drift == 2


def test_where_no_name_leads_the_output_says_who_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sites = {"us-central1": {"leads": False}, "us-east1": {"leads": True}}
    stack = {"type": "pulumi:pulumi:Stack", "outputs": {"timeSeries": sites}}

    def exported(_self: Workspace) -> dict[str, Any]:
        return {"deployment": {"resources": [stack]}}

    monkeypatch.setattr(Workspace, "exported", exported)
    series = next(store for store in STORES if store.name == "timeseries")
    assert Drill("prod", tmp_path).leads_to(series) == "us-east1"


# -- how it is asked for


@pytest.mark.parametrize(
    ("words", "ran", "code"),
    [([], ["members", "region prod"], 1), (["region"], ["region prod"], 1), (["members"], ["members"], 0)],
)
def test_each_can_be_asked_for_alone(monkeypatch: pytest.MonkeyPatch, words: list[str], ran: list[str], code: int) -> None:
    did: list[str] = []

    def members() -> int:
        did.append("members")
        return 0

    def lost(environment: str, _home: Path) -> int:
        did.append(f"region {environment}")
        return 1

    monkeypatch.setattr(command.members, "run", members)
    monkeypatch.setattr(command.region, "run", lost)
    monkeypatch.setattr(sys, "argv", ["drill", *words])
    assert command.main() == code
    assert did == ran


@pytest.mark.parametrize(
    ("words", "says", "code"),
    [
        (["planet"], "there is no drill 'planet'; there are members, region", 64),
        (["region", "--env", "dev"], "'dev' has nothing in another region that could take over", 64),
        (["region", "--env", "nowhere"], "unknown environment 'nowhere'", 64),
    ],
)
def test_what_cannot_be_drilled_is_said(words: list[str], says: str, code: int) -> None:
    done = subprocess.run([sys.executable, "-m", "tools.drill", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == code
    assert says in done.stderr
    assert not done.stdout
    assert "Traceback" not in done.stderr


# -- the workflow


@pytest.mark.parametrize(("code", "status"), [("0", "0"), ("3", "2")])
def test_the_workflow_shows_the_table_and_fails_where_a_bar_is_missed(tmp_path: Path, code: str, status: str) -> None:
    job = WORKFLOW["jobs"]["rehearse"]
    assert job["strategy"]["matrix"]["drill"] == list(command.DRILLS)
    assert "schedule" in WORKFLOW[True]  # YAML 1.1 reads `on` as true
    assert all("${{" not in step.get("run", "") for step in job["steps"])
    (make := tmp_path / "make").write_text(f'#!/bin/sh\necho "asked: $*"\nexit {code}\n')
    (gh := tmp_path / "gh").write_text(f'#!/bin/sh\necho "$*" >> {tmp_path}/gh.log\n')
    for program in (make, gh):
        program.chmod(0o755)
    env = {"PATH": f"{tmp_path}:{os.defpath}", "RUNNER_TEMP": str(tmp_path), "DRILL": "region", "REPOSITORY": "a/b"}
    files = {name: str(tmp_path / name) for name in ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT")}
    drill, tell, ends = (step for step in job["steps"] if "run" in step)

    def does(step: Mapping[str, Any], **more: str) -> int:
        return subprocess.run(["bash", "-e", "-c", step["run"]], cwd=ROOT, env={**env, **files, **more}, check=False).returncode

    assert does(drill) == 0
    assert (tmp_path / "GITHUB_STEP_SUMMARY").read_text() == "```\nasked: -s drill DRILL=region\n```\n"
    said = (tmp_path / "GITHUB_OUTPUT").read_text().strip()
    assert said == f"status={code}"
    number = said.rpartition("=")[2]
    assert does(tell, STATUS=number) == 0
    told_ = (tmp_path / "gh.log").read_text()
    assert ("issue create --repo a/b --title Drill of the region" in told_) == (code != "0")
    assert bool(does(ends, STATUS=number)) == (status != "0")
    assert json.dumps(job["permissions"]) == '{"contents": "read", "issues": "write"}'
