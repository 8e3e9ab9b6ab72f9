"""The states on disk: at rest the files of one of Pulumi's own `file://` backends, so that a plain `pulumi` reads them; while
an update is under way, a journal beside them, and a lock.

A journal belongs to the very state that its update began with. A process that is killed leaves state and journal as they are, and
whoever reads the state next puts the two together.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from io import RawIOBase
from pathlib import Path
from typing import Any

from .journal import PLAIN, WITH_FEATURES, JournalError, replayed

Untyped = dict[str, Any]
"""A state with its version: `version`, `features` where it needs any, and `deployment`."""

OWNER = "organization"
"""What Pulumi calls the owner of all stacks of a `file://` backend."""


NOTHING = {"manifest": {"time": "0001-01-01T00:00:00Z", "magic": "", "version": ""}}
"""What is in a state that was never written."""


class StateError(Exception):
    """A state that cannot be read, or written."""


@dataclass(frozen=True)
class Stack:
    """A stack of a project, in the folder of a `file://` backend."""

    folder: Path
    project: str
    name: str

    @property
    def file(self) -> Path:
        """Where the state is."""
        return self.folder / ".pulumi" / "stacks" / self.project / f"{self.name}.json"

    @property
    def locks(self) -> Path:
        """The folder of its locks, in which Pulumi looks, too."""
        return self.folder / ".pulumi" / "locks" / OWNER / self.project / self.name

    def load(self, engine: str) -> Untyped:
        """The state, with what a journal adds to it; an empty one where the stack was never made.

        Args:
            engine: the version of the engine that asks.

        Raises:
            StateError: it cannot be read.
        """
        try:
            known = json.loads(self.file.read_bytes())
            state = {"version": known["version"], "features": known.get("features", [])}
            deployment = known["checkpoint"].get("latest") or NOTHING
        except FileNotFoundError:
            return {"version": PLAIN, "features": [], "deployment": NOTHING}
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise StateError(f"{self.file} is damaged: {error!r}") from None
        journal = self._journal()
        if not journal.exists():
            return {**state, "deployment": deployment}
        try:
            whole, _, _torn = journal.read_text().rpartition("\n")
            entries = [entry for line in whole.split("\n") if line for entry in json.loads(line)["entries"]]
            deployment, features = replayed(deployment, entries, engine)
        except (ValueError, KeyError, IndexError, TypeError, JournalError) as error:
            raise StateError(f"{journal} is damaged: {error!r}") from None
        return {"version": WITH_FEATURES if features else PLAIN, "features": features, "deployment": deployment}

    def settle(self, engine: str) -> None:
        """Makes what a journal says the state.

        Raises:
            StateError: state or journal cannot be read, or the state not written.
        """
        if self.file.exists() and self._journal().exists():
            self.save(self.load(engine))

    def save(self, state: Mapping[str, Any]) -> None:
        """Replaces the state, in one piece.

        Raises:
            StateError: it cannot be written; it is as it was.
        """
        checkpoint = {"stack": f"{OWNER}/{self.project}/{self.name}", "latest": state.get("deployment")}
        features = {"features": state["features"]} if state.get("features") else {}
        partial = self.file.with_suffix(".partial")
        try:
            partial.parent.mkdir(parents=True, exist_ok=True)
            partial.touch(mode=0o600)
            partial.write_text(json.dumps({"version": state.get("version", PLAIN), **features, "checkpoint": checkpoint}))
            partial.replace(self.file)
        except OSError as error:
            raise StateError(f"{self.file} cannot be written: {error.strerror}") from None
        self._forget_journals()

    def begin(self, update: str) -> Path:
        """Locks it for an update; the answer is the journal to write.

        Raises:
            StateError: another update is under way.
        """
        self.locks.mkdir(parents=True, exist_ok=True)
        if others := [lock.stem for lock in self.locks.glob("*.json")]:
            raise StateError(f"another update is under way: {', '.join(others)}")
        (self.locks / f"{update}.json").write_text(json.dumps({"pid": os.getpid(), "username": "", "hostname": ""}))
        return self._journal()

    def end(self, update: str, engine: str) -> None:
        """Ends an update: what its journal says becomes the state."""
        self.settle(engine)
        (self.locks / f"{update}.json").unlink(missing_ok=True)

    # -- inside

    def _journal(self) -> Path:
        return self._journals / f"{self.name}.{hashlib.sha256(self.file.read_bytes()).hexdigest()[:16]}.jsonl"

    @property
    def _journals(self) -> Path:
        return self.folder / "journals" / self.project

    def _forget_journals(self) -> None:
        for journal in self._journals.glob(f"{self.name}.*.jsonl"):
            journal.unlink()


def append(journal: Path, entries: bytes) -> None:
    """Writes entries as the engine sent them, as one line, or nothing.

    Raises:
        StateError: there is no room.
    """
    try:
        journal.parent.mkdir(parents=True, exist_ok=True)
        with os.fdopen(os.open(journal, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "ab", buffering=0) as file:
            _write(file, entries + b"\n")
    except OSError as error:
        raise StateError(f"{journal}: {error.strerror}") from None


def _write(file: RawIOBase, content: bytes) -> None:
    at, left = file.tell(), memoryview(content)
    try:
        while left:
            left = left[file.write(left) :]
    except OSError:
        with suppress(OSError):
            file.truncate(at)
        raise
