"""Carries a plan out: each step at the cloud, in Pulumi's state, or in the settings; noted as soon as it is done."""

from __future__ import annotations

import sys
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, cast

from settings.load import NAMESPACE
from settings.profiles import overlay
from settings.yaml_file import parse, written
from tools.lifecycle.commands import at_work
from tools.lifecycle.errors import CommandError
from tools.lifecycle.events import Report, kind_of, name_of
from tools.lifecycle.workspace import Workspace
from tools.review.difference import STATEFUL

from . import state as states
from .checkpoint import Checkpoint, evidence
from .cloud import Cloud
from .steps import Step
from .stores import MAIN_DATABASE, STORES, Store

LOSING = {"replace", "delete", "create-replacement", "delete-replaced"}


class Waiting(Exception):
    """A step waits for a region that does not answer."""


class Run:
    """A run of a plan."""

    def __init__(self, workspace: Workspace, cloud: Cloud, checkpoint: Checkpoint, store: Store = MAIN_DATABASE) -> None:
        self.workspace, self.cloud, self.checkpoint, self.store = workspace, cloud, checkpoint, store

    def go(self) -> bool:
        """Does what is left; the answer is whether nothing waits any more.

        Raises:
            CommandError: a step failed; those before it are done, and the same command goes on from it.
        """
        left = self.checkpoint.left
        for number, step in enumerate(left, 1):
            say(f"{number}/{len(left)} {step.title}")
            began = self.cloud.now()
            try:
                STEPS[step.kind](self, step)
            except Waiting as waits:
                say(f"    waits: {waits}")
                self.checkpoint.deferred = sorted({*self.checkpoint.deferred, step.id})
                self.checkpoint.save()
                if step.kind == "rest":
                    return False
                continue
            self.checkpoint.done[step.id] = self.cloud.now() - began
            self.checkpoint.deferred = [known for known in self.checkpoint.deferred if known != step.id]
            self.checkpoint.save()
        return not self.checkpoint.left

    # -- steps

    def fence(self, step: Step) -> None:
        if not self.cloud.answers(step.old):
            raise Waiting(f"{step.lost} does not answer; {step.old} is stopped as soon as it does")
        if self.cloud.state(step.old) == "STOPPED":
            return
        try:
            self.cloud.do("fence", step.old, step.commands)
        except CommandError as error:
            if self.checkpoint.planned:
                raise
            raise Waiting(str(error)) from None  # what is down cannot always be stopped; the address moves all the same

    def drained(self, step: Step) -> None:
        if not self.checkpoint.planned:
            return
        lag = self.cloud.lag_seconds(step.new)
        if lag == 0:
            return
        fence = next(known for known in self.checkpoint.steps if known.kind == "fence" and known.old == step.old)
        self.cloud.do("unfence", step.old, fence.undo)
        self.checkpoint.forget()
        raise CommandError(
            f"{step.new} is {lag:g} seconds behind although nothing is written any more; a planned move loses nothing, so it was "
            f"rolled back, and {step.old} serves again: see docs/runbooks/{self.store.runbook}.md"
        )

    def promote(self, step: Step) -> None:
        self.cloud.do("promote", step.new, step.commands)

    def follow(self, step: Step) -> None:
        """Promoted, the instance is read back; then databases and users are found in it, where it has any."""
        # Who promoted by itself moved the name, too: a change of it must begin from where it leads.
        name = states.names(self._resources(), self.store.host) if self.checkpoint.taken_over else []
        self._read_back(step.new, *name)
        exported = self.workspace.exported()
        settings = self.workspace.settings
        deployment, urns = states.moved(exported["deployment"], step.old, step.new, settings.project.id, settings.regions.primary)
        if urns:
            self.workspace.imported({**exported, "deployment": deployment})
        wanted = states.inside(deployment["resources"], step.new)
        if not wanted:
            return
        self._refresh(wanted)
        found = states.inside(self.workspace.exported()["deployment"]["resources"], step.new)
        if missing := sorted(name_of(urn) for urn in set(wanted) - set(found)):
            raise CommandError(
                f"{step.new} was a replica, and yet lacks {', '.join(missing)}: was it made from another instance?"
            )

    def write_settings(self, step: Step) -> None:
        if self.workspace.cloud == "local":
            self.workspace.override(overlay(self.workspace.overrides, step.settings))
        else:
            _write(self.workspace, step.settings)
        self.workspace = replace(self.workspace)  # which reads them anew
        _ = self.workspace.settings

    def serve(self, step: Step) -> None:
        lost = [] if self.cloud.answers(step.old) else states.in_region(self._resources(), step.lost)
        if lost:
            say(f"    {len(lost)} resources in {step.lost} are left as they are: it does not answer")
        self._update(lost)

    def old_follows(self, step: Step) -> None:
        """The one that served is stopped, or follows since the roles were exchanged: the state is told what the cloud says."""
        if not self.cloud.answers(step.old):
            raise Waiting(f"{step.lost} does not answer; {step.old} is read back as soon as it does")
        self._read_back(step.old)

    def back_up(self, step: Step) -> None:
        self.cloud.do("backup", step.new, step.commands)

    def rest(self, step: Step) -> None:
        if not self.cloud.answers(step.old):
            raise Waiting(f"{step.lost} does not answer; the same command goes on when it does")
        self._update([])
        if differing := self._previewed([], refresh=True).changes:
            raise CommandError("it serves, and yet something differs:\n" + "\n".join(c.line for c in differing.values()))

    def remove(self, step: Step) -> None:
        if not self.cloud.answers(step.old):
            raise CommandError(f"{step.lost} does not answer; nothing can be built anew there")
        if self.cloud.state(step.old) is not None:
            self.cloud.do("remove", step.old, step.commands)
        exported = self.workspace.exported()
        if urn := states.urn_of(exported["deployment"]["resources"], step.old, self.store.kind):
            self.workspace.imported({**exported, "deployment": states.without(exported["deployment"], urn)})

    def rebuild(self, _step: Step) -> None:
        self._update([])

    def follows(self, step: Step) -> None:
        lag, allowed = self.cloud.lag_seconds(step.new), self.store.rpo_minutes(self.workspace.settings)
        if lag < 0 or (allowed is not None and lag > allowed * 60):
            raise CommandError(f"{step.new} is {lag:g} seconds behind; the same command goes on when it has caught up")
        if differing := self._previewed([], refresh=True).changes:
            raise CommandError("a replica follows, and yet something differs:\n" + "\n".join(c.line for c in differing.values()))

    # -- inside

    def _resources(self) -> list[Mapping[str, Any]]:
        return self.workspace.exported()["deployment"]["resources"]

    def _read_back(self, name: str, *more: str) -> None:
        urn = states.urn_of(self._resources(), name, self.store.kind)
        if urn is None:
            raise CommandError(f"{name} is not in Pulumi's state; `make refresh ENV={self.workspace.environment}` looks for it")
        self._refresh([urn, *more])

    def _refresh(self, urns: list[str]) -> None:
        report = Report("refresh", progress=False)
        with at_work(self.workspace, report), self.workspace.changing() as stack:
            stack.refresh(target=urns, on_event=report, show_secrets=False)

    def _previewed(self, exclude: list[str], *, refresh: bool = False) -> Report:
        report = Report("preview", progress=False)
        with at_work(self.workspace, report):
            self.workspace.stack.preview(
                on_event=report,
                refresh=refresh,
                exclude=exclude or None,
                policy_packs=policies(self.workspace, exclude),
                policy_pack_configs=[] if exclude else self.workspace.policy_pack_configs,
            )
        return report

    def _read_others_back(self, exclude: list[str]) -> None:
        """What follows since another store's run exchanged roles, where that run waits to read it back: the settings say already
        that it follows, and an update that did not know would try to make it."""
        resources = self._resources()
        for store in (known for known in STORES.values() if known.exchanges and known.name != self.store.name):
            other = Checkpoint.open(evidence(self.workspace, store.name))
            waiting = [step for step in other.left if step.kind == "old-follows"] if other else []
            told = bool(other) and all(step.kind != "settings" for step in other.left)
            urns = [states.urn_of(resources, step.old, store.kind) for step in waiting if told]
            if known := [urn for urn in urns if urn and urn not in exclude]:
                self._refresh(known)

    def _update(self, exclude: list[str]) -> None:
        """An update, unless it would lose something."""
        self._read_others_back(exclude)
        with left_out(self.workspace, exclude):
            self._updated(exclude)

    def _updated(self, exclude: list[str]) -> None:
        losing = [
            change
            for change in self._previewed(exclude).changes.values()
            if change.op.value in LOSING and change.urn.split("::")[2].rsplit("$", 1)[-1] in STATEFUL
        ]
        if losing:
            listed = ", ".join(f"{name_of(change.urn)} ({kind_of(change.urn)})" for change in losing)
            raise CommandError(f"the update would replace or delete what holds data, and was not begun: {listed}")
        report = Report("up")
        with at_work(self.workspace, report), self.workspace.changing() as stack:
            stack.up(
                on_event=report,
                exclude=exclude or None,
                policy_packs=policies(self.workspace, exclude),
                policy_pack_configs=[] if exclude else self.workspace.policy_pack_configs,
                show_secrets=False,
                suppress_outputs=True,
            )


