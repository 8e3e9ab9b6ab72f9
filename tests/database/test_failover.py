"""The automatic failover against staged losses, on a clock of its own: when it acts, when it must not, and what a kill leaves."""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

import pytest

from database.failover.cloud import Instance, Kind, Refused, Unreachable
from database.failover.decision import SOURCES, Reading, Round, Rules, Sign, Streak, followed, loss, too_much, verdict
from database.failover.record import Overtaken, Record
from database.failover.watch import Task, Watcher
from tools.failover.stores import MAIN_DATABASE

OLD, NEW = "main", "replica"
EVERY, MINUTE = 15, 60
RULES = Rules(quorum=4, hold_seconds=600, gap_seconds=180, rpo_seconds=900)
TASK = Task(
    old=OLD, new=NEW, rules=RULES, lease_seconds=60, fence_seconds=300, slow_seconds=1800, rehearsal=False,
    command="make failover STORE=main-database ENV=prod CLOUD=gcp",
)  # fmt: skip


class Killed(BaseException):
    """The pod is gone."""


@dataclass
class World:
    """A region with a primary, another with its replica, what can be asked of both, and what was done."""

    now: float = 1_800_000_000.0
    lost: bool = False
    """The primary's region."""
    broken: dict[str, Sign] = field(default_factory=dict[str, Sign])
    """Signals that say something else than what is so."""
    isolated: bool = False
    """The watcher's own network is cut off."""
    deaf: bool = False
    """The control plane does not answer for the lost region, as long as it is lost."""
    behind: float = 2
    stopped: bool = False
    promoted: bool = False
    address: str = "10.0.0.1"
    busy: dict[str, float] = field(default_factory=dict[str, float])
    versions: dict[str, int] = field(default_factory=lambda: {OLD: 1, NEW: 1})
    asked: list[str] = field(default_factory=list[str])
    """What took effect."""
    told: list[tuple[Kind, str]] = field(default_factory=list[tuple[Kind, str]])
    record: str | None = None
    version: int = 0
    switch: str | None = None
    last_alive: float = 0
    """When the primary last served."""
    refuses: str | None = None
    touch: Callable[[str], None] = lambda _what: None
    """Called before and after everything that is done to the world."""

    @property
    def serves(self) -> bool:
        return not self.lost and not self.stopped

    # -- signals

    def read(self) -> Round:
        if self.serves:
            self.last_alive = self.now
        fresh = self.now - self.last_alive <= 240
        truth: dict[str, Sign] = {
            "query": "alive" if self.serves else "down",
            "replication": "alive" if self.serves else "down",
            "metric": "alive" if fresh else "down",
            "instance": "meant" if self.stopped else "alive",
            "region": "down" if self.lost else "alive",
        }
        if self.isolated:
            truth = {"query": "down", "replication": "unknown", "metric": "unknown", "instance": "unknown", "region": "down"}
        signs: dict[str, Sign] = {**truth, **self.broken}
        had = None if self.isolated else self.last_alive - self.behind
        return Round(self.now, {name: Reading(sign, "staged") for name, sign in signs.items()}, had)

    # -- the cloud

    def look(self, name: str) -> Instance:
        self.touch(f"look {name}")
        if self.isolated or (name == OLD and self.lost and self.deaf):
            raise Unreachable(name)
        busy = self.now < self.busy.get(name, 0)
        replica = name == NEW and not self.promoted
        state = "STOPPED" if name == OLD and self.stopped and not busy else "RUNNABLE"
        address = "10.0.0.1" if name == OLD else "10.1.0.1"
        return Instance(state=state, replica=replica, busy=busy, address=address, version=self.versions[name])

    def _change(self, what: str, name: str, version: int | None, seconds: float) -> None:
        self.touch(f"before {what}")
        if self.refuses == what:
            raise Refused(f"403: {what} is not allowed")
        if self.isolated or (name == OLD and self.lost and self.deaf):
            raise Unreachable(name)
        if self.now < self.busy.get(name, 0) or (version is not None and version != self.versions[name]):
            raise Unreachable("409")
        self.versions[name] += 1
        self.busy[name] = self.now + seconds
        self.asked.append(what)

    def stop(self, name: str, version: int) -> None:
        self._change("stop", name, version, 60)
        self.stopped = True
        self.touch("after stop")

    def start(self, name: str, version: int) -> None:
        self._change("start", name, version, 60)
        self.stopped = False
        self.touch("after start")

    def promote(self, name: str) -> None:
        if self.promoted:
            raise Refused("it is no replica")
        self._change("promote", name, None, 300)
        self.promoted = True
        self.touch("after promote")

    def leads_to(self) -> str:
        return self.address

    def lead_to(self, address: str) -> None:
        self.touch("before lead_to")
        if self.isolated:
            raise Unreachable("dns")
        self.address = address
        self.asked.append("address")
        self.touch("after lead_to")

    # -- the store and the pager

    def load(self) -> tuple[Record, int] | None:
        if self.isolated:
            raise Unreachable("store")
        return (Record.from_json(json.loads(self.record)), self.version) if self.record else None

    def save(self, record: Record, version: int) -> int:
        self.touch("before save")
        if self.isolated:
            raise Unreachable("store")
        if version != self.version:
            raise Overtaken
        self.record, self.version = json.dumps(record.as_json()), self.version + 1
        self.touch("after save")
        return self.version

    def frozen(self) -> str | None:
        return self.switch

    def freeze(self, why: str) -> None:
        self.touch("before freeze")
        self.switch = self.switch or why
        self.touch("after freeze")

    def tell(self, kind: Kind, text: str) -> None:
        self.touch("before tell")
        self.told.append((kind, text))
        self.touch("after tell")

    # -- what is seen from outside

    @property
    def kinds(self) -> list[Kind]:
        return [kind for kind, _ in self.told]

    @property
    def run(self) -> Any:
        assert self.record
        return json.loads(self.record)["run"]


