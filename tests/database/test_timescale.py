"""What only TimescaleDB itself shows: chunks dropped and compressed, candles that outlive their ticks, sqitch from nothing."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Generator
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from tests.installed import POSTGRES, need

from .server import Connection, ask, column, run
from .test_timeseries import CANDLES, HOUR, TABLES, insert
from .timescale import PLAN, TIMESERIES, TimeSeriesServer, need_timescaledb

pytestmark = pytest.mark.database


@pytest.fixture(scope="module")
def store() -> Generator[TimeSeriesServer]:
    """A server with TimescaleDB."""
    need(POSTGRES)
    need_timescaledb()
    running = TimeSeriesServer(real=True)
    try:
        running.start()
        yield running
    finally:
        running.stop()


@pytest.fixture
def database(store: TimeSeriesServer, tmp_path: Path) -> Generator[str]:
    name = store.empty()
    store.make(name, store.changes(tmp_path / "changes"))
    with store.connect(name) as admin:
        # Policies are run by the tests, when they want them.
        ask(admin, "SELECT _timescaledb_functions.stop_background_workers()")
    yield name
    store.drop(name)


@pytest.fixture
def owner(store: TimeSeriesServer, database: str) -> Generator[Connection]:
    with store.connect(database, "migrations") as connection:
        connection.execute("SET ROLE alphintra_owner")
        yield connection


def policy(connection: Connection, kind: str, name: str) -> int:
    """The job of a policy."""
    return column(
        connection,
        """SELECT job_id FROM timescaledb_information.jobs j LEFT JOIN timescaledb_information.continuous_aggregates
             ON materialization_hypertable_name = j.hypertable_name
           WHERE proc_name = %s AND coalesce(view_name, j.hypertable_name) = %s""",
        kind, name,
    )[0]  # fmt: skip


def fill(connection: Connection, table: str, past: timedelta) -> None:
    """One row that much before now, and one of now."""
    now = column(connection, "SELECT date_trunc('day', now())")[0]
    insert(connection, table, time=now - past)
    insert(connection, table, time=now)


@pytest.mark.parametrize("table", TABLES)
def test_what_is_past_its_time_goes_and_what_is_not_stays(owner: Connection, table: str) -> None:
    kept = TABLES[table]
    length = column(owner, f"SELECT now() - (now() - interval '{kept.dropped}')")[0]
    fill(owner, table, length - timedelta(days=1))
    fill_old = column(owner, "SELECT date_trunc('day', now())")[0] - length - kept.chunk - timedelta(days=1)
    insert(owner, table, time=fill_old)
    before = column(owner, f"SELECT time FROM {table} ORDER BY time")
    ask(owner, f"CALL run_job({policy(owner, 'policy_retention', table)})")
    assert column(owner, f"SELECT time FROM {table} ORDER BY time") == before[1:]


@pytest.mark.parametrize("table", TABLES)
def test_what_is_old_enough_is_compressed_and_reads_as_before(owner: Connection, table: str) -> None:
    fill(owner, table, TABLES[table].compressed + TABLES[table].chunk + timedelta(days=1))
    before = ask(owner, f"SELECT * FROM {table} ORDER BY time")
    ask(owner, f"CALL run_job({policy(owner, 'policy_compression', table)})")
    assert column(
        owner, f"SELECT is_compressed FROM timescaledb_information.chunks WHERE hypertable_name = '{table}' ORDER BY range_start"
    ) == [True, False]
    assert ask(owner, f"SELECT * FROM {table} ORDER BY time") == before


def test_a_tick_is_not_doubled_after_it_was_compressed(owner: Connection) -> None:
    time = column(owner, "SELECT date_trunc('hour', now()) - interval '3 days'")[0]
    assert insert(owner, "tick_data", time=time) == 1
    ask(owner, f"CALL run_job({policy(owner, 'policy_compression', 'tick_data')})")
    assert insert(owner, "tick_data", "ON CONFLICT DO NOTHING", time=time) == 0
    assert insert(owner, "tick_data", "ON CONFLICT DO NOTHING", time=time, trade_id="late") == 1


def test_candles_outlive_their_ticks(owner: Connection) -> None:
    day = column(owner, "SELECT date_trunc('day', now()) - interval '35 days'")[0]
    for i in range(120):
        insert(owner, "tick_data", time=day + i * timedelta(minutes=10), price=100 + i, trade_id=f"t{i}")
    for name in CANDLES:
        # When these ticks were new, the policies did this.
        ask(owner, f"CALL refresh_continuous_aggregate('{name}', '{day}'::timestamptz, '{day}'::timestamptz + interval '1 day')")
    ask(owner, f"CALL run_job({policy(owner, 'policy_retention', 'tick_data')})")
    assert column(owner, "SELECT count(*) FROM tick_data") == [0]
    for name in CANDLES:
        ask(owner, f"CALL run_job({policy(owner, 'policy_refresh_continuous_aggregate', name)})")
    for name in CANDLES:
        ask(owner, f"CALL run_job({policy(owner, 'policy_compression', name)})")
    found = ask(owner, "SELECT open_price, close_price, trades_count FROM candles_1d")
    assert found == [{"open_price": 100, "close_price": 219, "trades_count": 120}]
    assert column(owner, "SELECT count(*) FROM candles_1m") == [120]


def test_a_query_without_a_time_reads_a_month_of_hours(owner: Connection) -> None:
    hours = [column(owner, "SELECT date_trunc('hour', now())")[0] - i * HOUR for i in range(720)]
    with owner.cursor().copy("COPY tick_data (time, symbol, exchange, price, size, trade_id) FROM STDIN") as copy:
        for i, hour in enumerate(hours):
            copy.write_row((hour, "BTC-USD", "binance", 1, 1, str(i)))
    assert column(owner, "SELECT count(*) FROM tick_data WHERE symbol = 'BTC-USD'") == [720]


def test_a_grant_on_a_column_of_what_is_compressed_fails(owner: Connection) -> None:
    with pytest.raises(psycopg.errors.UndefinedColumn):
        ask(owner, "GRANT SELECT (time, latency_ms) ON latency_metrics TO reporting_role")


def test_a_policy_that_failed_is_seen(store: TimeSeriesServer, database: str, owner: Connection) -> None:
    job = policy(owner, "policy_retention", "tick_data")
    with store.connect(database) as admin:
        ask(
            admin,
            """INSERT INTO _timescaledb_internal.bgw_job_stat (job_id, last_start, last_finish, next_start, last_successful_finish,
                 last_run_success, total_runs, total_duration, total_duration_failures, total_successes, total_failures, total_crashes,
                 consecutive_failures, consecutive_crashes)
               VALUES (%s, now(), now(), now(), '-infinity', false, 1, '0', '0', 0, 1, 0, 1, 0)
               ON CONFLICT (job_id) DO UPDATE SET last_run_success = false, last_finish = now(), total_failures = 1""",
            job,
        )
    assert ask(owner, "SELECT state, failures FROM ops.job_health() WHERE job = 'policy_retention tick_data'") == [
        {"state": "failed", "failures": 1}
    ]


def test_from_nothing_to_the_newest_twice_and_back_to_nothing(store: TimeSeriesServer) -> None:
    name = store.empty()
    env = {**os.environ, "DATABASE_URL": store.url(name), "SQITCH_FULLNAME": "a", "SQITCH_EMAIL": "a@example.com", "TZ": "UTC"}

    def migrate(command: str) -> str:
        done = subprocess.run(
            [TIMESERIES.parent / "migrate", "timeseries", command],
            env=env,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    with store.connect(name) as connection:
        assert migrate("dry-run").count("would make") == len(PLAN)
        assert column(connection, "SELECT to_regclass('tick_data')") == [None], "a dry run leaves nothing"
        said = migrate("deploy")
        assert "WARNING" not in said
        assert "Nothing to deploy (up-to-date)" in migrate("deploy")
        assert "Verify successful" in migrate("verify")
        migrate("revert")
        migrate("deploy")
        assert column(connection, "SELECT name FROM schema_migrations ORDER BY version") == PLAN
        run(["/usr/bin/sqitch", "-C", TIMESERIES, "revert", "-y", "--target", store.url(name)], env=env)
        assert column(
            connection, "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relowner = 'alphintra_owner'::regrole"
        ) == []  # fmt: skip
    migrate("deploy")
    store.drop(name)
