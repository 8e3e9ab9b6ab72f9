"""The watcher: looks every few seconds, and does at most one thing each time. What it is about to do is written down before.

Nothing is kept in memory but who leads: killed at any time, it or another one goes on from the record and from how the instances
are found.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from .cloud import Cloud, Instance, Kind, Pager, Refused, Unreachable
from .decision import Reading, Round, Rules, followed, held, loss, too_much, verdict
from .record import Ended, Overtaken, Record, Run, Stage, Store


@dataclass(frozen=True, kw_only=True)
class Task:
    """What is watched, and how."""

    old: str
    """The instance that serves."""
    new: str
    """The replica that is to take over."""
    rules: Rules
    lease_seconds: float
    """After how long without a word of who leads another one may."""
    fence_seconds: float
    """How long the old one may take to be stopped; then it is promoted without, and stopped later."""
    slow_seconds: float
    """After how long somebody is told that a promotion takes long."""
    rehearsal: bool
    """Whether it only says what it would do."""
    command: str
    """What a person runs afterwards: what was done at Google is to be said to Pulumi, too."""


OUTCOMES: Mapping[Stage, tuple[Kind, str]] = {
    "done": (
        "acted",
        "{run.old} was lost since {since}; {run.new} was promoted and the name leads to it. Lost at most: {run.loss:.0f} s. "
        "{run.old} {fence}. Now run `{command}`",
    ),
    "stood-down": ("stood-down", "{run.old} serves, nothing was promoted: {run.why}"),
    "halted": ("halted", "the failover to {run.new} cannot go on by itself, a person must see to it: {run.why}"),
}
"""What somebody is told of how it ended."""


class Watcher:
    """One watcher; there may be others."""

    def __init__(
        self,
        name: str,
        task: Task,
        *,
        read: Callable[[], Round],
        cloud: Cloud,
        store: Store,
        pager: Pager,
        clock: Callable[[], float],
    ) -> None:
        self._name, self._task, self._read = name, task, read
        self._cloud, self._store, self._pager, self._clock = cloud, store, pager, clock
        self._version: int | None = None
        """Of the record, as this one wrote it last; None while another one leads."""
        self._seen: tuple[int, float] | None = None
        """The version that another one wrote, and since when it has been that."""

    def tick(self) -> str:
        """Looks, and does what is to be done now; the answer says how things are.

        Raises:
            Unreachable: what it knows and decides cannot be written down, so nothing was decided.
        """
        try:
            record = self._lead()
            if record is None:
                return "stands by"
            round_ = self._noted(record, self._read())
            self._act(record, round_)
        except Overtaken:
            self._version = None
            return "was overtaken"
        run = f", {record.run.stage} of a failover" if record.run else ""
        return verdict(round_, self._task.rules) + run

    # -- who leads

    def _lead(self) -> Record | None:
        """The record, where this one leads. Who does not lead measures on its own clock for how long nobody wrote."""
        found, now = self._store.load(), self._clock()
        if found is None:
            return self._saved(Record(holder=self._name, beat=now), 0)
        record, version = found
        if record.holder == self._name and version == self._version:
            return record
        if self._seen is None or self._seen[0] != version:
            self._seen, self._version = (version, now), None
        if now - self._seen[1] < self._task.lease_seconds:
            return None
        return self._saved(replace(record, holder=self._name), version)

    def _saved(self, record: Record, version: int) -> Record:
        record.beat = self._clock()
        self._version = self._store.save(record, version)
        return record

    def _save(self, record: Record) -> None:
        if self._version is None:
            raise Overtaken
        self._saved(record, self._version)

    # -- what is known

    def _noted(self, record: Record, round_: Round) -> Round:
        """Writes down what was read. Where this program stopped the old one, that it is stopped says nothing of a person."""
        run = record.run
        if run and not run.ended and run.fence != "none":
            ours = {n: Reading("down", r.says) if r.sign == "meant" else r for n, r in round_.readings.items()}
            round_ = replace(round_, readings=ours)
        record.streak = followed(record.streak, round_, self._task.rules)
        if round_.had_until is not None:
            record.had_until = max(round_.had_until, record.had_until or 0)
        if verdict(round_, self._task.rules) == "well":
            record.told = []
        self._save(record)
        return round_

    def _act(self, record: Record, round_: Round) -> None:
        run = record.run
        if run is None or run.ended:
            if run:
                self._afterwards(record, run)
            self._idle(record, round_)
            return
        self._tell(
            record, run.told, "acting", f"{run.old} is taken to be lost, and {run.new} is to take over: {_listed(run.evidence)}"
        )
        try:
            self._go_on(record, run, round_)
        except Unreachable:
            return  # it is tried again
        except Refused as error:
            self._halt(record, run, str(error))

    # -- before

    def _idle(self, record: Record, round_: Round) -> None:
        task, streak = self._task, record.streak
        if streak is None or not held(streak, task.rules):
            return
        last = record.run.stage if record.run and record.run.new == task.new else None
        if last == "done" or (last == "halted" and self._store.frozen()):
            return  # it has taken over, or somebody was told already why it cannot
        hindrance = self._hindrance(record)
        lost = loss(streak, record.had_until)
        if hindrance is None and task.rehearsal:
            hindrance = ("rehearsed", f"would stop {task.old}, promote {task.new} and move the name; at most {lost:.0f} s lost")
        if hindrance is not None:
            kind, why = hindrance
            self._tell(record, record.told, kind, f"{task.old} is lost by all that is known, and nothing was done: {why}")
            return
        if lost is not None:
            record.run = Run(
                old=task.old, new=task.new, began=self._clock(), lost_since=streak.since, loss=lost, evidence=_said(round_)
            )
            self._save(record)

    def _hindrance(self, record: Record) -> tuple[Kind, str] | None:
        """Why nothing may be done, and what that is called."""
        task = self._task
        if frozen := self._store.frozen():
            return "frozen", f"it is frozen: {frozen}"
        try:
            new = self._cloud.look(task.new)
        except (Unreachable, Refused) as error:
            return "refused", f"nobody says how {task.new} is: {error}"
        if not new.replica or new.state != "RUNNABLE":
            return "refused", f"{task.new} is {new.state}, and {'a' if new.replica else 'no'} replica: it cannot take over"
        lost = loss(record.streak, record.had_until) if record.streak else None
        if too_much(lost, task.rules):
            lacks = "nobody knows how much it lacks" if lost is None else f"it may lack {lost:.0f} seconds"
            return "refused", f"{task.new} would lose more than was promised ({task.rules.rpo_seconds} s): {lacks}"
        return None

    # -- the failover

    def _go_on(self, record: Record, run: Run, round_: Round) -> None:
        if run.stage == "standing-down":
            self._stand_down(record, run)
        elif run.promote_asked is None and not self._may_go_on(record, run, round_):
            return
        elif run.stage == "fence":
            self._fence(record, run)
        elif run.stage == "promote":
            self._promote(record, run)
        elif run.stage == "address":
            self._lead_there(record, run)

    def _may_go_on(self, record: Record, run: Run, round_: Round) -> bool:
        """Whether it is still so, as long as there is a way back."""
        now = verdict(round_, self._task.rules)
        if now in ("well", "partial", "meant"):
            run.why = f"it is not lost any more ({now}): {_listed(_said(round_))}"
            run.stage = "standing-down"
            self._save(record)
            self._stand_down(record, run)
            return False
        if frozen := self._store.frozen():
            self._tell(record, run.told, "frozen", f"the failover stops where it is ({run.stage}), it was frozen: {frozen}")
            return False
        return run.fence == "stopped" or held(record.streak, self._task.rules)

    def _fence(self, record: Record, run: Run) -> None:
        """Stops the old one, or sees that it cannot be reached."""
        if run.fence_since is None:
            run.fence_since = self._clock()
            self._save(record)
        old = self._reached(run.old)
        if old and old.state == "STOPPED" and run.fence == "none":
            return  # somebody else just did that, which the next look shows
        if old and not old.busy and old.state == "STOPPED":
            run.fence = "stopped"
        elif self._clock() - run.fence_since > self._task.fence_seconds:
            run.fence = "deferred"
        elif old and not old.busy:
            run.fence = "asked"
            self._save(record)
            self._cloud.stop(run.old, old.version)
            return
        else:
            return
        self._done(record, run, "fence")
        run.stage = "promote"
        self._save(record)

    def _promote(self, record: Record, run: Run) -> None:
        new = self._cloud.look(run.new)
        if run.promote_asked is None:
            if not new.replica:
                raise Refused(f"{run.new} was promoted by somebody else")
            if new.busy or new.state != "RUNNABLE":
                return
            run.promote_asked = self._clock()
            self._save(record)
        if not new.replica and not new.busy and new.state == "RUNNABLE":
            self._done(record, run, "promote")
            run.stage = "address"
            self._save(record)
            return
        if self._clock() - run.promote_asked > self._task.slow_seconds:
            self._tell(record, run.told, "slow", f"the promotion of {run.new} takes long: it is {new.state}")
        if new.replica and not new.busy:
            self._cloud.promote(run.new)

    def _lead_there(self, record: Record, run: Run) -> None:
        address = self._cloud.look(run.new).address
        if address is None:
            return
        if self._cloud.leads_to() != address:
            self._cloud.lead_to(address)
        if self._cloud.leads_to() != address:
            return
        self._store.freeze(f"{run.new} took over from {run.old}: look at it, run `{self._task.command}`, then thaw")
        self._done(record, run, "address")
        self._end(record, run, "done")

    def _end(self, record: Record, run: Run, stage: Ended, why: str = "") -> None:
        run.stage, run.why = stage, why or run.why
        self._save(record)
        self._afterwards(record, run)

    def _afterwards(self, record: Record, run: Run) -> None:
        """Says how it ended. After one that is done, the old one is stopped when it answers again, once."""
        kind, text = OUTCOMES[run.stage]
        fence = "is stopped" if run.fence == "stopped" else "DID NOT ANSWER and is not stopped yet"
        words = {"since": _time(run.lost_since), "command": self._task.command, "fence": fence}
        self._tell(record, run.told, kind, text.format(run=run, **words))
        if run.stage == "done" and run.fence == "deferred":
            self._fence_later(record, run)

    def _fence_later(self, record: Record, run: Run) -> None:
        try:
            old = self._reached(run.old)
            if old is None or old.busy:
                return
            if old.state == "STOPPED":
                run.fence = "stopped"
                self._save(record)
                self._tell(record, run.told, "fenced", f"{run.old} answers again, and is stopped")
            else:
                self._cloud.stop(run.old, old.version)
        except Unreachable:
            return
        except Refused as error:
            self._tell(
                record, run.told, "halted", f"{run.old} answers again, writes to it are lost, and IT CANNOT BE STOPPED: {error}"
            )

    # -- the way back

    def _stand_down(self, record: Record, run: Run) -> None:
        """Takes a fence back, if there is or may be one; never where the other one was promoted."""
        if run.fence != "none":
            if not self._cloud.look(run.new).replica:
                raise Refused(f"{run.new} was promoted by somebody else, so {run.old} is left as it is")
            old = self._cloud.look(run.old)
            if old.busy:
                return
            if old.state == "STOPPED":
                self._cloud.start(run.old, old.version)
                return
            self._store.freeze(f"a failover of {run.old} was begun and taken back: look at it, then thaw")
            run.fence = "undone"
        record.streak = None
        self._end(record, run, "stood-down")

    def _halt(self, record: Record, run: Run, why: str) -> None:
        """Leaves everything as it is, for a person."""
        self._store.freeze(f"a failover of {run.old} could not go on: {why}")
        self._end(record, run, "halted", f"{run.stage}: {why}")

    # -- inside

    def _reached(self, name: str) -> Instance | None:
        try:
            return self._cloud.look(name)
        except Unreachable:
            return None

    def _done(self, record: Record, run: Run, step: str) -> None:
        run.done[step] = self._clock()
        self._save(record)

    def _tell(self, record: Record, told: list[str], kind: Kind, text: str) -> None:
        """Says it, once. Killed in between it is said again, which is better than never."""
        if kind not in told:
            self._pager.tell(kind, text)
            told.append(kind)
            self._save(record)


def _listed(evidence: Mapping[str, str]) -> str:
    return "; ".join(f"{name}: {says}" for name, says in evidence.items())


def _said(round_: Round) -> dict[str, str]:
    return {name: f"{reading.sign}, {reading.says}" for name, reading in round_.readings.items()}


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%H:%M UTC")
