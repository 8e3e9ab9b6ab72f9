"""Automatic failover in the stack: nothing where it is manual; where it is not, a program that may do what it must and no more."""

from __future__ import annotations

import json
import os
import re
import subprocess
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest

from components.failover_alerts import ACTED, LOOKED, WITHHELD
from components.failover_watcher import RECORD, SWITCH
from database.failover.__main__ import Log
from database.failover.cloud import Kind
from database.failover.config import Config
from database.failover.google import Bucket
from localcloud.gcp.log_filter import parse_log_filter
from tests.monitoring.evaluation import fires, matches
from tests.monitoring.staged_series import HOUR, NOW, REPLICA, Series, constant, sql
from tools.policy import judged
from tools.recorder import ROOT

from ..environments import ENVIRONMENTS, recorded, resources
from ..settings.refusals import refusal
from .test_failover import STATIONS

NAME = "failover-watcher-us-east1"
OLD, NEW = "alphintra-main-db", "alphintra-read-replica-us-east1"
EVERY_KIND: tuple[Kind, ...] = get_args(Kind)


def over(mode: str, **more: Any) -> dict[str, Any]:
    return {"database": {"failover": {"mode": mode, **more}}}


def declared(mode: str, **more: Any) -> dict[str, Any]:
    """What of it is declared, by what it is called after the component's own name."""
    found = resources("prod", over(mode, **more))
    return {name.removeprefix(f"{NAME}-"): known.inputs for name, known in found.items() if name.startswith(f"{NAME}-")}


def told(tmp_path: Path, mode: str, **more: Any) -> Config:
    """The file of the pod, as its program reads it."""
    file = tmp_path / "watch.json"
    file.write_text(declared(mode, **more)["files"]["data"]["watch.json"])
    return Config.read(file)


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_where_a_person_decides_there_is_none_of_it(environment: str) -> None:
    assert [known.name for known in recorded(environment).registrations if "FailoverWatcher" in known.type] == []


def test_the_program_understands_what_it_is_told(tmp_path: Path) -> None:
    known = told(tmp_path, "automatic", quorum=5, hold_minutes=20)
    assert (known.old.instance, known.new.instance) == (OLD, NEW)
    assert known.old.host != known.new.host
    assert (known.database, known.port, known.user) == ("alphintra", 5432, "failover-watcher@alphintra-prod.iam")
    assert (known.name, known.bucket, known.edge_address) == ("main-db.alphintra.internal.", "alphintra-failover", "199.36.153.8")
    assert "us-central1" in known.edge_name, "the control plane of the region that may be lost"
    task = known.task
    assert (task.rules.quorum, task.rules.hold_seconds, task.rules.rpo_seconds, task.rehearsal) == (5, 1200, 900, False)
    assert task.command == "make failover STORE=main-database ENV=prod CLOUD=gcp"
    assert task.rules.gap_seconds < task.rules.hold_seconds, "what nobody saw cannot be all of what held"
    assert (Bucket.RECORD, Bucket.SWITCH) == (RECORD, SWITCH)


def test_it_watches_from_the_region_that_is_left(tmp_path: Path) -> None:
    found = {known.name: known for known in recorded("prod", over("automatic")).registrations}
    assert "us-east1" in (found[f"{NAME}-deployment"].provider or "")
    assert found[f"{NAME}-bucket"].inputs["location"] == "US-EAST1"
    deployment = found[f"{NAME}-deployment"].inputs["spec"]
    assert (deployment["replicas"], deployment["strategy"]) == (1, {"type": "Recreate"})
    [container] = deployment["template"]["spec"]["containers"]
    program, beat = ["python", "-m", "database.failover"], ["--beat", "/tmp/looked"]  # noqa: S108 - in the pod
    assert container["command"] == [*program, "--config", "/etc/failover/watch.json", *beat]
    assert "/jobs:" in container["image"]
    assert "database.failover" in (ROOT / "images" / "jobs" / "programs").read_text().split()
    assert told(tmp_path, "automatic").bucket == found[f"{NAME}-bucket"].inputs["name"]


