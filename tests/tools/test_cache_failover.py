"""The cache and the session store fail over and back without an engine: two exchange their roles, and nothing is stopped or built
anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from localcloud.errors import Refusal
from localcloud.gcp import switchover
from settings import Environment, load_stack_file
from settings.section import Role
from settings.yaml_file import parse
from tools.failover import run as runs
from tools.failover.checkpoint import Checkpoint, evidence
from tools.failover.cloud import Google, LocalCloud
from tools.failover.command import Asked, begun, told
from tools.failover.run import Run
from tools.failover.stations import Move
from tools.failover.steps import plan
from tools.failover.stores import CACHE, SESSIONS, Store
from tools.lifecycle.errors import CommandError
from tools.lifecycle.events import Report
from tools.lifecycle.workspace import Workspace
from tools.recorder import ROOT

from ..localcloud.cases_memorystore import around, cluster, secondary, valkey, valkey_secondary
from ..localcloud.program import stage
from ..localcloud.world import REGION, Res, World

PROD = load_stack_file(ROOT / "Pulumi.prod.yaml")
PROJECT = "case-project"


@dataclass(frozen=True)
class Pair:
    """Two that exchange their roles, and what is said of them."""

    store: Store
    part: str
    home: str
    switchover: str
    describe: str
    first: Res
    second: Res
    called: str

    @property
    def new(self) -> str:
        return f"{self.home}-us-east1"

    @property
    def away(self) -> Environment:
        return self.store.then(Move("secondary"), PROD)

    @property
    def role(self) -> tuple[str, str, str]:
        """Where one says which it is, and whom it follows."""
        return {
            "cluster": ("crossClusterReplicationConfig", "clusterRole", "primaryCluster"),
            "sessions": ("crossInstanceReplicationConfig", "instanceRole", "primaryInstance"),
        }[self.part]


PAIRS = [
    Pair(
        CACHE, "cluster", "alphintra-redis-cluster",
        "gcloud redis clusters switchover alphintra-redis-cluster-us-east1 --region=us-east1 --project=alphintra-prod --quiet",
        "redis clusters describe second --region=us-east1 --project=alphintra-prod --format=json",
        cluster(PROJECT), secondary(PROJECT), "clusters",
    ),
    Pair(
        SESSIONS, "sessions", "alphintra-redis-sessions",
        "gcloud memorystore instances update alphintra-redis-sessions-us-east1 --location=us-east1 --project=alphintra-prod "
        "--cross-instance-replication-config-role=primary --cross-instance-replication-config-secondary-instances="
        "instance=projects/alphintra-prod/locations/us-central1/instances/alphintra-redis-sessions --quiet",
        "memorystore instances describe second --location=us-east1 --project=alphintra-prod --format=json",
        valkey(PROJECT), valkey_secondary(PROJECT), "instances",
    ),
]  # fmt: skip
pairs = pytest.mark.parametrize("of", PAIRS, ids=lambda of: of.store.name)


@dataclass
class Pretended:
    """A cloud that says what it is told to say, and notes what it was asked for."""

    of: Pair
    home: str | None = "ACTIVE"
    new: str | None = "ACTIVE"
    lag: float = 0
    failed_over: bool = False
    asked: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])

    @property
    def states(self) -> dict[str, str | None]:
        return {self.of.home: self.home, self.of.new: self.new}

    @property
    def leading(self) -> str:
        return self.of.new if self.failed_over else self.of.home

    def state(self, name: str) -> str | None:
        return self.states.get(name)

    def answers(self, name: str) -> bool:
        return self.states.get(name) is not None

    def promoted(self, name: str) -> bool:
        return name == self.leading

    def lag_seconds(self, name: str) -> float:
        assert name in self.states
        return self.lag

    def do(self, kind: str, name: str, commands: Sequence[str]) -> None:
        assert all(name in command for command in commands)
        self.asked.append((kind, name))

    def now(self) -> float:
        return 1000.0 + len(self.asked)


def ask(tmp_path: Path, cloud: Pretended, settings: Environment = PROD, **how: Any) -> Checkpoint | None:
    asked = Asked(command=how.pop("command", "failover"), store=cloud.of.store.name, **how)
    return begun(tmp_path / "run.json", cloud, settings, asked)


LOST: dict[str, Any] = {"home": None}


@pairs
def test_the_plan_exchanges_roles_and_is_done_within_what_is_promised(of: Pair, tmp_path: Path) -> None:
    checkpoint = ask(tmp_path, Pretended(of, **LOST, lag=40))
    assert checkpoint
    assert [step.kind for step in checkpoint.steps] == ["promote", "state", "settings", "serve", "old-follows", "rest"]
    assert [command for step in checkpoint.steps for command in step.commands] == [of.switchover]
    assert checkpoint.steps[0].settings == {"cache": {of.part: {"serving": "secondary"}}}
    text = "\n".join(told(checkpoint, PROD, of.store))
    assert "30 min are promised" in text
    assert "Lost is what the replica lacks, 40 s; 5 min are promised" in text
    assert "NOT KEPT" not in text


@pairs
def test_a_planned_move_says_that_it_may_lose_something_since_nothing_can_be_stopped(of: Pair, tmp_path: Path) -> None:
    checkpoint = ask(tmp_path, Pretended(of, lag=1), planned=True)
    assert checkpoint
    assert "Lost is what the replica lacks, 1 s" in "\n".join(told(checkpoint, PROD, of.store))


@pairs
def test_a_fail_back_is_the_same_the_other_way_and_builds_nothing_anew(of: Pair, tmp_path: Path) -> None:
    checkpoint = ask(tmp_path, Pretended(of, failed_over=True), of.away, command="failback")
    assert checkpoint
    assert {(step.old, step.new) for step in checkpoint.steps} == {(of.new, of.home)}
    assert checkpoint.steps[-1].settings == {"cache": {of.part: {"serving": "primary"}}}
    assert not any(step.kind in ("remove", "rebuild") for step in checkpoint.steps)


@pairs
@pytest.mark.parametrize(
    ("cloud", "how", "says"),
    [
        ({}, {}, "{home} answers and is ACTIVE: there is nothing to fail over from.* PLANNED=1"),
        (LOST, {"planned": True}, "{home} does not answer: a planned move waits"),
        ({**LOST, "new": None}, {}, "{new} does not answer: there is nothing to promote"),
        ({**LOST, "new": "UPDATING"}, {}, "{new} is UPDATING: there is nothing to promote"),
        ({**LOST, "lag": 301}, {}, "{new} is 301 seconds behind, and 300 may be lost"),
        ({**LOST, "lag": -1}, {}, r"does not replicate.*docs/runbooks/failover-cache\.md"),
    ],
)
def test_a_failover_is_refused(of: Pair, tmp_path: Path, cloud: Mapping[str, Any], how: Mapping[str, Any], says: str) -> None:
    pretended = Pretended(of, **cloud)
    with pytest.raises(CommandError, match=says.format(home=of.home, new=of.new)):
        ask(tmp_path, pretended, **how)
    assert not pretended.asked


@pairs
def test_a_fail_back_waits_for_the_region(of: Pair, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=f"{of.home} does not answer: there is nothing to promote"):
        ask(tmp_path, Pretended(of, **LOST, failed_over=True), of.away, command="failback")


@pairs
def test_an_environment_without_a_secondary_has_nothing_to_fail_over_to(of: Pair, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=rf"cache\.{of.part}\.secondaries of 'dev' is empty"):
        ask(tmp_path, Pretended(of, **LOST), load_stack_file(ROOT / "Pulumi.dev.yaml"))


@pairs
def test_twice_is_once(of: Pair, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ask(tmp_path, Pretended(of), of.away) is None
    assert ask(tmp_path, Pretended(of), PROD, command="failback") is None
    out = capsys.readouterr().out
    assert f"{of.new} serves from us-east1: it has already happened" in out
    assert f"{of.home} serves from us-central1: it serves where it belongs" in out


@pairs
def test_roles_that_somebody_exchanged_are_gone_on_with(of: Pair, tmp_path: Path) -> None:
    checkpoint = ask(tmp_path, Pretended(of, failed_over=True))
    assert checkpoint
    assert [step.kind for step in checkpoint.left][:2] == ["state", "settings"]


@pairs
def test_an_interruption_at_any_step_is_gone_on_with(of: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cloud = Pretended(of, **LOST, lag=40)
    first = ask(tmp_path, cloud)
    assert first
    first.save()
    done: list[str] = []
    engine = ("state", "settings", "serve", "rest")

    def once(kind: str) -> Any:
        tried: list[int] = []

        def step(_run: Run, _step: Any) -> None:
            tried.append(1)
            if len(tried) == 1:
                raise CommandError(f"{kind} was cut off")
            done.append(kind)

        return step

    def reads_back(_run: Run, name: str, *_: str) -> None:
        done.append(f"read {name}")

    monkeypatch.setattr(runs, "STEPS", {**runs.STEPS, **{kind: once(kind) for kind in engine}})
    monkeypatch.setattr(Run, "_read_back", reads_back)

    def go() -> bool:
        checkpoint = Checkpoint.open(first.path)
        assert checkpoint
        return Run(Workspace("prod", "local", tmp_path), cloud, checkpoint, of.store).go()

    for kind in engine[:3]:
        with pytest.raises(CommandError, match=f"{kind} was cut off"):
            go()
    with pytest.raises(CommandError, match="rest was cut off"):
        go()  # the one that served is waited for, and the step after it is tried
    assert cloud.asked == [("promote", of.new)], "roles are exchanged once"
    assert done == ["state", "settings", "serve"]
    cloud.home = "ACTIVE"
    assert go()
    assert done[3:] == [f"read {of.home}", "rest"]


def unchanged(_workspace: Workspace, _urns: Sequence[str]) -> AbstractContextManager[None]:
    """In the place of what tells the state what is left out: there is none."""
    return nullcontext()


@pytest.mark.parametrize(
    ("done", "left_out", "read"),
    [
        (("promote", "state", "settings", "serve"), False, True),
        (("promote", "state"), False, False),  # the settings say that it leads
        (("promote", "state", "settings", "serve"), True, False),  # its region does not answer
        (("promote", "state", "settings", "serve", "old-follows"), False, False),
    ],
)
def test_an_update_of_one_reads_back_what_follows_since_the_other_failed_over(
    done: Sequence[str], left_out: bool, read: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tools.failover.run.left_out", unchanged)
    of, workspace = PAIRS[1], Workspace("prod", "local", tmp_path)
    steps = plan(PROD, [Move("secondary")], of.store)
    waits = Checkpoint(evidence(workspace, of.store.name), "failover", False, steps, 0, 0)
    waits.done = {step.id: 1.0 for step in steps if step.kind in done}
    waits.save()
    kept = {"type": of.store.kind, "inputs": {"instanceId": of.home}, "urn": "urn:of-the-store"}
    refreshed: list[str] = []

    class Updates(Exception):
        pass

    class Looked(Run):
        """A run that does not get as far as an update."""

        def _resources(self) -> list[Mapping[str, Any]]:
            return [kept]

        def _refresh(self, urns: list[str]) -> None:
            refreshed.extend(urns)

        def _previewed(self, exclude: list[str], *, refresh: bool = False) -> Report:
            raise Updates(exclude, refresh)

        def update(self, exclude: list[str]) -> None:
            self._update(exclude)

    run = Looked(workspace, Pretended(PAIRS[0]), Checkpoint(tmp_path / "r", "failover", False, [], 0, 0), CACHE)
    with pytest.raises(Updates):
        run.update(["urn:of-the-store"] if left_out else [])
    assert refreshed == (["urn:of-the-store"] if read else [])


# -- what the local cloud knows


def replicating(of: Pair, tmp_path: Path) -> World:
    world = World(tmp_path, PROJECT)
    base = around(PROJECT, subnets=((REGION, "10.0.0.0/24"), ("us-east1", "10.1.0.0/24")))
    world.apply([*base, of.first, of.second])
    return world


@pairs
def test_the_local_cloud_exchanges_the_roles_of_two_that_replicate(of: Pair, tmp_path: Path) -> None:
    world, first = replicating(of, tmp_path), of.first.name
    cloud = LocalCloud(tmp_path, PROJECT, of.store.name)
    assert [cloud.promoted(name) for name in (first, "second")] == [True, False]
    with pytest.raises(CommandError, match=f"Switchover is only supported on secondary {of.called}"):
        cloud.do("promote", first, [])
    stage(world.store, [("region", REGION, "lost"), ("replica-lag", f"{of.called}/second", "40")])
    assert (cloud.state(first), cloud.answers(first), cloud.lag_seconds("second")) == (None, False, 40)
    before = cloud.now()
    cloud.do("promote", "second", [])
    assert cloud.now() - before >= switchover.SECONDS
    stage(world.store, [("region", REGION, "there")])
    assert [cloud.promoted(name) for name in (first, "second")] == [False, True]
    res, state = world.states[first]
    read = world.provider.read(res.type, state)
    assert read
    config, _, primary = of.role
    assert next(iter(read.outputs[config][primary].values())).endswith(f"us-east1/{of.called}/second")
    with pytest.raises(Refusal, match="is already being used by"):
        world.provider.delete(*(world.states["second"][0].type, world.states["second"][1], 0))
    cloud.do("promote", first, [])
    assert [cloud.promoted(name) for name in (first, "second")] == [True, False]


@pairs
def test_a_lost_region_exchanges_nothing(of: Pair, tmp_path: Path) -> None:
    world = replicating(of, tmp_path)
    stage(world.store, [("region", "us-east1", "lost")])
    with pytest.raises(CommandError, match="currently unavailable in region us-east1"):
        LocalCloud(tmp_path, PROJECT, of.store.name).do("promote", "second", [])


# -- at Google


GCLOUD = """#!/bin/sh
echo "$*" >> {log}
case "$*" in
  *describe\\ gone*) echo 'ERROR: NOT_FOUND: Resource was not found.' >&2; exit 1 ;;
  *describe\\ lost*) echo 'ERROR: UNAVAILABLE: The service is currently unavailable.' >&2; exit 1 ;;
  *describe\\ second*) echo '{{"state": "ACTIVE", "{config}": {{"{role}": "SECONDARY"}}}}' ;;
  *describe*) echo '{{"state": "ACTIVE", "{config}": {{"{role}": "PRIMARY"}}}}' ;;
