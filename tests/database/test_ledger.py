"""The ledger: it balances, wallets follow it, and a posting happens once, whoever is killed."""

from __future__ import annotations

import multiprocessing.context
import os
import random
import signal
import time
from collections.abc import Generator
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
import pytest

from .rows import World
from .server import Connection, Server, act_as, ask, column

pytestmark = pytest.mark.database

WRITERS = 32
POSTINGS = 12
KILLS = 24


@pytest.fixture
def trader(server: Server, shared: str) -> Generator[Connection]:
    """trading-service for a user with wallets in dollars and euros, of which the first has 100."""
    with server.connect(shared, "migrations") as setup:
        ask(setup, "SET ROLE alphintra_owner")
        user = World(setup).user
    with server.connect(shared, "trading_login", autocommit=False) as connection:
        act_as(connection, user)
        for currency, kind in (("USD", "TRADING"), ("USD", "SAVINGS"), ("EUR", "TRADING"), ("USD", "PAPER")):
            ask(connection, "INSERT INTO wallets (user_id, currency, wallet_type) VALUES (%s, %s, %s)", user, currency, kind)
        post(connection, wallet(connection, "USD"), "DEPOSIT", "CREDIT", 100, "first")
        connection.commit()
        act_as(connection, user)
        yield connection
        connection.rollback()


def wallet(connection: Connection, currency: str, kind: str = "TRADING") -> UUID:
    return column(connection, "SELECT id FROM wallets WHERE currency = %s AND wallet_type = %s", currency, kind)[0]


def post(connection: Connection, into: UUID, kind: str, direction: str, amount: Any, key: str, fee: Any = 0) -> UUID:
    return column(connection, "SELECT post_transaction(%s, %s, %s, %s, %s, %s)", into, kind, direction, amount, key, fee)[0]


def balances(connection: Connection) -> dict[str, tuple[Decimal, Decimal, Decimal]]:
    rows = ask(connection, "SELECT currency || wallet_type AS wallet, balance, available_balance, locked_balance FROM wallets")
    return {row["wallet"]: (row["balance"], row["available_balance"], row["locked_balance"]) for row in rows}


def check(connection: Connection) -> None:
    """The invariants, over everything there is."""
    assert column(connection, "SELECT currency FROM ledger_entries GROUP BY currency HAVING sum(amount) <> 0") == []
    assert column(connection, "SELECT journal_id FROM ledger_entries GROUP BY journal_id, currency HAVING sum(amount) <> 0") == []
    assert column(connection, "SELECT id FROM wallets WHERE balance < 0 OR available_balance < 0 OR locked_balance < 0") == []
    projected = """
        SELECT w.id FROM wallets w
        LEFT JOIN ledger_accounts a ON a.wallet_id = w.id LEFT JOIN ledger_entries e ON e.account_id = a.id
        GROUP BY w.id HAVING w.balance <> coalesce(sum(e.amount), 0)
            OR w.locked_balance <> coalesce(sum(e.amount) FILTER (WHERE a.kind = 'LOCKED'), 0)"""
    assert column(connection, projected) == []


def test_money_in_and_out(trader: Connection) -> None:
    usd = wallet(trader, "USD")
    post(trader, usd, "WITHDRAWAL", "DEBIT", 30, "out", fee="0.5")
    assert balances(trader)["USDTRADING"] == (Decimal("69.5"), Decimal("69.5"), 0)
    assert ask(trader, "SELECT status, amount, fee FROM transactions WHERE idempotency_key = 'out'") == [
        {"status": "COMPLETED", "amount": 30, "fee": Decimal("0.5")}
    ]


def test_a_repeated_posting_answers_what_the_first_did(trader: Connection) -> None:
    usd = wallet(trader, "USD")
    first = post(trader, usd, "TRADE", "DEBIT", 10, "again")
    assert post(trader, usd, "TRADE", "DEBIT", "10.0", "again") == first
    assert balances(trader)["USDTRADING"][0] == 90
    with pytest.raises(psycopg.errors.UniqueViolation, match="idempotency key again was used for another request"):
        post(trader, usd, "TRADE", "DEBIT", 11, "again")


def test_nothing_is_spent_that_is_not_there(trader: Connection) -> None:
    with pytest.raises(psycopg.errors.CheckViolation, match="amount_bounds"):
        post(trader, wallet(trader, "USD"), "WITHDRAWAL", "DEBIT", "100.000000000000000001", "too much")


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "0", "-1", "0.0000000000000000001", None])
def test_amounts_are_amounts(trader: Connection, amount: str | None) -> None:
    usd = wallet(trader, "USD")
    calls = ("SELECT post_transaction(%s, 'DEPOSIT', 'CREDIT', %s, 'k')", "SELECT transfer(%s, %s, %s, 'k')")
    for call, arguments in zip(calls, ((usd, amount), (usd, wallet(trader, "USD", "SAVINGS"), amount)), strict=True):
        with pytest.raises(psycopg.errors.IntegrityError), trader.transaction():
            ask(trader, call, *arguments)
    assert balances(trader)["USDTRADING"][0] == 100


