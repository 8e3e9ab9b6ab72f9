"""The cache fails over and back without an engine: its clusters exchange their roles, and nothing is stopped or built anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
from tools.failover.checkpoint import Checkpoint
from tools.failover.cloud import Google, LocalCloud
from tools.failover.command import Asked, begun, told
from tools.failover.run import Run
from tools.failover.stations import Move
from tools.failover.steps import plan
from tools.failover.stores import CACHE
from tools.lifecycle.errors import CommandError
from tools.lifecycle.workspace import Workspace
from tools.recorder import ROOT

from ..localcloud.cases_memorystore import around, cluster, secondary
from ..localcloud.program import stage
from ..localcloud.world import REGION, World

PROD = load_stack_file(ROOT / "Pulumi.prod.yaml")
AWAY = CACHE.then(Move("secondary"), PROD)
HOME, NEW = "alphintra-redis-cluster", "alphintra-redis-cluster-us-east1"


@dataclass
class Pretended:
    """A cloud that says what it is told to say, and notes what it was asked for."""

    states: dict[str, str | None] = field(default_factory=lambda: {HOME: "ACTIVE", NEW: "ACTIVE"})
    lag: float = 0
    leading: str = HOME
    asked: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])

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
    asked = Asked(command=how.pop("command", "failover"), store="cache", **how)
    return begun(tmp_path / "run.json", cloud, settings, asked)


LOST = {HOME: None, NEW: "ACTIVE"}


def test_the_plan_exchanges_roles_and_is_done_within_what_is_promised(tmp_path: Path) -> None:
    checkpoint = ask(tmp_path, Pretended(LOST, lag=40))
    assert checkpoint
    assert [step.kind for step in checkpoint.steps] == ["promote", "state", "settings", "serve", "old-follows", "rest"]
    assert [command for step in checkpoint.steps for command in step.commands] == [
        f"gcloud redis clusters switchover {NEW} --region=us-east1 --project=alphintra-prod --quiet"
    ]
    assert checkpoint.steps[0].settings == {"cache": {"cluster": {"serving": "secondary"}}}
    text = "\n".join(told(checkpoint, PROD, CACHE))
    assert "30 min are promised" in text
    assert "Lost is what the replica lacks, 40 s; 5 min are promised" in text
    assert "NOT KEPT" not in text


def test_a_planned_move_says_that_it_may_lose_something_since_nothing_can_be_stopped(tmp_path: Path) -> None:
    checkpoint = ask(tmp_path, Pretended(lag=1), planned=True)
    assert checkpoint
    assert "Lost is what the replica lacks, 1 s" in "\n".join(told(checkpoint, PROD, CACHE))


def test_a_fail_back_is_the_same_the_other_way_and_builds_nothing_anew(tmp_path: Path) -> None:
    checkpoint = ask(tmp_path, Pretended(leading=NEW), AWAY, command="failback")
    assert checkpoint
    assert {(step.old, step.new) for step in checkpoint.steps} == {(NEW, HOME)}
    assert checkpoint.steps[-1].settings == {"cache": {"cluster": {"serving": "primary"}}}
    assert not any(step.kind in ("remove", "rebuild") for step in checkpoint.steps)


@pytest.mark.parametrize(
    ("cloud", "how", "says"),
    [
        (Pretended(), {}, f"{HOME} answers and is ACTIVE: there is nothing to fail over from.* PLANNED=1"),
        (Pretended(LOST), {"planned": True}, f"{HOME} does not answer: a planned move waits"),
        (Pretended({}), {}, f"{NEW} does not answer: there is nothing to promote"),
        (Pretended({HOME: None, NEW: "UPDATING"}), {}, f"{NEW} is UPDATING: there is nothing to promote"),
        (Pretended(LOST, lag=301), {}, f"{NEW} is 301 seconds behind, and 300 may be lost"),
        (Pretended(LOST, lag=-1), {}, r"does not replicate.*docs/runbooks/failover-cache\.md"),
    ],
)
def test_a_failover_is_refused(tmp_path: Path, cloud: Pretended, how: Mapping[str, Any], says: str) -> None:
    with pytest.raises(CommandError, match=says):
        ask(tmp_path, cloud, **how)
    assert not cloud.asked


def test_a_fail_back_waits_for_the_region(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=f"{HOME} does not answer: there is nothing to promote"):
        ask(tmp_path, Pretended(LOST, leading=NEW), AWAY, command="failback")


def test_an_environment_without_a_secondary_has_nothing_to_fail_over_to(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"cache\.cluster\.secondaries of 'dev' is empty"):
        ask(tmp_path, Pretended(LOST), load_stack_file(ROOT / "Pulumi.dev.yaml"))


def test_twice_is_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ask(tmp_path, Pretended(), AWAY) is None
    assert ask(tmp_path, Pretended(), PROD, command="failback") is None
    out = capsys.readouterr().out
    assert f"{NEW} serves from us-east1: it has already happened" in out
    assert f"{HOME} serves from us-central1: it serves where it belongs" in out


def test_roles_that_somebody_exchanged_are_gone_on_with(tmp_path: Path) -> None:
    checkpoint = ask(tmp_path, Pretended(leading=NEW))
    assert checkpoint
    assert [step.kind for step in checkpoint.left][:2] == ["state", "settings"]


def test_an_interruption_at_any_step_is_gone_on_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cloud = Pretended(LOST, lag=40)
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
        return Run(Workspace("prod", "local", tmp_path), cloud, checkpoint, CACHE).go()

    for kind in engine[:3]:
        with pytest.raises(CommandError, match=f"{kind} was cut off"):
            go()
    with pytest.raises(CommandError, match="rest was cut off"):
        go()  # the one that served is waited for, and the step after it is tried
    assert cloud.asked == [("promote", NEW)], "roles are exchanged once"
    assert done == ["state", "settings", "serve"]
    cloud.states[HOME] = "ACTIVE"
    assert go()
    assert done[3:] == [f"read {HOME}", "rest"]


# -- what the local cloud knows


def test_the_local_cloud_exchanges_the_roles_of_two_that_replicate(tmp_path: Path) -> None:
    project = "case-project"
    world = World(tmp_path, project)
    world.apply(
        [*around(project, subnets=((REGION, "10.0.0.0/24"), ("us-east1", "10.1.0.0/24"))), cluster(project), secondary(project)]
    )
    cloud = LocalCloud(tmp_path, project, "cache")
    assert [cloud.promoted(name) for name in ("cluster", "second")] == [True, False]
    with pytest.raises(CommandError, match="Switchover is only supported on secondary clusters"):
        cloud.do("promote", "cluster", [])
    stage(world.store, [("region", REGION, "lost"), ("replica-lag", "clusters/second", "40")])
    assert (cloud.state("cluster"), cloud.answers("cluster"), cloud.lag_seconds("second")) == (None, False, 40)
    before = cloud.now()
    cloud.do("promote", "second", [])
    assert cloud.now() - before >= switchover.SECONDS
    stage(world.store, [("region", REGION, "there")])
    assert [cloud.promoted(name) for name in ("cluster", "second")] == [False, True]
    res, state = world.states["cluster"]
    read = world.provider.read(res.type, state)
    assert read
    assert read.outputs["crossClusterReplicationConfig"]["primaryCluster"]["cluster"].endswith("us-east1/clusters/second")
    with pytest.raises(Refusal, match="is already being used by"):
        world.provider.delete(*(world.states["second"][0].type, world.states["second"][1], 0))
    cloud.do("promote", "cluster", [])
    assert [cloud.promoted(name) for name in ("cluster", "second")] == [True, False]


def test_a_lost_region_exchanges_nothing(tmp_path: Path) -> None:
    project = "case-project"
    world = World(tmp_path, project)
    world.apply(
        [*around(project, subnets=((REGION, "10.0.0.0/24"), ("us-east1", "10.1.0.0/24"))), cluster(project), secondary(project)]
    )
    stage(world.store, [("region", "us-east1", "lost")])
    with pytest.raises(CommandError, match="currently unavailable in region us-east1"):
        LocalCloud(tmp_path, project, "cache").do("promote", "second", [])


# -- at Google


GCLOUD = """#!/bin/sh
echo "$*" >> {log}
case "$*" in
  *describe\\ gone*) echo 'ERROR: (gcloud.redis.clusters.describe) NOT_FOUND: Resource was not found.' >&2; exit 1 ;;
  *describe\\ lost*) echo 'ERROR: UNAVAILABLE: The service is currently unavailable.' >&2; exit 1 ;;
  *describe\\ second*) echo '{{"state": "ACTIVE", "crossClusterReplicationConfig": {{"clusterRole": "SECONDARY"}}}}' ;;
  *describe*) echo '{{"state": "ACTIVE", "crossClusterReplicationConfig": {{"clusterRole": "PRIMARY"}}}}' ;;
