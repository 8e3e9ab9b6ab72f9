"""The automatic failover in the midst of it: a primary that returns, refusals, kills, and more than one watcher."""

from __future__ import annotations

from copy import deepcopy
from random import Random

import pytest

from database.failover.cloud import Unreachable
from database.failover.watch import Watcher

from .failover_world import EVERY, MINUTE, OLD, Killed, World, after_quiet, lose, pass_, until, watcher


def test_a_primary_that_returns_before_the_fence_is_left_alone() -> None:
    world, one = after_quiet(deaf=True)
    lose(world)
    until(world, one, lambda: world.run is not None)
    world.lost = False
    pass_(world, 3 * 60, one)
    assert world.asked == []
    assert world.kinds == ["acting", "stood-down"]


def test_a_primary_that_returns_before_the_promotion_is_started_again_and_it_freezes() -> None:
    world, one = after_quiet()
    lose(world)
    until(world, one, lambda: "stop" in world.asked)
    world.broken = {"query": "alive"}  # a client still got through
    pass_(world, 3, one)
    world.lost, world.broken = False, {}
    pass_(world, 3 * 60, one)
    assert world.asked == ["stop", "start"]
    assert world.kinds == ["acting", "stood-down"]
    assert world.switch is not None
    assert not world.stopped


def test_a_fence_is_not_taken_back_where_somebody_else_promoted() -> None:
    world, one = after_quiet()
    lose(world)
    until(world, one, lambda: "stop" in world.asked)
    world.promoted, world.broken = True, {"metric": "alive"}
    pass_(world, 60, one)
    assert world.asked == ["stop"]
    assert world.kinds == ["acting", "halted"]


def test_a_primary_that_returns_after_the_promotion_began_does_not_stop_it() -> None:
    world, one = after_quiet(deaf=True)
    lose(world)
    until(world, one, lambda: "promote" in world.asked)
    world.lost = False
    pass_(world, 60, one)
    assert world.asked == ["promote", "address", "stop"]
    assert world.kinds == ["acting", "acted", "fenced"]


def test_frozen_in_the_midst_it_stays_where_it_is() -> None:
    world, one = after_quiet()
    lose(world)
    until(world, one, lambda: "stop" in world.asked)
    world.switch = "wait"
    pass_(world, 120, one)
    assert (world.asked, world.kinds) == (["stop"], ["acting", "frozen"])
    world.switch = None
    pass_(world, 30, one)
    assert world.asked == ["stop", "promote", "address"]


@pytest.mark.parametrize("what", ["stop", "promote"])
def test_what_is_refused_halts_it_for_a_person(what: str) -> None:
    world, one = after_quiet(refuses=what)
    lose(world)
    pass_(world, 3 * 60, one)
    assert "promote" not in world.asked
    assert world.kinds == ["acting", "halted"]
    assert f"403: {what} is not allowed" in world.told[1][1]
    assert world.switch is not None


def touches(world: World, one: Watcher) -> int:
    """How often the world is touched from the loss to the end."""
    count = 0

    def counted(_what: str) -> None:
        nonlocal count
        count += 1

    world.touch = counted
    settle(world, one)
    return count


def settle(world: World, one: Watcher) -> None:
    """Goes on until it acted, and for a while after."""
    until(world, one, lambda: "acted" in world.kinds)
    pass_(world, 2, one)


def lost_world(deaf: bool) -> tuple[World, Watcher]:
    world, one = after_quiet(deaf=deaf)
    lose(world)
    pass_(world, 13, one)  # up to shortly before it is decided
    assert world.run is None
    return world, one


@pytest.mark.parametrize("deaf", [False, True])
def test_killed_anywhere_another_one_goes_on_and_nothing_is_done_twice(deaf: bool) -> None:
    wanted = ["promote", "address"] if deaf else ["stop", "promote", "address"]
    begun, _ = lost_world(deaf)
    for at in range(touches(*lost_world(deaf))):
        world = deepcopy(begun)
        one, left = watcher(world, f"at-{at}"), at

        def kill(_what: str) -> None:
            nonlocal left
            left -= 1
            if left < 0:
                raise Killed

        world.touch = kill
        try:
            settle(world, one)
        except Killed:
            world.touch = lambda _what: None
            settle(world, watcher(world, "b"))
        assert [what for what in world.asked if what != "address"] == [what for what in wanted if what != "address"], at
        assert world.address == "10.1.0.1", at
        assert world.run["stage"] == "done", at
        assert {"acting", "acted"} <= {*world.kinds}, at
        assert world.switch is not None, at


def test_killed_over_and_over_it_gets_there() -> None:
    for seed in range(12):
        dice, (world, one) = Random(seed), lost_world(seed % 2 == 0)

        def kill(_what: str, dice: Random = dice) -> None:
            if dice.random() < 0.03:
                raise Killed

        world.touch = kill
        for number in range(200):
            try:
                pass_(world, 40, one)
                break
            except Killed:
                world.now += EVERY
                one = watcher(world, f"w{number}")
        assert world.asked.count("promote") == 1
        assert world.address == "10.1.0.1"
        assert world.kinds.count("acted") in (1, 2), "told before it is noted: twice rather than never"


def test_of_two_watchers_one_acts() -> None:
    for seed in range(12):
        dice, (world, one) = Random(seed), lost_world(False)
        two = [one, watcher(world, "b")]
        for _ in range(150):
            dice.shuffle(two)
            for each in two[: dice.choice([1, 1, 2])]:  # now and then one is held up for so long that the other takes over
                each.tick()
            world.now += dice.choice([EVERY, EVERY, 70])
        assert world.asked == ["stop", "promote", "address"]
        assert sorted(world.kinds) == ["acted", "acting"]


def test_who_was_overtaken_does_nothing_with_what_it_knew() -> None:
    world, one = lost_world(False)
    other = watcher(world, "b")
    other.tick()

    def meanwhile(what: str) -> None:
        if what == "before save" and world.run is None and one is not other:
            world.touch = lambda _what: None
            world.version += 1  # the other one wrote

    world.now += 3 * MINUTE
    world.touch = meanwhile
    assert one.tick() == "was overtaken"
    assert world.asked == []


def test_a_stop_that_was_on_its_way_is_refused_once_the_settings_changed() -> None:
    world = World()
    version = world.look(OLD).version
    world.versions[OLD] += 1
    with pytest.raises(Unreachable):
        world.stop(OLD, version)
