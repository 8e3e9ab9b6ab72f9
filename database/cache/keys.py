"""The key space of section 6.2: every key that there is. docs/reference/cache.md is this file as a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal
from uuid import UUID

from .contract import Contract, FieldKind, Key, Shape

DAY = 24 * 3600
SERVICES = ("auth-service", "trading-service", "strategy-service", "marketplace-service")
"""The services that requests of users come to."""
CANDLE: dict[str, FieldKind] = {
    "open": "decimal", "high": "decimal", "low": "decimal", "close": "decimal", "volume": "decimal", "timestamp": "time",
}  # fmt: skip


@dataclass(frozen=True)
class Session(Key):
    """A user who signed in; a day at most, however active."""

    contract: ClassVar = Contract(
        pattern="session:<session_id>",
        shape=Shape.HASH,
        ttl_seconds=DAY,
        store="sessions",
        writers=("auth-service",),
        when_lost="the user signs in again",
        fields={
            "user_id": "uuid", "email": "text", "roles": "json", "last_activity": "time",
            "ip_address": "text", "user_agent": "text",
        },
        source="§6.2",
    )  # fmt: skip
    session_id: str


@dataclass(frozen=True)
class RevokedToken(Key):
    """A token that must not be taken any more. The hash is SHA-256 of the token; it is there until the token expires."""

    contract: ClassVar = Contract(
        pattern="jwt_blacklist:<token_hash>",
        shape=Shape.STRING,
        ttl_seconds=None,
        store="sessions",
        writers=("auth-service",),
        when_lost="the token is good again: this must not happen",
        source="§6.2",
    )
    token_hash: str


@dataclass(frozen=True)
class UserSessions(Key):
    """The sessions of a user, by when they end: what signing out everywhere goes through."""

    contract: ClassVar = Contract(
        pattern="user_sessions:<user_id>",
        shape=Shape.SORTED_SET,
        ttl_seconds=DAY,
        store="sessions",
        writers=("auth-service",),
        when_lost="signing out everywhere misses sessions: this must not happen",
        source="ours",
    )
    user_id: UUID


@dataclass(frozen=True)
class Market(Key):
    """The newest candle. With the exchange, which the document forgets: prices differ between them."""

    contract: ClassVar = Contract(
        pattern="market:<symbol>:<exchange>:<timeframe>",
        shape=Shape.HASH,
        ttl_seconds=120,
        fresh_seconds=60,
        writers=("cache-warmer",),
        when_lost="read from the time-series database",
        fields=CANDLE,
        source="§6.2: 1 minute",
    )
    symbol: str
    exchange: str
    timeframe: Literal["1m", "5m", "15m", "1h", "4h", "1d"]


@dataclass(frozen=True)
class Portfolio(Key):
    """What a portfolio is worth."""

    contract: ClassVar = Contract(
        pattern="portfolio:{<user_id>}:<kind>",
        shape=Shape.HASH,
        ttl_seconds=600,
        fresh_seconds=300,
        writers=("cache-warmer",),
        when_lost="read from the databases",
        fields={
            "total_value": "decimal", "unrealized_pnl": "decimal", "realized_pnl": "decimal",
            "positions_count": "integer", "active_orders": "integer",
        },
        source="§6.2: 5 minutes",
    )  # fmt: skip
    user_id: UUID
    kind: Literal["LIVE", "PAPER"]


@dataclass(frozen=True)
class Positions(Key):
    """A user's open positions, as a JSON list. Written by whoever needs them: thirty seconds are too short to warm."""

    contract: ClassVar = Contract(
        pattern="positions:{<user_id>}",
        shape=Shape.STRING,
        ttl_seconds=30,
        writers=("trading-service",),
        when_lost="read from the main database",
        fields={"symbol": "text", "quantity": "decimal", "avg_price": "decimal", "unrealized_pnl": "decimal"},
        source="§6.2: 30 seconds",
    )
    user_id: UUID


@dataclass(frozen=True)
class ApiRate(Key):
    """The requests of the last window, by tenths of it."""

    contract: ClassVar = Contract(
        pattern="rate_limit:api:<user_id>:<endpoint>",
        shape=Shape.HASH,
        ttl_seconds=None,
        writers=SERVICES,
        when_lost="the user has a new window",
        longest=11,
        source="§6.2",
    )
    user_id: UUID
    endpoint: str


@dataclass(frozen=True)
class TradeRate(Key):
    """The orders of the last window, by tenths of it."""

    contract: ClassVar = Contract(
        pattern="rate_limit:trades:<user_id>",
        shape=Shape.HASH,
        ttl_seconds=None,
        writers=("trading-service",),
        when_lost="the user has a new window",
        longest=11,
        source="§6.2",
    )
    user_id: UUID


@dataclass(frozen=True)
class ActiveUsers(Key):
    """Users by when they were last seen, in seconds; those of the last quarter of an hour are active."""

    contract: ClassVar = Contract(
        pattern="active_users",
        shape=Shape.SORTED_SET,
        ttl_seconds=DAY,
        fresh_seconds=900,
        writers=SERVICES,
        when_lost="fills again as users are seen; until then less is warmed",
        source="§6.2",
    )


@dataclass(frozen=True)
class Notifications(Key):
    """What a user is to be told at once."""

    contract: ClassVar = Contract(
        pattern="notifications:<user_id>",
        shape=Shape.STREAM,
        ttl_seconds=7 * DAY,
        writers=("notification-service",),
        when_lost="read from the main database",
        fields={"id": "text", "type": "text", "data": "json", "timestamp": "time"},
        longest=1000,
        source="§6.2",
    )
    user_id: UUID


