"""What the watchers know together, in one object: who leads, for how long it has been lost, and how far a failover is.

Every write names the version that it was made from, and fails where there is a newer one: who was overtaken cannot write, and
what cannot be written down is not done.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, Protocol

from .decision import Streak

Stage = Literal["fence", "promote", "address", "done", "standing-down", "stood-down", "halted"]
Ended = Literal["done", "stood-down", "halted"]
Fence = Literal["none", "asked", "stopped", "deferred", "undone"]
"""Deferred: the old one did not answer, and is stopped as soon as it does."""


class Overtaken(Exception):
    """Somebody else wrote meanwhile."""


@dataclass
class Run:
    """A failover."""

    old: str
    new: str
    began: float
    lost_since: float
    loss: float
    """How many seconds are lost at most."""
    evidence: Mapping[str, str]
    """What each signal said when it was decided."""
    stage: Stage = "fence"
    fence: Fence = "none"
    fence_since: float | None = None
    promote_asked: float | None = None
    """When the promotion was first asked for: from here on there is no way back."""
    done: dict[str, float] = field(default_factory=dict[str, float])
    """When each step was done."""
    why: str = ""
    """Why it ended as it did."""
    told: list[str] = field(default_factory=list[str])
    """What somebody was told of it."""

    @property
    def ended(self) -> bool:
        """Whether nothing is left to do but, perhaps, a fence."""
        return self.stage in ("done", "stood-down", "halted")


@dataclass
class Record:
    """All of it."""

    holder: str
    """Who leads."""
    beat: float
    """When it last said so."""
    streak: Streak | None = None
    had_until: float | None = None
    """Until when the replica was last known to have everything."""
    told: list[str] = field(default_factory=list[str])
    """What somebody was told since it was last well."""
    run: Run | None = None
    """The last failover."""

    def as_json(self) -> dict[str, Any]:
        """As it is kept."""
        return asdict(self)

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Record:
        """As it was kept."""
        known = dict(kept)
        known["streak"] = Streak(**known["streak"]) if known["streak"] else None
        known["run"] = Run(**known["run"]) if known["run"] else None
        return cls(**known)


class Store(Protocol):
    """Where it is kept, and the switch beside it."""

    def load(self) -> tuple[Record, int] | None:
        """The record and its version; None where there is none yet."""
        ...

    def save(self, record: Record, version: int) -> int:
        """Writes it in place of that version, 0 where there is none; the answer is the new one.

        Raises:
            Overtaken: there is another version.
        """
        ...

    def frozen(self) -> str | None:
        """Why nothing may be done; None where it may."""
        ...

    def freeze(self, why: str) -> None:
        """Lets nothing be done until a person takes it back, which no watcher can. Where it is so already, that stays."""
        ...
