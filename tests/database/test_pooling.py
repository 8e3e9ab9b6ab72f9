"""Row-level security under PgBouncer in transaction mode, where 200 clients share 25 connections."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Generator
from typing import Any

import psycopg
import pytest

from .pooler import pooler
from .rows import World
from .server import Server, act_as, ask, column

pytestmark = pytest.mark.database

CLIENTS = 200
ROUNDS = 6


@pytest.fixture(scope="module")
def pool(server: Server, shared: str) -> Generator[int]:
    with pooler(server, shared) as running:
        yield running.port


@pytest.fixture(scope="module")
def users(server: Server, shared: str) -> list[Any]:
    """Users with an order each; the order's symbol is the user's number."""
    with server.connect(shared, "migrations", autocommit=False) as connection:
        ask(connection, "SET LOCAL ROLE alphintra_owner")
        world = World(connection)
        made = [world.stranger() for _ in range(CLIENTS)]
        for number, user in enumerate(made):
            world.insert("orders", user_id=user, symbol=f"S{number}")
        connection.commit()
    return made


async def client(dsn: str, number: int, user: Any) -> list[str]:
    """Asks for orders again and again, with and without saying who it is; returns what it should not have seen."""
    dice = random.Random(number)
    wrong: list[str] = []
    connection = await psycopg.AsyncConnection[tuple[Any, ...]].connect(dsn, prepare_threshold=None)
    for _ in range(ROUNDS):
        course = dice.choice(["commit", "commit", "rollback", "error", "no context", "vanish"])
        cursor = connection.cursor()
        if course != "no context":
            await cursor.execute("SELECT app.act_as(%s)", [user])
            await asyncio.sleep(dice.random() / 50)
        await cursor.execute("SELECT user_id, symbol FROM orders")
        seen = await cursor.fetchall()
        expected = [] if course == "no context" else [(user, f"S{number}")]
        if seen != expected:
            wrong.append(f"client {number}, {course}: {seen}")
        if course == "error":
            try:
                await cursor.execute("SELECT 1 / 0")
            except psycopg.errors.DivisionByZero:
                await connection.rollback()
        elif course == "vanish":  # in the middle of its transaction
            await connection.close()
            connection = await psycopg.AsyncConnection[tuple[Any, ...]].connect(dsn, prepare_threshold=None)
        elif course == "rollback":
            await connection.rollback()
        else:
            await connection.commit()
    await connection.close()
    return wrong


def test_two_hundred_clients_never_see_each_others_rows(server: Server, shared: str, pool: int, users: list[Any]) -> None:
    dsn = server.dsn(shared, "trading_login", pool)

    async def everybody() -> list[list[str]]:
        return await asyncio.gather(*(client(dsn, number, user) for number, user in enumerate(users)))

    answers = asyncio.run(everybody())
    assert len(answers) == CLIENTS
    assert [wrong for answer in answers for wrong in answer] == []
    with server.connect(shared) as connection:
        shared_by = column(
            connection, "SELECT count(*) FROM pg_stat_activity WHERE usename = 'trading_login' AND datname = %s", shared
        )
    assert 0 < shared_by[0] <= 25


def test_what_a_session_sets_reaches_the_next_client(server: Server, shared: str, pool: int, users: list[Any]) -> None:
    """Why app.act_as() sets for the transaction only: this is the leak that the test above would find."""
    one, two = (server.connect(shared, "strategy_login", port=pool) for _ in range(2))
    with one, two:
        ask(one, "SELECT set_config('app.current_user_id', %s, false)", str(users[0]))
        assert column(two, "SELECT app.current_user_id()") == [users[0]]
        ask(one, "SELECT set_config('app.current_user_id', '', false)")
        one.autocommit = False
        act_as(one, users[0])
        one.commit()
        assert column(two, "SELECT app.current_user_id()") == [None]