@dataclass(frozen=True)
class WebsocketConnections(Key):
    """A user's connections by their last sign of life, in seconds: a server that dies takes its connections out of no set."""

    contract: ClassVar = Contract(
        pattern="websocket:connections:<user_id>",
        shape=Shape.SORTED_SET,
        ttl_seconds=3600,
        fresh_seconds=90,
        writers=("notification-service",),
        when_lost="fills again with the next signs of life",
        source="§6.2",
    )
    user_id: UUID


@dataclass(frozen=True)
class StrategyState(Key):
    """Where a running strategy stands."""

    contract: ClassVar = Contract(
        pattern="strategy:state:<instance_id>",
        shape=Shape.HASH,
        ttl_seconds=7 * DAY,
        writers=("strategy-service",),
        when_lost="computed again from its orders, positions and candles",
        fields={"last_signal": "time", "positions": "json", "variables": "json", "error_count": "integer"},
        source="§6.2",
    )
    instance_id: UUID


@dataclass(frozen=True)
class OrderBook(Key):
    """The best bids and asks, each a list of price and size as text."""

    contract: ClassVar = Contract(
        pattern="orderbook:<symbol>:<exchange>",
        shape=Shape.HASH,
        ttl_seconds=5,
        writers=("market-data-ingest",),
        when_lost="the next update brings it",
        fields={"bids": "json", "asks": "json", "timestamp": "time"},
        source="§6.2: very short",
    )
    symbol: str
    exchange: str


@dataclass(frozen=True)
class Predictions(Key):
    """What a model expects."""

    contract: ClassVar = Contract(
        pattern="ml:predictions:<model_id>:<symbol>",
        shape=Shape.HASH,
        ttl_seconds=300,
        writers=("strategy-service",),
        when_lost="computed again",
        fields={"prediction": "decimal", "confidence": "decimal", "timestamp": "time", "features": "json"},
        source="§6.2",
    )
    model_id: str
    symbol: str


@dataclass(frozen=True)
class Training(Key):
    """How far a training job is."""

    contract: ClassVar = Contract(
        pattern="ml:training:<job_id>",
        shape=Shape.HASH,
        ttl_seconds=DAY,
        writers=("strategy-service",),
        when_lost="read from the main database",
        fields={"status": "text", "progress": "integer", "eta": "time", "logs_url": "text"},
        source="§6.2",
    )
    job_id: UUID


@dataclass(frozen=True)
class StrategyMetrics(Key):
    """The newest figures of a running strategy."""

    contract: ClassVar = Contract(
        pattern="strategy:metrics:<instance_id>",
        shape=Shape.HASH,
        ttl_seconds=1800,
        fresh_seconds=900,
        writers=("cache-warmer",),
        when_lost="read from the time-series database",
        fields={
            "trades_count": "integer", "total_return": "decimal", "unrealized_pnl": "decimal", "realized_pnl": "decimal",
            "timestamp": "time",
        },
        source="§12.2, which names no key",
    )  # fmt: skip
    instance_id: UUID


@dataclass(frozen=True)
class Marketplace(Key):
    """The most downloaded listings of a category, as a JSON list."""

    contract: ClassVar = Contract(
        pattern="marketplace:<category>",
        shape=Shape.STRING,
        ttl_seconds=7200,
        fresh_seconds=3600,
        writers=("cache-warmer",),
        when_lost="read from the main database",
        fields={"id": "uuid", "title": "text", "price_model": "text", "average_rating": "decimal", "downloads_count": "integer"},
        longest=50,
        source="§12.2, which names no key",
    )
    category: str


@dataclass(frozen=True)
class QueryCache(Key):
    """The result of a query, by the hash of its text and arguments."""

    contract: ClassVar = Contract(
        pattern="query_cache:<query_hash>",
        shape=Shape.STRING,
        ttl_seconds=300,
        writers=SERVICES,
        when_lost="the query runs again",
        source="§12.1, §15.3",
    )
    query_hash: str


@dataclass(frozen=True)
class UserData(Key):
    """What every page shows of a user, as JSON; deleted when the user changes it."""

    contract: ClassVar = Contract(
        pattern="user_data:{<user_id>}",
        shape=Shape.STRING,
        ttl_seconds=300,
        writers=("auth-service",),
        when_lost="read from the main database",
        source="§15.3",
    )
    user_id: UUID


@dataclass(frozen=True)
class Aggregations(Key):
    """A figure over many rows, as JSON."""

    contract: ClassVar = Contract(
        pattern="aggregations:<name>",
        shape=Shape.STRING,
        ttl_seconds=3600,
        writers=SERVICES,
        when_lost="computed again",
        source="§15.3",
    )
    name: str


@dataclass(frozen=True)
class Lock(Key):
    """Who works on something; holds a word that only the holder knows."""

    contract: ClassVar = Contract(
        pattern="lock:{<name>}",
        shape=Shape.STRING,
        ttl_seconds=None,
        writers=(*SERVICES, "cache-warmer"),
        when_lost="somebody else may begin; the fence tells the two apart",
        source="ours",
    )
    name: str


@dataclass(frozen=True)
class Fence(Key):
    """How often a lock was taken: a number that grows, for what is written under the lock."""

    contract: ClassVar = Contract(
        pattern="lock:{<name>}:fence",
        shape=Shape.STRING,
        ttl_seconds=7 * DAY,
        writers=(*SERVICES, "cache-warmer"),
        when_lost="counts from one again",
        source="ours",
    )
    name: str


KEYS: tuple[type[Key], ...] = (
    Session, RevokedToken, UserSessions, Market, Portfolio, Positions, OrderBook, ApiRate, TradeRate, ActiveUsers, Notifications,
    WebsocketConnections, StrategyState, StrategyMetrics, Predictions, Training, Marketplace, QueryCache, UserData, Aggregations,
    Lock, Fence,
)  # fmt: skip
"""All of them, in the order of the document."""
