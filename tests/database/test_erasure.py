"""Erasure on request: what is personal is gone, what must be kept is kept, and what stands in the way is said."""

from __future__ import annotations

import os
from typing import Any

import psycopg
import pytest

from .rows import World, sealed
from .server import Connection, act_as, ask, column

pytestmark = pytest.mark.database

PERSONAL = {"email": "ada@example.com", "first_name": "Ada", "last_name": "Lovelace"}


@pytest.fixture
def world(admin: Connection) -> World:
    """A user with a row in every table that erasure touches, whose account is closed."""
    world = World(admin)
    phone = {**sealed("phone_number"), "phone_number_index": os.urandom(32)}
    user = world.insert("users", **PERSONAL, **phone, **sealed("two_fa_secret"), **sealed("ssn"), two_fa_enabled=True)
    world.adopt("users", user)
    for purpose in ("PROFILE", "COMPLIANCE"):
        world.insert("data_keys", purpose=purpose)
    world.insert("developer_profiles", user_id=user["id"], display_name="Countess", bio="Analyst")
    world.insert("notifications", content="Dear Ada")
    world.insert("kyc_records", first_name="Ada")
    world.insert("support_ticket_messages", message="I am Ada")
    world.insert("backtest_results")
    world.insert("training_jobs")
    world.insert("strategy_reviews", content="Ada was here")
    world.insert("user_roles")
    order = world.insert("orders", status="CANCELLED", broker_connection_id=world.a("broker_connections")["id"])
    world.adopt("orders", order)
    world.insert("trades")
    act_as(admin, user["id"])
    for kind, direction, key in (("DEPOSIT", "CREDIT", "in"), ("WITHDRAWAL", "DEBIT", "out")):
        ask(admin, "SELECT post_transaction(%s, %s, %s, 10, %s)", world.a("wallets")["id"], kind, direction, key)
    act_as(admin, None)
    ask(admin, "UPDATE users SET closed_at = now() WHERE id = %s", user["id"])
    return world


def erase(world: World) -> dict[str, Any]:
    return ask(world.connection, "SELECT * FROM erase_user(%s)", world.user)[0]


def count(world: World, table: str, who: str = "user_id") -> int:
    return column(world.connection, f"SELECT count(*) FROM {table} WHERE {who} = %s", world.user)[0]


KEPT = (
    "orders",
    "trades",
    "transactions",
    "wallets",
    "ledger_journals",
    "ledger_entries",
    "kyc_records",
    "data_keys",
    "strategies",
)
GONE = ("notifications", "broker_connections", "training_jobs", "backtest_results", "user_roles")


def test_what_is_personal_is_gone_and_what_must_be_kept_is_kept(world: World) -> None:
    before = {table: count(world, table) for table in KEPT}
    assert all(before.values())
    assert all(count(world, table) for table in GONE)
    report = erase(world)
    assert {table: count(world, table) for table in KEPT} == before
    assert {table: count(world, table) for table in GONE} == dict.fromkeys(GONE, 0)
    (user,) = ask(world.connection, "SELECT * FROM users WHERE id = %s", world.user)
    assert user["email"] == f"erased-{world.user}@erased.invalid"
    assert user["erased_at"] is not None
    assert user["ssn_encrypted"] is not None, "under the COMPLIANCE key, with the KYC records"
    personal = ("first_name", "last_name", "phone_number_encrypted", "phone_number_index", "two_fa_secret_encrypted")
    assert [user[name] for name in personal] == [None] * len(personal)
    everything = "\n".join(
        column(world.connection, f"SELECT to_jsonb(t)::text FROM {table} t WHERE {who} = %s", world.user)[0]
        for table, who in (("users", "id"), ("developer_profiles", "user_id"), ("strategy_reviews", "user_id"), ("support_ticket_messages", "author_id"))
    )  # fmt: skip
    assert not [text for text in ("ada@", "Ada", "Lovelace", "Countess", "Analyst") if text in everything]
    assert report["removed"]["users"] == 1
    assert "seven years" in report["kept"]["kyc_records"]


def test_the_profile_key_is_destroyed_and_the_compliance_key_is_not(world: World) -> None:
    erase(world)
    keys = ask(world.connection, "SELECT purpose, wrapped_key IS NULL AS gone FROM data_keys WHERE user_id = %s", world.user)
    assert {key["purpose"]: key["gone"] for key in keys} == {"PROFILE": True, "COMPLIANCE": False}


def test_a_second_request_answers_what_the_first_did(world: World) -> None:
    assert erase(world) == erase(world)


def test_code_that_somebody_bought_stays_with_the_buyer(world: World) -> None:
    listing = world.insert("marketplace_strategies")["id"]
    private = world.insert("strategies")["id"]
    world.insert("marketplace_purchases", marketplace_strategy_id=listing, user_id=world.stranger())
    erase(world)
    code = {
        row["id"]: row["code"] for row in ask(world.connection, "SELECT id, code FROM strategies WHERE user_id = %s", world.user)
    }
    assert code[world.a("strategies")["id"]] == "pass"
    assert code[private] is None
    assert column(world.connection, "SELECT status FROM marketplace_strategies WHERE id = %s", listing) == ["SUSPENDED"]


HINDRANCES = {
    "the account is not closed": "UPDATE users SET closed_at = NULL WHERE id = {user}",
    "a wallet is not empty": "SELECT app.act_as({user}), post_transaction({wallet}, 'DEPOSIT', 'CREDIT', 1, 'left')",
    "an order is open": "INSERT INTO orders (user_id, symbol, order_type, side, quantity) VALUES ({user}, 'A', 'MARKET', 'BUY', 1)",
    "a strategy is running": "INSERT INTO strategy_instances (user_id, strategy_id, name, status, started_at) VALUES ({user}, {strategy}, 'b', 'RUNNING', now())",
    "an alert is open": "INSERT INTO aml_alerts (user_id, alert_type) VALUES ({user}, 'VELOCITY')",
}  # fmt: skip


@pytest.mark.parametrize("reason", HINDRANCES)
def test_what_stands_in_the_way_is_said_and_nothing_is_erased(world: World, reason: str) -> None:
    quoted = {"user": world.user, "wallet": world.a("wallets")["id"], "strategy": world.a("strategies")["id"]}
    act_as(world.connection, world.user)
    ask(world.connection, HINDRANCES[reason].format(**{key: f"'{value}'" for key, value in quoted.items()}))
    with (
        pytest.raises(psycopg.errors.ObjectNotInPrerequisiteState, match=f"cannot be erased: {reason}"),
        world.connection.transaction(),
    ):
        erase(world)
    assert column(world.connection, "SELECT first_name FROM users WHERE id = %s", world.user) == ["Ada"]
