"""What the schemas cost, and what they save: `python -m tests.database.bench [--rounds 3]`.

Each line is a ratio of two things that are done turn by turn on one PostgreSQL 15 of this program's own, which does not wait for
disks. What counts is the ratio; the seconds are of this machine.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tools.bootstrap.console import say

from ..installed import POSTGRES, lacking
from .rows import World
from .server import Connection, Server, act_as, ask, column
from .timescale import INSTALLED, TimeSeriesServer

ROWS = 20_000
CANDLES_OF_A_YEAR = 8_760  # of an hour
SYMBOLS = 20
ORDERS, USERS, LISTS = 200, 200, 300
PLAIN = "TimescaleDB is not installed: its tables are plain ones here"

LITERAL = """
CREATE TABLE literal (
    time timestamptz NOT NULL, symbol varchar(20) NOT NULL, exchange varchar(50) NOT NULL,
    open_price decimal(20,8), high_price decimal(20,8), low_price decimal(20,8), close_price decimal(20,8),
    volume decimal(20,8), vwap decimal(20,8), trades_count integer, timeframe varchar(10) NOT NULL,
    source varchar(50), quality_score decimal(3,2) DEFAULT 1.0, PRIMARY KEY (time, symbol, exchange, timeframe));
CREATE INDEX ON literal (symbol, time DESC);
CREATE INDEX ON literal (exchange, time DESC);
CREATE INDEX ON literal (timeframe, time DESC);
"""
"""Section 5.2's market_data, to the letter."""
HYPERTABLE = "SELECT create_hypertable('literal', 'time', chunk_time_interval => interval '1 day')"
"""What section 5.2 makes of it, where TimescaleDB is installed."""
CANDLES = """
INSERT INTO {table} (time, symbol, exchange, open_price, high_price, low_price, close_price, volume, timeframe)
SELECT '2026-01-05T00:00Z'::timestamptz + n * step, 'S' || s, 'NASDAQ', 100, 102, 99, 101, 5, timeframe
FROM generate_series(1, {symbols}) s,
     (VALUES ('1h', interval '1 hour', {hours}), ('1d', interval '1 day', 365)) AS t (timeframe, step, many),
     LATERAL generate_series(0, many - 1) n
"""
CHART = "SELECT * FROM {table} WHERE symbol = %s AND exchange = 'NASDAQ' AND timeframe = '1d' ORDER BY time DESC LIMIT 200"
"""What a chart of a dashboard shows: a symbol's daily candles, the newest ones."""
LIST = "SELECT * FROM orders WHERE user_id = %s ORDER BY created_at DESC LIMIT 50"

Timed = Callable[[], None]


@dataclass(frozen=True)
class Pair:
    """Two ways to do a thing; the ratio is of the first to the second."""

    says: str
    ours: Timed
    other: Timed
    note: str = ""

    def ratio(self, rounds: int) -> tuple[float, float, float]:
        """The median of the rounds' ratios, and the median seconds of both."""
        measured = [(_seconds(self.ours), _seconds(self.other)) for _ in range(rounds)]
        middle = statistics.median
        ratio = middle(mine / theirs for mine, theirs in measured)
        return ratio, middle(mine for mine, _ in measured), middle(theirs for _, theirs in measured)


def main(arguments: Sequence[str] | None = None) -> int:
    """Measures, and prints a table."""
    parser = argparse.ArgumentParser(prog="python -m tests.database.bench", description=(__doc__ or "").partition(":")[0])
    parser.add_argument("--rounds", type=int, default=5, help="how often each is measured (default: %(default)s)")
    rounds = parser.parse_args(arguments).rounds
    if rounds < 1:
        parser.error("--rounds must be 1 or more")
    if why := lacking(POSTGRES):
        say(f"the databases were not measured: it {why}")
        return 1
    sys.stdout.write("| what | ratio | first | second | |\n| --- | --- | --- | --- | --- |\n")
    for pairs in (_main_database, _time_series):
        with pairs() as measured:
            for pair in measured:
                say(pair.says)
                ratio, first, second = pair.ratio(rounds)
                line = [pair.says, f"{ratio:.2f}", f"{first * 1000:.0f} ms", f"{second * 1000:.0f} ms", pair.note]
                sys.stdout.write(f"| {' | '.join(line)} |\n")
    return 0


