"""What is asked of the cloud beside Pulumi: how instances are, and the few operations of a failover."""

from __future__ import annotations

import json
import shlex
import subprocess
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from localcloud.errors import Refusal
from localcloud.gcp import replication
from localcloud.store import Row, Store
from tools.lifecycle.errors import CommandError

from .steps import COMMANDS


class Cloud(Protocol):
    """A cloud, as far as a failover needs it."""

    def state(self, name: str) -> str | None:
        """RUNNABLE, STOPPED...; None where there is no such instance, or where it does not answer."""
        ...

    def answers(self, name: str) -> bool:
        """Whether the cloud answers at all for an instance, or for one that is gone."""
        ...

    def promoted(self, name: str) -> bool:
        """Whether what was a replica is none any more."""
        ...

    def lag_seconds(self, name: str) -> float:
        """How far a replica is behind; negative where it does not replicate."""
        ...

    def do(self, kind: str, name: str, commands: Sequence[str]) -> None:
        """An operation on an instance: fence, unfence, promote, backup, remove.

        Raises:
            CommandError: the cloud refuses, and why.
        """
        ...

    def now(self) -> float:
        """The time, in seconds; on the local cloud the virtual one."""
        ...


REPLICA = "READ_REPLICA_INSTANCE"

LOCALLY: dict[str, Callable[[Store, Row], None]] = {
    "fence": lambda store, row: replication.set_activation(store, row, "NEVER"),
    "unfence": lambda store, row: replication.set_activation(store, row, "ALWAYS"),
    "promote": replication.promote,
    "backup": replication.back_up,
    "remove": replication.delete,
}


class LocalCloud:
    """The stand-in."""

    def __init__(self, folder: Path, project: str) -> None:
        self._path, self._project = folder / "cloud.db", project

    def state(self, name: str) -> str | None:
        try:
            with self._row(name) as (_, row):
                return replication.state(row) if row else None
        except Refusal:
            return None

    def answers(self, name: str) -> bool:
        try:
            with self._row(name):
                return True
        except Refusal:
            return False

    def promoted(self, name: str) -> bool:
        try:
            with self._row(name) as (_, row):
                return bool(row) and row.properties.get("instanceType") != REPLICA
        except Refusal:
            return False

    def lag_seconds(self, name: str) -> float:
        with self._row(name) as (store, row):
            return replication.lag_seconds(store, row) if row else -1

    def do(self, kind: str, name: str, commands: Sequence[str]) -> None:  # noqa: ARG002 - they are Google's
        try:
            with self._row(name) as (store, row):
                if row:
                    LOCALLY[kind](store, row)
        except Refusal as error:
            raise CommandError(f"{name}: {error}") from None

    def now(self) -> float:
        with self._store() as store:
            return store.now()

    @contextmanager
    def _store(self) -> Generator[Store]:
        store = Store(self._path)
        try:
            with store.transaction():
                yield store
        finally:
            store.close()

    @contextmanager
    def _row(self, name: str) -> Generator[tuple[Store, Row | None]]:
        with self._store() as store:
            yield store, replication.instance(store, self._project, name)


class Google:
    """Google Cloud, through gcloud: it knows who is signed in. Lag is a metric that gcloud does not show, so it is said."""

    def __init__(self, project: str, lag_seconds: float | None) -> None:
        self._project, self._lag = project, lag_seconds

    def state(self, name: str) -> str | None:
        done = self._described(name)
        if done.returncode:
            return None
        known = json.loads(done.stdout)
        return "STOPPED" if known.get("settings", {}).get("activationPolicy") == "NEVER" else str(known.get("state"))

    def promoted(self, name: str) -> bool:
        done = self._described(name)
        return not done.returncode and json.loads(done.stdout).get("instanceType") not in (None, REPLICA)

    def answers(self, name: str) -> bool:
        done = self._described(name)
        return not done.returncode or "404" in done.stderr or "does not exist" in done.stderr

    def lag_seconds(self, name: str) -> float:
        if self._lag is None:
            raise CommandError(
                f'say how far {name} is behind, with LAG=<seconds>: the chart "Replication lag" of the dashboard of the main '
                "database, or cloudsql.googleapis.com/database/replication/replica_lag"
            )
        return self._lag

    def do(self, kind: str, name: str, commands: Sequence[str]) -> None:
        for command in commands:
            done = self._run(shlex.split(command))
            if done.returncode:
                raise CommandError(f"{kind} of {name}: `{command}` failed:\n{done.stderr.strip()}")

    def now(self) -> float:
        return time.time()

    def _described(self, name: str) -> subprocess.CompletedProcess[str]:
        return self._run(["gcloud", "sql", "instances", "describe", name, f"--project={self._project}", "--format=json"])

    @staticmethod
    def _run(words: Sequence[str]) -> subprocess.CompletedProcess[str]:
        try:
            return subprocess.run(words, capture_output=True, text=True, check=False)
        except FileNotFoundError:
            raise CommandError("gcloud is not installed: https://cloud.google.com/sdk/docs/install") from None


def unfence(old: str, project: str) -> list[str]:
    """The commands that take a fence away."""
    return [command.format(old=old, project=project) for command in COMMANDS["unfence"]]
