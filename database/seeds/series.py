"""The sample's time series: what its symbols, portfolios and strategies did in the last days."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal

import psycopg
from psycopg import sql
from psycopg.rows import DictRow
from psycopg.types.json import Jsonb

from .sample import Sample
from .trading import SYMBOLS

Connection = psycopg.Connection[DictRow]
EXCHANGE = "kraken"
TICK_SECONDS, TICK_HOURS = 10, 2
CANDLE_DAYS = 30
SNAPSHOT_HOURS = 24
CENT = Decimal("0.01")


class NotEmptyError(Exception):
    """The database has ticks or candles already."""


def series(sample: Sample) -> None:
    """Adds the rows of the time-series database, after `trading`."""
    _market(sample)
    _performance(sample)
    _operations(sample)


def load_series(connection: Connection, sample: Sample) -> dict[str, int]:
    """Writes them into an empty time-series database, in one transaction; returns how many rows of each table there are."""
    tables = ("tick_data", "market_data", "portfolio_snapshots", "strategy_metrics", "system_metrics", "latency_metrics")
    with connection.transaction():
        connection.execute("SET LOCAL ROLE alphintra_owner")
        for table in tables:
            name = sql.Identifier(table)
            if connection.execute(sql.SQL("SELECT FROM {} LIMIT 1").format(name)).fetchone() is not None:
                raise NotEmptyError(f"{table} has rows; a sample goes into an empty database only")
            rows = sample[table]
            if rows:
                columns = sql.SQL(", ").join(map(sql.Identifier, rows[0]))
                with connection.cursor().copy(sql.SQL("COPY {} ({}) FROM STDIN").format(name, columns)) as copy:
                    for row in rows:
                        copy.write_row([Jsonb(value) if isinstance(value, dict) else value for value in row.values()])
    return {table: len(sample[table]) for table in tables}


def _back(moment: datetime, reach: timedelta, step: timedelta) -> Iterator[datetime]:
    """Times from so long ago until that moment."""
    for number in range(reach // step, 0, -1):
        yield moment - number * step


def _market(sample: Sample) -> None:
    for symbol, around in SYMBOLS.items():
        dice, price = sample.dice(f"ticks/{symbol}"), Decimal(around)
        for number, time in enumerate(_back(sample.moment, timedelta(hours=TICK_HOURS), timedelta(seconds=TICK_SECONDS))):
            price = max(CENT, (price * dice.amount(9990, 10010) / 10000).quantize(CENT))
            sample.add(
                "tick_data", time=time, symbol=symbol, exchange=EXCHANGE, price=price, size=dice.amount(0, 5, 4) + CENT,
                side=dice.one(("BUY", "SELL")), trade_id=f"sample-{number}", source="sample",
            )  # fmt: skip
        dice, price = sample.dice(f"candles/{symbol}"), Decimal(around)
        hour = sample.moment.replace(minute=0, second=0, microsecond=0)
        for time in _back(hour, timedelta(days=CANDLE_DAYS), timedelta(hours=1)):
            opened, price = price, max(CENT, (price * dice.amount(990, 1010) / 1000).quantize(CENT))
            sample.add(
                "market_data", time=time, symbol=symbol, exchange=EXCHANGE, timeframe="1h", open_price=opened, close_price=price,
                high_price=max(opened, price) + CENT, low_price=max(CENT, min(opened, price) - CENT), volume=dice.amount(0, 1000),
                source="sample",
            )  # fmt: skip


def _performance(sample: Sample) -> None:
    hours = list(_back(sample.moment, timedelta(hours=SNAPSHOT_HOURS), timedelta(hours=1)))
    dice = sample.dice("portfolio_snapshots")
    for user in sample["users"]:
        cash, positions = dice.amount(0, 50000), dice.amount(0, 50000)
        for time in hours:
            change = dice.amount(-500, 500)
            positions += change
            sample.add(
                "portfolio_snapshots", time=time, user_id=user["id"], portfolio_type="LIVE", total_value=cash + positions,
                cash_balance=cash, positions_value=positions, unrealized_pnl=change, realized_pnl=0, daily_pnl=change,
            )  # fmt: skip
    dice = sample.dice("strategy_metrics")
    for instance in sample["strategy_instances"]:
        for time in hours:
            trades = dice.randint(0, 20)
            sample.add(
                "strategy_metrics", time=time, strategy_instance_id=instance["id"], trades_count=trades,
                win_rate=dice.amount(0, 1, 4) if trades else None, max_drawdown=dice.amount(0, 1, 4),
                total_return=dice.amount(-1, 1, 4), allocated_capital=10000, used_capital=dice.amount(0, 10000),
                unrealized_pnl=dice.amount(-500, 500), realized_pnl=dice.amount(-500, 500),
            )  # fmt: skip


def _operations(sample: Sample) -> None:
    dice = sample.dice("system_metrics")
    for service in "auth-service", "trading-service", "strategy-service", "marketplace-service":
        for time in _back(sample.moment, timedelta(hours=6), timedelta(minutes=10)):
            for pod in "a", "b":
                sample.add(
                    "system_metrics", time=time, service_name=service, metric_name="requests_per_second",
                    metric_value=dice.uniform(1, 200), metric_type="GAUGE", tags={"pod": pod},
                )  # fmt: skip
            sample.add(
                "latency_metrics", time=time, operation=f"{service}.request", latency_ms=dice.uniform(1, 80),
                success=dice.often(0.99), source=service,
            )  # fmt: skip