@contextmanager
def _main_database() -> Generator[list[Pair]]:
    server = Server()
    try:
        server.start()
        database = server.create()
        with (
            server.connect(database) as admin,
            server.connect(database, "trading_login", autocommit=False) as trading,
        ):
            world = World(admin)
            order, user = world.a("orders"), world.user
            _bare(admin, "trades")
            columns = "order_id, user_id, symbol, side, quantity, price"
            trade = f"INSERT INTO {{table}} ({columns}) SELECT %(id)s, %(user_id)s, %(symbol)s, %(side)s, 1, 100 FROM {_numbers(ROWS)}"
            users = [user, *(world.stranger() for _ in range(USERS - 1))]
            for owner in users:
                _orders(admin, owner)
            ask(admin, "ANALYZE")

            def secured() -> None:
                for owner in users[:LISTS]:
                    with trading.transaction():
                        act_as(trading, owner)
                        ask(trading, LIST, owner)

            def unsecured() -> None:
                for owner in users[:LISTS]:
                    with admin.transaction():
                        ask(admin, "SELECT set_config('bench.user', %s, true)", str(owner))
                        ask(admin, LIST, owner)

            yield [
                Pair(
                    "trades into partitions / into a bare table",
                    lambda: _insert(admin, trade.format(table="trades"), order),
                    lambda: _insert(admin, trade.format(table="bare_trades"), order),
                ),
                Pair("a user's orders with row-level security / without", secured, unsecured),
            ]
    finally:
        server.stop()


@contextmanager
def _time_series() -> Generator[list[Pair]]:
    real = INSTALLED.exists()
    server = TimeSeriesServer(real=real)
    note = "" if real else PLAIN
    try:
        server.start()
        database = server.empty()
        with tempfile.TemporaryDirectory() as folder:
            server.make(database, server.changes(Path(folder)))
        with server.connect(database) as admin:
            _bare(admin, "tick_data")
            tick = (
                "INSERT INTO {table} (time, symbol, exchange, price, size, trade_id) "
                f"SELECT '2026-01-05T00:00Z'::timestamptz + n * interval '1 second', 'BTC-USD', 'X', 100, 1, n::text FROM {_numbers(ROWS)}"
            )
            admin.execute(LITERAL.encode())
            if real:
                ask(admin, HYPERTABLE)
            for table in ("market_data", "literal"):
                ask(admin, CANDLES.format(table=table, symbols=SYMBOLS, hours=CANDLES_OF_A_YEAR))
            ask(admin, "ANALYZE")
            yield [
                Pair(
                    "ticks into their table / into a bare one",
                    lambda: _insert(admin, tick.format(table="tick_data"), {}),
                    lambda: _insert(admin, tick.format(table="bare_tick_data"), {}),
                    note,
                ),
                Pair(
                    "a chart from a year of candles / from section 5.2's table, to the letter",
                    lambda: _charts(admin, "market_data"),
                    lambda: _charts(admin, "literal"),
                    note,
                ),
            ]
    finally:
        server.stop()


# -- inside


def _seconds(do: Timed) -> float:
    begun = time.perf_counter()
    do()
    return time.perf_counter() - begun


def _numbers(many: int) -> str:
    return f"generate_series(1, {many}) n"


def _insert(connection: Connection, statement: str, arguments: Mapping[str, Any]) -> None:
    """Writes rows, and takes them back: each round begins with the same table."""
    with connection.transaction(force_rollback=True):
        connection.execute(statement.encode(), arguments)


def _charts(connection: Connection, table: str) -> None:
    for symbol in range(1, SYMBOLS + 1):
        assert len(ask(connection, CHART.format(table=table), f"S{symbol}")) == 200


def _orders(connection: Connection, user: object) -> None:
    ask(
        connection,
        "INSERT INTO orders (user_id, symbol, order_type, side, quantity, price, created_at) "
        f"SELECT %s, 'BTC-USD', 'LIMIT', 'BUY', 1, 100, now() - n * interval '1 minute' FROM {_numbers(ORDERS)}",
        user,
    )


def _bare(connection: Connection, table: str) -> None:
    """A table of the same columns, in plain types, and nothing else."""
    (columns,) = column(
        connection,
        """SELECT string_agg(format('%%I %%s', attname, format_type(coalesce(nullif(t.typbasetype, 0), t.oid), atttypmod)), ', '
                             ORDER BY attnum)
           FROM pg_attribute JOIN pg_type t ON t.oid = atttypid WHERE attrelid = %s::regclass AND attnum > 0""",
        table,
    )
    ask(connection, f"CREATE TABLE bare_{table} ({columns})")


if __name__ == "__main__":
    sys.exit(main())
