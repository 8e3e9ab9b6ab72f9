"""What is asked of the cloud beside Pulumi: how instances are, and the few operations of a failover."""

from __future__ import annotations

import json
import shlex
import subprocess
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from localcloud.errors import Refusal
from localcloud.gcp import replication, switchover
from localcloud.kubernetes import patroni
from localcloud.store import Row, Store
from tools.lifecycle.errors import CommandError

from .stores import CACHE, MAIN_DATABASE, SESSIONS
from .stores import Store as Known


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


@dataclass(frozen=True)
class Locally:
    """How a store's instances are looked at and worked on in the stand-in."""

    instance: Callable[[Store, str, str], Row | None]
    state: Callable[[Row], str]
    leads: Callable[[Store, Row], bool]
    """Whether it follows nobody."""
    do: Mapping[str, Callable[[Store, Row], None]]


LOCALLY: Mapping[str, Locally] = {
    "main-database": Locally(
        replication.instance,
        replication.state,
        lambda _, row: MAIN_DATABASE.leads(row.properties),
        {
            "fence": lambda store, row: replication.set_activation(store, row, "NEVER"),
            "unfence": lambda store, row: replication.set_activation(store, row, "ALWAYS"),
            "promote": replication.promote,
            "backup": replication.back_up,
            "remove": replication.delete,
        },
    ),
    **{
        known.name: Locally(
            find, switchover.state, lambda _, row, known=known: known.leads(row.properties), {"promote": switchover.promote}
        )
        for known, find in ((CACHE, switchover.cluster), (SESSIONS, switchover.valkey))
    },
    "timeseries": Locally(
        patroni.instance,
        patroni.state,
        patroni.leads,
        {
            "fence": patroni.stop,
            "unfence": patroni.start,
            "promote": patroni.promote,
            "backup": patroni.back_up,
        },
    ),
}
"""The operations on each store's instances, by the kind of step."""


class LocalCloud:
    """The stand-in."""

    def __init__(self, folder: Path, project: str, store: str = MAIN_DATABASE.name) -> None:
        self._path, self._project, self._of = folder / "cloud.db", project, LOCALLY[store]

    def state(self, name: str) -> str | None:
        try:
            with self._row(name) as (_, row):
                return self._of.state(row) if row else None
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
            with self._row(name) as (store, row):
                return bool(row) and self._of.leads(store, row)
        except Refusal:
            return False

    def lag_seconds(self, name: str) -> float:
        with self._row(name) as (store, row):
            return replication.lag_seconds(store, row) if row else -1

    def do(self, kind: str, name: str, commands: Sequence[str]) -> None:  # noqa: ARG002 - they are Google's
        try:
            with self._row(name) as (store, row):
                if row:
                    self._of.do[kind](store, row)
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
            yield store, self._of.instance(store, self._project, name)


class Google:
    """Google Cloud, through gcloud: it knows who is signed in. Lag is a metric that gcloud does not show, so it is said."""

    def __init__(
        self,
        project: str,
        lag_seconds: float | None,
        store: Known = MAIN_DATABASE,
        places: Mapping[str, Mapping[str, str]] | None = None,
    ) -> None:
        """`places` has region and cluster of each instance."""
        self._project, self._lag, self._store, self._places = project, lag_seconds, store, places or {}

    def state(self, name: str) -> str | None:
        done = self._described(name)
        if done.returncode:
            return None
        return self._store.state(json.loads(done.stdout))

    def promoted(self, name: str) -> bool:
        done = self._described(name)
        return not done.returncode and self._store.leads(json.loads(done.stdout))

    def answers(self, name: str) -> bool:
        done = self._described(name)
        return not done.returncode or any(gone in done.stderr for gone in ("404", "does not exist", "NOT_FOUND", "(NotFound)"))

    def lag_seconds(self, name: str) -> float:
        if self._lag is None:
            raise CommandError(f"say how far {name} is behind, with LAG=<seconds>: {self._store.lag}")
        return self._lag

    def do(self, kind: str, name: str, commands: Sequence[str]) -> None:
        for command in commands:
            done = self._run(shlex.split(command))
            if done.returncode:
                raise CommandError(f"{kind} of {name}: `{command}` failed:\n{done.stderr.strip()}")

    def now(self) -> float:
        return time.time()

    def _described(self, name: str) -> subprocess.CompletedProcess[str]:
        words = {"name": name, "project": self._project, "region": "", "cluster": "", **self._places.get(name, {})}
        *before, last = (shlex.split(command.format(**words)) for command in self._store.describe)
        for command in before:
            done = self._run(command)
            if done.returncode:
                return done
        return self._run(last)

    @staticmethod
    def _run(words: Sequence[str]) -> subprocess.CompletedProcess[str]:
        try:
            return subprocess.run(words, capture_output=True, text=True, check=False)
        except FileNotFoundError:
            raise CommandError(f"{words[0]} is not installed: https://cloud.google.com/sdk/docs/install") from None
