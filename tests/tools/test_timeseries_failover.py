"""The time series fail over and back without an engine: one site leads, the other follows its archive."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from localcloud.kubernetes import patroni
from localcloud.store import Row, Store
from settings import Environment, load_stack_file
from tools.failover import run as runs
from tools.failover import state as states
from tools.failover.checkpoint import Checkpoint
from tools.failover.cloud import Google, LocalCloud
from tools.failover.command import Asked, begun, told
from tools.failover.run import Run
from tools.failover.stations import Move
from tools.failover.stores import TIMESERIES
from tools.inventory import entries
from tools.lifecycle.errors import CommandError
from tools.lifecycle.workspace import Workspace
from tools.policy import judged
from tools.recorder import ROOT
from tools.review.difference import compare

from ..environments import recorded
from ..localcloud.program import stage

PROD = load_stack_file(ROOT / "Pulumi.prod.yaml")
AWAY = TIMESERIES.then(Move("secondary"), PROD)
HOME, NEW = "alphintra-timeseries-db", "alphintra-timeseries-db-standby"
OVER: dict[str, Any] = {"timeseries": {"leader": "secondary"}}
LOST = {HOME: None, NEW: "READY"}


@dataclass
class Pretended:
    """A cloud that says what it is told to say, and notes what it was asked for."""

    states: dict[str, str | None] = field(default_factory=lambda: {HOME: "READY", NEW: "READY"})
    lag: float = 0
    asked: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])

    def __post_init__(self) -> None:
        self.states = dict(self.states)  # what one test changes is no other's

    def state(self, name: str) -> str | None:
        return self.states.get(name)

    def answers(self, name: str) -> bool:
        return self.states.get(name) is not None

    def promoted(self, name: str) -> bool:
        return name not in self.states

    def lag_seconds(self, name: str) -> float:
        assert name in self.states
        return self.lag

    def do(self, kind: str, name: str, commands: Sequence[str]) -> None:
        assert commands
        assert name in commands[-1]
        self.asked.append((kind, name))

    def now(self) -> float:
        return 1000.0 + len(self.asked)


def ask(tmp_path: Path, cloud: Pretended, settings: Environment = PROD, **how: Any) -> Checkpoint | None:
    asked = Asked(command=how.pop("command", "failover"), store="timeseries", **how)
    return begun(tmp_path / "run.json", cloud, settings, asked)


def test_the_plan_stops_one_site_lets_the_other_lead_and_keeps_the_promise(tmp_path: Path) -> None:
    checkpoint = ask(tmp_path, Pretended(LOST, lag=120))
    assert checkpoint
    kinds = [step.kind for step in checkpoint.steps]
    assert kinds == ["fence", "drained", "promote", "settings", "serve", "backup", "old-follows", "rest"]
    by_kind = {step.kind: step for step in checkpoint.steps}
    there, here = (f"gke_alphintra-prod_{region}_alphintra-{region}" for region in ("us-central1", "us-east1"))
    assert by_kind["fence"].commands[-1].startswith(f"kubectl --context={there} ")
    assert by_kind["fence"].commands[-1].endswith(f"scale statefulset {HOME} --replicas=0")
    assert by_kind["fence"].undo[-1].endswith(f"scale statefulset {HOME} --replicas=3")
    assert by_kind["promote"].commands[-1].startswith(f"kubectl --context={here} ")
    assert f"exec {NEW}-0 " in by_kind["promote"].commands[-1]
    assert by_kind["settings"].settings == {"timeseries": {"leader": "secondary"}}
    text = "\n".join(told(checkpoint, PROD, TIMESERIES))
    assert "6.0 h are promised" in text
    assert "Lost is what the replica lacks, 120 s; 60 min are promised" in text


def test_a_fail_back_is_the_same_the_other_way(tmp_path: Path) -> None:
    checkpoint = ask(tmp_path, Pretended(), AWAY, command="failback")
    assert checkpoint
    assert {(step.old, step.new) for step in checkpoint.steps} == {(NEW, HOME)}
    assert checkpoint.steps[0].undo[-1].endswith(f"scale statefulset {NEW} --replicas=2"), "as many as that site has"
    assert "Nothing is lost" in "\n".join(told(checkpoint, AWAY, TIMESERIES))


@pytest.mark.parametrize(
    ("cloud", "how", "says"),
    [
        (Pretended(), {}, f"{HOME} answers and is READY: there is nothing to fail over from.* PLANNED=1"),
        (Pretended(LOST), {"planned": True}, f"{HOME} does not answer: a planned move waits"),
        (Pretended({HOME: None, NEW: None}), {}, f"{NEW} does not answer: there is nothing to promote"),
        (Pretended({HOME: None, NEW: "STOPPED"}), {}, f"{NEW} is STOPPED: there is nothing to promote"),
        (Pretended(LOST, lag=3601), {}, f"{NEW} is 3601 seconds behind, and 3600 may be lost"),
    ],
)
def test_a_failover_is_refused(tmp_path: Path, cloud: Pretended, how: Mapping[str, Any], says: str) -> None:
    with pytest.raises(CommandError, match=says):
        ask(tmp_path, cloud, **how)
    assert not cloud.asked


def test_an_environment_without_a_standby_has_nothing_to_fail_over_to(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"kubernetes\.clusters\.secondary of 'dev' is empty"):
        ask(tmp_path, Pretended(LOST), load_stack_file(ROOT / "Pulumi.dev.yaml"))


def test_twice_is_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ask(tmp_path, Pretended(), AWAY) is None
    assert ask(tmp_path, Pretended(), PROD, command="failback") is None
    out = capsys.readouterr().out
    assert f"{NEW} serves from us-east1: it has already happened" in out
    assert f"{HOME} serves from us-central1: it serves where it belongs" in out


def go(tmp_path: Path, cloud: Pretended) -> bool:
    checkpoint = Checkpoint.open(tmp_path / "run.json")
    assert checkpoint
    return Run(Workspace("prod", "local", tmp_path), cloud, checkpoint, TIMESERIES).go()


def test_a_planned_move_that_would_lose_something_starts_the_members_again(tmp_path: Path) -> None:
    cloud = Pretended()
    checkpoint = ask(tmp_path, cloud, planned=True)
    assert checkpoint
    checkpoint.save()
    cloud.lag = 3
    with pytest.raises(CommandError, match=f"{NEW} is 3 seconds behind.*{HOME} serves again"):
        go(tmp_path, cloud)
    assert cloud.asked == [("fence", HOME), ("unfence", HOME)]


def test_what_is_cut_off_is_gone_on_with_and_the_old_site_is_stopped_when_it_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud = Pretended(LOST, lag=120)
    checkpoint = ask(tmp_path, cloud)
    assert checkpoint
    checkpoint.save()
    done: list[str] = []

    def note(kind: str) -> Any:
        def noted(_run: Run, _step: Any) -> None:
            done.append(kind)

        return noted

    def broken(_run: Run, _step: Any) -> None:
        raise CommandError("the engine was killed")

    def reads_back(_run: Run, name: str, *_: str) -> None:
        done.append(f"read {name}")

    monkeypatch.setattr(Run, "_read_back", reads_back)
    pretended = {kind: note(kind) for kind in ("settings", "rest")}
    with monkeypatch.context() as patched:
        patched.setattr(runs, "STEPS", {**runs.STEPS, **pretended, "serve": broken})
        with pytest.raises(CommandError, match="killed"):
            go(tmp_path, cloud)
    assert cloud.asked == [("promote", NEW)]
    cloud.states[HOME] = "READY"
    monkeypatch.setattr(runs, "STEPS", {**runs.STEPS, **pretended, "serve": note("serve")})
    assert go(tmp_path, cloud)
    assert cloud.asked == [("promote", NEW), ("fence", HOME), ("backup", NEW)], "it leads once, and the other is stopped"
    assert done == ["settings", "serve", f"read {HOME}", "rest"], "or an update of another store would leave it stopped"


def test_no_plan_between_the_two_loses_anything_and_no_policy_stops_it() -> None:
    before, after = recorded("prod"), recorded("prod", OVER)
    assert judged(after, "prod").stopping == []
    for one, other in ((before, after), (after, before)):
        assert [change.name for change in compare(entries(one), entries(other)) if change.loses] == []


def test_the_members_of_a_site_are_found_in_the_state() -> None:
    found = [states.urn_of(entries(recorded("prod")), name, TIMESERIES.kind) for name in (HOME, NEW, "nobody")]
    assert [urn and urn.rpartition("::")[2] for urn in found] == [
        "timeseries-us-central1-members", "timeseries-us-east1-members", None,
    ]  # fmt: skip


def test_the_local_cloud_stops_starts_and_promotes_a_site(tmp_path: Path) -> None:
    store = Store(tmp_path / "cloud.db")
    with store.transaction():
        for name, region, members in ((HOME, "us-central1", 3), (NEW, "us-east1", 2)):
            cluster = f"projects/p/locations/{region}/clusters/c"
            full = f"//container.googleapis.com/{cluster}/k8s/namespaces/timescaledb/apps/statefulsets/{name}"
            store.put(Row(full, patroni.MEMBERS, cluster, name, "", {"spec": {"replicas": members}}, {}, 0, 0, 0), {})
    cloud = LocalCloud(tmp_path, "p", "timeseries")
    cloud.do("fence", HOME, [])
    assert (cloud.state(HOME), cloud.state(NEW)) == ("STOPPED", "READY")
    cloud.do("unfence", HOME, [])
    with store.transaction():
        assert [row.config["spec"]["replicas"] for row in store.all()] == [3, 2]
    stage(store, [("region", "us-central1", "lost"), ("replica-lag", NEW, "40")])
    assert (cloud.state(HOME), cloud.answers(HOME), cloud.lag_seconds(NEW), cloud.promoted(NEW)) == (None, False, 40, False)
    with pytest.raises(CommandError, match="region us-central1 is lost"):
        cloud.do("fence", HOME, [])
    cloud.do("promote", NEW, [])
    assert cloud.promoted(NEW)


def test_at_google_members_are_asked_for_in_their_cluster(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = tmp_path / "asked"
    answers = {
        "gcloud": 'case "$*" in *lost*) echo "ERROR: UNAVAILABLE" >&2; exit 1 ;; esac',
        "kubectl": 'case "$*" in *gone*) echo "Error from server (NotFound): statefulsets" >&2; exit 1 ;; '
        '*stopped*) echo \'{"status": {}}\' ;; *) echo \'{"status": {"readyReplicas": 2}}\' ;; esac',
    }
    for name, body in answers.items():
        (program := tmp_path / name).write_text(f'#!/bin/sh\necho "{name} $*" >> {log}\n{body}\n')
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    places = {name: {"region": "us-east1", "cluster": name} for name in ("site", "stopped", "gone", "lost")}
    cloud = Google("alphintra-prod", 7, TIMESERIES, places)
    assert [cloud.state(name) for name in places] == ["READY", "STOPPED", None, None]
    assert [cloud.answers(name) for name in places] == [True, True, True, False]
    assert log.read_text().splitlines()[:2] == [
        "gcloud container clusters get-credentials site --region=us-east1 --project=alphintra-prod --dns-endpoint",
        "kubectl --context=gke_alphintra-prod_us-east1_site --namespace=timescaledb get statefulset site --output=json",
    ]
