"""The key space: what section 6.2 asks for is there, and a key or value that is not as agreed is refused."""

from __future__ import annotations

import re
from dataclasses import fields
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from redis.crc import key_slot

from database.cache import contract, keys
from database.cache.contract import Key, Shape
from settings import load_stack_file
from settings.identity import Identities
from tools.recorder import ROOT

SECTION_6_2 = {
    "session:<session_id>": 86400,
    "jwt_blacklist:<token_hash>": None,
    "market:<symbol>:<timeframe>": 60,
    "portfolio:<user_id>:<kind>": 300,
    "positions:<user_id>": 30,
    "rate_limit:api:<user_id>:<endpoint>": None,
    "rate_limit:trades:<user_id>": None,
    "active_users": None,
    "notifications:<user_id>": None,
    "websocket:connections:<user_id>": None,
    "strategy:state:<instance_id>": None,
    "orderbook:<symbol>:<exchange>": None,
    "ml:predictions:<model_id>:<symbol>": None,
    "ml:training:<job_id>": None,
    "query_cache:<query_hash>": None,
    "user_data:<user_id>": None,
    "aggregations:<name>": None,
}
"""What the document names, each with the seconds that it names."""
MENDED = {"market:<symbol>:<timeframe>": "market:<symbol>:<exchange>:<timeframe>"}
USER = UUID("6f9619ff-8b86-d011-b42d-00c04fc964ff")
BY_PATTERN = {key.contract.pattern: key for key in keys.KEYS}
PORTFOLIO: dict[str, Any] = {
    "total_value": Decimal("100000.000000000000000001"), "unrealized_pnl": Decimal(-5), "realized_pnl": 0,
    "positions_count": 5, "active_orders": 3,
}  # fmt: skip


@pytest.mark.parametrize("pattern", SECTION_6_2)
def test_what_the_document_names_is_there_and_lives_as_long(pattern: str) -> None:
    found = {re.sub("[{}]", "", known): key for known, key in BY_PATTERN.items()}[MENDED.get(pattern, pattern)]
    if seconds := SECTION_6_2[pattern]:
        assert (found.contract.fresh_seconds or found.contract.ttl_seconds) == seconds


def test_every_key_of_the_module_is_listed_once_and_says_what_it_must() -> None:
    declared = [found for found in vars(keys).values() if isinstance(found, type) and issubclass(found, Key) and found is not Key]
    assert sorted(key.__name__ for key in declared) == sorted(key.__name__ for key in keys.KEYS)
    assert len(BY_PATTERN) == len(keys.KEYS)
    for key in keys.KEYS:
        assert key.__doc__
        assert [one.name for one in fields(key)] == list(dict.fromkeys(re.findall(r"<(\w+)>", key.contract.pattern)))  # type: ignore[arg-type]
        if key.contract.shape is Shape.STREAM:
            assert key.contract.longest
        if key.contract.fresh_seconds:
            assert key.contract.ttl_seconds
            assert key.contract.ttl_seconds >= 2 * key.contract.fresh_seconds


def test_only_what_must_not_be_lost_is_in_the_store_that_evicts_nothing() -> None:
    in_sessions = {key.__name__ for key in keys.KEYS if key.contract.store == "sessions"}
    assert in_sessions == {"Session", "RevokedToken", "UserSessions"}
    assert not [key for key in keys.KEYS if key.contract.store == "cluster" and "must not" in key.contract.when_lost]
    for environment in "dev", "staging", "prod":
        cache = load_stack_file(ROOT / f"Pulumi.{environment}.yaml").cache
        assert cache.sessions.eviction == "noeviction"
        assert cache.cluster.eviction == "allkeys-lru"


def test_who_writes_is_a_workload_that_may_connect_there() -> None:
    workloads = Identities().workloads
    for key in keys.KEYS:
        for writer in key.contract.writers:
            assert key.contract.store in workloads[writer].caches, (key, writer)


def test_keys_of_one_user_that_are_asked_for_together_are_in_one_slot() -> None:
    together = [keys.Portfolio(USER, "LIVE"), keys.Portfolio(USER, "PAPER"), keys.Positions(USER), keys.UserData(USER)]
    assert {key.contract.hash_tag for key in together} == {"<user_id>"}
    assert len({key_slot(str(key).encode()) for key in together}) == 1
    assert key_slot(str(keys.Lock("x")).encode()) == key_slot(str(keys.Fence("x")).encode())
    assert str(keys.Portfolio(USER, "LIVE")) == f"portfolio:{{{USER}}}:LIVE"


@pytest.mark.parametrize("part", ["", "a b", "a:b", "{a}", "a\nb", "x" * 201])
def test_a_part_that_would_make_another_key_is_refused(part: str) -> None:
    with pytest.raises(ValueError, match="OrderBook.symbol is .*a part of a key has 1 to 200 characters"):
        str(keys.OrderBook(part, "binance"))


def test_a_value_comes_back_as_it_was() -> None:
    assert keys.Portfolio.decode(keys.Portfolio.encode(PORTFOLIO)) == PORTFOLIO
    assert keys.Portfolio.encode(PORTFOLIO)["total_value"] == "100000.000000000000000001"
    state = {
        "last_signal": datetime(2026, 6, 15, 12, tzinfo=UTC), "positions": {"BTC-USD": "0.5"}, "variables": {}, "error_count": 0,
    }  # fmt: skip
    written = keys.StrategyState.encode(state)
    assert written["last_signal"] == "2026-06-15T12:00:00Z"
    assert keys.StrategyState.decode(written | {"of_a_newer_writer": "1"}) == state


BAD: list[tuple[dict[str, Any], str]] = [
    ({"total_value": 100000.0}, "Portfolio.total_value is decimal, which is written from Decimal or int, not from float"),
    ({"total_value": Decimal("NaN")}, "Portfolio.total_value is NaN"),
    ({"positions_count": "5"}, "Portfolio.positions_count is integer"),
    ({"positions_count": True}, "Portfolio.positions_count is integer"),
    ({"currency": "USD"}, "missing or unknown: currency"),
]


@pytest.mark.parametrize(("change", "message"), BAD)
def test_a_value_that_is_not_as_agreed_is_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=re.escape(message)):
        keys.Portfolio.encode(PORTFOLIO | change)


def test_a_missing_field_and_a_time_without_a_zone_are_refused() -> None:
    with pytest.raises(ValueError, match="missing or unknown: realized_pnl"):
        keys.Portfolio.encode({name: value for name, value in PORTFOLIO.items() if name != "realized_pnl"})
    with pytest.raises(TypeError, match="OrderBook.timestamp is a time without a zone"):
        keys.OrderBook.encode({"bids": [], "asks": [], "timestamp": datetime(2026, 6, 15)})  # noqa: DTZ001


def test_a_life_that_the_writer_decides_is_not_taken_from_the_contract() -> None:
    with pytest.raises(ValueError, match="how long jwt_blacklist:<token_hash> lives is up to who writes it"):
        _ = keys.RevokedToken.contract.milliseconds


def test_scripts_are_refused_when_memory_is_full_before_they_wrote_anything() -> None:
    """Without a first line, a script that begins with a DEL may go on and write: Redis only looks at its first write."""
    folder = Path(contract.__file__).parent / "scripts"
    first = {path.stem: path.read_text().splitlines()[0] for path in folder.glob("*.lua")}
    assert first.pop("lock_free") == "#!lua flags=allow-oom"
    assert set(first.values()) == {"#!lua"}
