"""The warmer's command line; what it needs is in the environment.

MAIN_DATABASE_URL, TIMESERIES_DATABASE_URL             where to read, as postgresql://…; as members of reporting_role
MAIN_DATABASE_PASSWORD, TIMESERIES_DATABASE_PASSWORD   optional; the files with the logins' passwords
CACHE_CONNECTION                                       the file with the cache cluster's connection: its secret, mounted
ALIVE_FILE                                             optional; a file touched every ten seconds while all goes on, for a probe
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType

from ...reading import read_only
from ..connect import connect
from .jobs import JOBS, Sources
from .runner import Worker

ALIVE_SECONDS = 10


@contextmanager
def sources() -> Generator[Sources]:
    """Fresh connections."""
    # A store of caches: what is lost in a failover is written again by the next round.
    cache = connect(Path(os.environ["CACHE_CONNECTION"]), cluster=True, patience_seconds=5)
    with read_only("MAIN_DATABASE") as main, read_only("TIMESERIES_DATABASE") as timeseries:
        yield Sources(main, timeseries, cache)


def main() -> int:
    """Runs until it is told to stop, or each job once."""
    parser = argparse.ArgumentParser(
        prog="python -m database.cache.warmer", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--once", action="store_true", help="each job once, now, and exit; 1 where one failed")
    parser.add_argument("--jitter-seconds", type=float, default=30, help="how late a round may begin (default: 30)")
    arguments = parser.parse_args()
    if missing := [
        name for name in ("MAIN_DATABASE_URL", "TIMESERIES_DATABASE_URL", "CACHE_CONNECTION") if not os.environ.get(name)
    ]:
        parser.error(f"{', '.join(missing)} must be in the environment")
    workers = [Worker(job, sources, arguments.jitter_seconds) for job in JOBS]
    if arguments.once:
        return once(workers)
    return forever(workers)


def once(workers: list[Worker]) -> int:
    """Each job's round that is under way."""
    bad = False
    for worker in workers:
        now = datetime.now(UTC)
        found = worker.round(now, worker.job.schedule.next_after(now))
        worker.report(found)
        bad = bad or found.outcome not in ("done", "somebody else's")
    return int(bad)


def forever(workers: list[Worker]) -> int:
    """Every job in a thread of its own; a thread that ends by itself ends the program, and it is started anew."""
    asked = threading.Event()

    def ask(_number: int, _frame: FrameType | None) -> None:
        asked.set()

    for number in signal.SIGTERM, signal.SIGINT:
        signal.signal(number, ask)
    threads = [threading.Thread(target=worker.run, name=worker.job.name, daemon=True) for worker in workers]
    for thread in threads:
        thread.start()
    alive = os.environ.get("ALIVE_FILE")
    while all(thread.is_alive() for thread in threads) and not asked.is_set():
        if alive:
            Path(alive).touch()
        asked.wait(ALIVE_SECONDS)
    for worker in workers:
        worker.stop.set()
    for thread in threads:
        thread.join(timeout=30)
    return 0 if asked.is_set() else 1


if __name__ == "__main__":
    sys.exit(main())
