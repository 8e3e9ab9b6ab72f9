"""A plain table becomes a partitioned one while it is written to: nothing is lost, nothing is there twice, and nobody waits long."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Generator
from typing import Any

import psycopg
import pytest

from database.partition.rewrite import How, partition
from database.partition.table import RefusedError
from tools.recorder import ROOT

from .rows import World
from .server import Server, ask, column

pytestmark = pytest.mark.database

TABLE = "support_ticket_messages"
ROWS = 6000
HOW = How(by="created_at", period="month", batch=500, lock_ms=300, tries=20, pause=0.05)
FILL = f"""
INSERT INTO {TABLE} (ticket_id, author_id, message, created_at)
SELECT %s, %s, 'message ' || g, now() - g * interval '20 minutes' FROM generate_series(1, {ROWS}) g
"""
BELONGING = """
SELECT 'policy ' || polname || ' ' || polcmd::text || ' ' || coalesce(pg_get_expr(polqual, polrelid), '') FROM pg_policy WHERE polrelid = %(t)s::text::regclass
UNION ALL SELECT 'index ' || i.relname || ' ' || regexp_replace(pg_get_indexdef(x.indexrelid), '^.* USING', '') FROM pg_index x
    JOIN pg_class i ON i.oid = x.indexrelid WHERE x.indrelid = %(t)s::text::regclass AND NOT x.indisprimary
