"""Follows the marketplace's listings into the search engine: what changed since the last round, and now and then everything.

    python -m database.search.follow           until it is told to stop (SIGTERM)
    python -m database.search.follow --once    everything, now: after an index was lost

MAIN_DATABASE_URL, MAIN_DATABASE_PASSWORD   where to read, as a member of search_ingest_role; the password in a file
SEARCH_URL, SEARCH_CA                       the cluster, https://…:9200, and the file with its certificate authority
SEARCH_PASSWORD                             the file with the password of search-ingest
ALIVE_FILE                                  optional; a file touched while all goes on, for a probe

A change that comes twice, late, or out of order does no harm (`ingest`), so a round begins a little before the last one ended:
`updated_at` is when a row was changed, and others see it only once its transaction is over. What took longer than that is found
when everything is read. Listings are never deleted; one that is not approved any more stays, and its status hides it.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import signal
import ssl
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import FrameType
from typing import Any, Literal

import psycopg
from psycopg import sql

from ..reading import Connection, limited, read_only
from .definitions import INGEST
from .ingest import COLUMNS, NotIndexed, Post, Written, ingest

BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)
OVERLAP = timedelta(minutes=5)
"""How long a transaction that changes a listing may take, for its change to be seen by the next round."""
BATCH = 200
"""Rows of one request: long descriptions make some hundred kilobytes of them."""
SECONDS = 30
"""How long the cluster may take for a request."""
ALIVE_SECONDS = 10
NEEDED = ("MAIN_DATABASE_URL", "SEARCH_URL", "SEARCH_PASSWORD")
CHANGED = sql.SQL("SELECT {} FROM marketplace_strategies WHERE updated_at >= %s ORDER BY updated_at, id").format(
    sql.SQL(", ").join(sql.Identifier(name) for name in ("id", "performance_metrics", *COLUMNS))
)


@dataclass(frozen=True)
class Round:
    """What came of one."""

    outcome: Literal["done", "failed"]
    whole: bool
    """Whether everything was read."""
    indexed: int = 0
    stale: int = 0
    seconds: float = 0
    error: str = ""


class Follower:
    """Knows how far it is."""

    def __init__(
        self,
        connect: Callable[[], AbstractContextManager[Connection]],
        post: Post,
        *,
        whole_hours: float = 24,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        alive: Callable[[], None] = lambda: None,
    ) -> None:
        """`connect`: a fresh connection for each round. `whole_hours`: how often everything is read. `alive`: called as it
        goes."""
        self._connect, self._post, self._clock, self._alive = connect, post, clock, alive
        self._every = timedelta(hours=whole_hours)
        self._since = BEGINNING
        self._whole_at: datetime | None = None

    def round(self) -> Round:
        """Writes what changed. What fails is tried again by the next round, which begins where this one began."""
        now, began = self._clock(), time.monotonic()
        whole = self._whole_at is None or now - self._whole_at >= self._every
        indexed, stale, newest, error = 0, 0, BEGINNING if whole else self._since, ""
        try:
            with self._connect() as connection:
                for rows in _changed(connection, newest - OVERLAP if newest > BEGINNING else BEGINNING):
                    self._alive()
                    written, why = self._write(rows)
                    indexed, stale, error = indexed + written.indexed, stale + written.stale, error or why
                    newest = max(newest, rows[-1]["updated_at"])
        except (psycopg.Error, OSError) as failure:
            error = f"{type(failure).__name__}: {failure}"
        seconds = round(time.monotonic() - began, 3)
        if error:
            return Round("failed", whole, indexed, stale, seconds, error)
        self._since = newest
        if whole:
            self._whole_at = now
        return Round("done", whole, indexed, stale, seconds)

    def _write(self, rows: list[dict[str, Any]]) -> tuple[Written, str]:
        """What became of the rows, and what is wrong with those that were not taken: others are not held up by them."""
        try:
            return ingest(rows, self._post), ""
        except NotIndexed as refused:
            return Written(0, 0), f"NotIndexed: {refused}"


def _changed(connection: Connection, since: datetime) -> Iterator[list[dict[str, Any]]]:
    limited(connection)
    with connection.cursor(name="follow") as cursor:
        cursor.execute(CHANGED, [since])
        while rows := cursor.fetchmany(BATCH):
            yield rows


def poster(url: str, password: str, authority: str | None) -> Post:
    """Sends to the cluster as `search-ingest`; it vouches for itself with the authority's certificate."""
    context = ssl.create_default_context(cafile=authority) if authority else None
    credentials = base64.b64encode(f"{INGEST}:{password}".encode()).decode()
    headers = {"Authorization": f"Basic {credentials}", "Content-Type": "application/x-ndjson"}

    def post(path: str, body: bytes) -> Mapping[str, Any]:
        request = urllib.request.Request(url.rstrip("/") + path, data=body, headers=headers, method="POST")  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=SECONDS, context=context) as answer:  # noqa: S310
                return json.load(answer)
        except urllib.error.HTTPError as error:
            said = error.read().decode(errors="replace")[:500]
            raise OSError(f"POST {path}: {error.code}: {said}") from None

    return post


def main() -> int:
    """Runs until it is told to stop, or once."""
    parser = argparse.ArgumentParser(
        prog="python -m database.search.follow", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--once", action="store_true", help="everything, now, and exit; 1 where it failed")
    parser.add_argument("--every-seconds", type=float, default=30, help="from one round to the next (default: 30)")
    parser.add_argument("--whole-hours", type=float, default=24, help="how often everything is read (default: 24)")
    arguments = parser.parse_args()
    if missing := [name for name in NEEDED if not os.environ.get(name)]:
        parser.error(f"{', '.join(missing)} must be in the environment")
    password = Path(os.environ["SEARCH_PASSWORD"]).read_text(encoding="utf-8").strip()
    post = poster(os.environ["SEARCH_URL"], password, os.environ.get("SEARCH_CA"))
    follower = Follower(lambda: read_only("MAIN_DATABASE"), post, whole_hours=arguments.whole_hours, alive=_alive)
    if arguments.once:
        found = follower.round()
        report(found)
        return int(found.outcome != "done")
    return forever(follower, arguments.every_seconds)


def forever(follower: Follower, every_seconds: float) -> int:
    """Round after round; what is under way when it is told to stop is finished."""
    asked = threading.Event()

    def ask(_number: int, _frame: FrameType | None) -> None:
        asked.set()

    for number in signal.SIGTERM, signal.SIGINT:
        signal.signal(number, ask)
    while not asked.is_set():
        _alive()
        report(follower.round())
        due = time.monotonic() + every_seconds
        while (left := due - time.monotonic()) > 0 and not asked.is_set():
            _alive()
            asked.wait(min(left, ALIVE_SECONDS))
    return 0


def _alive() -> None:
    if file := os.environ.get("ALIVE_FILE"):
        Path(file).touch()


def report(found: Round) -> None:
    """A line for each round, as Cloud Logging reads it."""
    print(json.dumps(asdict(found)), flush=True)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
