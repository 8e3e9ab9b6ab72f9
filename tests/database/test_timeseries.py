"""The time-series database, on TimescaleDB where it is installed, and on plain PostgreSQL with a stand-in everywhere."""

from __future__ import annotations

import os
from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, LiteralString, NamedTuple
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.types.json import Jsonb

from settings.timeseries import PASSWORDS
from settings.yaml_file import parse
from tests.installed import POSTGRES, need

from .server import Connection, ask, column, run
from .timescale import PLAN, TIMESERIES, TimeSeriesServer, need_timescaledb

pytestmark = pytest.mark.database

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)


class Kept(NamedTuple):
    """What section 5 says of a table."""

    chunk: timedelta
    compressed: timedelta
    dropped: str
    segments: str
    orders: str = "time"


HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TABLES = {
    "tick_data": Kept(HOUR, DAY, "30 days", "symbol exchange", "time trade_id"),
    "market_data": Kept(7 * DAY, 7 * DAY, "10 years", "symbol exchange timeframe"),
    "portfolio_snapshots": Kept(7 * DAY, 30 * DAY, "5 years", "user_id portfolio_type"),
    "strategy_metrics": Kept(7 * DAY, 30 * DAY, "5 years", "strategy_instance_id"),
    "system_metrics": Kept(DAY, 3 * DAY, "1 year", "service_name metric_name", "tags time"),
    "latency_metrics": Kept(DAY, 3 * DAY, "1 year", "operation"),
}
MOST_CHUNKS = 800
"""A query without a time locks every chunk; tens of thousands of locks are there for hundreds of connections (max_locks_per_transaction)."""
TIMEFRAMES = {"1m": 60, "5m": 300, "15m": 900, "1h": 3600, "4h": 14400, "1d": 86400}
CANDLES = [f"candles_{timeframe}" for timeframe in TIMEFRAMES]
SECTION_5_2 = {
    "market_data": "time symbol exchange open_price high_price low_price close_price volume vwap trades_count timeframe source quality_score",
    "tick_data": "time symbol exchange price size side trade_id source",
    "portfolio_snapshots": "time user_id portfolio_type total_value cash_balance positions_value unrealized_pnl realized_pnl daily_pnl total_return",
    "strategy_metrics": "time strategy_instance_id trades_count win_rate profit_factor sharpe_ratio max_drawdown total_return volatility current_positions allocated_capital used_capital unrealized_pnl realized_pnl",
    "system_metrics": "time service_name metric_name metric_value metric_type tags",
    "latency_metrics": "time operation latency_ms success user_id source",
}
INDEXES = (
    "idx_market_data_symbol_time idx_market_data_exchange_time idx_market_data_timeframe_time idx_tick_data_symbol_time "
    "idx_portfolio_snapshots_user_time idx_system_metrics_service_time"
)

