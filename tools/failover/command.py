"""The two commands: what is asked, what is refused, what is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from settings import Environment
from tools.lifecycle.commands import ready
from tools.lifecycle.errors import USAGE, CommandError
from tools.lifecycle.workspace import Workspace

from .checkpoint import Checkpoint, evidence
from .cloud import Cloud
from .run import Run, say
from .stations import Command
from .steps import Step, plan, seconds_away
from .stores import MAIN_DATABASE, STORES, Store, moves

Confirm = Callable[[str], bool]


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What somebody typed."""

    command: Command
    store: str
    planned: bool = False
    accept_loss: bool = False
    rollback: bool = False
    down: bool = False
    """Somebody has seen that it does not serve, whatever the cloud says of it."""


def run(workspace: Workspace, cloud: Cloud, asked: Asked, confirm: Confirm) -> int:
    """Carries a command out, or goes on with one that was interrupted.

    Raises:
        CommandError: it is refused, and why; or a step failed.
    """
    if asked.store not in STORES:
        raise CommandError(f"STORE is '{asked.store}'; there is {', '.join(STORES)}", USAGE)
    settings, store = workspace.settings, STORES[asked.store]
    with ready(workspace, program=True):
        deployment: Mapping[str, Any] = workspace.exported()["deployment"] or {}
        if not deployment.get("resources"):
            raise CommandError(f"'{workspace.environment}' is not up; there is nothing to fail over")
        file = evidence(workspace, asked.store)
        checkpoint = Checkpoint.open(file)
        if asked.rollback:
            return _roll_back(cloud, checkpoint, settings, confirm, store)
        checkpoint = _gone_on_with(checkpoint, asked, workspace) if checkpoint else begun(file, cloud, settings, asked)
        if checkpoint is None:
            return 0
        print("\n".join(told(checkpoint, settings, store)), flush=True)
        if not confirm(f"{asked.command} of {asked.store} in '{workspace.environment}'"):
            raise CommandError("nothing was changed; YES=1 answers yes")
        checkpoint.save()
        whole = Run(workspace, cloud, checkpoint, store).go()
        print("\n".join(outcome(checkpoint, settings, cloud.now(), store)))
        if whole:
            print(f"Evidence: {checkpoint.finish().name}")
    return 0


def _gone_on_with(checkpoint: Checkpoint, asked: Asked, workspace: Workspace) -> Checkpoint:
    if checkpoint.command != asked.command:
        raise CommandError(
            f"a {checkpoint.command} was begun and is not done: {checkpoint.left[0].title}; "
            f"finish it first: make {checkpoint.command} STORE={asked.store} ENV={workspace.environment}"
        )
    say(f"a {checkpoint.command} was begun; {len(checkpoint.done)} of its {len(checkpoint.steps)} steps are done")
    return checkpoint


def begun(file: Path, cloud: Cloud, settings: Environment, asked: Asked) -> Checkpoint | None:
    """A new run, or none where nothing is left to do."""
    store = STORES[asked.store]
    todo, serving = store.stages(asked.command, settings), store.serving(settings)
    if isinstance(todo, str):
        if asked.command == "failover" and serving == settings.regions.primary:
            raise CommandError(todo)
        print(f"{store.instances(settings)[serving]} serves from {serving}: {todo}")
        return None
    if lacking := store.lacking(settings):
        raise CommandError(f"{lacking} of '{settings.environment}' is empty: nothing could take over")
    steps = plan(settings, todo, store)
    now = next(step for step in steps if step.kind == "promote") if moves(todo) else None
    if now and asked.command == "failover" and cloud.promoted(now.new):
        return Checkpoint(file, asked.command, False, steps, cloud.now(), 0, done={now.id: 0.0}, taken_over=True)
    lag = _checked(cloud, settings, asked, now, store)
    planned = asked.planned or asked.command == "failback"
    return Checkpoint(file, asked.command, planned, steps, cloud.now(), lag)


def told(checkpoint: Checkpoint, settings: Environment, store: Store = MAIN_DATABASE) -> list[str]:
    """The plan, with the time of each step, and what it makes of the promises."""
    lines = [f"Plan of the {checkpoint.command} of {store.title}:"]
    for step in checkpoint.steps:
        state = "done" if step.id in checkpoint.done else f"about {minutes(step.seconds)}"
        lines.append(f"  {step.id:<32} {state:>14}  {step.title}")
        lines += [f"  {'':<32} {'':>14}    at Google: {command}" for command in step.commands]
    away, rto, rpo = seconds_away(checkpoint.steps), store.rto_minutes(settings), store.rpo_minutes(settings)
    lines.append(f"Nobody can write for about {minutes(away)}; {_promised(rto, away)}")
    if checkpoint.taken_over:
        new = next(step.new for step in checkpoint.steps)
        lines.append(f"{new} was promoted already, by the automatic failover or by somebody; what was lost, was told then.")
    elif not (checkpoint.planned and store.drained):
        lines.append(f"Lost is what the replica lacks, {checkpoint.lag_seconds:g} s; {_promised(rpo, checkpoint.lag_seconds)}")
    else:
        lines.append("Nothing is lost: the replica is promoted when it has everything.")
    return lines


