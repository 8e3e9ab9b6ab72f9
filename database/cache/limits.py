"""How often somebody may do something."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import NamedTuple

from .keys import ApiRate, TradeRate
from .store import Store


class Verdict(NamedTuple):
    """Whether a request is taken."""

    allowed: bool
    left: int
    """How many more would be."""
    retry_after: timedelta
    """When to ask again; zero where it is taken."""
    moment: float
    """When this was, by the server's clock, in seconds."""


@dataclass(frozen=True)
class RateLimit:
    """So many in any stretch of time of that length: never more, however they fall."""

    limit: int
    window: timedelta

    def __post_init__(self) -> None:
        if self.limit < 1 or self.window < timedelta(milliseconds=10):
            raise ValueError(f"{self.limit} in {self.window} is no limit; take at least 1 in at least 10 ms")

    def take(self, store: Store, key: ApiRate | TradeRate, cost: int = 1) -> Verdict:
        """Asks for that many at once: all of them, or none. What is refused counts nothing."""
        if not 1 <= cost <= self.limit:
            raise ValueError(f"cost is {cost}; between 1 and the limit, {self.limit}, is possible")
        milliseconds = int(self.window.total_seconds() * 1000)
        allowed, left, wait, moment = store.run_script("rate_limit", [key], self.limit, milliseconds, cost)
        return Verdict(bool(allowed), left, timedelta(milliseconds=wait), moment / 1000)