def test_an_open_orders_money_is_locked_and_released(trader: Connection) -> None:
    usd = wallet(trader, "USD")
    ask(trader, "SELECT reserve(%s, 60, 'order-1')", usd)
    assert balances(trader)["USDTRADING"] == (100, 40, 60)
    with pytest.raises(psycopg.errors.CheckViolation), trader.transaction():
        post(trader, usd, "WITHDRAWAL", "DEBIT", 50, "locked away")
    ask(trader, "SELECT reserve(%s, -60, 'order-1-done')", usd)
    assert balances(trader)["USDTRADING"] == (100, 100, 0)
    with pytest.raises(psycopg.errors.CheckViolation), trader.transaction():
        ask(trader, "SELECT reserve(%s, -1, 'too much')", usd)


def test_a_transfer_has_two_sides_of_one_currency_and_one_book(trader: Connection) -> None:
    usd, savings, eur, paper = (wallet(trader, *which) for which in (("USD",), ("USD", "SAVINGS"), ("EUR",), ("USD", "PAPER")))
    for _ in range(2):
        ask(trader, "SELECT transfer(%s, %s, 25, 't')", usd, savings)
    assert (balances(trader)["USDTRADING"][0], balances(trader)["USDSAVINGS"][0]) == (75, 25)
    sides = ask(trader, "SELECT direction, amount FROM transactions WHERE type = 'TRANSFER' ORDER BY direction")
    assert sides == [{"direction": "CREDIT", "amount": 25}, {"direction": "DEBIT", "amount": 25}]
    with pytest.raises(psycopg.errors.CheckViolation, match="keeps its currency; these are USD and EUR"), trader.transaction():
        ask(trader, "SELECT transfer(%s, %s, 1, 'x')", usd, eur)
    with pytest.raises(psycopg.errors.ForeignKeyViolation, match="ledger_entries_journal"), trader.transaction():
        ask(trader, "SELECT transfer(%s, %s, 1, 'y')", usd, paper)


def test_a_pending_transaction_moves_its_money_once(trader: Connection) -> None:
    usd = wallet(trader, "USD")
    (pending,) = column(
        trader,
        "INSERT INTO transactions (user_id, wallet_id, type, direction, currency, amount)"
        " VALUES (app.current_user_id(), %s, 'DEPOSIT', 'CREDIT', 'USD', 7) RETURNING id",
        usd,
    )
    assert balances(trader)["USDTRADING"][0] == 100
    assert column(trader, "SELECT settle_transaction(%s)", pending) == column(trader, "SELECT settle_transaction(%s)", pending)
    assert balances(trader)["USDTRADING"][0] == 107
    assert column(trader, "SELECT status FROM transactions WHERE id = %s", pending) == ["COMPLETED"]


def test_a_failed_transaction_is_not_settled(trader: Connection) -> None:
    (failed,) = column(
        trader,
        "INSERT INTO transactions (user_id, wallet_id, type, direction, currency, amount)"
        " VALUES (app.current_user_id(), %s, 'DEPOSIT', 'CREDIT', 'USD', 7) RETURNING id",
        wallet(trader, "USD"),
    )
    ask(trader, "UPDATE transactions SET status = 'FAILED' WHERE id = %s", failed)
    with pytest.raises(psycopg.errors.CheckViolation, match="is FAILED; only what is pending is settled"):
        ask(trader, "SELECT settle_transaction(%s)", failed)


def test_nobody_posts_on_another_users_wallet(server: Server, shared: str, trader: Connection) -> None:
    with server.connect(shared, "postgres") as connection:
        (strange,) = column(
            connection, "SELECT id FROM wallets WHERE user_id <> %s LIMIT 1", column(trader, "SELECT app.current_user_id()")[0]
        ) or [None]
        if strange is None:
            strange = World(connection).insert("wallets")["id"]
    for call in ("post_transaction(%s, 'WITHDRAWAL', 'DEBIT', 1, 'k')", "reserve(%s, 1, 'k')"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="no wallet .* of the current user"), trader.transaction():
            ask(trader, f"SELECT {call}", strange)


def test_a_journal_that_does_not_balance_is_not_committed(admin: Connection) -> None:
    world = World(admin)
    world.insert("ledger_entries", amount=5)
    with pytest.raises(psycopg.errors.CheckViolation, match="does not balance: its entries in .* sum to 5"):
        ask(admin, "SET CONSTRAINTS ALL IMMEDIATE")


def test_a_journal_without_entries_is_not_committed(admin: Connection) -> None:
    World(admin).insert("ledger_journals")
    with pytest.raises(psycopg.errors.CheckViolation, match="has no entries"):
        ask(admin, "SET CONSTRAINTS ALL IMMEDIATE")