def watcher(world: World, name: str = "a", task: Task = TASK) -> Watcher:
    clock = lambda: world.now  # noqa: E731
    return Watcher(name, task, read=world.read, cloud=world, store=world, pager=world, clock=clock)


def pass_(world: World, minutes: float, *watchers: Watcher) -> None:
    """Lets time pass, in which each watcher looks as often as it does."""
    until = world.now + minutes * MINUTE
    while world.now < until:
        for one in watchers:
            try:
                one.tick()
            except Unreachable:
                continue
        world.now += EVERY


def after_quiet(**how: Any) -> tuple[World, Watcher]:
    world = World(**how)
    one = watcher(world)
    pass_(world, 5, one)
    assert world.kinds == []
    return world, one


def lose(world: World) -> None:
    world.lost = True


# -- what the signals say together


def seen(**signs: Sign) -> Round:
    return Round(0, {name: Reading(sign) for name, sign in signs.items()})


DOWN: dict[str, Sign] = dict.fromkeys(SOURCES, "down")


@pytest.mark.parametrize(
    ("signs", "expected"),
    [
        (dict.fromkeys(SOURCES, "alive"), "well"),
        (DOWN, "lost"),
        ({**DOWN, "instance": "alive"}, "lost"),  # Google's word is not the last one
        ({**DOWN, "instance": "meant"}, "meant"),
        ({**DOWN, "instance": "unknown"}, "lost"),
        ({**DOWN, "metric": "unknown"}, "lost"),
        ({**DOWN, "metric": "unknown", "instance": "alive"}, "doubt"),
        ({**DOWN, "query": "alive"}, "partial"),
        ({**DOWN, "replication": "alive"}, "partial"),
        ({**DOWN, "metric": "alive"}, "partial"),
        ({**DOWN, "region": "alive"}, "partial"),
        ({"query": "down", "replication": "down", "metric": "unknown", "instance": "unknown", "region": "unknown"}, "doubt"),
        ({}, "doubt"),
    ],
)
def test_what_signals_say_together(signs: dict[str, Sign], expected: str) -> None:
    assert verdict(seen(**signs), RULES) == expected


def test_what_one_path_says_alone_is_not_enough_whatever_the_quorum() -> None:
    lenient = replace(RULES, quorum=2)
    unknown: dict[str, Sign] = dict.fromkeys(SOURCES, "unknown")
    for path in ("network", "google"):
        signs: dict[str, Sign] = {name: "down" if source.path == path else "unknown" for name, source in SOURCES.items()}
        assert verdict(seen(**signs), lenient) == "doubt"
    both: dict[str, Sign] = {**unknown, "query": "down", "metric": "down"}
    assert verdict(seen(**both), lenient) == "lost"


def test_a_streak_ends_with_a_round_that_is_not_lost_or_with_a_time_at_which_nobody_looked() -> None:
    def down(at: float) -> Round:
        return Round(at, seen(**DOWN).readings)

    assert followed(None, down(5), RULES) == Streak(5, 5)
    assert followed(Streak(5, 20), down(200), RULES) == Streak(5, 200)
    assert followed(Streak(5, 20), down(201), RULES) == Streak(201, 201)
    assert followed(Streak(5, 20), down(10), RULES) == Streak(10, 10), "a clock that was set back"
    assert followed(Streak(5, 20), Round(30, {**down(30).readings, "metric": Reading("alive")}), RULES) is None


def test_what_is_lost_is_counted_from_what_the_replica_has_to_when_the_primary_was_gone() -> None:
    assert loss(Streak(1000, 1900), 940) == 60
    assert loss(Streak(1000, 1900), 1100) == 0
    assert loss(Streak(1000, 1900), None) is None
    assert not too_much(900, RULES)
    assert too_much(901, RULES)
    assert too_much(None, RULES), "what nobody knows is too much"
    assert not too_much(9999, replace(RULES, rpo_seconds=None))


# -- when it acts


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


# -- in the midst


def until(world: World, one: Watcher, what: Callable[[], bool]) -> None:
    for _ in range(1000):
        one.tick()
        if what():
            return
        world.now += EVERY
    raise AssertionError("never")


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


# -- kills, and more than one


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
