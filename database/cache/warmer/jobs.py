"""What is read, and under which keys it is written."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, LiteralString, NamedTuple

from ...reading import Connection, limited
from ..contract import Key
from ..keys import ActiveUsers, Market, Marketplace, Portfolio, StrategyMetrics
from ..store import Command, Store, put_hash
from .schedule import SCHEDULE, Schedule

Write = tuple[Key, Command]
Size = Callable[[], int]
DICE = random.SystemRandom()
MOST_JITTER = 0.1
"""The part of its life that a value lives longer, at most: what was written together does not end together."""


class Sources(NamedTuple):
    """Where it comes from, and where it goes."""

    main: Connection
    timeseries: Connection
    cache: Store


@dataclass(frozen=True)
class Job:
    """One line of section 12.2."""

    name: str
    batches: Callable[[Sources, Size], Iterator[list[Write]]]
    """Reads as much as asked for, again and again."""

    @property
    def schedule(self) -> Schedule:
        """When it runs."""
        return Schedule(SCHEDULE[self.name])


NEWEST_CANDLES = """
SELECT DISTINCT ON (symbol, exchange, timeframe) symbol, exchange, timeframe, open_price AS open, high_price AS high,
       low_price AS low, close_price AS close, volume, time AS timestamp
FROM ohlcv WHERE time > now() - 3 * app.timeframe_length(timeframe)
ORDER BY symbol, exchange, timeframe, time DESC"""
NEWEST_STRATEGY_METRICS = """
SELECT DISTINCT ON (strategy_instance_id) strategy_instance_id AS instance_id, trades_count, total_return, unrealized_pnl,
       realized_pnl, time AS timestamp
FROM strategy_metrics WHERE time > now() - interval '1 day' AND num_nulls(total_return, unrealized_pnl, realized_pnl) = 0
ORDER BY strategy_instance_id, time DESC"""
NEWEST_SNAPSHOTS = """
SELECT DISTINCT ON (user_id, portfolio_type) user_id, portfolio_type AS kind, total_value, unrealized_pnl, realized_pnl
FROM portfolio_snapshots WHERE user_id = ANY (%s::uuid[]) AND time > now() - interval '1 day'
ORDER BY user_id, portfolio_type, time DESC"""
COUNTS = """
SELECT u.id AS user_id, kind,
       CASE kind WHEN 'LIVE' THEN (SELECT count(*) FROM orders o WHERE o.user_id = u.id AND o.status IN ('PENDING', 'PARTIAL'))
                 ELSE 0 END AS active_orders,
       (SELECT count(*) FROM positions p WHERE p.user_id = u.id AND p.position_type = kind AND p.quantity > 0) AS positions_count
FROM unnest(%s::uuid[]) AS u (id), unnest(ARRAY['LIVE', 'PAPER']) AS kind"""
LISTINGS = """
SELECT category, jsonb_agg(jsonb_build_object('id', id, 'title', title, 'price_model', price_model,
       'average_rating', average_rating::text, 'downloads_count', downloads_count) ORDER BY downloads_count DESC, id) AS listings
FROM (SELECT *, row_number() OVER (PARTITION BY category ORDER BY downloads_count DESC, id) AS place
      FROM marketplace_strategies WHERE status = 'APPROVED' AND category IS NOT NULL) ranked
WHERE place <= %s GROUP BY category ORDER BY category"""


def market_data(sources: Sources, size: Size) -> Iterator[list[Write]]:
    """The newest candle of every symbol, exchange and timeframe."""
    for rows in _pages(sources.timeseries, NEWEST_CANDLES, size):
        yield [_hash(Market(row.pop("symbol"), row.pop("exchange"), row.pop("timeframe")), row) for row in rows]


def strategy_metrics(sources: Sources, size: Size) -> Iterator[list[Write]]:
    """The newest figures of every strategy that has some of today."""
    for rows in _pages(sources.timeseries, NEWEST_STRATEGY_METRICS, size):
        yield [_hash(StrategyMetrics(row.pop("instance_id")), row) for row in rows]


def portfolio_data(sources: Sources, size: Size) -> Iterator[list[Write]]:
    """The portfolios of users who are active, and of no others."""
    active = ActiveUsers()
    since = -(active.contract.fresh_seconds or 0)
    moment = int(sources.cache.run(active, "TIME")[0])
    users: list[str] = sources.cache.run(active, "ZRANGE", str(active), moment + since, "+inf", "BYSCORE")
    while users:
        some, users = users[: size()], users[size() :]
        limited(sources.main)
        limited(sources.timeseries)
        counts = {(row.pop("user_id"), row.pop("kind")): row for row in sources.main.execute(COUNTS, [some])}
        snapshots = sources.timeseries.execute(NEWEST_SNAPSHOTS, [some])
        portfolios = [(Portfolio(row.pop("user_id"), row.pop("kind")), row) for row in snapshots]
        # Nobody waits in a transaction while what was read is written, and while the warmer rests.
        sources.main.commit()
        sources.timeseries.commit()
        yield [_hash(key, row | counts[key.user_id, key.kind]) for key, row in portfolios]


def marketplace_data(sources: Sources, size: Size) -> Iterator[list[Write]]:
    """The best of every category, of what has been approved."""
    for rows in _pages(sources.main, LISTINGS, size, [Marketplace.contract.longest]):
        yield [
            (key := Marketplace(_name(row["category"])), ("SET", str(key), json.dumps(row["listings"]), "PX", _life(key)))
            for row in rows
        ]


JOBS = tuple(Job(fill.__name__, fill) for fill in (market_data, portfolio_data, strategy_metrics, marketplace_data))


def _pages(
    connection: Connection, query: LiteralString, size: Size, arguments: Sequence[Any] = ()
) -> Iterator[list[dict[str, Any]]]:
    limited(connection)
    with connection.cursor(name="warmer") as cursor:
        cursor.execute(query, arguments)
        while rows := cursor.fetchmany(size()):
            yield rows


def _hash(key: Key, values: Mapping[str, Any]) -> Write:
    return put_hash(key, dict(values), _life(key))


def _life(key: Key) -> int:
    return int(key.contract.milliseconds * (1 + MOST_JITTER * DICE.random()))


def _name(category: str) -> str:
    """A category as a part of a key."""
    return "-".join(category.lower().replace(":", " ").replace("{", " ").replace("}", " ").split())
