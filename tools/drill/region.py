"""The loss of the primary region under an environment, on the local cloud: it stands, the region answers nobody, runbooks run,
the region comes back, and each store is failed back. What is told is measured on the virtual clock, and read from what runs kept.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Generator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from localcloud import outages
from localcloud.gcp import replication
from localcloud.store import Store as CloudStore
from settings import Environment
from tools.failover.checkpoint import Checkpoint, evidence
from tools.failover.cloud import LocalCloud
from tools.failover.command import STORES as FAILED_OVER
from tools.failover.command import Asked, minutes
from tools.failover.command import run as carry_out
from tools.failover.stations import Command
from tools.homes import components
from tools.lifecycle import commands
from tools.lifecycle.errors import USAGE, CommandError
from tools.lifecycle.events import Report
from tools.lifecycle.workspace import Workspace
from tools.review.difference import STATEFUL

from .stores import STORES, Store
from .table import table

LAG_SECONDS = 40.0
"""How far what follows is behind when the region is lost. Replication is asynchronous: 0 would be the best case."""
HEADINGS = ("store", "steps", "back after / RTO", "lost / RPO", "name leads to", "drift", "drift, failed back", "verdict")
Phase = Literal["lost", "failed over", "failed back"]


@dataclass(kw_only=True)
class Result:
    """What became of a store."""

    store: Store
    steps: tuple[int, int] | None = None
    """Steps done while the region was away, and steps in all."""
    back_seconds: float | None = None
    """From the loss of the region until it takes writes."""
    lost_seconds: float | None = None
    """How old the newest thing is that is lost."""
    leads_to: str = ""
    """The region that its name leads clients to."""
    drift: int | None = None
    """What differs afterwards."""
    drift_back: int | None = None
    """What differs after it was failed back."""
    problems: list[str]
    """What went wrong."""

    def missed(self, settings: Environment) -> list[str]:
        """The bars that it misses; a store that nothing brings back has none, it is a gap."""
        promise = self.store.promise(settings)
        bars = (
            ("RTO", self.back_seconds, promise.rto_seconds),
            ("RPO", self.lost_seconds, promise.rpo_seconds),
            ("drift", self.drift, 0),
            ("drift after the fail-back", self.drift_back, 0),
        )
        over = [name for name, found, most in bars if found is not None and most is not None and found > most]
        return [*self.problems, *over]


def run(environment: str, home: Path) -> int:
    """Runs the drill in a home of its own; 0 where no store that has a runbook misses a bar.

    Raises:
        CommandError: the environment does not come up, or nothing in it could take over.
    """
    settings = Workspace(environment, "local", home).settings
    if not settings.database.replicas:
        raise CommandError(
            f"'{environment}' has nothing in another region that could take over: database.replicas is empty", USAGE
        )
    with redirect_stdout(sys.stderr):  # what the commands say is progress here
        results = Drill(environment, home).run()
    print(told(results, settings))
    return int(any(result.missed(settings) for result in results))


def gap(store: Store, settings: Environment) -> str:
    """What is missing for a store to be back by a command; empty where nothing is."""
    if store.missing or store.name not in FAILED_OVER:
        return store.missing
    lacking = FAILED_OVER[store.name].lacking(settings)
    return f"{lacking} is empty: nothing in the other region could take over" if lacking else ""


def told(results: Sequence[Result], settings: Environment) -> str:
    """The table, and what it has no room for."""
    title = f"{settings.regions.primary} is lost under '{settings.environment}', on the local cloud:"
    shown = table(HEADINGS, [_row(result, settings) for result in results])
    return "\n".join([title, "", shown, *footnotes(results, settings)])


def _row(result: Result, settings: Environment) -> list[str]:
    promise = result.store.promise(settings)
    missed = result.missed(settings)
    if gap(result.store, settings):
        verdict = "GAP"
    elif missed:
        verdict = "MISSED"
    else:
        verdict = "kept"
    return [
        result.store.title,
        f"{result.steps[0]} of {result.steps[1]}" if result.steps else "-",
        f"{_time(result.back_seconds)} / {_time(promise.rto_seconds)}",
        f"{_time(result.lost_seconds)} / {_time(promise.rpo_seconds)}",
        result.leads_to or "-",
        _count(result.drift),
        _count(result.drift_back),
        verdict,
    ]


def footnotes(results: Sequence[Result], settings: Environment) -> list[str]:
    """What the rows have no room for: gaps, bars that were missed, and what a table like this cannot know."""
    gaps = [f"- {known.store.title}: {missing}" for known in results if (missing := gap(known.store, settings))]
    missed = [f"- {known.store.title}: {'; '.join(found)}" for known in results if (found := known.missed(settings))]
    return [
        *(["", "Gaps, which nothing brings back by a command yet:", *gaps] if gaps else []),
        *(["", "Missed:", *missed] if missed else []),
        "",
        "Steps are those that could be done while the region was away, of all. Times are the virtual clock's, from the loss on;",
        "runbooks run one after the other, as one person would, and nobody's thinking is in them. What is lost is what each",
        f"replica said that it lacked, which was staged: {LAG_SECONDS:g} s.",
    ]


class Drill:
    """The environment that loses its region."""

    def __init__(self, environment: str, home: Path) -> None:
        self.environment, self.home = environment, home
        self.results = {store.name: Result(store=store, problems=[]) for store in STORES}
        self.lost_at = 0.0

    @property
    def workspace(self) -> Workspace:
        """As a new process has it."""
        return Workspace(self.environment, "local", self.home)

    @property
    def known(self) -> list[Store]:
        """The stores that a command brings back, those first that must be back first."""
        settings = self.workspace.settings
        return [store for store in STORES if not gap(store, settings)]

    def run(self) -> list[Result]:
        """From an environment that stands to one that stands again."""
        commands.up(self.workspace, yes)
        self.lose()
        for store in self.known:
            self.fail_over(store)
        self.region(lost=False)
        for store in self.known:
            self.carry_out("failover", store)
        self.look("drift")
        for store in self.known:
            self.carry_out("failback", store)
        self.look("drift_back")
        return list(self.results.values())

    def lose(self) -> None:
        """What follows is a little behind, and the region answers nobody."""
        settings = self.workspace.settings
        with self.store() as store:
            for follower in (known.follower(settings) for known in self.known if known.follower):
                (row,) = [row for row in store.all() if row.name.endswith(f"/{follower}")]
                replication.set_lag(store, row, LAG_SECONDS)
        self.region(lost=True)
        with self.store() as store:
            self.lost_at = store.now()

    def region(self, *, lost: bool) -> None:
        """The primary region is lost, or there again, and what follows has everything again."""
        settings = self.workspace.settings
        with self.store() as store:
            outages.lose(store, settings.regions.primary, lost=lost)
        print(f"drill: {settings.regions.primary} {'is lost' if lost else 'answers again'}", flush=True)

    def fail_over(self, store: Store) -> None:
        """While the region is away."""
        result, deleted = self.results[store.name], len(self.deleted())
        self.carry_out("failover", store)
        result.leads_to = self.leads_to(store)
        record = Checkpoint.last(evidence(self.workspace, store.name))
        if record is None:
            return
        result.steps = (len(record.done), len(record.steps))
        result.lost_seconds = record.lag_seconds
        away = sum(record.done.get(step.id, 0) for step in record.steps if step.away)
        result.back_seconds = record.began + away - self.lost_at
        if undone := [step.title for step in record.left if step.away and step.id not in record.deferred]:
            result.problems.append(f"it does not serve yet: {undone[0]}")
        if gone := self.deleted()[deleted:]:
            result.problems.append(f"what holds data was deleted: {', '.join(gone)}")
        if result.leads_to != self.workspace.settings.regions.secondary:
            result.problems.append(f"its name leads to {result.leads_to or 'nothing'}")

    def carry_out(self, command: Command, store: Store) -> None:
        """Runs a store's runbook; what refuses is a bar that it misses."""
        print(f"drill: {command} of {store.name}", flush=True)
        try:
            cloud = LocalCloud(self.workspace.store, self.workspace.settings.project.id, store.name)
            carry_out(self.workspace, cloud, Asked(command=command, store=store.name), yes)
        except CommandError as error:
            self.results[store.name].problems.append(f"{command}: {error}")

    def look(self, which: Literal["drift", "drift_back"]) -> None:
        """Says of each store how much of it differs from what is declared, or from what the state says; what belongs to no
        store counts against each, because nobody knows whose it is."""
        differing, owner = self.differing()
        owned = {urn: next((s.name for s in STORES if owner.get(urn, "").startswith(s.components)), "") for urn in differing}
        for result in (self.results[store.name] for store in self.known):
            setattr(result, which, sum(name in ("", result.store.name) for name in owned.values()))

    def differing(self) -> tuple[list[str], dict[str, str]]:
        """What an update would change after a look at the cloud, and the component of each resource."""
        workspace, report = self.workspace, Report("preview", progress=False)
        with commands.ready(workspace, program=True):
            resources = workspace.exported()["deployment"]["resources"]
            with commands.at_work(workspace, report):
                workspace.stack.preview(on_event=report, refresh=True, policy_packs=workspace.policy_packs)
        named = [{"parent": "", **known, "name": str(known["urn"]).rpartition("::")[2]} for known in resources]
        return list(report.changes), components(named)

    def leads_to(self, store: Store) -> str:
        """The region of what the store's name leads to, or of what its output says."""
        if store.output:
            resources = self.workspace.exported()["deployment"]["resources"]
            outputs = next(known["outputs"] for known in resources if known["type"] == "pulumi:pulumi:Stack")
            return ", ".join(sorted(region for region, known in outputs[store.output].items() if known["leads"]))
        with self.store() as cloud:
            known = cloud.all()
        names = [row for row in known if row.type.endswith(":RecordSet") and row.config["name"].startswith(f"{store.host}.")]
        addresses = [json.dumps(address) for row in names for address in row.config["rrdatas"]]
        found = [row for row in known if row.type == store.kind and any(a in json.dumps(row.computed) for a in addresses)]
        return ", ".join(sorted(str(row.properties.get("region") or row.properties["location"]) for row in found))

    def deleted(self) -> list[str]:
        """What was deleted that holds data."""
        with self.store() as store:
            return [str(done["name"]) for done in store.operations() if done["verb"] == "delete" and done["type"] in STATEFUL]

    @contextmanager
    def store(self) -> Generator[CloudStore]:
        """The local cloud's store."""
        store = CloudStore(self.workspace.store / "cloud.db")
        try:
            with store.transaction():
                yield store
        finally:
            store.close()


def yes(_what: str) -> bool:
    """Nobody is asked: nothing at Google is touched."""
    return True


def _time(seconds: float | None) -> str:
    return "-" if seconds is None else minutes(seconds)


def _count(found: int | None) -> str:
    return "-" if found is None else str(found)
