"""What an alert is: a title, a text, a runbook, and what is looked for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from .signals import Signal

STORES = ("database", "cache", "sessions", "timeseries", "pooler", "search")
"""What the names of alerts about a store begin with."""


@dataclass(frozen=True, kw_only=True)
class Threshold:
    """A signal is above or below a number: a fixed one, or so many times the one that the settings have."""

    signal: Signal
    comparison: Literal["above", "below"] = "above"
    fixed: float | None = None
    times: float = 1
    forecast: bool = False
    """Whether it is enough that it is going to be."""

    def value(self, threshold: float | None) -> float:
        """The number in the signal's own unit."""
        return self.fixed if self.fixed is not None else self.times * (threshold or 0)


@dataclass(frozen=True)
class Silence:
    """A signal is no longer heard of."""

    signal: Signal


@dataclass(frozen=True)
class LogMatch:
    """A log entry is found."""

    filter: str
    below: str | None = None
    """The field of a number in it that is to be below so many times the one that the settings have."""
    times: float = 1


@dataclass(frozen=True)
class LogMetric:
    """Log entries that are counted."""

    name: str
    title: str
    filter: str
    resource: str
    """The type of the monitored resource that the entries are about."""


@dataclass(frozen=True)
class Omission:
    """Nothing was counted, although a signal was there all the time: what is new is not blamed for its past."""

    counted: LogMetric
    alive: Signal | str
    """A signal, or a series in PromQL."""


@dataclass(frozen=True, kw_only=True)
class Query:
    """PromQL over what is collected on the clusters finds something. In it `$threshold` stands for so many times the number that
    the settings have, `$minutes` for their minutes, and `$ahead` for the seconds that forecasts look ahead."""

    promql: str
    times: float = 1
    looks_back: bool = False
    """Whether the minutes are how far it looks back, and not how long it must hold."""

    @property
    def compared(self) -> str | None:
        """What it compares with the threshold of the settings; none where it compares with nothing of theirs."""
        found = re.match(r"(.+?) > \$threshold( and |$)", self.promql)
        return found[1] if found else None


@dataclass(frozen=True)
class Absence:
    """One of these series, in PromQL, is not collected."""

    series: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class Definition:
    """An alert."""

    name: str
    title: str
    text: str
    """What it means, for somebody who was just woken."""
    runbook: str
    """The page in docs/runbooks that says what to do."""
    condition: Threshold | Silence | LogMatch | Omission | Query | Absence

    @property
    def store(self) -> str:
        """What it is about: a store, or the platform; becomes a label."""
        first = self.name.split("-", 1)[0]
        return first if first in STORES else "platform"