UNION ALL SELECT 'constraint ' || conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = %(t)s::text::regclass AND contype IN ('c', 'f')
UNION ALL SELECT 'trigger ' || tgname || ' ' || tgtype FROM pg_trigger WHERE tgrelid = %(t)s::text::regclass AND NOT tgisinternal
UNION ALL SELECT 'table ' || relrowsecurity || relforcerowsecurity || pg_get_userbyid(relowner) FROM pg_class WHERE oid = %(t)s::text::regclass
UNION ALL SELECT 'grant ' || grantee || privilege_type || column_name FROM information_schema.column_privileges WHERE table_name = %(t)s::text
"""


class Writers:
    """Clients that write; and how long the one that waited longest did. Each says what it knows to be committed."""

    def __init__(self, server: Server, name: str, ticket: Any, author: Any, count: int = 3) -> None:
        self.stopped, self.waited = threading.Event(), 0.0
        self.errors: list[str] = []
        self.expected: dict[Any, str | None] = {}
        """What each of their rows holds; None where it was deleted."""
        self._server, self._name, self._who = server, name, (ticket, author)
        self._threads = [threading.Thread(target=self._write, args=(number,)) for number in range(count)]

    def __enter__(self) -> Writers:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopped.set()
        for thread in self._threads:
            thread.join()

    def _write(self, number: int) -> None:
        dice = random.Random(number)
        try:
            with self._server.connect(self._name, autocommit=False) as connection:
                # Old rows too: those that are still to be copied, and those that are.
                mine = column(connection, f"SELECT id FROM {TABLE} WHERE abs(hashtext(id::text)) %% 3 = %s", number)
                while not self.stopped.is_set():
                    began = time.monotonic()
                    made = self._step(connection, dice, mine)
                    connection.commit()
                    self.waited = max(self.waited, time.monotonic() - began)
                    self.expected |= made
        except psycopg.Error as error:
            self.errors.append(str(error))

    def _step(self, connection: Any, dice: random.Random, mine: list[Any]) -> dict[Any, str | None]:
        text = f"written {dice.random()}"
        place = dice.randrange(len(mine))
        match dice.choice(["insert", "change", "move", "delete"]):
            case "insert":
                (made,) = column(
                    connection,
                    f"INSERT INTO {TABLE} (ticket_id, author_id, message) VALUES (%s, %s, %s) RETURNING id",
                    *self._who,
                    text,
                )
                mine.append(made)
                return {made: text}
            case "change":
                ask(connection, f"UPDATE {TABLE} SET message = %s WHERE id = %s", text, mine[place])
            case "move":
                ask(
                    connection,
                    f"UPDATE {TABLE} SET message = %s, created_at = created_at - interval '1 minute' WHERE id = %s",
                    text,
                    mine[place],
                )
            case _:
                ask(connection, f"DELETE FROM {TABLE} WHERE id = %s", mine[place])
                return {mine.pop(place): None}
        return {mine[place]: text}


@pytest.fixture
def filled(server: Server) -> Generator[tuple[str, Any, Any]]:
    """A database with some thousand messages, and who wrote them."""
    name = server.create()
    with server.connect(name) as admin:
        world = World(admin)
        ticket = world.a("support_tickets")
        ask(admin, FILL, ticket["id"], world.user)
    yield name, ticket["id"], world.user
    server.drop(name)


def belonging(server: Server, name: str, table: str = TABLE) -> set[str]:
    with server.connect(name) as admin:
        return set(column_of(admin, table))


def column_of(connection: Any, table: str) -> list[str]:
    return [next(iter(row.values())) for row in connection.execute(BELONGING.encode(), {"t": table})]


def messages(server: Server, name: str, table: str = TABLE) -> dict[Any, str]:
    with server.connect(name) as admin:
        found = ask(admin, f"SELECT id, message FROM {table}")
    assert len({row["id"] for row in found}) == len(found), "a row is there once"
    return {row["id"]: row["message"] for row in found}


def test_nothing_is_lost_and_nobody_waits_long(server: Server, filled: tuple[str, Any, Any]) -> None:
    name, ticket, author = filled
    before, had = belonging(server, name), messages(server, name)
    with Writers(server, name, ticket, author) as writers, server.connect(name, "migrations") as migrations:
        time.sleep(0.3)
        partition(migrations, TABLE, HOW)
        time.sleep(0.3)
    assert writers.errors == []
    assert len(writers.expected) > 100, "they wrote meanwhile"
    assert writers.waited < 2
    expected = {key: text for key, text in {**had, **writers.expected}.items() if text is not None}
    assert messages(server, name) == expected
    assert belonging(server, name) == before
    with server.connect(name) as admin:
        assert column(admin, f"SELECT relkind::text FROM pg_class WHERE oid = '{TABLE}'::regclass") == ["p"]
        assert column(admin, f"SELECT count(*) FROM pg_inherits WHERE inhparent = '{TABLE}'::regclass")[0] >= 6
        assert column(admin, f"SELECT count(*) FROM {TABLE}__before")[0] > 0
        assert column(admin, "SELECT count(*) FROM pg_proc WHERE proname LIKE '%%__mirror'") == [0]
    with server.connect(name, "migrations") as migrations:
        ask(migrations, "SELECT maintain_partitions()")
        with pytest.raises(RefusedError, match=f"{TABLE} is partitioned already"):
            partition(migrations, TABLE, HOW)


def test_a_lock_that_cannot_be_had_changes_nothing_and_holds_nobody_up(server: Server, filled: tuple[str, Any, Any]) -> None:
    name, _, _ = filled
    had = messages(server, name)
    few = How(by="created_at", period="month", lock_ms=100, tries=2, pause=0.05)
    with server.connect(name, autocommit=False) as holder, server.connect(name, "migrations") as migrations:
        ask(holder, f"LOCK TABLE {TABLE} IN ROW EXCLUSIVE MODE")
        with pytest.raises(TimeoutError, match="could not be had in 2 tries of 100 ms"):
            partition(migrations, TABLE, few)
        assert column(holder, f"SELECT to_regclass('{TABLE}__partitioned')") == [None]
    assert messages(server, name) == had
    with server.connect(name, "migrations") as migrations:
        partition(migrations, TABLE, HOW)
    assert messages(server, name) == had


def test_a_run_that_is_killed_is_gone_on_with(server: Server, filled: tuple[str, Any, Any]) -> None:
    name, ticket, author = filled
    had = messages(server, name)
    env = {**os.environ, "MAIN_DATABASE_URL": server.address(name)}
    command = [sys.executable, "-m", "database.partition", TABLE, "--by", "created_at", "--period", "month", "--batch", "50"]
    with Writers(server, name, ticket, author, 1) as writers:
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True)
        assert process.stdout
        assert process.stdout.readline() == f"{TABLE}__partitioned is kept in step\n"
        process.send_signal(signal.SIGKILL)
        process.communicate()
        with server.connect(name) as admin:
            assert column(admin, f"SELECT relkind::text FROM pg_class WHERE oid = '{TABLE}'::regclass") == ["r"]
        done = subprocess.run([*command[:-1], "5000"], cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith(f"{TABLE} is partitioned; {TABLE}__before has what was there\n")
    assert writers.errors == []
    expected = {key: text for key, text in {**had, **writers.expected}.items() if text is not None}
    assert messages(server, name) == expected


@pytest.mark.parametrize(
    ("table", "by", "said"),
    [
        ("nowhere", "created_at", "there is no table nowhere in public"),
        ("trades", "executed_at", "trades is partitioned already"),
        (TABLE, "message", f"{TABLE}.message is not a timestamptz that is always there"),
        ("orders", "created_at", "a foreign key leads here, and would have to hold created_at"),
        ("users", "created_at", "unique in all partitions together is only what holds created_at"),
        ("ledger_entries", "created_at", "an identity column stays with its table"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_made(server: Server, shared: str, table: str, by: str, said: str) -> None:
    env = {**os.environ, "MAIN_DATABASE_URL": server.address(shared)}
    command = [sys.executable, "-m", "database.partition", table, "--by", by, "--period", "month"]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    assert done.stderr.startswith("partition: ")
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    with server.connect(shared) as admin:
        assert column(admin, "SELECT relname FROM pg_class WHERE relname LIKE '%%__partitioned'") == []