PROJECT = "projects/alphintra-prod"
LOOKS = {
    "looks": {"cloudsql.instances.get"},
    "measures": {"monitoring.timeSeries.list"},
    "reaches": {"container.clusters.connect"},
}
ACTS = {
    "stops": {"cloudsql.instances.update"},
    "promotes": {"cloudsql.instances.promoteReplica"},
    "leads": {"dns.changes.create", "dns.resourceRecordSets.get", "dns.resourceRecordSets.update"},
}


@pytest.mark.parametrize(("mode", "wanted"), [("automatic", LOOKS | ACTS), ("rehearsed", LOOKS)])
def test_it_may_do_what_it_must_and_rehearsed_it_can_change_nothing(mode: str, wanted: dict[str, set[str]]) -> None:
    found = declared(mode)
    roles = {
        name.removeprefix("role-"): {*known["permissions"]} for name, known in found.items() if re.fullmatch("role-[a-z]+", name)
    }
    assert roles == wanted
    instances = {
        what: re.findall(r'instances/([a-z0-9-]+)"', found[f"grant-{what}"].get("condition", {}).get("expression", ""))
        for what in wanted
    }
    only = {"looks": [OLD, NEW], "stops": [OLD], "promotes": [NEW], "measures": [], "reaches": [], "leads": []}
    assert instances == {what: only[what] for what in wanted}
    assert (
        f'"{PROJECT}/locations/us-central1/clusters/alphintra-us-central1"' in found["grant-reaches"]["condition"]["expression"]
    )
    assert {found[f"grant-{what}"]["member"] for what in wanted} == {
        "serviceAccount:failover-watcher@alphintra-prod.iam.gserviceaccount.com"
    }


def test_it_can_set_the_switch_and_not_take_it_back() -> None:
    found = declared("automatic")
    grants = {
        label: (found[label]["role"].rpartition(".")[2], re.findall(r'objects/([^"]+)"', found[label]["condition"]["expression"]))
        for label in ("record", "switch", "switch-read")
    }
    assert grants == {
        "record": ("objectUser", ["record.json"]),
        "switch": ("objectCreator", ["frozen.json"]),
        "switch-read": ("objectViewer", ["frozen.json"]),
    }


def test_it_reaches_instances_and_google_and_nobody_reaches_it() -> None:
    known = declared("automatic")["traffic"]["spec"]
    assert not known.get("ingress")
    assert sorted(port["port"] for rule in known["egress"] for port in rule["ports"]) == [443, 5432]


@pytest.mark.parametrize("station", STATIONS)
def test_while_nothing_could_take_over_it_keeps_what_it_knows_and_does_not_run(station: str, tmp_path: Path) -> None:
    found = declared("automatic", **STATIONS[station].settings)
    assert "bucket" in found, "what holds data is not taken away by a failover"
    assert ("deployment" in found) is (station in ("before", "whole"))
    if station == "whole":
        known = told(tmp_path, "automatic", **STATIONS[station].settings)
        assert (known.old.instance, known.new.instance) == (f"{OLD}-r1", f"{NEW}-r1")


@pytest.mark.parametrize("mode", ["automatic", "rehearsed"])
def test_no_policy_has_anything_against_it(mode: str) -> None:
    found, before = (judged(recorded("prod", settings), "prod") for settings in (over(mode), None))
    assert found.stopping == []
    assert [(v.rule.id, v.urn, v.what) for v in found.verdicts if "failover-watcher-" in v.urn] == []
    assert len(found.verdicts) == len(before.verdicts)


def test_one_that_hangs_is_started_anew(tmp_path: Path) -> None:
    [container] = declared("automatic")["deployment"]["spec"]["template"]["spec"]["containers"]
    [*shell, probe] = container["livenessProbe"]["exec"]["command"]
    beat = tmp_path / "looked"

    def lives() -> bool:
        command = [*shell, probe.replace("/tmp/looked", str(beat))]  # noqa: S108
        return subprocess.run(command, capture_output=True, check=False).returncode == 0

    assert not lives()
    beat.touch()
    assert lives()
    os.utime(beat, (0, time.time() - 240))
    assert not lives()
    assert container["readinessProbe"]["exec"] == container["livenessProbe"]["exec"]
    assert container["livenessProbe"]["initialDelaySeconds"] >= 180, "the first look may wait for the lease of another one"


# -- alerts


