"""Rounds: when they begin, who does them, and what comes of them."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

import psycopg
from redis import RedisError

from .. import locks
from ..keys import Lock
from .jobs import Job, Sources
from .pressure import Pressure

Connect = Callable[[], AbstractContextManager[Sources]]
RETRY_SECONDS = 2.0


@dataclass(frozen=True)
class Round:
    """What came of one."""

    job: str
    due: str
    outcome: Literal["done", "cut short", "somebody else's", "failed", "stopped"]
    written: int = 0
    batches: int = 0
    seconds: float = 0
    error: str = ""


@dataclass
class Worker:
    """Does one job's rounds, over and over."""

    job: Job
    connect: Connect
    """Fresh connections for each round: what failed over since the last one is forgotten."""
    jitter_seconds: float = 30
    report: Callable[[Round], None] = lambda one: print(json.dumps(asdict(one)), flush=True)  # noqa: T201

    def __post_init__(self) -> None:
        self.stop = threading.Event()
        self._pressure = Pressure()

    def run(self) -> None:
        """At once for the round that is under way, and then whenever one is due."""
        schedule = self.job.schedule
        due = schedule.last_before(datetime.now(UTC))
        while not self.stop.is_set():
            end = schedule.next_after(due)
            jitter = random.uniform(0, min(self.jitter_seconds, 0.1 * (end - due).total_seconds()))  # noqa: S311
            if self.stop.wait(max(0.0, (due - datetime.now(UTC)).total_seconds()) + jitter):
                return
            self.report(self.round(due, end))
            # Rounds that passed meanwhile are not made up for.
            due = max(end, schedule.last_before(datetime.now(UTC)))

    def round(self, due: datetime, end: datetime) -> Round:
        """The round of that time, which must be over when the next one begins. What fails is tried again until then."""
        began, error = time.monotonic(), ""
        while datetime.now(UTC) < end and not self.stop.is_set():
            try:
                found = self._attempt(due, end)
            except (psycopg.Error, RedisError, OSError) as failure:
                error = f"{type(failure).__name__}: {failure}"
                self.stop.wait(min(RETRY_SECONDS, max(0.0, (end - datetime.now(UTC)).total_seconds())))
                continue
            outcome, written, batches = found
            return Round(self.job.name, due.isoformat(), outcome, written, batches, round(time.monotonic() - began, 3), error)
        return Round(self.job.name, due.isoformat(), "failed", seconds=round(time.monotonic() - began, 3), error=error)

    def _attempt(
        self, due: datetime, end: datetime
    ) -> tuple[Literal["done", "cut short", "somebody else's", "stopped"], int, int]:
        with self.connect() as sources:
            # Not freed when done: it keeps an instance that is late from doing the round again.
            left = max(timedelta(seconds=1), end - datetime.now(UTC))
            held = locks.take(sources.cache, Lock(f"warm-{self.job.name}-{due:%Y%m%dT%H%M}"), left)
            if held is None:
                return "somebody else's", 0, 0
            try:
                return self._fill(sources, end)
            except BaseException:
                locks.free(sources.cache, held)
                raise

    def _fill(self, sources: Sources, end: datetime) -> tuple[Literal["done", "cut short", "stopped"], int, int]:
        written, batches, began = 0, 0, time.monotonic()
        for writes in self.job.batches(sources, lambda: self._pressure.size):
            sources.cache.many(writes)
            written, batches = written + len(writes), batches + 1
            rest = self._pressure.after(time.monotonic() - began)
            if self.stop.wait(rest):
                return "stopped", written, batches
            if datetime.now(UTC) >= end:
                return "cut short", written, batches
            began = time.monotonic()
        return "done", written, batches