esac
"""


def test_at_google_clusters_are_asked_for_in_their_regions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log, program = tmp_path / "asked", tmp_path / "bin" / "gcloud"
    program.parent.mkdir()
    program.write_text(GCLOUD.format(log=log))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    cloud = Google("alphintra-prod", 7, CACHE, {"first": {"region": "us-central1"}, "second": {"region": "us-east1"}})
    assert [cloud.state(name) for name in ("first", "second", "gone", "lost")] == ["ACTIVE", "ACTIVE", None, None]
    assert [cloud.answers(name) for name in ("first", "gone", "lost")] == [True, True, False]
    assert [cloud.promoted(name) for name in ("first", "second", "gone", "lost")] == [True, False, False, False]
    assert log.read_text().splitlines()[1] == (
        "redis clusters describe second --region=us-east1 --project=alphintra-prod --format=json"
    )
    with pytest.raises(CommandError, match='LAG=<seconds>: since how many seconds the chart "What another region lacks"'):
        Google("alphintra-prod", None, CACHE).lag_seconds("second")


@dataclass(frozen=True)
class Elsewhere(Workspace):
    """A workspace whose stack's file is in the folder of the test."""

    @property
    def file(self) -> Path:
        return self.home / "Pulumi.prod.yaml"


def test_at_google_the_settings_go_into_the_stacks_file_and_back(tmp_path: Path) -> None:
    file = tmp_path / "Pulumi.prod.yaml"
    before = (ROOT / "Pulumi.prod.yaml").read_text()
    file.write_text(before)
    moves: tuple[tuple[Environment, Role], ...] = ((PROD, "secondary"), (AWAY, "primary"))
    for settings, serving in moves:
        steps = plan(settings, [Move(serving)], CACHE)
        run = Run(
            Elsewhere("prod", "gcp", tmp_path), Google("p", 0, CACHE), Checkpoint(tmp_path / "r", "failover", False, steps, 0, 0)
        )
        run.write_settings(next(step for step in steps if step.kind == "settings"))
        assert run.workspace.settings.cache.cluster.serving == serving
    document: Any = parse(file.read_text())
    same: Any = parse(before)
    assert {key: value for key, value in document["config"].items() if key != "alphintra:cache"} == {
        key: value for key, value in same["config"].items() if key != "alphintra:cache"
    }