ROWS: dict[str, dict[str, Any]] = {
    "tick_data": {"time": NOON, "symbol": "BTC-USD", "exchange": "binance", "price": 100, "size": 2, "side": "BUY", "trade_id": "t1"},
    "market_data": {
        "time": NOON, "symbol": "BTC-USD", "exchange": "binance", "timeframe": "1h",
        "open_price": 10, "high_price": 12, "low_price": 9, "close_price": 11, "volume": 5, "vwap": 10, "trades_count": 3,
    },
    "portfolio_snapshots": {
        "time": NOON, "user_id": uuid4(), "portfolio_type": "LIVE", "total_value": 30, "cash_balance": 10, "positions_value": 20,
        "unrealized_pnl": -1, "realized_pnl": 2,
    },
    "strategy_metrics": {"time": NOON, "strategy_instance_id": uuid4(), "trades_count": 4, "win_rate": 0.5, "max_drawdown": 0.1},
    "system_metrics": {
        "time": NOON, "service_name": "trading", "metric_name": "http_requests", "metric_value": 5, "metric_type": "COUNTER",
        "tags": {"pod": "a"},
    },
    "latency_metrics": {"time": NOON, "operation": "order.place", "latency_ms": 0.25},
}  # fmt: skip
"""A good row of each table."""
BAD: list[tuple[str, dict[str, Any]]] = [
    *(("tick_data", {name: value}) for name in ("price", "size") for value in (0, -1, "NaN", "Infinity", "1e-19", None)),
    ("tick_data", {"side": "HODL"}),
    ("tick_data", {"trade_id": None}),
    ("tick_data", {"trade_id": ""}),
    ("tick_data", {"symbol": "btc usd"}),
    *((table, {"time": "infinity"}) for table in TABLES),
    *((table, {"time": None}) for table in TABLES),
    ("market_data", {"timeframe": "2m"}),
    ("market_data", {"time": NOON + timedelta(minutes=1)}),
    ("market_data", {"timeframe": "1d"}),
    ("market_data", {"high_price": "10.5"}),
    ("market_data", {"low_price": "10.5"}),
    ("market_data", {"vwap": 13}),
    ("market_data", {"volume": -1}),
    ("market_data", {"close_price": None}),
    ("market_data", {"trades_count": -1}),
    ("market_data", {"quality_score": 2}),
    ("portfolio_snapshots", {"portfolio_type": "DEMO"}),
    ("portfolio_snapshots", {"total_value": 31}),
    ("portfolio_snapshots", {"realized_pnl": "NaN"}),
    ("portfolio_snapshots", {"user_id": None}),
    ("strategy_metrics", {"win_rate": 1.5}),
    ("strategy_metrics", {"trades_count": 0}),
    ("strategy_metrics", {"max_drawdown": -1}),
    ("strategy_metrics", {"volatility": -1}),
    ("strategy_metrics", {"used_capital": -1}),
    ("system_metrics", {"metric_type": "SUMMARY"}),
    ("system_metrics", {"metric_value": "NaN"}),
    ("system_metrics", {"metric_value": -1}),
    ("system_metrics", {"service_name": ""}),
    ("system_metrics", {"tags": Jsonb([])}),
    ("system_metrics", {"tags": {"pod": "x" * 1000}}),
    ("latency_metrics", {"latency_ms": -1}),
    ("latency_metrics", {"latency_ms": "Infinity"}),
    ("latency_metrics", {"operation": " "}),
]


def insert(connection: Connection, table: str, suffix: LiteralString = "", **changes: Any) -> int:
    """Writes a good row, changed; returns how many rows that made."""
    row = {key: Jsonb(value) if isinstance(value, dict) else value for key, value in (ROWS[table] | changes).items()}
    statement = sql.SQL("INSERT INTO {} ({}) VALUES ({}) {}").format(
        sql.Identifier(table),
        sql.SQL(", ").join(map(sql.Identifier, row)),
        sql.SQL(", ").join(sql.Placeholder() * len(row)),
        sql.SQL(suffix),
    )
    return connection.execute(statement, list(row.values())).rowcount


