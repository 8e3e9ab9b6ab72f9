"""The automatic failover against staged losses: when it acts, and when it must not."""

from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from database.failover.decision import SOURCES, Sign
from tools.failover.stores import MAIN_DATABASE

from .failover_world import DOWN, MINUTE, TASK, World, after_quiet, lose, pass_, watcher


@pytest.mark.parametrize("deaf", [False, True])
def test_a_region_that_is_lost_is_failed_over_from_once_and_in_time(deaf: bool) -> None:
    world, one = after_quiet(deaf=deaf)
    lost_at = world.now
    lose(world)
    pass_(world, 3 * 60, one)
    assert world.asked == (["promote", "address"] if deaf else ["stop", "promote", "address"])
    assert world.address == "10.1.0.1"
    served = world.run["done"]["address"] - lost_at
    assert 10 * MINUTE < served < 30 * MINUTE, "not before it is certain, and far within the four hours that are promised"
    assert world.kinds == ["acting", "acted"]
    assert world.told[1][1].endswith("`make failover STORE=main-database ENV=prod CLOUD=gcp`")
    assert world.switch is not None
    assert "took over" in world.switch
    assert list(world.run["done"]) == ["fence", "promote", "address"]


def test_its_steps_are_those_of_the_command() -> None:
    world, one = after_quiet()
    lose(world)
    pass_(world, 60, one)
    steps = [step for step in world.run["done"] if step != "address"]  # which the command's `serve` has in it
    assert steps == [kind for kind in MAIN_DATABASE.move if kind in steps]


def test_the_old_one_is_stopped_when_it_answers_again_and_only_once() -> None:
    world, one = after_quiet(deaf=True)
    lose(world)
    pass_(world, 120, one)
    assert "DID NOT ANSWER" in world.told[-1][1]
    world.lost = False
    pass_(world, 10, one)
    assert world.asked[-1] == "stop"
    assert world.kinds == ["acting", "acted", "fenced"]
    world.stopped = False  # somebody looks into it, as the runbook has it
    pass_(world, 60, one)
    assert world.asked.count("stop") == 1


@pytest.mark.parametrize(
    "broken",
    [
        *[{name: "down"} for name in SOURCES],
        {"query": "down", "replication": "down"},
        {"query": "down", "replication": "down", "instance": "down"},
        {"metric": "down", "instance": "down", "region": "down"},
        {"metric": "unknown"},
        {"metric": "unknown", "instance": "unknown", "region": "unknown"},
        {**DOWN, "query": "alive"},
        {**DOWN, "metric": "alive"},
        {**DOWN, "region": "alive"},
        {**DOWN, "replication": "alive"},
        {**DOWN, "metric": "unknown", "region": "unknown"},
    ],
)
def test_a_partial_outage_is_not_acted_on(broken: dict[str, Sign]) -> None:
    world, one = after_quiet()
    world.broken = broken
    pass_(world, 3 * 60, one)
    assert (world.asked, world.told, world.switch) == ([], [], None)


def test_a_database_that_is_lost_in_a_region_that_answers_is_a_persons_to_decide() -> None:
    world, one = after_quiet()
    lose(world)
    world.broken = {"region": "alive"}
    pass_(world, 3 * 60, one)
    assert world.asked == []


def test_a_watcher_that_is_cut_off_itself_does_nothing() -> None:
    world, one = after_quiet()
    world.isolated = True
    pass_(world, 3 * 60, one)
    world.isolated = False
    pass_(world, 60, one)
    assert (world.asked, world.told) == ([], [])


@pytest.mark.parametrize("minutes", [1, 5, 13])
def test_what_comes_and_goes_is_not_acted_on(minutes: int) -> None:
    world, one = after_quiet()
    for _ in range(12):
        world.lost = True
        pass_(world, minutes, one)
        world.lost = False
        pass_(world, 1, one)
    assert (world.asked, world.told) == ([], [])


@pytest.mark.parametrize("seed", range(10))
def test_whatever_the_signals_say_nothing_is_done_while_one_of_them_proves_life_every_few_minutes(seed: int) -> None:
    dice, (world, one) = Random(seed), after_quiet()
    signs: tuple[Sign, ...] = ("alive", "down", "down", "down", "unknown")
    for _ in range(100):
        world.broken = {name: dice.choice(signs) for name in SOURCES}
        pass_(world, dice.uniform(0.2, 4), one)
        world.broken = {**DOWN, dice.choice([name for name, source in SOURCES.items() if source.proof]): "alive"}
        pass_(world, 0.25, one)
    assert "stop" not in world.asked
    assert "promote" not in world.asked


def test_a_loss_above_what_was_promised_is_told_and_not_acted_on() -> None:
    world, one = after_quiet(behind=1000)
    lose(world)
    pass_(world, 3 * 60, one)
    assert world.asked == []
    assert world.kinds == ["refused"], "once"
    assert "would lose more than was promised (900 s)" in world.told[0][1]


def test_a_replica_that_says_nothing_of_itself_is_not_promoted() -> None:
    world = World(lost=True)
    read = world.read
    world.read = lambda: replace(read(), had_until=None)
    one = watcher(world)
    pass_(world, 60, one)
    assert (world.asked, world.kinds) == ([], ["refused"])
    assert "nobody knows how much it lacks" in world.told[0][1]


def test_frozen_it_tells_and_does_nothing_and_thawed_it_acts() -> None:
    world, one = after_quiet(switch="maintenance until noon, by sre@")
    lose(world)
    pass_(world, 120, one)
    assert (world.asked, world.kinds) == ([], ["frozen"])
    assert "maintenance until noon" in world.told[0][1]
    world.switch = None
    pass_(world, 30, one)
    assert world.asked == ["stop", "promote", "address"]


def test_rehearsed_it_says_what_it_would_do_and_changes_nothing() -> None:
    world = World()
    one = watcher(world, task=replace(TASK, rehearsal=True))
    pass_(world, 60, one)
    lose(world)
    pass_(world, 3 * 60, one)
    assert (world.asked, world.kinds, world.switch) == ([], ["rehearsed"], None)
    assert "would stop main, promote replica and move the name; at most" in world.told[0][1]
    assert world.run is None


def test_it_acts_once_also_when_it_is_thawed_and_all_is_lost_again() -> None:
    world, one = after_quiet()
    lose(world)
    pass_(world, 60, one)
    world.switch = None
    before = list(world.asked)
    world.broken = {**DOWN}
    pass_(world, 3 * 60, one)
    assert world.asked == before


def test_what_a_person_stopped_is_left_to_the_person() -> None:
    world, one = after_quiet()
    world.stopped = True
    world.broken = {**DOWN, "instance": "meant"}
    pass_(world, 3 * 60, one)
    assert (world.asked, world.told) == ([], [])
