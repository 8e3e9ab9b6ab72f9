"""What a watcher asks of the cloud: how an instance is, and the operations of a failover. None of them waits until it is done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol


class Unreachable(Exception):
    """No answer, or that it cannot be done now: it may be tried again."""


class Refused(Exception):
    """It will not be done, however often it is asked."""


@dataclass(frozen=True, kw_only=True)
class Instance:
    """An instance."""

    state: str
    """RUNNABLE, STOPPED (somebody stopped it), MAINTENANCE..."""
    replica: bool
    """Whether it follows another one."""
    busy: bool
    """Whether an operation is under way."""
    address: str | None
    """Its private address."""
    version: int = 0
    """Of its settings: a change that names an older one is refused."""


class Cloud(Protocol):
    """A cloud."""

    def look(self, name: str) -> Instance:
        """How an instance is.

        Raises:
            Unreachable: nobody says.
            Refused: there is none, or it may not be looked at.
        """
        ...

    def stop(self, name: str, version: int) -> None:
        """Stops an instance whose settings have that version."""
        ...

    def start(self, name: str, version: int) -> None:
        """Starts one that was stopped."""
        ...

    def promote(self, name: str) -> None:
        """Makes a replica one that serves, which cannot be undone."""
        ...

    def leads_to(self) -> str | None:
        """Where the database's name leads."""
        ...

    def lead_to(self, address: str) -> None:
        """Lets the database's name lead there."""
        ...


Kind = Literal["acting", "acted", "fenced", "stood-down", "halted", "refused", "frozen", "rehearsed", "slow"]
"""What somebody is told."""


class Pager(Protocol):
    """Who tells somebody."""

    def tell(self, kind: Kind, text: str) -> None:
        """Says what was done, or what was not and why."""
        ...
