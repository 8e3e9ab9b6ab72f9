"""Two regions on a clock of their own, for tests of the automatic failover."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from database.failover.cloud import Instance, Kind, Refused, Unreachable
from database.failover.decision import SOURCES, Reading, Round, Rules, Sign
from database.failover.record import Overtaken, Record
from database.failover.watch import Task, Watcher

OLD, NEW = "main", "replica"
EVERY, MINUTE = 15, 60
RULES = Rules(quorum=4, hold_seconds=600, gap_seconds=180, rpo_seconds=900)
TASK = Task(
    old=OLD, new=NEW, rules=RULES, lease_seconds=60, fence_seconds=300, slow_seconds=1800, rehearsal=False,
    command="make failover STORE=main-database ENV=prod CLOUD=gcp",
)  # fmt: skip
DOWN: dict[str, Sign] = dict.fromkeys(SOURCES, "down")


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


def until(world: World, one: Watcher, what: Callable[[], bool]) -> None:
    for _ in range(1000):
        one.tick()
        if what():
            return
        world.now += EVERY
    raise AssertionError("never")