@pytest.fixture(scope="module", params=["stand-in", "timescaledb"])
def store(request: pytest.FixtureRequest) -> Generator[TimeSeriesServer]:
    """A server of either kind."""
    need(POSTGRES)
    if request.param == "timescaledb":
        need_timescaledb()
    running = TimeSeriesServer(real=request.param == "timescaledb")
    try:
        running.start()
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="module")
def filled(store: TimeSeriesServer, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of a database with the newest schema."""
    name = store.empty()
    store.make(name, store.changes(tmp_path_factory.mktemp("changes")))
    for role in ("ingest", "trading", "strategy", "telemetry", "reporting", "monitoring", "backup", "application"):
        with store.connect("postgres") as connection:
            connection.execute(f"CREATE ROLE {role}_login LOGIN IN ROLE {role}_role")
    return name


@pytest.fixture
def owner(store: TimeSeriesServer, filled: str) -> Generator[Connection]:
    """A transaction of the owner; it is rolled back."""
    with store.owner(filled) as connection:
        yield connection
        connection.rollback()


@pytest.mark.parametrize("table", SECTION_5_2)
def test_every_column_of_section_5_2_is_there(owner: Connection, table: str) -> None:
    there = column(owner, f"SELECT attname FROM pg_attribute WHERE attrelid = '{table}'::regclass AND attnum > 0")
    assert sorted(there) == sorted(SECTION_5_2[table].split())


def test_the_indexes_of_section_5_2_are_there_and_none_begins_another(owner: Connection) -> None:
    there = ask(owner, "SELECT indexname, tablename, indexdef FROM pg_indexes WHERE schemaname = 'public'")
    assert set(INDEXES.split()) <= {row["indexname"] for row in there}
    keys = [(row["tablename"], row["indexdef"].split("(", 1)[1].rstrip(")").replace(" DESC", "")) for row in there]
    assert [(a, b) for a in keys for b in keys if a is not b and a[0] == b[0] and f"{b[1]},".startswith(f"{a[1]},")] == []


def test_chunks_are_as_long_as_decided_and_few_enough_to_lock(owner: Connection) -> None:
    found = ask(owner, "SELECT hypertable_name, column_name, time_interval FROM timescaledb_information.dimensions")
    found = [row for row in found if not row["hypertable_name"].startswith("_")]
    assert {row["hypertable_name"]: row["time_interval"] for row in found if row["hypertable_name"] in TABLES} == {
        table: kept.chunk for table, kept in TABLES.items()
    }
    assert {row["column_name"] for row in found} == {"time"}
    for table, kept in TABLES.items():
        length = {"days": 1, "year": 365, "years": 365}[kept.dropped.split()[1]] * int(kept.dropped.split()[0]) * DAY
        assert length / kept.chunk <= MOST_CHUNKS, table


def policies(connection: Connection, kind: str, after: str) -> dict[str, str]:
    """What has such a policy, and after how long it acts."""
    return {
        row["name"]: row["after"]
        for row in ask(
            connection,
            f"""SELECT coalesce(view_name, j.hypertable_name) AS name, (config ->> '{after}')::interval::text AS after
                FROM timescaledb_information.jobs j LEFT JOIN timescaledb_information.continuous_aggregates
                  ON materialization_hypertable_name = j.hypertable_name WHERE proc_name = '{kind}'""",
        )
    }


def test_retention_is_that_of_section_5_3(owner: Connection) -> None:
    of_tables = {table: kept.dropped for table, kept in TABLES.items()}
    assert policies(owner, "policy_retention", "drop_after") == of_tables | dict.fromkeys(CANDLES, "10 years")


def test_compression_is_that_of_section_5_3(owner: Connection) -> None:
    of_tables = {table: f"{kept.compressed.days} day{'s' if kept.compressed > DAY else ''}" for table, kept in TABLES.items()}
    assert policies(owner, "policy_compression", "compress_after") == of_tables | dict.fromkeys(CANDLES, "7 days")


def test_what_is_compressed_by_what(owner: Connection) -> None:
    for table, kept in TABLES.items():
        for index, columns in ("segmentby_column_index", kept.segments), ("orderby_column_index", kept.orders):
            assert column(
                owner,
                f"""SELECT attname FROM timescaledb_information.compression_settings
                    WHERE hypertable_name = '{table}' AND {index} IS NOT NULL ORDER BY {index}""",
            ) == columns.split(), table  # fmt: skip


def test_refreshes_end_before_compression_and_long_before_the_ticks_are_gone(owner: Connection) -> None:
    starts = policies(owner, "policy_refresh_continuous_aggregate", "start_offset")
    assert starts == dict.fromkeys(CANDLES, "6 days")
    ends = policies(owner, "policy_refresh_continuous_aggregate", "end_offset")
    lengths = {name: column(owner, "SELECT extract(epoch FROM %s::interval)::int", ends[name])[0] for name in CANDLES}
    assert lengths == dict(zip(CANDLES, TIMEFRAMES.values(), strict=True)), "the bucket that is still growing is not kept"


@pytest.mark.parametrize("table", TABLES)
def test_a_good_row_is_taken(owner: Connection, table: str) -> None:
    assert insert(owner, table) == 1


@pytest.mark.parametrize(("table", "changes"), BAD, ids=str)
def test_a_bad_row_is_refused(owner: Connection, table: str, changes: dict[str, Any]) -> None:
    with pytest.raises((psycopg.errors.IntegrityError, psycopg.errors.DataError, psycopg.errors.FeatureNotSupported)):
        insert(owner, table, **changes)


def test_a_tick_delivered_twice_is_one_and_another_trade_at_the_same_time_is_another(owner: Connection) -> None:
    assert insert(owner, "tick_data") == 1
    assert insert(owner, "tick_data", "ON CONFLICT DO NOTHING", source="replay") == 0
    assert insert(owner, "tick_data", "ON CONFLICT DO NOTHING", trade_id="t2") == 1
    assert insert(owner, "tick_data", "ON CONFLICT DO NOTHING", exchange="kraken") == 1
    with pytest.raises(psycopg.errors.UniqueViolation):
        insert(owner, "tick_data")


def test_two_pods_measure_the_same_and_two_requests_take_as_long(owner: Connection) -> None:
    insert(owner, "system_metrics")
    assert insert(owner, "system_metrics", tags={"pod": "b"}) == 1
    assert insert(owner, "system_metrics", metric_name="disk_bytes", metric_value=5e12, metric_type="GAUGE") == 1
    assert [insert(owner, "latency_metrics") for _ in range(2)] == [1, 1]


def test_candles_of_every_timeframe_are_what_the_ticks_say(owner: Connection) -> None:
    ticks = [
        (NOON - timedelta(hours=14) + timedelta(seconds=7 * i), Decimal(100 + (i * 37) % 23), Decimal(1 + i % 5))
        for i in range(9000)
    ]
    with owner.cursor().copy("COPY tick_data (time, symbol, exchange, price, size, trade_id) FROM STDIN") as copy:
        for i, (time, price, size) in enumerate(ticks):
            copy.write_row((time, "ETH-USD", "kraken", price, size, str(i)))
    for timeframe, seconds in TIMEFRAMES.items():
        expected: dict[int, list[tuple[Decimal, Decimal]]] = {}
        for time, price, size in ticks:
            expected.setdefault(int(time.timestamp()) // seconds * seconds, []).append((price, size))
        candles = ask(owner, "SELECT * FROM ohlcv WHERE symbol = 'ETH-USD' AND timeframe = %s ORDER BY time", timeframe)
        assert [int(row["time"].timestamp()) for row in candles] == sorted(expected)
        for row in candles:
            inside = expected[int(row["time"].timestamp())]
            prices, volume = [price for price, _ in inside], sum(size for _, size in inside)
            assert (row["open_price"], row["high_price"], row["low_price"], row["close_price"]) == (
                prices[0], max(prices), min(prices), prices[-1],
            )  # fmt: skip
            assert (row["volume"], row["trades_count"]) == (volume, len(inside))
            assert abs(row["vwap"] - sum(price * size for price, size in inside) / volume) < Decimal("1e-12")


def test_a_condition_on_the_timeframe_reads_that_one_only(owner: Connection) -> None:
    plan = "\n".join(column(owner, "EXPLAIN VERBOSE SELECT * FROM ohlcv WHERE timeframe = '1m' AND symbol = 'ETH-USD'"))
    assert "'00:01:00'" in plan
    assert "'00:05:00'" not in plan


def test_made_again_nothing_changes(store: TimeSeriesServer, filled: str, tmp_path: Path) -> None:
    with store.connect(filled) as connection:
        before = ask(connection, "SELECT * FROM schema_migrations ORDER BY version")
        store.make(filled, store.changes(tmp_path))
        assert [row["name"] for row in before] == PLAN
        assert ask(connection, "SELECT * FROM schema_migrations ORDER BY version") == before


WHO_MAY = {
    "ingest": {"tick_data": "SI", "market_data": "SIU", "system_metrics": "I", "latency_metrics": "I", "candles_1m": "S"},
    "trading": {"tick_data": "S", "market_data": "S", "portfolio_snapshots": "I", "my_portfolio_snapshots": "S", "system_metrics": "I", "latency_metrics": "I", "ohlcv": "S", "candles_1m": "S"},
    "strategy": {"tick_data": "S", "market_data": "S", "strategy_metrics": "SI", "my_portfolio_snapshots": "S", "system_metrics": "I", "latency_metrics": "I", "ohlcv": "S", "candles_1m": "S"},
    "telemetry": {"system_metrics": "I", "latency_metrics": "I"},
    "application": {"tick_data": "S", "market_data": "S", "my_portfolio_snapshots": "S", "ohlcv": "S", "candles_1m": "S"},
    "reporting": {"tick_data": "S", "market_data": "S", "portfolio_snapshots": "S", "strategy_metrics": "S", "system_metrics": "S", "operation_latency": "S", "ohlcv": "S", "candles_1m": "S"},
    "monitoring": {},
    "backup": dict.fromkeys([*TABLES, "my_portfolio_snapshots", "operation_latency", "ohlcv", "candles_1m"], "S"),
}  # fmt: skip


@pytest.mark.parametrize("role", WHO_MAY)
def test_who_may_do_what(owner: Connection, role: str) -> None:
    found: dict[str, str] = {}
    for relation in [*TABLES, "my_portfolio_snapshots", "operation_latency", "ohlcv", "candles_1m"]:
        may = "".join(
            letter
            for letter, privilege in zip("SIUDT", ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE"), strict=True)
            if column(owner, "SELECT has_table_privilege(%s, %s, %s)", f"{role}_role", relation, privilege) == [True]
        )
        if may:
            found[relation] = may
    assert found == WHO_MAY[role]


def test_nobody_else_may_connect_and_the_owner_has_no_password(store: TimeSeriesServer, filled: str) -> None:
    with store.connect("postgres") as admin:
        admin.execute("CREATE ROLE stranger LOGIN")
        assert column(admin, "SELECT rolpassword FROM pg_authid WHERE rolname = 'alphintra_owner'") == [None]
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        store.connect(filled, "stranger")


def test_a_service_sees_the_snapshots_of_its_user_and_none_without(store: TimeSeriesServer, filled: str) -> None:
    users = [uuid4() for _ in range(3)]
    with store.connect(filled, "trading_login") as writing:
        for user in users:
            insert(writing, "portfolio_snapshots", user_id=user)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            ask(writing, "SELECT * FROM portfolio_snapshots")
    with store.connect(filled, "application_login", autocommit=False) as reading:
        assert ask(reading, "SELECT * FROM my_portfolio_snapshots") == []
        ask(reading, "SELECT set_config('app.current_user_id', %s, true)", str(users[1]))
        assert column(reading, "SELECT user_id FROM my_portfolio_snapshots") == [users[1]]
        reading.rollback()
        assert ask(reading, "SELECT * FROM my_portfolio_snapshots") == [], "the user ends with the transaction"


def test_ingestion_and_telemetry_do_their_work_as_their_roles(store: TimeSeriesServer, filled: str) -> None:
    with store.connect(filled, "ingest_login") as ingest:
        assert insert(ingest, "tick_data", "ON CONFLICT (symbol, exchange, trade_id, time) DO NOTHING", trade_id="role") == 1
        assert insert(ingest, "market_data") == 1
        assert insert(
            ingest, "market_data", "ON CONFLICT (symbol, exchange, timeframe, time) DO UPDATE SET close_price = EXCLUDED.close_price"
        ) == 1  # fmt: skip
    with store.connect(filled, "telemetry_login") as telemetry:
        assert insert(telemetry, "latency_metrics") == 1
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            ask(telemetry, "SELECT * FROM latency_metrics")


def test_a_workload_is_enrolled_and_an_unknown_one_is_named(store: TimeSeriesServer, filled: str) -> None:
    with store.connect(filled, "migrations", autocommit=False) as connection:
        connection.execute("CREATE ROLE ingest_of_the_stack LOGIN")
        ask(connection, "SELECT ops.enrol('market-data-ingest', 'ingest_of_the_stack')")
        assert column(connection, "SELECT pg_has_role('ingest_of_the_stack', 'ingest_role', 'MEMBER')") == [True]
        with pytest.raises(psycopg.errors.RaiseException, match="no workload nobody; there are auth-service, cache-warmer"):
            ask(connection, "SELECT ops.enrol('nobody', 'ingest_of_the_stack')")
        connection.rollback()


def test_the_health_of_every_policy_is_seen_by_monitoring(store: TimeSeriesServer, filled: str) -> None:
    with store.connect(filled, "monitoring_login") as monitoring:
        jobs = column(monitoring, "SELECT job FROM ops.job_health()")
    kinds = {
        "policy_retention": [*TABLES, *CANDLES],
        "policy_compression": [*TABLES, *CANDLES],
        "policy_refresh_continuous_aggregate": CANDLES,
    }
    assert sorted(jobs) == sorted(f"{kind} {name}" for kind, names in kinds.items() for name in names)


def test_monitoring_sees_how_large_everything_is(store: TimeSeriesServer, filled: str) -> None:
    with store.connect(filled, "monitoring_login") as monitoring:
        sizes = {row["hypertable"]: row for row in ask(monitoring, "SELECT * FROM ops.hypertables()")}
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            monitoring.execute("SELECT count(*) FROM tick_data")
    assert sorted(sizes) == sorted([*TABLES, *CANDLES])
    assert all(row["bytes"] > 0 for row in sizes.values() if row["chunks"])
    assert all(sizes[name]["chunks"] > 0 for name in TABLES if name == "tick_data")
    assert all(row["compressed"] <= row["chunks"] for row in sizes.values())


def test_the_exporter_asks_what_can_be_answered(store: TimeSeriesServer, filled: str) -> None:
    asked = parse((TIMESERIES / "operations" / "queries.yaml").read_text())
    with store.connect(filled, "monitoring_login") as monitoring:
        for name, query in asked.items():
            found = ask(monitoring, query["query"])
            columns = [column for metric in query["metrics"] for column in metric]
            assert found, name
            assert list(found[0]) == columns, name


def test_the_logins_of_the_site_reach_what_they_are_for(store: TimeSeriesServer, filled: str) -> None:
    """The migrations take the database from everybody: the exporter and the backups are let in by the site's own roles.sql."""
    where = f"host=127.0.0.1 port={store.port} user=postgres dbname={filled} sslmode=disable"
    secrets = {f"{name.upper().replace('-', '_')}_PASSWORD": "x" * 12 for name in PASSWORDS}
    for _ in range(2):
        run(
            ["psql", "-XqAt", "--set=ON_ERROR_STOP=1", "-f", TIMESERIES / "operations" / "roles.sql", where],
            env={**os.environ, **secrets, "DATABASE": filled},
        )
    query = parse((TIMESERIES / "operations" / "queries.yaml").read_text())["timescaledb_policy"]["query"]
    with store.connect(filled, "monitoring") as monitoring:
        found = ask(monitoring, query)
        assert {row["broken"] for row in found} == {0}
        assert {"policy_retention tick_data", "policy_compression market_data"} <= {row["policy"] for row in found}
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            ask(monitoring, "SELECT * FROM tick_data")
    for login in ("export", "restore_test"):
        with store.connect(filled, login) as reader:
            assert ask(reader, "SELECT count(*) FROM tick_data")


WRONG = {
    "compression is not enabled": ("007_compression", "ALTER TABLE latency_metrics SET", "-- ALTER TABLE latency_metrics SET", "not enabled"),
    "a segment of no column": ("007_compression", "'operation'", "'operations'", '"operations" does not exist'),
    "an order of no column": ("007_compression", "'tags, time DESC'", "'tag, time DESC'", '"tag" does not exist'),
    "one column for both": ("007_compression", "compress_segmentby = 'operation'", "compress_segmentby = 'time'", "both ordering and segmenting"),
    "an option of no such name": ("007_compression", "timescaledb.compress_segmentby = 'operation'", "timescaledb.segment = 'operation'", "unrecognized parameter"),
    "a policy for no table": ("010_policies", "'tick_data'", "'ticks'", 'relation "ticks" does not exist'),
    "a policy for what is not a hypertable": ("010_policies", "'tick_data'", "'ops.secret'", "does not exist"),
    "an argument of no such name": ("010_policies", "end_offset => interval '1 minute'", "until => interval '1 minute'", "does not exist"),
    "an interval that is none": ("010_policies", "interval '30 days'", "interval 'thirty days'", "invalid input syntax for type interval"),
    "an aggregate of no column": ("006_candles", "max(price)", "max(prize)", 'column "prize" does not exist'),
    "an aggregate of no table": ("006_candles", "FROM tick_data", "FROM ticks", 'relation "ticks" does not exist'),
    "a bucket that does not divide": ("006_candles", "interval '15 minutes', time", "interval '13 minutes', time", "multiple"),
    "a refresh of two buckets at most": ("010_policies", "interval '6 days', end_offset => interval '1 day'", "interval '2 days', end_offset => interval '1 day'", "refresh window too small"),
    "a unique key without the time": ("003_market", "PRIMARY KEY (symbol, exchange, trade_id, time)", "PRIMARY KEY (symbol, exchange, trade_id)", 'without the column "time"'),
    "row security under compression": ("004_performance", "CREATE VIEW my_", "ALTER TABLE portfolio_snapshots ENABLE ROW LEVEL SECURITY;\nCREATE VIEW my_", "row security"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_migration_fails(store: TimeSeriesServer, tmp_path: Path, case: str) -> None:
    """On both, so that the stand-in is as strict as what it stands for."""
    change, text, other, message = WRONG[case]
    name = store.empty()
    try:
        with pytest.raises(RuntimeError, match=message):
            store.make(name, store.changes(tmp_path, (change, text, other)))
    finally:
        store.drop(name)


def test_the_plan_and_its_folders_agree() -> None:
    for folder in ("deploy", "revert", "verify"):
        assert sorted(path.stem for path in (TIMESERIES / folder).iterdir()) == PLAN


def test_no_policy_runs_while_its_table_is_still_being_made() -> None:
    """TimescaleDB starts a policy at once; a change of its table then ends in a deadlock, now and then."""
    making = {path.stem for path in (TIMESERIES / "deploy").iterdir() if "_policy(" in path.read_text()}
    assert making == {"010_policies"}
