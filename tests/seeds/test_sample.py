"""Sample data: the same for the same seed, and taken by every constraint at any size."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Generator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from database.crypto import PHONE_NUMBER, BlindIndex, Fields, KeyRing, LocalKey
from database.seeds.__main__ import DEV_KEY
from database.seeds.load import ORDER, NotEmptyError, generate, load
from database.seeds.sample import DAYS
from database.seeds.series import load_series
from tests.database.server import Connection, Server, ask, column
from tests.database.timescale import TimeSeriesServer
from tests.installed import POSTGRES, need
from tools.recorder import ROOT

pytestmark = pytest.mark.database

MOMENT = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
KEY = b"k" * 32
SEALED = ("_encrypted", "_nonce", "_index")
THE_DATABASES_OWN = {
    ("ledger_accounts", "id"),
    ("ledger_entries", "account_id"),
    ("ledger_entries", "id"),
    ("brokers", "created_at"),
    ("notification_templates", "created_at"),
}


def rows(connection: Connection, table: str) -> list[dict[str, Any]]:
    """What a table has, without what the database chose, such as nonces and when it was written."""
    found = ask(connection, f"SELECT * FROM {table}")
    kept = [
        {
            name: value
            for name, value in row.items()
            if not name.endswith((*SEALED, "updated_at")) and (table, name) not in THE_DATABASES_OWN
        }
        for row in found
    ]
    return sorted(kept, key=repr)


def filled(server: Server, users: int, seed: int = 1) -> tuple[str, dict[str, int]]:
    name = server.create()
    with server.connect(name, "migrations") as connection:
        return name, load(connection, generate(users, seed, MOMENT), KEY)


@pytest.mark.parametrize("users", [0, 1, 2, 3, 17, 60])
def test_every_constraint_takes_it_at_any_size(server: Server, users: int) -> None:
    name, counts = filled(server, users, seed=users)
    with server.connect(name) as connection:
        assert counts["users"] == users
        for table in ORDER:
            assert column(connection, f"SELECT count(*) FROM {table}") == [counts[table]]
        balances = "SELECT currency, sum(amount) FROM ledger_entries GROUP BY currency HAVING sum(amount) <> 0"
        assert ask(connection, balances) == []
        assert column(connection, "SELECT count(*) FROM wallets WHERE balance < 0 OR balance <> available_balance") == [0]
        assert column(connection, "SELECT count(*) FROM users WHERE last_login > now() OR last_login < created_at") == [0]
        assert column(
            connection,
            """SELECT o.id FROM orders o LEFT JOIN trades t ON t.order_id = o.id GROUP BY o.id
               HAVING coalesce(sum(t.quantity), 0) <> o.filled_quantity""",
        ) == []  # fmt: skip
    server.drop(name)


def test_every_table_that_services_write_has_rows(server: Server) -> None:
    name, counts = filled(server, 30)
    with server.connect(name) as connection:
        tables = column(
            connection,
            """SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
               AND NOT relispartition AND relname NOT IN ('erasures', 'audit_logs_archive')""",
        )
        assert [table for table in tables if column(connection, f"SELECT count(*) FROM {table}") == [0]] == []
        assert all(counts.values())
        oldest = column(connection, "SELECT min(created_at) FROM users")[0]
        assert 0 < (MOMENT - oldest).days <= DAYS
    server.drop(name)


def test_the_same_seed_gives_the_same_rows_and_another_gives_others(server: Server) -> None:
    names = [filled(server, 12, seed)[0] for seed in (7, 7, 8)]
    connections = [server.connect(name) for name in names]
    for table in ORDER:
        first, again, other = (rows(connection, table) for connection in connections)
        assert first == again, table
        if table in ("users", "orders", "transactions", "wallets"):
            assert first != other
    for connection, name in zip(connections, names, strict=True):
        connection.close()
        server.drop(name)


def test_what_is_sealed_opens_with_the_key_and_with_no_other(server: Server, database: str) -> None:
    with server.connect(database, "migrations") as connection:
        load(connection, generate(3, 1, MOMENT), DEV_KEY)
        connection.execute("SET ROLE alphintra_owner")
        users = column(connection, "SELECT id FROM users ORDER BY email")
        fields = Fields(connection, KeyRing(connection, LocalKey(DEV_KEY)), BlindIndex(b"i" * 32))
        assert {fields.read(PHONE_NUMBER, user, user) for user in users} == {f"+1 555 000000{number}" for number in range(3)}
        with pytest.raises(Exception, match="does not unwrap"):
            Fields(connection, KeyRing(connection, LocalKey(KEY)), BlindIndex(b"i" * 32)).read(PHONE_NUMBER, users[0], users[0])


def test_a_database_with_users_is_left_as_it_is(server: Server, database: str) -> None:
    with server.connect(database, "migrations") as connection:
        load(connection, generate(2, 1, MOMENT), KEY)
        with pytest.raises(NotEmptyError, match="the database has users; a sample goes into an empty one only"):
            load(connection, generate(2, 2, MOMENT), KEY)
    with server.connect(database) as connection:
        assert column(connection, "SELECT count(*) FROM users") == [2]


def test_life_goes_on_after_it(server: Server, database: str) -> None:
    with server.connect(database, "migrations") as connection:
        load(connection, generate(2, 1, MOMENT), KEY)
    with server.connect(database, "trading_login", autocommit=False) as trading:
        with server.connect(database) as admin:
            query = "SELECT user_id, id, balance FROM wallets WHERE wallet_type = 'TRADING' AND currency = 'USD'"
            user, wallet, before = ask(admin, query)[0].values()
        ask(trading, "SELECT app.act_as(%s)", user)
        ask(trading, "SELECT post_transaction(%s, 'DEPOSIT', 'CREDIT', 5, 'mine')", wallet)
        ask(
            trading,
            "INSERT INTO orders (user_id, client_order_id, symbol, order_type, side, quantity) VALUES (%s, 'mine', 'AAPL', 'MARKET', 'BUY', 1)",
            user,
        )
        trading.commit()
    with server.connect(database) as admin:
        assert column(admin, "SELECT count(*) FROM orders WHERE client_order_id = 'mine'") == [1]
        assert column(admin, "SELECT sum(balance) - %s FROM wallets WHERE id = %s", before, wallet) == [5]


def test_a_size_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="users is -1; none or more are possible"):
        generate(-1, 1, MOMENT)


@pytest.fixture(scope="module")
def series_server() -> Generator[TimeSeriesServer]:
    need(POSTGRES)
    running = TimeSeriesServer(real=False)
    try:
        running.start()
        yield running
    finally:
        running.stop()


def test_the_command_fills_both_databases(server: Server, series_server: TimeSeriesServer, database: str, tmp_path: Path) -> None:
    name = series_server.empty()
    series_server.make(name, series_server.changes(tmp_path / "changes"))
    env = {
        **os.environ,
        "MAIN_DATABASE_URL": server.address(database),
        "TIMESERIES_DATABASE_URL": series_server.address(name),
    }
    command = [sys.executable, "-m", "database.seeds", "sample", "--users", "5"]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "         5  users" in done.stdout
    again = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=120)
    assert (again.returncode, again.stderr) == (1, "seeds: the database has users; a sample goes into an empty one only\n")
    with series_server.connect(name) as connection, server.connect(database) as main:
        owners = set(column(connection, "SELECT DISTINCT user_id FROM portfolio_snapshots"))
        assert owners == set(column(main, "SELECT id FROM users"))
        for table in "tick_data", "market_data", "strategy_metrics", "system_metrics", "latency_metrics":
            assert column(connection, f"SELECT count(*) > 0 FROM {table}") == [True]
    with (
        series_server.connect(name, "migrations") as connection,
        pytest.raises(Exception, match="tick_data has rows; a sample goes into an empty database only"),
    ):
        load_series(connection, generate(1, 1, MOMENT))
