"""A local cloud of a test's own, driven by the commands a person would type."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from localcloud.catalog import is_kept
from localcloud.state.stacks import Stack
from localcloud.store import Fault, Row, Store
from tests.localcloud.program import stage
from tools.recorder import ROOT

QUICK = {"PULUMI_EXPERIMENTAL": "true", "PULUMI_SKIP_CHECKPOINTS": "true"}
"""For a `file://` backend: the engine writes the state once, when a command ends, and not twice for each resource. Not for a test in which an
engine dies, since what it did is not in the state then."""


@dataclass(frozen=True)
class Answer:
    """What a command answered."""

    code: int
    out: str
    err: str


class Lifecycle:
    """An environment on a local cloud in a folder."""

    def __init__(self, home: Path, environment: str) -> None:
        self.home = home
        self.environment = environment

    def command(self, name: str, *extra: str) -> list[str]:
        """The command line of a command."""
        return [sys.executable, "-m", "tools.lifecycle", name, "--env", self.environment, "--home", str(self.home), *extra]

    def run(self, name: str, *extra: str, env: Mapping[str, str] | None = None, timeout: float = 240) -> Answer:
        """Runs a command to its end."""
        variables = {**os.environ, **(env or {})}
        done = subprocess.run(
            self.command(name, *extra), cwd=ROOT, capture_output=True, text=True, check=False, env=variables, timeout=timeout
        )
        assert "Traceback" not in done.stderr, done.stderr
        return Answer(done.returncode, done.stdout, done.stderr)

    def start(self, name: str) -> subprocess.Popen[str]:
        """Starts a command in a process group of its own, as a terminal does."""
        pipe = subprocess.PIPE
        return subprocess.Popen(self.command(name), cwd=ROOT, stdout=pipe, stderr=pipe, text=True, process_group=0)

    def ok(self, name: str, *extra: str) -> str:
        """Runs a command that must succeed, and returns its output."""
        answer = self.run(name, *extra)
        assert answer.code == 0, answer.err
        return answer.out

    def override(self, over: Mapping[str, Any]) -> None:
        """Lays other settings on top of the environment's file."""
        path = self.home / "overrides" / f"{self.environment}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(over))

    def stage(self, *commands: Sequence[str]) -> None:
        """Tells the local cloud what `python -m localcloud` would be told."""
        store = self.store()
        stage(store, [tuple(command) for command in commands])
        store.close()

    def fault(self, verb: str, nth: int, effect: str, type_: str = "*") -> None:
        """Stages a failure."""
        self.stage(("fault", verb, type_, str(nth), effect))

    def faults(self) -> list[Fault]:
        """The failures that have not happened yet."""
        store = self.store()
        with store.transaction():
            found = store.faults()
        store.close()
        return found

    def store(self) -> Store:
        """The local cloud's store."""
        return Store(self.home / "cloud" / "cloud.db")

    def rows(self) -> list[Row]:
        """Everything that exists on the local cloud."""
        store = self.store()
        with store.transaction():
            found = store.all()
        store.close()
        return found

    def operations(self) -> list[dict[str, Any]]:
        """Everything that was done on the local cloud."""
        store = self.store()
        with store.transaction():
            found = store.operations()
        store.close()
        return found

    def state(self) -> list[dict[str, Any]]:
        """The resources in Pulumi's state."""
        return self.deployment().get("resources") or []

    def deployment(self) -> dict[str, Any]:
        """Pulumi's state."""
        return Stack(self.home / "state", "alphintra", self.environment).load("")["deployment"]

    def assert_true_to_state(self) -> None:
        """What exists is what the state says: no orphan, no duplicate, nothing missing, nothing pending."""
        expected = sorted((r["type"], r["id"]) for r in self.state() if is_kept(r["type"]))
        assert sorted((row.type, row.id) for row in self.rows()) == expected
        assert not self.deployment().get("pending_operations")
        assert not list((self.home / "state").rglob("*.attrs")), "files that a killed engine leaves half-written"
        assert len({r["urn"] for r in self.state()}) == len(self.state())


Standing = Callable[[str], Lifecycle]
"""Gives an environment that is up, on a cloud of the test's own."""


def wait_for(condition: Any, seconds: float = 60) -> None:
    """Waits until a condition holds."""
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, "it did not happen in time"
        time.sleep(0.05)


def interrupt(process: subprocess.Popen[str]) -> None:
    """Ctrl-C, as a terminal sends it: to the foreground process group."""
    os.killpg(process.pid, signal.SIGINT)