esac
"""


@pairs
def test_at_google_each_is_asked_for_in_its_region(of: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log, program = tmp_path / "asked", tmp_path / "bin" / "gcloud"
    program.parent.mkdir()
    program.write_text(GCLOUD.format(log=log, config=of.role[0], role=of.role[1]))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    cloud = Google("alphintra-prod", 7, of.store, {"first": {"region": "us-central1"}, "second": {"region": "us-east1"}})
    assert [cloud.state(name) for name in ("first", "second", "gone", "lost")] == ["ACTIVE", "ACTIVE", None, None]
    assert [cloud.answers(name) for name in ("first", "gone", "lost")] == [True, True, False]
    assert [cloud.promoted(name) for name in ("first", "second", "gone", "lost")] == [True, False, False, False]
    assert log.read_text().splitlines()[1] == of.describe
    with pytest.raises(CommandError, match='LAG=<seconds>: since how many seconds the chart "What another region lacks"'):
        Google("alphintra-prod", None, of.store).lag_seconds("second")


@dataclass(frozen=True)
class Elsewhere(Workspace):
    """A workspace whose stack's file is in the folder of the test."""

    @property
    def file(self) -> Path:
        return self.home / "Pulumi.prod.yaml"


@pairs
def test_at_google_the_settings_go_into_the_stacks_file_and_back(of: Pair, tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.prod.yaml"
    before = (ROOT / "Pulumi.prod.yaml").read_text()
    file.write_text(before)
    moves: tuple[tuple[Environment, Role], ...] = ((PROD, "secondary"), (of.away, "primary"))
    for settings, serving in moves:
        steps = plan(settings, [Move(serving)], of.store)
        run = Run(
            Elsewhere("prod", "gcp", tmp_path),
            Google("p", 0, of.store),
            Checkpoint(tmp_path / "r", "failover", False, steps, 0, 0),
        )
        run.write_settings(next(step for step in steps if step.kind == "settings"))
        assert of.store.serving(run.workspace.settings) == getattr(PROD.regions, serving)
    document: Any = parse(file.read_text())
    same: Any = parse(before)
    assert {key: value for key, value in document["config"].items() if key != "alphintra:cache"} == {
        key: value for key, value in same["config"].items() if key != "alphintra:cache"
    }
