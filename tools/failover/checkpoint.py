"""What a run has done so far, in a file: an interrupted run goes on from there, and a finished one is evidence."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tools.lifecycle.workspace import Workspace

from .stations import Command
from .steps import Step, recorded

KEPT = ("command", "planned", "began", "lag_seconds", "done", "deferred", "taken_over")


def evidence(workspace: Workspace, store: str) -> Path:
    """The file of a run that has not ended; those that have are beside it."""
    return workspace.home / "failover" / f"{workspace.cloud}-{workspace.environment}-{store}.json"


@dataclass
class Checkpoint:
    """A run: what it was asked for, its plan as it was made then, and the steps that are done."""

    path: Path
    command: Command
    planned: bool
    steps: Sequence[Step]
    began: float
    lag_seconds: float
    """How far the replica was behind when it began: what is lost at most."""
    done: dict[str, float] = field(default_factory=dict[str, float])
    """The steps that are done, with the seconds that each took."""
    deferred: list[str] = field(default_factory=list[str])
    """Steps that wait for a region that does not answer."""
    taken_over: bool = False
    """Whether the replica had been promoted when it began: by the automatic failover, which knows nothing of Pulumi."""

    @classmethod
    def open(cls, path: Path) -> Checkpoint | None:
        """The run that has not ended, where there is one."""
        try:
            kept: dict[str, Any] = json.loads(path.read_text())
        except FileNotFoundError:
            return None
        steps = [Step(**step) for step in kept.pop("steps")]
        return cls(path=path, steps=steps, **kept)

    @classmethod
    def last(cls, path: Path) -> Checkpoint | None:
        """The run that has not ended, or the one that ended last."""
        ended = sorted(path.parent.glob(f"{path.stem}-fail*.json"), key=lambda file: file.stem.rpartition("-")[2])
        return cls.open(path) or (cls.open(ended[-1]) if ended else None)

    def save(self) -> None:
        """Writes the file, in one piece."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        kept = {name: getattr(self, name) for name in KEPT}
        partial = self.path.with_suffix(".partial")
        partial.write_text(json.dumps({**kept, "steps": recorded(self.steps)}, indent=1))
        partial.replace(self.path)

    def finish(self) -> Path:
        """Puts the file away; the answer is where."""
        put = self.path.with_name(f"{self.path.stem}-{self.command}-{self.began:.0f}.json")
        self.path.replace(put)
        return put

    def forget(self) -> None:
        """Takes the file away: the run was rolled back."""
        self.path.unlink(missing_ok=True)

    @property
    def left(self) -> list[Step]:
        """The steps that are still to be done, deferred ones among them."""
        return [step for step in self.steps if step.id not in self.done]

    @property
    def promoted(self) -> bool:
        """Whether a replica was promoted, or an instance removed, which nothing takes back."""
        return any(step.kind in ("promote", "remove") and step.id in self.done for step in self.steps)
