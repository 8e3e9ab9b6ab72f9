"""Whether the main database is lost: what each signal says, and what they say together. Pure functions of what was read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Sign = Literal["alive", "down", "unknown", "meant"]
"""`down` is said by who could ask and was told so; who could not ask knows nothing. `meant`: somebody stopped it on purpose."""
Path = Literal["network", "google"]
"""How a signal comes: through our own network, or from Google's APIs. What breaks one of the two does not break the other."""
Verdict = Literal["well", "partial", "meant", "doubt", "lost"]


@dataclass(frozen=True)
class Source:
    """A signal."""

    path: Path
    title: str
    proof: bool = True
    """Whether its `alive` proves that it serves. Google's word on an instance does not: it may be the last that was heard."""


SOURCES: Mapping[str, Source] = {
    "query": Source("network", "a query of the primary, from here"),
    "replication": Source("network", "the stream that the replica receives, as the replica sees it"),
    "metric": Source("google", "cloudsql.googleapis.com/database/up of the primary"),
    "instance": Source("google", "the instance's state, from the Cloud SQL Admin API", proof=False),
    "region": Source("google", "the primary region's cluster, by its own address at Google's edge"),
}


@dataclass(frozen=True)
class Reading:
    """What a signal says, and why."""

    sign: Sign
    says: str = ""


@dataclass(frozen=True)
class Round:
    """What all signals said at one time."""

    at: float
    readings: Mapping[str, Reading]
    had_until: float | None = None
    """Until when the replica has everything, as it says itself; None where it does not answer."""


@dataclass(frozen=True, kw_only=True)
class Rules:
    """When it is lost, and what may be lost with it."""

    quorum: int
    """How many signals must say so."""
    hold_seconds: float
    """For how long they must say so."""
    gap_seconds: float
    """What was not looked at for longer than this is not known to have held."""
    rpo_seconds: float | None
    """How much may be lost; None is no promise, and then nothing is too much."""


@dataclass(frozen=True)
class Streak:
    """For how long it has been lost, without a break."""

    since: float
    until: float


def verdict(round_: Round, rules: Rules) -> Verdict:
    """What the signals of one time say together.

    One that proves life outweighs all others. `down` must come from so many, and both by our own network and from Google: what is
    broken may be the way there.
    """
    signs = {name: round_.readings[name].sign for name in SOURCES if name in round_.readings}
    down = [name for name, sign in signs.items() if sign == "down"]
    if "meant" in signs.values():
        return "meant"
    if any(sign == "alive" and SOURCES[name].proof for name, sign in signs.items()):
        return "partial" if down else "well"
    paths = {SOURCES[name].path for name in down}
    return "lost" if len(down) >= rules.quorum and paths == {"network", "google"} else "doubt"


def followed(streak: Streak | None, round_: Round, rules: Rules) -> Streak | None:
    """The streak after another round: one that is not lost ends it, and so does a time at which nobody looked."""
    if verdict(round_, rules) != "lost":
        return None
    if streak is None or not 0 <= round_.at - streak.until <= rules.gap_seconds:
        return Streak(round_.at, round_.at)
    return Streak(streak.since, round_.at)


def held(streak: Streak | None, rules: Rules) -> bool:
    """Whether it has been lost for long enough."""
    return streak is not None and streak.until - streak.since >= rules.hold_seconds


def loss(streak: Streak, had_until: float | None) -> float | None:
    """How many seconds the replica lacks at most: from what it has to when the primary was certainly gone. None: nobody knows."""
    return None if had_until is None else max(0.0, streak.since - had_until)


def too_much(lost: float | None, rules: Rules) -> bool:
    """Whether that is more than was promised, or nobody knows."""
    return lost is None or (rules.rpo_seconds is not None and lost > rules.rpo_seconds)
