"""What the stores promise, as data. How much of it must be kept, the settings say under the same names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from .signals import MICROSECONDS, Databases, Signal


@dataclass(frozen=True, kw_only=True)
class Promise:
    """What is good: a minute whose mean lies in a range, or a query that is not slower than a number."""

    name: str
    title: str
    text: str
    signal: Signal
    low: float | None = None
    high: float | None = None
    queries: bool = False
    """Whether queries are counted, of a distribution, and not minutes."""

    @property
    def store(self) -> str:
        """The store that promises it."""
        return self.name.split("-", 1)[0]


def database_promises(databases: Databases, *, slowest_ms: float, latest_seconds: float) -> Iterator[Promise]:
    """Promises of Cloud SQL: it is there, it answers in time, and its replicas are not behind."""
    yield Promise(
        name="database-availability", title="The main database is up", text="Minutes in which the server did not answer.",
        signal=databases.of_primary(databases.up), low=1,
    )  # fmt: skip
    yield Promise(
        name="database-latency", title="Queries of the main database are fast", text="Queries that took longer than promised.",
        signal=databases.latencies, high=slowest_ms * MICROSECONDS, queries=True,
    )  # fmt: skip
    if databases.replicas:
        yield Promise(
            name="database-freshness", title="Replicas of the main database are fresh",
            text="Minutes in which a replica was behind, or did not replicate.",
            signal=replace(databases.replication_lag, title="Lag"), low=0, high=latest_seconds,
        )  # fmt: skip
