"""Servers for the time-series database: TimescaleDB where it is installed, and everywhere plain PostgreSQL with a stand-in."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from components.timescaledb.parameters import BACKGROUND_WORKERS
from tools.programs import POSTGRES

from .server import MAIN, Connection, Server, run

TIMESERIES = MAIN.parent / "timeseries"
PLAN = [line.split()[0] for line in (TIMESERIES / "sqitch.plan").read_text().splitlines() if line[:1].isdigit()]
INSTALLED = Path("/usr/share/postgresql/15/extension/timescaledb.control")
"""Debian has no package of it: it is there where somebody built or installed it."""
STAND_IN = Path(__file__).with_name("timescale.sql")

_EXTENSION = re.compile(r"CREATE EXTENSION IF NOT EXISTS timescaledb[^;]*;")
_AGGREGATE = re.compile(
    r"CREATE MATERIALIZED VIEW (?P<name>\w+) WITH \(timescaledb\.continuous, timescaledb\.materialized_only = false\) AS"
    r"(?P<body>.*?time_bucket\((?P<bucket>interval '[^']+').*?FROM (?P<source>\w+).*?)WITH NO DATA;",
    re.DOTALL,
)
_COMPRESS = re.compile(
    r"ALTER (?:TABLE|MATERIALIZED VIEW) (?P<name>\w+) SET \(timescaledb\.compress, "
    r"timescaledb\.compress_segmentby = '(?P<segmentby>[^']*)', timescaledb\.compress_orderby = '(?P<orderby>[^']*)'\);"
)


def need_timescaledb() -> None:
    """Skips the test where TimescaleDB itself is not there. What plain PostgreSQL can show is tested with the stand-in anyway."""
    if not INSTALLED.exists():
        pytest.skip(
            "TimescaleDB 2.28 is not installed for PostgreSQL 15, and Debian has no package of it; the stand-in was tested"
        )


def plain(script: str) -> str:
    """A change for PostgreSQL with the stand-in. What it does not know it leaves, and PostgreSQL refuses it."""

    def aggregate(found: re.Match[str]) -> str:
        made = f"CREATE VIEW {found['name']} AS{found['body']};"
        return f"{made}\nSELECT stand_in.continuous('{found['name']}', '{found['source']}', {found['bucket']}) \\g /dev/null"

    def compress(found: re.Match[str]) -> str:
        segments, orders = (f"regexp_split_to_array('{found[part]}', ', *')" for part in ("segmentby", "orderby"))
        return f"SELECT stand_in.compress('{found['name']}', {segments}, {orders}) \\g /dev/null"

    script = _EXTENSION.sub(lambda _: STAND_IN.read_text(), script)
    return _COMPRESS.sub(compress, _AGGREGATE.sub(aggregate, script))


class TimeSeriesServer(Server):
    """A server without the main database: with TimescaleDB, or with the stand-in for it."""

    def __init__(self, *, real: bool) -> None:
        self.PRELOAD = "timescaledb" if real else ""
        self.real = real
        super().__init__()
        with (self.data / "postgresql.conf").open("a") as configuration:
            # As the stack has it: a job for which PostgreSQL has no worker left counts as failed, one for which TimescaleDB has none waits.
            workers = (
                f"timescaledb.max_background_workers = {BACKGROUND_WORKERS}\nmax_worker_processes = {BACKGROUND_WORKERS + 11}\n"
            )
            configuration.write(f"timescaledb.telemetry_level = off\n{workers}")

    def _fill(self) -> None:
        """Nothing: TimescaleDB looks into template1, which therefore cannot be a template while it does."""

    def empty(self) -> str:
        """The name of a new database with nothing in it."""
        return self.create(template="template0")

    def changes(self, folder: Path, edit: tuple[str, str, str] | None = None) -> Sequence[Path]:
        """The changes as this server takes them, below that folder; in one of them a text is replaced by another."""
        shutil.copytree(MAIN / "lib", folder / "lib")
        (folder / "deploy").mkdir()
        made: list[Path] = []
        for change in PLAN:
            script = (TIMESERIES / "deploy" / f"{change}.sql").read_text()
            if edit and edit[0] == change:
                assert edit[1] in script, f"{change} has no {edit[1]}"
                script = script.replace(edit[1], edit[2])
            made.append(folder / "deploy" / f"{change}.sql")
            made[-1].write_text(script if self.real else plain(script))
        return made

    def make(self, database: str, changes: Sequence[Path]) -> None:
        """Makes the changes in a database."""
        files = [part for change in changes for part in ("-f", str(change))]
        run([POSTGRES / "psql", "-XqAt", "-v", "ON_ERROR_STOP=1", *files, self.dsn(database, "migrations")])

    def owner(self, database: str) -> Connection:
        """A transaction of the owner."""
        connection = self.connect(database, "migrations", autocommit=False)
        connection.execute("SET LOCAL ROLE alphintra_owner")
        return connection
