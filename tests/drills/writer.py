"""Writes throughout a drill, and knows which writes were acknowledged: what a client would see."""

from __future__ import annotations

import asyncio
import threading
import time
from itertools import pairwise

import psycopg

PATIENCE = 2
"""Seconds after which a client gives up on an answer and asks elsewhere."""


class Writer:
    """One row after the other, each acknowledged before the next; a connection that breaks is made anew."""

    def __init__(self, where: str, every: float = 0.02) -> None:
        self.where, self.every = f"{where} connect_timeout={PATIENCE}", every
        self.acknowledged: list[tuple[int, float]] = []
        """(row, when) of every row that the server said it had."""
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._write()))

    def __enter__(self) -> Writer:
        with psycopg.connect(self.where, autocommit=True) as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS written (row bigint PRIMARY KEY)")
            connection.execute("TRUNCATE written")
        self._thread.start()
        self.wait_for_more(20)
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join()

    def wait_for_more(self, rows: int, seconds: float = 90) -> None:
        """Waits until so many rows more are acknowledged."""
        wanted, deadline = len(self.acknowledged) + rows, time.monotonic() + seconds
        while len(self.acknowledged) < wanted:
            if time.monotonic() > deadline:
                raise TimeoutError(f"nothing is written for {seconds:.0f} s")
            time.sleep(0.05)

    def longest_gap(self, since: float) -> float:
        """The longest time between two acknowledged rows, from a moment on."""
        times = [since, *(when for _, when in self.acknowledged if when >= since)]
        return max(after - before for before, after in pairwise(times))

    def lost(self) -> int:
        """How many acknowledged rows are not there."""
        with psycopg.connect(self.where, autocommit=True) as connection:
            there = {row for (row,) in connection.execute("SELECT row FROM written")}
        return sum(row not in there for row, _ in self.acknowledged)

    async def _write(self) -> None:
        connection: psycopg.AsyncConnection[tuple[object, ...]] | None = None
        row = 0
        while not self._stopped.is_set():
            row += 1
            try:
                if connection is None:
                    connection = await asyncio.wait_for(
                        psycopg.AsyncConnection.connect(self.where, autocommit=True), 3 * PATIENCE
                    )
                await asyncio.wait_for(connection.execute("INSERT INTO written VALUES (%s)", (row,)), PATIENCE)
                self.acknowledged.append((row, time.monotonic()))
            except (psycopg.Error, TimeoutError, OSError):
                if connection:
                    connection.pgconn.finish()
                connection = None
                await asyncio.sleep(0.1)
            await asyncio.sleep(self.every)
        if connection:
            await connection.close()