def test_balances_cannot_be_written(admin: Connection) -> None:
    mine = World(admin).a("wallets")["id"]
    with pytest.raises(psycopg.errors.IntegrityError, match="balances follow the ledger"):
        ask(admin, "UPDATE wallets SET balance = 5, available_balance = 5 WHERE id = %s", mine)


def test_a_wallet_begins_empty(admin: Connection) -> None:
    with pytest.raises(psycopg.errors.IntegrityError, match="a wallet begins empty"):
        World(admin).insert("wallets", balance=5, available_balance=5)


class Posting(NamedTuple):
    """What a writer wants made."""

    kind: str
    key: str
    user: UUID
    statement: str
    arguments: tuple[Any, ...]


def plan(number: int, users: list[tuple[UUID, list[UUID]]]) -> list[Posting]:
    """A writer's postings: the same after a restart."""
    dice = random.Random(number)
    postings: list[Posting] = []
    for index in range(POSTINGS):
        user, wallets = dice.choice(users)
        one, two = dice.sample(wallets, 2)
        key, amount = f"w{number}-{index}", Decimal(dice.randrange(1, 10**6)).scaleb(-4)
        statement, arguments = {
            "deposit": ("SELECT post_transaction(%s, 'DEPOSIT', 'CREDIT', %s, %s, 0, %s)", (one, amount, key, key)),
            "withdraw": ("SELECT post_transaction(%s, 'WITHDRAWAL', 'DEBIT', %s, %s, 0.01, %s)", (one, amount, key, key)),
            "trade": ("SELECT post_transaction(%s, 'TRADE', 'DEBIT', %s, %s)", (one, amount, key)),
            "transfer": ("SELECT transfer(%s, %s, %s, %s)", (one, two, amount, key)),
        }[kind := dice.choice(["deposit", "withdraw", "trade", "transfer"])]
        postings.append(Posting(kind, key, user, statement, arguments))
    return postings


def write(dsn: str, postings: list[Posting], seed: int) -> None:
    """Makes them in order, each until it is known to be made, as a service does that was restarted."""
    wait = random.Random(seed)
    for posting in postings:
        while True:
            try:
                with psycopg.connect(dsn) as connection, connection.transaction():
                    connection.execute("SELECT app.act_as(%s)", [posting.user])
                    connection.execute(posting.statement.encode(), posting.arguments)
                    time.sleep(wait.random() / 200)
            except psycopg.errors.CheckViolation:
                break  # not enough money: an answer
            except psycopg.OperationalError:
                time.sleep(0.01)  # killed, or a deadlock: again
            else:
                break


def test_many_writers_and_random_kills(server: Server, database: str) -> None:
    users: list[tuple[UUID, list[UUID]]] = []
    with server.connect(database, "migrations") as setup:
        ask(setup, "SET ROLE alphintra_owner")
        world = World(setup)
        for _ in range(4):
            user = world.stranger()
            wallets = [
                world.insert("wallets", user_id=user, currency="USD", wallet_type=kind)["id"] for kind in ("TRADING", "SAVINGS")
            ]
            users.append((user, wallets))
    dsn = server.dsn(database, "trading_login")
    dice = random.Random(7)
    spawn = multiprocessing.get_context("fork")

    def start(number: int, seed: int) -> multiprocessing.context.ForkProcess:
        process = spawn.Process(target=write, args=(dsn, plan(number, users), seed))
        process.start()
        return process

    writers = {number: start(number, number) for number in range(WRITERS)}
    with server.connect(database) as killer:
        for kill in range(KILLS):
            time.sleep(dice.random() / 20)
            victim = dice.randrange(WRITERS)
            if kill % 2:  # the server's end of a connection
                ask(
                    killer,
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'trading_login' AND datname = %s ORDER BY random() LIMIT 2",
                    database,
                )
            elif (pid := writers[victim].pid) and writers[
                victim
            ].is_alive():  # the client, which begins again from its first posting
                os.kill(pid, signal.SIGKILL)
                writers[victim].join()
                writers[victim] = start(victim, 100 + kill)
        for process in writers.values():
            process.join(timeout=120)
            assert process.exitcode == 0
        check(killer)
        made = ask(killer, "SELECT idempotency_key AS key, count(*) AS times FROM ledger_journals GROUP BY idempotency_key")
        assert {row["times"] for row in made} == {1}
        # A completed transaction has its journal, and a journal its transactions: none lost, none doubled.
        counted = ask(
            killer,
            """SELECT j.id FROM ledger_journals j LEFT JOIN transactions t ON t.journal_id = j.id GROUP BY j.id
               HAVING count(t.id) <> CASE WHEN j.request ? 'from' THEN 2 ELSE 1 END""",
        )
        assert counted == []
        # Every deposit was made: no check refuses one.
        wanted = {posting.key for number in range(WRITERS) for posting in plan(number, users) if posting.kind == "deposit"}
        assert wanted <= {row["key"] for row in made}
        assert len(wanted) > WRITERS
