"""Anonymised copies of the time series: what services measured is gone, prices and portfolios are as they were."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Generator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from psycopg.types.json import Jsonb

from database.seeds.anonymise import SERIES, Classification, NotACopyError, UnclassifiedError, anonymise
from tests.database.server import ask, column
from tests.database.test_timeseries import ROWS
from tests.database.timescale import INSTALLED, TimeSeriesServer, need_timescaledb
from tests.installed import POSTGRES, need
from tools.recorder import ROOT

pytestmark = pytest.mark.database


@pytest.fixture(scope="module", params=["plain", "TimescaleDB"])
def running(request: pytest.FixtureRequest) -> Generator[TimeSeriesServer]:
    """TimescaleDB where it is installed, and plain PostgreSQL with the stand-in everywhere."""
    need(POSTGRES)
    if real := request.param == "TimescaleDB":
        need_timescaledb()
        assert INSTALLED.exists()
    server = TimeSeriesServer(real=real)
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture
def copy(running: TimeSeriesServer, tmp_path: Path) -> str:
    """A database with the newest schema and a row in every table."""
    name = running.empty()
    running.make(name, running.changes(tmp_path))
    with running.connect(name) as admin:
        for table, row in ROWS.items():
            values = row | {"source": "canary"} if table == "latency_metrics" else row
            values = {name: Jsonb(value) if isinstance(value, dict) else value for name, value in values.items()}
            values["time"] = datetime.now(UTC).replace(
                minute=0, second=0, microsecond=0
            )  # TimescaleDB's own retention takes what is old
            ask(admin, f"INSERT INTO {table} ({', '.join(values)}) VALUES ({', '.join(['%s'] * len(values))})", *values.values())
        admin.execute("ANALYZE")
    return name


def contents(server: TimeSeriesServer, name: str) -> dict[str, list[str]]:
    with server.connect(name) as admin:
        return {table: column(admin, f"SELECT t::text FROM {table} t") for table in ROWS}


def test_what_services_measured_is_gone_and_the_rest_is_as_it_was(running: TimeSeriesServer, copy: str) -> None:
    before = contents(running, copy)
    assert all(before.values())
    classification = Classification.read(SERIES)
    with running.connect(copy, "migrations") as connection:
        assert anonymise(connection, copy, classification) == dict.fromkeys(classification.removed, 1)
    after = contents(running, copy)
    assert {table for table, rows in after.items() if not rows} == {"latency_metrics", "system_metrics"}
    assert {table: rows for table, rows in before.items() if after[table]} == {
        table: rows for table, rows in after.items() if rows
    }
    with running.connect(copy) as admin:
        assert column(admin, "SELECT count(*) FROM pg_stats s WHERE s::text LIKE '%%canary%%'") == [0]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("ALTER TABLE portfolio_snapshots ADD COLUMN account text", "portfolio_snapshots.account is not classified"),
        ("CREATE TABLE quotes (bid numeric)", "quotes.bid is not classified"),
        ("DROP TABLE latency_metrics CASCADE", "latency_metrics is to be emptied and not there"),
    ],
)
def test_a_column_that_nobody_decided_about_stops_it(running: TimeSeriesServer, copy: str, change: str, message: str) -> None:
    with running.connect(copy) as admin:
        admin.execute(change.encode())
    with running.connect(copy, "migrations") as connection, pytest.raises(UnclassifiedError, match=message):
        anonymise(connection, copy, Classification.read(SERIES))
    with running.connect(copy) as admin:
        assert column(admin, "SELECT count(*) FROM system_metrics") == [1]


def test_what_is_compressed_cannot_be_rewritten(tmp_path: Path) -> None:
    path = tmp_path / "classification.yaml"
    path.write_text(SERIES.read_text().replace("side, trade_id, source]", "side, trade_id]\n    nothing: [source]"))
    with pytest.raises(UnclassifiedError, match="tick_data: nothing would rewrite what is compressed; keep the column, or empty"):
        Classification.read(path)


def test_the_command(running: TimeSeriesServer, copy: str) -> None:
    command = [sys.executable, "-m", "database.seeds", "anonymise", "--timeseries", "--database"]
    env = {name: value for name, value in os.environ.items() if not name.endswith("_DATABASE_URL")}
    lost = subprocess.run([*command, copy], cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=120)
    assert lost.returncode == 2
    assert "TIMESERIES_DATABASE_URL must be in the environment" in lost.stderr
    env["TIMESERIES_DATABASE_URL"] = running.address(copy)
    wrong = subprocess.run([*command, "prod"], cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=120)
    assert (wrong.returncode, wrong.stderr.partition(";")[0]) == (1, f"seeds: this is {copy} and not prod")
    done = subprocess.run([*command, copy], cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "         1  system_metrics" in done.stdout


def test_a_copy_that_somebody_works_with_is_not_touched(running: TimeSeriesServer, copy: str) -> None:
    other, mine = running.connect(copy), running.connect(copy, "migrations")
    with other, mine as connection, pytest.raises(NotACopyError, match=f"1 other sessions are in {copy}"):
        anonymise(connection, copy, Classification.read(SERIES))
