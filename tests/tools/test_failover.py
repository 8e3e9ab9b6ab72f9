"""Failover and failback without an engine: what is planned, what is refused, what an interruption leaves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from settings import Environment, load_stack_file
from settings.database import Failover
from tests.components.test_failover import STATIONS
from tools.failover import run as runs
from tools.failover.checkpoint import Checkpoint
from tools.failover.command import Asked, begun, told
from tools.failover.run import Run, Waiting
from tools.failover.stations import Command, Move, Rebuild, after, stages, with_failover
from tools.failover.steps import Step, plan, seconds_away
from tools.lifecycle.errors import CommandError
from tools.lifecycle.workspace import Workspace
from tools.recorder import ROOT

PROD = load_stack_file(ROOT / "Pulumi.prod.yaml")
OLD, NEW = "alphintra-main-db", "alphintra-read-replica-us-east1"


@dataclass
class Pretended:
    """A cloud that says what it is told to say, and notes what it was asked for."""

    states: dict[str, str | None] = field(default_factory=lambda: {OLD: "RUNNABLE", NEW: "RUNNABLE"})
    lag: float = 0
    silent: set[str] = field(default_factory=set[str])
    serve_alone: set[str] = field(default_factory=set[str])
    asked: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])

    def state(self, name: str) -> str | None:
        return None if name in self.silent else self.states.get(name)

    def answers(self, name: str) -> bool:
        return name not in self.silent

    def promoted(self, name: str) -> bool:
        return name in self.serve_alone

    def lag_seconds(self, name: str) -> float:
        assert name
        return self.lag

    def do(self, kind: str, name: str, commands: Sequence[str]) -> None:
        assert all(name in command for command in commands)
        self.asked.append((kind, name))

    def now(self) -> float:
        return 1000.0 + len(self.asked)


def failover(**values: Any) -> Failover:
    return Failover.model_validate(values)


# -- what comes next


@pytest.mark.parametrize(
    ("command", "station", "expected"),
    [
        ("failover", "before", [Move("secondary")]),
        ("failover", "failed-over", "it has already happened"),
        ("failover", "failed-back", "there is no replica: `make failback` builds it anew first"),
        ("failback", "before", "it serves where it belongs, and a replica follows: nothing is left to do"),
        ("failback", "failed-over", [Rebuild("primary"), Move("primary"), Rebuild("secondary")]),
        ("failback", "rebuilt", [Move("primary"), Rebuild("secondary")]),
        ("failback", "failed-back", [Rebuild("secondary")]),
    ],
)
def test_what_a_command_does_follows_from_where_the_database_is(command: Command, station: str, expected: Any) -> None:
    assert stages(command, failover(**STATIONS[station].settings)) == expected


def test_the_stages_lead_through_the_stations() -> None:
    now, passed = Failover(), list(STATIONS.values())[1:]
    for stage, station in zip(
        [Move("secondary"), Rebuild("primary"), Move("primary"), Rebuild("secondary")], passed, strict=True
    ):
        now = after(stage, now)
        wanted = failover(**station.settings)
        assert (now.serving, now.other) == (wanted.serving, wanted.other)
        assert {k: n for k, n in now.rebuilds.items() if n} == {k: n for k, n in wanted.rebuilds.items() if n}


def test_a_plan_says_what_is_done_to_whom_and_how_long_it_takes() -> None:
    steps = plan(PROD, [Move("secondary")])
    assert [step.kind for step in steps] == ["fence", "drained", "promote", "state", "settings", "serve", "backup", "rest"]
    commands = [command for step in steps for command in step.commands]
    assert f"gcloud sql instances patch {OLD} --project=alphintra-prod --activation-policy=NEVER" in commands
    assert f"gcloud sql instances promote-replica {NEW} --project=alphintra-prod --quiet" in commands
    assert seconds_away(steps) == sum(step.seconds for step in steps[:6])
    assert PROD.objectives.database_rto_minutes
    assert seconds_away(steps) < PROD.objectives.database_rto_minutes * 60


def test_a_fail_back_builds_under_names_that_nobody_has_had_and_its_copies_keep_nobody_from_writing() -> None:
    away = with_failover(PROD, after(Move("secondary"), Failover()))
    steps = plan(away, [Rebuild("primary"), Move("primary"), Rebuild("secondary")])
    made = [(step.old, step.new) for step in steps if step.kind == "rebuild"]
    assert made == [(OLD, f"{OLD}-r1"), (NEW, f"{NEW}-r1")]
    assert [(s.old, s.new) for s in steps if s.kind == "promote"] == [(NEW, f"{OLD}-r1")]
    copies = [step for step in steps if step.kind == "rebuild"]
    assert all(step.seconds > 10000 and not step.away for step in copies), "a terabyte takes hours"
    says = {"serving": "primary", "other": "replica", "rebuilds": {"primary": 1, "secondary": 1}}
    assert steps[-1].settings == {"database": {"failover": says}}


# -- what is refused


def ask(tmp_path: Path, cloud: Pretended, settings: Environment = PROD, **how: Any) -> Checkpoint | None:
    asked = Asked(command=how.pop("command", "failover"), store="main-database", **how)
    return begun(tmp_path / "run.json", cloud, settings, asked)


@pytest.mark.parametrize(
    ("cloud", "how", "says"),
    [
        (Pretended(), {}, f"{OLD} answers and is RUNNABLE: there is nothing to fail over from.* PLANNED=1"),
        (Pretended(silent={OLD}), {"planned": True}, f"{OLD} does not answer: a planned move waits"),
        (Pretended({OLD: "STOPPED", NEW: "RUNNABLE"}), {"planned": True}, f"{OLD} is STOPPED"),
        (Pretended(silent={OLD, NEW}), {}, f"{NEW} does not answer: there is nothing to promote"),
        (Pretended(silent={OLD}, lag=901), {}, f"{NEW} is 901 seconds behind, and 900 may be lost"),
        (Pretended(silent={OLD}, lag=-1), {}, f"{NEW} does not replicate"),
    ],
)
def test_a_failover_is_refused(tmp_path: Path, cloud: Pretended, how: Mapping[str, Any], says: str) -> None:
    with pytest.raises(CommandError, match=says):
        ask(tmp_path, cloud, **how)
    assert not cloud.asked


def test_a_failover_is_begun_within_what_may_be_lost_and_past_it_where_that_is_said(tmp_path: Path) -> None:
    within = ask(tmp_path, Pretended(silent={OLD}, lag=900))
    assert within
    assert within.lag_seconds == 900
    text = "\n".join(told(within, PROD))
    assert "Lost is what the replica lacks, 900 s; 15 min are promised" in text
    assert "NOT KEPT" not in text
    past = ask(tmp_path, Pretended(silent={OLD}, lag=2000), accept_loss=True)
    assert past
    assert "WHICH IS NOT KEPT" in "\n".join(told(past, PROD))


def test_what_somebody_has_seen_counts_more_than_what_the_cloud_says(tmp_path: Path) -> None:
    seen = ask(tmp_path, Pretended(lag=30), down=True)
    assert seen
    assert (seen.planned, seen.lag_seconds) == (False, 30)
    with pytest.raises(CommandError, match="a planned move waits"):
        ask(tmp_path, Pretended(), down=True, planned=True)


def test_an_environment_without_a_replica_has_nothing_to_fail_over_to(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"database\.replicas of 'dev' is empty"):
        ask(tmp_path, Pretended(), load_stack_file(ROOT / "Pulumi.dev.yaml"))


def test_twice_is_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    away = with_failover(PROD, after(Move("secondary"), Failover()))
    assert ask(tmp_path, Pretended(), away) is None
    assert ask(tmp_path, Pretended(), PROD, command="failback") is None
    out = capsys.readouterr().out
    assert f"{NEW} serves from us-east1: it has already happened" in out
    assert f"{OLD} serves from us-central1: it serves where it belongs" in out


# -- what an interruption leaves


@pytest.fixture
def steps_done(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The kinds of steps that were done, in place of those that need an engine."""
    done: list[str] = []

    def note(kind: str) -> Any:
        def noted(_run: Run, _step: Step) -> None:
            done.append(kind)

        return noted

    pretended = {kind: note(kind) for kind in ("state", "settings", "serve", "rebuild", "follows")}
    monkeypatch.setattr(runs, "STEPS", {**runs.STEPS, **pretended, "rest": _rest(done)})
    return done


