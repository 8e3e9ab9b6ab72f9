"""A local cloud in this process, and small programs for it: lists of resources, created in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from localcloud.gcp.provider import GcpProvider
from localcloud.plugin import State
from localcloud.store import Store

REGION = "us-central1"


@dataclass(frozen=True)
class Res:
    """A resource of a program."""

    name: str
    type: str
    inputs: Mapping[str, Any]


class World:
    """A project on a local cloud. `apply` does to it what the engine would do."""

    def __init__(self, folder: Path, project: str = "case-project") -> None:
        self.store = Store(folder / "cloud.db")
        self.provider = GcpProvider(self.store)
        self.provider.configure({"project": project, "region": REGION})
        self.project = project
        self.states: dict[str, tuple[Res, State]] = {}

    def apply(self, program: Sequence[Res]) -> None:
        """Creates, updates and deletes until the program's resources are there; raises at the first refusal."""
        for res in program:
            before = self.states.get(res.name)
            if before is None:
                self.states[res.name] = (res, self.create(res))
            elif before[0].inputs != res.inputs:
                inputs, failures = self.provider.check(res.type, res.name, dict(res.inputs), dict(before[0].inputs), b"seed")
                assert not failures, failures
                self.states[res.name] = (res, self.provider.update(res.type, before[1], inputs, 0))
        wanted = {res.name for res in program}
        for name in reversed([name for name in self.states if name not in wanted]):
            res, state = self.states[name]
            self.provider.delete(res.type, state, 0)
            del self.states[name]

    def create(self, res: Res) -> State:
        """Checks and creates one resource."""
        inputs, failures = self.provider.check(res.type, res.name, dict(res.inputs), {}, b"seed")
        assert not failures, failures
        return self.provider.create(res.type, f"urn:pulumi:test::test::{res.type}::{res.name}", inputs, 0)

    def names(self) -> list[str]:
        """The full names of everything that exists."""
        with self.store.transaction():
            return [row.name for row in self.store.all()]