def outcome(checkpoint: Checkpoint, settings: Environment, now: float, store: Store = MAIN_DATABASE) -> list[str]:
    """What became of it: measured times against what was reckoned and promised."""
    done = [step for step in checkpoint.steps if step.id in checkpoint.done]
    lines = [f"  {step.id:<32} {minutes(checkpoint.done[step.id]):>10}, reckoned {minutes(step.seconds)}" for step in done]
    away = sum(checkpoint.done[step.id] for step in done if step.away)
    rto = store.rto_minutes(settings)
    lines = ["Done, on the clock of the cloud:", *lines, f"Nobody could write for {minutes(away)}; {_promised(rto, away)}"]
    if waiting := checkpoint.left:
        lines.append(f"Since {minutes(now - checkpoint.began)} under way. It serves; what waits for {waiting[0].lost} to answer:")
        lines += [f"  {step.title}" for step in waiting]
        lines.append("The same command goes on from here.")
    return lines


def minutes(seconds: float) -> str:
    """A duration, for people."""
    if seconds >= 5400:
        return f"{seconds / 3600:.1f} h"
    return f"{seconds / 60:.0f} min" if seconds >= 60 else f"{seconds:.0f} s"


def _promised(allowed: int | None, seconds: float) -> str:
    if allowed is None:
        return "nothing is promised here"
    return f"{minutes(allowed * 60)} are promised" + ("" if seconds <= allowed * 60 else ", WHICH IS NOT KEPT")


def _checked(cloud: Cloud, settings: Environment, asked: Asked, move: Step | None, store: Store) -> float:
    """How far the replica is behind, where one is to be promoted now and may be.

    Raises:
        CommandError: it may not.
    """
    if move is None:
        return 0
    state = cloud.state(move.old)
    healthy = state == store.well and not asked.down
    if asked.command == "failover" and healthy and not asked.planned:
        raise CommandError(
            f"{move.old} answers and is {state}: there is nothing to fail over from. For a drill, or a move: PLANNED=1. "
            "Where you have seen that it takes no queries all the same: DOWN=1"
        )
    if asked.planned and not healthy:
        raise CommandError(
            f"{move.old} {'is ' + state if state else 'does not answer'}: a planned move waits until the replica has everything, "
            "which it cannot get any more; leave PLANNED out"
        )
    if (replica := cloud.state(move.new)) != store.well:
        raise CommandError(f"{move.new} {'is ' + replica if replica else 'does not answer'}: there is nothing to promote")
    lag, rpo = cloud.lag_seconds(move.new), store.rpo_minutes(settings)
    if asked.accept_loss:
        return lag
    if lag < 0:
        raise CommandError(
            f"{move.new} does not replicate, and nobody knows since when: its last replayed transaction says it "
            f"(docs/runbooks/{store.runbook}.md). To promote it all the same: ACCEPT_LOSS=1"
        )
    if rpo is not None and lag > rpo * 60:
        raise CommandError(
            f"{move.new} is {lag:g} seconds behind, and {rpo * 60} may be lost: wait, or bring {move.old} back. "
            "To lose more than was promised: ACCEPT_LOSS=1"
        )
    return lag


def _roll_back(cloud: Cloud, checkpoint: Checkpoint | None, settings: Environment, confirm: Confirm, store: Store) -> int:
    """Takes a run back that has promoted nothing yet."""
    if checkpoint is None:
        raise CommandError("nothing was begun; there is nothing to roll back")
    if checkpoint.promoted:
        raise CommandError(
            "a replica was promoted, or an instance removed, and nothing takes that back: finish it, and then fail back"
        )
    fences: Sequence[Step] = [step for step in checkpoint.steps if step.kind == "fence" and step.id in checkpoint.done]
    if not confirm(f"roll the {checkpoint.command} back"):
        raise CommandError("nothing was changed; YES=1 answers yes")
    for step in fences:
        cloud.do("unfence", step.old, step.undo)
    checkpoint.forget()
    print(f"rolled back: {store.instances(settings)[store.serving(settings)]} serves")
    return 0