def policies() -> dict[str, dict[str, Any]]:
    known = recorded("prod", over("automatic")).registrations
    return {k.inputs["userLabels"]["alert"]: k.inputs for k in known if k.type.endswith(":AlertPolicy")}


def entry(line: str, namespace: str = "monitoring") -> Mapping[str, Any]:
    """A line of the program, as Cloud Logging keeps it."""
    labels = {"namespace_name": namespace, "container_name": "watcher"}
    return {
        "logName": "projects/p/logs/stdout",
        "resource": {"type": "k8s_container", "labels": labels},
        "jsonPayload": json.loads(line),
    }


def test_whatever_it_tells_somebody_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert {*ACTED, *WITHHELD} == {*EVERY_KIND}
    assert not {*ACTED} & {*WITHHELD}
    for kind in EVERY_KIND:
        Log().tell(kind, "what it says")
        line = capsys.readouterr().out
        for alert, kinds in (("database-failover-acted", ACTED), ("database-failover-withheld", WITHHELD)):
            assert fires(policies()[alert], entries=[entry(line)]) is (kind in kinds)
            assert not fires(policies()[alert], entries=[entry(line, "services")])
    for alert in ("acted", "withheld", "watcher-missing"):
        known = policies()[f"database-failover-{alert}"]
        assert known["severity"] == "CRITICAL"
        assert known["documentation"]["links"][0]["url"].endswith("/failover-main-database.md")


def test_that_nobody_watches_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    metric = declared_metric()
    for says, counts in (("well", True), ("lost, fence of a failover", True), ("stands by", False)):
        Log.write(LOOKED, says)
        assert matches(metric, entry(capsys.readouterr().out)) is counts
    Log.write("blind", "nothing is decided")
    assert not matches(metric, entry(capsys.readouterr().out))
    alive = replace(sql("up", 1, REPLICA), points=constant(1, 30 * HOUR))
    looked = Series(
        metric="logging.googleapis.com/user/database-failover-looks", resource="k8s_container", of={}, points=constant(4)
    )
    missing = policies()["database-failover-watcher-missing"]
    assert not fires(missing, [looked, alive], now=NOW)
    late = replace(looked, points=[(when, value) for when, value in looked.points if when < NOW - 600])
    assert fires(missing, [late, alive], now=NOW)


def declared_metric() -> Any:
    known = recorded("prod", over("automatic")).registrations
    [found] = [k.inputs for k in known if k.type.endswith(":Metric") and k.inputs["name"] == "database-failover-looks"]
    return parse_log_filter(found["filter"])


# -- bad values


@pytest.mark.parametrize(
    ("environment", "text", "says"),
    [
        ("prod", "database: {failover: {mode: always}}", "database.failover.mode"),
        ("prod", "database: {failover: {mode: automatic, quorum: 2}}", "database.failover.quorum"),
        ("prod", "database: {failover: {mode: automatic, hold_minutes: 1}}", "database.failover.hold_minutes"),
        ("dev", "database: {failover: {mode: automatic}}", "may take over by itself, but there is none in replicas"),
        ("prod", "database: {failover: {mode: automatic}}\n  alphintra:images: {jobs: null}", "images.jobs is null"),
        (
            "prod", "database: {failover: {mode: rehearsed}}\n  alphintra:identities: {workloads: {failover-watcher: null}}",
            "database.failover.mode is rehearsed: identities.workloads",
        ),
        (
            "prod",
            "database: {failover: {mode: automatic}}\n  alphintra:identities: {workloads: {failover-watcher: {kubernetes: services/w}}}",
            "kubernetes is services/w, and the secondary cluster has no such namespace",
        ),
        (
            "prod",
            "database: {failover: {mode: automatic}}\n  alphintra:identities: {workloads: {failover-watcher: {database: false}}}",
            "must have database true",
        ),
        (
            "prod",
            "database: {failover: {mode: automatic, hold_minutes: 45}}\n  alphintra:objectives: {database_rto_minutes: 60}\n"
            "  alphintra:verification: {hours: 1}",
            r"with 20 minutes for the rest that is more than objectives.database_rto_minutes \(60\)",
        ),
    ],
)  # fmt: skip
def test_bad_values(tmp_path: Path, environment: str, text: str, says: str) -> None:
    assert re.search(says, refusal(tmp_path, environment, text))
