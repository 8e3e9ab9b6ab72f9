"""The plan: the steps of each stage, how long they take, and the commands that do them at Google."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from settings import Environment

from .stations import Move, Stage, moved_to
from .stores import AWAY, BYTES_A_SECOND, MAIN_DATABASE, Store

COMMANDS, MOVE = MAIN_DATABASE.commands, MAIN_DATABASE.move
"""Those of the main database, which fails over by itself, too."""


@dataclass(frozen=True)
class Step:
    """One step."""

    id: str
    kind: str
    title: str
    seconds: float
    commands: Sequence[str]
    old: str
    """The instance that serves before, or that is removed."""
    new: str
    """The instance that serves after, or that is made."""
    lost: str
    """The region of the old one, which may not answer."""
    settings: Mapping[str, Any]
    """What the settings say of it after the stage, to be laid on top of the others."""
    undo: Sequence[str] = ()
    """The commands that take a fence away."""

    @property
    def away(self) -> bool:
        """Whether nobody can write while it runs."""
        return self.kind in AWAY and not self.id.startswith("rebuild")


def plan(settings: Environment, stages: Sequence[Stage], store: Store = MAIN_DATABASE) -> list[Step]:
    """The steps of some stages, one after the other."""
    steps: list[Step] = []
    for stage in stages:
        then = store.then(stage, settings)
        steps += _steps(store, settings, then, stage)
        settings = then
    return steps


def seconds_away(steps: Sequence[Step]) -> float:
    """How long nobody can write, as reckoned; of the longest move where there are several."""
    return sum(step.seconds for step in steps if step.away)


def recorded(steps: Sequence[Step]) -> list[dict[str, Any]]:
    """The steps as they are kept in a file."""
    return [asdict(step) for step in steps]


def _steps(store: Store, now: Environment, then: Environment, stage: Stage) -> Iterator[Step]:
    moves = isinstance(stage, Move)
    region = getattr(now.regions, moved_to(stage))
    lost = store.serving(now) if moves else region
    old, new = store.instances(now)[lost], store.instances(then)[region]
    values = store.after(stage, now)
    path = ".".join(store.station)
    words = {
        "old": old, "new": new, "project": now.project.id, "region": region, "old_region": lost, **store.more(now),
        "cluster": now.kubernetes.cluster_name(region), "old_cluster": now.kubernetes.cluster_name(lost),
        "says": ", ".join(f"{path}.{key} {value}" for key, value in values.items()),
    }  # fmt: skip
    for kind in store.move if moves else store.rebuild:
        copied = store.copied_bytes(now) / BYTES_A_SECOND if kind == "rebuild" else 0
        yield Step(
            id=f"{'move-to' if moves else 'rebuild'}-{region}/{kind}",
            kind=kind,
            title=store.titles[kind].format(**words),
            seconds=store.seconds[kind] + copied,
            commands=[command.format(**words) for command in store.commands.get(kind, ())],
            undo=[command.format(**words) for command in store.commands.get(f"un{kind}", ())],
            old=old,
            new=new,
            lost=lost,
            settings=store.says(then, list(values)),
        )