STEPS: Mapping[str, Callable[[Run, Step], None]] = {
    "fence": Run.fence, "drained": Run.drained, "promote": Run.promote, "state": Run.follow, "settings": Run.write_settings,
    "serve": Run.serve, "backup": Run.back_up, "rest": Run.rest, "remove": Run.remove, "rebuild": Run.rebuild,
    "follows": Run.follows, "old-follows": Run.old_follows,
}  # fmt: skip


@contextmanager
def left_out(workspace: Workspace, urns: Sequence[str]) -> Generator[None]:
    """A state from which an update can leave these out.

    Whatever the state says that one of them needs, the engine takes over with it, although the program may not have declared that
    yet: where the program no longer makes the one wait for the other, the engine refuses it as a duplicate. So meanwhile they
    need nothing. A run that is killed leaves them so, until the update of everything that ends a failover.
    """
    if not urns:
        yield
        return
    before = workspace.exported()
    workspace.imported({**before, "deployment": states.unbound(before["deployment"], urns)})
    try:
        yield
    finally:
        after = workspace.exported()
        workspace.imported({**after, "deployment": states.bound(after["deployment"], before["deployment"], urns)})


def policies(workspace: Workspace, exclude: Sequence[str]) -> list[str]:
    """The policies that an update is held to. Where a region is left out they would see what is declared beside what was, and
    stop the update for what it cannot change: they are asked by the update of the rest."""
    return [] if exclude else workspace.policy_packs


def say(message: str) -> None:
    """Says how far it is."""
    print(message, file=sys.stderr, flush=True)


def _write(workspace: Workspace, settings: Mapping[str, Any]) -> None:
    """Writes the settings into the stack's file, which keeps its comments."""
    document = parse(workspace.file.read_text())
    _put(document["config"], {f"{NAMESPACE}:{section}": values for section, values in settings.items()})
    partial = workspace.file.with_suffix(".partial")
    partial.write_text(written(document))
    partial.replace(workspace.file)
    say(f"    {workspace.file.name} says so from now on: commit it")


def _put(document: Any, values: Mapping[str, Any]) -> None:
    for key, value in values.items():
        if isinstance(value, Mapping) and isinstance(document.get(key), Mapping):
            _put(document[key], cast("Mapping[str, Any]", value))
        else:
            document[key] = value
