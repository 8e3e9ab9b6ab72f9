"""The plan: the steps of each stage, how long they take, and the commands that do them at Google."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from settings import Environment

from .stations import Move, Stage, after, with_failover

BYTES_A_SECOND = 100e6
"""What the copy of a disk into another region is reckoned with."""
SECONDS = {
    "fence": 120, "drained": 60, "promote": 300, "state": 60, "settings": 5, "serve": 900, "backup": 600, "rest": 300,
    "remove": 120, "rebuild": 900, "follows": 60,
}  # fmt: skip
"""Estimates. Google says "several minutes" of a promotion; the update has the instance's backups and standby in it, one after the
other; the copy of a disk comes on top of `rebuild`. What a drill measures is told beside them."""
TITLES = {
    "fence": "stop {old}, so that nobody writes to it any more",
    "drained": "see that {new} has everything that {old} had",
    "promote": "promote {new}: from here on there is no way back but `make failback`",
    "state": "Pulumi's state: {new} is no replica; databases and users are those of {new}",
    "settings": "the settings: {says}",
    "serve": "update what can be reached: {new} gets backups and a standby, main-db its address, alerts and grants follow",
    "backup": "back {new} up, in its own region",
    "rest": "update what could not be reached, and see that nothing differs",
    "remove": "delete {old}, with a final backup, and take it out of Pulumi's state",
    "rebuild": "make {new} as a replica: Google keeps the name of a deleted instance for a week",
    "follows": "see that {new} follows",
}
COMMANDS: Mapping[str, Sequence[str]] = {
    "fence": ("gcloud sql instances patch {old} --project={project} --activation-policy=NEVER",),
    "unfence": ("gcloud sql instances patch {old} --project={project} --activation-policy=ALWAYS",),
    "promote": ("gcloud sql instances promote-replica {new} --project={project} --quiet",),
    "backup": ("gcloud sql backups create --instance={new} --project={project} --location={region}",),
    "remove": (
        "gcloud sql instances patch {old} --project={project} --no-deletion-protection",
        "gcloud sql instances delete {old} --project={project} --enable-final-backup --quiet",
    ),
}
"""What is run at Google. On the local cloud its stand-in does the same (localcloud/gcp/replication.py)."""
MOVE = ("fence", "drained", "promote", "state", "settings", "serve", "backup", "rest")
REBUILD = ("remove", "settings", "rebuild", "follows")
AWAY = ("fence", "drained", "promote", "state", "settings", "serve")
"""While these run, nobody can write."""


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
    """`database.failover` after the stage."""

    @property
    def away(self) -> bool:
        """Whether nobody can write while it runs."""
        return self.kind in AWAY and not self.id.startswith("rebuild")


def plan(settings: Environment, stages: Sequence[Stage]) -> list[Step]:
    """The steps of some stages, one after the other."""
    steps: list[Step] = []
    for stage in stages:
        then = with_failover(settings, after(stage, settings.database.failover))
        steps += _steps(settings, then, stage)
        settings = then
    return steps


def seconds_away(steps: Sequence[Step]) -> float:
    """How long nobody can write, as reckoned; of the longest move where there are several."""
    return sum(step.seconds for step in steps if step.away)


def recorded(steps: Sequence[Step]) -> list[dict[str, Any]]:
    """The steps as they are kept in a file."""
    return [asdict(step) for step in steps]


def _steps(now: Environment, then: Environment, stage: Stage) -> Iterator[Step]:
    moves = isinstance(stage, Move)
    role = stage.to if moves else stage.of
    region = getattr(now.regions, role)
    old = now.database_instances[now.serving_region if moves else region]
    new = then.database_instances[region]
    failover = then.database.failover.model_dump(mode="json")
    words = {
        "old": old, "new": new, "project": now.project.id, "region": region,
        "says": ", ".join(f"database.failover.{key} {value}" for key, value in failover.items()),
    }  # fmt: skip
    for kind in MOVE if moves else REBUILD:
        copied = now.database.disk.size_gb * 1e9 / BYTES_A_SECOND if kind == "rebuild" else 0
        yield Step(
            id=f"{'move-to' if moves else 'rebuild'}-{region}/{kind}",
            kind=kind,
            title=TITLES[kind].format(**words),
            seconds=SECONDS[kind] + copied,
            commands=[command.format(**words) for command in COMMANDS.get(kind, ())],
            old=old,
            new=new,
            lost=now.serving_region if moves else region,
            settings=failover,
        )
