"""What a watcher is told, in a file: the stack writes it."""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from .decision import Rules
from .watch import Task


class ConfigError(Exception):
    """The file does not say what it must."""


@dataclass(frozen=True, kw_only=True)
class Server:
    """An instance."""

    instance: str
    host: str
    """Its private address."""
    ca: str
    """The certificates that sign its own, in PEM."""


@dataclass(frozen=True, kw_only=True)
class Config:
    """All of it."""

    project: str
    old: Server
    """The one that serves."""
    new: Server
    """The replica."""
    port: int
    database: str
    user: str
    """Whom the watcher signs in as, at both."""
    zone: str
    """The zone of Cloud DNS."""
    name: str
    """The name that leads to the database, with a dot at its end."""
    bucket: str
    edge_name: str
    """The DNS name of a control plane in the primary region."""
    edge_address: str
    """The address by which Google's edge is reached."""
    rehearsal: bool
    quorum: int
    hold_seconds: float
    interval_seconds: float
    lease_seconds: float
    fence_seconds: float
    slow_seconds: float
    rpo_seconds: float | None
    command: str

    @classmethod
    def read(cls, file: Path) -> Config:
        """From the file.

        Raises:
            ConfigError: it is not there, or does not say everything, or something else.
        """
        try:
            known: dict[str, Any] = json.loads(file.read_text())
            wanted = {field.name for field in fields(cls)}
            if {*known} != wanted:
                raise ConfigError(f"{file} must be an object with {', '.join(sorted(wanted))}")
            told: dict[str, Any] = {**known, **{side: Server(**known[side]) for side in ("old", "new")}}
        except (OSError, ValueError, TypeError) as error:
            raise ConfigError(f"{file}: {error}") from None
        return cls(**told)

    @property
    def task(self) -> Task:
        """What the watcher is to do."""
        rules = Rules(
            quorum=self.quorum,
            hold_seconds=self.hold_seconds,
            # One that was killed is followed by another one after a lease; what it saw may be counted on.
            gap_seconds=self.lease_seconds + 4 * self.interval_seconds,
            rpo_seconds=self.rpo_seconds,
        )
        return Task(
            old=self.old.instance,
            new=self.new.instance,
            rules=rules,
            lease_seconds=self.lease_seconds,
            fence_seconds=self.fence_seconds,
            slow_seconds=self.slow_seconds,
            rehearsal=self.rehearsal,
            command=self.command,
        )