def _rest(done: list[str]) -> Any:
    def rest(run: Run, step: Step) -> None:
        if not run.cloud.answers(step.old):
            raise Waiting("silent")
        done.append("rest")

    return rest


def go(checkpoint: Checkpoint, cloud: Pretended) -> bool:
    return Run(Workspace("prod", "local", checkpoint.path.parent), cloud, checkpoint).go()


def reopened(checkpoint: Checkpoint) -> Checkpoint:
    found = Checkpoint.open(checkpoint.path)
    assert found
    return found


def test_a_run_that_breaks_goes_on_from_the_step_that_broke(
    tmp_path: Path, steps_done: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud = Pretended(silent={OLD})
    checkpoint = ask(tmp_path, cloud)
    assert checkpoint
    checkpoint.save()

    def broken(_run: Run, _step: Step) -> None:
        raise CommandError("the engine was killed")

    with monkeypatch.context() as patched:
        patched.setattr(runs, "STEPS", {**runs.STEPS, "settings": broken})
        with pytest.raises(CommandError, match="killed"):
            go(checkpoint, cloud)
    assert cloud.asked == [("promote", NEW)]
    assert not go(reopened(checkpoint), cloud), "the lost region is waited for"
    assert cloud.asked == [("promote", NEW), ("backup", NEW)], "nothing is promoted twice"
    assert steps_done == ["state", "settings", "serve"]

    cloud.silent.clear()
    assert go(reopened(checkpoint), cloud)
    assert cloud.asked[2:] == [("fence", OLD)], "it is fenced as soon as it answers"
    assert steps_done == ["state", "settings", "serve", "rest"]
    assert reopened(checkpoint).left == []
    put = reopened(checkpoint).finish()
    assert put.exists()
    assert not checkpoint.path.exists()


def test_what_cannot_be_stopped_is_stopped_later(tmp_path: Path, steps_done: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    cloud = Pretended(lag=30)
    checkpoint = ask(tmp_path, cloud, down=True)
    assert checkpoint
    checkpoint.save()

    def refuses(kind: str, name: str, commands: Sequence[str]) -> None:
        if kind == "fence":
            raise CommandError("operation timed out")
        cloud.asked.append((kind, f"{name} {len(commands)}"))

    with monkeypatch.context() as patched:
        patched.setattr(cloud, "do", refuses)
        assert not go(checkpoint, cloud), "it serves, and the old one is not stopped yet"
    assert steps_done == ["state", "settings", "serve", "rest"]
    assert [step.kind for step in reopened(checkpoint).left] == ["fence"]
    assert go(reopened(checkpoint), cloud)
    assert cloud.asked[-1] == ("fence", OLD)


def test_a_planned_move_that_would_lose_something_is_rolled_back(tmp_path: Path, steps_done: list[str]) -> None:
    cloud = Pretended()
    checkpoint = ask(tmp_path, cloud, planned=True)
    assert checkpoint
    checkpoint.save()
    cloud.lag = 3
    with pytest.raises(CommandError, match=f"{NEW} is 3 seconds behind.*{OLD} serves again"):
        go(checkpoint, cloud)
    assert cloud.asked == [("fence", OLD), ("unfence", OLD)]
    assert Checkpoint.open(checkpoint.path) is None
    assert steps_done == []


def test_what_was_promoted_is_not_rolled_back(tmp_path: Path, steps_done: list[str]) -> None:
    cloud = Pretended()
    checkpoint = ask(tmp_path, cloud, planned=True)
    assert checkpoint
    assert not checkpoint.promoted
    assert go(checkpoint, cloud)
    assert checkpoint.promoted
    assert steps_done[-1] == "rest"


@pytest.mark.parametrize("old", ["silent", "RUNNABLE", "STOPPED"])
def test_what_was_promoted_by_itself_is_gone_on_with_whatever_became_of_the_old_one(
    tmp_path: Path, steps_done: list[str], old: str
) -> None:
    cloud = Pretended({OLD: old, NEW: "RUNNABLE"}, lag=-1, silent={OLD} if old == "silent" else set(), serve_alone={NEW})
    checkpoint = ask(tmp_path, cloud, planned=True)
    assert checkpoint
    assert (checkpoint.promoted, checkpoint.planned) == (True, False)
    text = "\n".join(told(checkpoint, PROD))
    assert f"{NEW} was promoted already, by the automatic failover" in text
    assert "Lost is" not in text
    checkpoint.save()
    assert reopened(checkpoint).taken_over
    assert go(reopened(checkpoint), cloud) is (old != "silent")
    assert cloud.asked == ([("fence", OLD)] if old == "RUNNABLE" else []) + [("backup", NEW)], "and nothing is promoted again"
    assert steps_done == ["state", "settings", "serve", *(["rest"] if old != "silent" else [])]


def test_policies_are_asked_where_everything_can_be_changed(tmp_path: Path) -> None:
    workspace = Workspace("prod", "local", tmp_path)
    assert runs.policies(workspace, []) == [str(ROOT / "policies")]
    assert runs.policies(workspace, ["urn:of:what:is:lost"]) == []
