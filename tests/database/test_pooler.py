"""PgBouncer as the stack configures it: its limits, who gets in, reloads and stops."""

from __future__ import annotations

import asyncio
import resource
import signal
from collections import Counter
from collections.abc import Generator
from typing import Any

import psycopg
import pytest

from settings.pooling import Pooling

from .pooler import Pooler, pooler
from .server import PASSWORD, Server, ask, column

pytestmark = pytest.mark.database

CLIENTS = 1000
LOGINS = (
    "auth_login",
    "trading_login",
    "strategy_login",
    "marketplace_login",
    "compliance_login",
    "reporting_login",
    "search_ingest_login",
)
"""As many as pooling.clients has."""
ROUNDS = 4
REFUSED = "(password|SASL) authentication failed"
UNKNOWN = f"no such user|{REFUSED}"


@pytest.fixture(scope="module")
def pool(server: Server, shared: str) -> Generator[Pooler]:
    with pooler(server, shared) as running:
        yield running


@pytest.fixture
def files() -> Generator[None]:
    """Room for a thousand connections in this process and in the pooler that it starts."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    if before[0] < 4096:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, before[1]), before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def servers(server: Server, database: str) -> Counter[str]:
    """Connections of the server that are a pooler's, by login: those over TLS, which nothing else here uses."""
    with server.connect(database) as connection:
        query = "SELECT usename FROM pg_stat_activity JOIN pg_stat_ssl USING (pid) WHERE ssl AND datname = %s"
        return Counter(column(connection, query, database))


async def client(dsn: str, arrived: asyncio.Barrier, budget: asyncio.Semaphore) -> None:
    """Connects, waits until everybody has, and works; the semaphore spares the machine, not the pooler."""
    async with budget:
        connection = await psycopg.AsyncConnection[tuple[Any, ...]].connect(dsn, prepare_threshold=None)
    await arrived.wait()
    for number in range(ROUNDS):
        async with connection.transaction():
            cursor = await connection.execute("SELECT %s + 1, pg_sleep(0.005)", [number])
            assert (await cursor.fetchone() or (None,))[0] == number + 1
    await arrived.wait()
    await connection.close()


@pytest.mark.usefixtures("files")
def test_a_thousand_clients_at_once_share_the_connections_of_the_budget(server: Server, shared: str) -> None:
    settings = Pooling()
    assert len(settings.clients) == len(LOGINS)
    assert settings.max_client_conn == CLIENTS
    with pooler(server, shared) as pool:
        seen: list[Counter[str]] = []

        async def watch(done: asyncio.Event) -> None:
            while not done.is_set():
                seen.append(await asyncio.to_thread(servers, server, shared))
                await asyncio.sleep(0.05)

        async def everybody() -> None:
            arrived, budget, done = asyncio.Barrier(CLIENTS), asyncio.Semaphore(50), asyncio.Event()
            watching = asyncio.create_task(watch(done))
            await asyncio.gather(*(client(pool.dsn(LOGINS[n % len(LOGINS)]), arrived, budget) for n in range(CLIENTS)))
            done.set()
            await watching

        asyncio.run(everybody())
        most = max(sum(found.values()) for found in seen)
        assert settings.default_pool_size < most <= settings.max_db_connections, "all work at the same time, within the budget"
        for login in (*LOGINS, "pgbouncer"):
            assert max(found[login] for found in seen) <= settings.default_pool_size, login


def test_one_client_more_is_told_so(server: Server, shared: str) -> None:
    with pooler(server, shared, Pooling(max_client_conn=10)) as pool:
        clients = [psycopg.connect(pool.dsn()) for _ in range(10)]
        with pytest.raises(psycopg.OperationalError, match="no more connections allowed"):
            psycopg.connect(pool.dsn())
        clients.pop().close()
        psycopg.connect(pool.dsn()).close()
        for connection in clients:
            connection.close()


def test_who_waits_too_long_for_a_connection_is_told_so(server: Server, shared: str) -> None:
    settings = Pooling(default_pool_size=1, query_wait_timeout=1)
    with (
        pooler(server, shared, settings) as pool,
        psycopg.connect(pool.dsn()) as busy,
        psycopg.connect(pool.dsn()) as waiting,
    ):
        busy.execute("SELECT 1")
        with pytest.raises(psycopg.OperationalError, match="query_wait_timeout"):
            waiting.execute("SELECT 1")


@pytest.mark.parametrize(
    ("user", "instead", "says"),
    [
        ("trading_login", ("password=" + PASSWORD, "password=another"), REFUSED),
        ("trading_login", ("sslmode=require", "sslmode=disable"), "SSL required"),
        ("nobody", None, UNKNOWN),
        ("pgbouncer", None, "permission denied|no such user|not allowed"),
        ("administrator", None, UNKNOWN),
        ("expired_login", None, REFUSED),
    ],
    ids=["wrong password", "no TLS", "no such login", "the pooler's own", "no service", "no longer valid"],
)
def test_who_does_not_get_in(server: Server, pool: Pooler, user: str, instead: tuple[str, str] | None, says: str) -> None:
    with server.connect(pool.database) as superuser:
        ask(superuser, f"CREATE ROLE administrator LOGIN CREATEROLE PASSWORD '{PASSWORD}'")
        ask(superuser, f"CREATE ROLE expired_login LOGIN IN ROLE trading_role PASSWORD '{PASSWORD}' VALID UNTIL '2020-01-01'")
        try:
            dsn = pool.dsn(user)
            with pytest.raises(psycopg.Error, match=says):
                psycopg.connect(dsn.replace(*instead) if instead else dsn).execute("SELECT count(*) FROM orders")
        finally:
            ask(superuser, "DROP ROLE administrator, expired_login")


def test_passwords_are_looked_up_by_the_pooler_only(server: Server, shared: str) -> None:
    with server.connect(shared, "pgbouncer") as connection:
        found = ask(connection, "SELECT * FROM pgbouncer.get_auth('trading_login')")
        assert [row["username"] for row in found] == ["trading_login"]
        assert found[0]["password"].startswith("SCRAM-SHA-256$")
        for login in ("postgres", "migrations", "pgbouncer", "password_reader"):
            assert ask(connection, "SELECT * FROM pgbouncer.get_auth(%s)", login) == []
        for statement in ("SELECT passwd FROM pg_shadow", "SELECT * FROM users", "SELECT * FROM ops.workloads"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                ask(connection, statement)
    with server.connect(shared, "trading_login") as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        ask(connection, "SELECT * FROM pgbouncer.get_auth('auth_login')")


def test_a_new_password_counts_from_the_next_connection_on(server: Server, pool: Pooler) -> None:
    changed = pool.dsn("support_login").replace(PASSWORD, "changed-" + PASSWORD)
    with server.connect(pool.database) as superuser:
        psycopg.connect(pool.dsn("support_login")).close()
        ask(superuser, f"ALTER ROLE support_login PASSWORD 'changed-{PASSWORD}'")
        try:
            psycopg.connect(changed).close()
            with pytest.raises(psycopg.OperationalError, match=REFUSED):
                psycopg.connect(pool.dsn("support_login"))
        finally:
            ask(superuser, f"ALTER ROLE support_login PASSWORD '{PASSWORD}'")


def test_a_reload_takes_new_limits_and_loses_nobody(server: Server, shared: str) -> None:
    with pooler(server, shared) as pool, psycopg.connect(pool.dsn()) as connection:
        connection.execute("SELECT 1")
        pool.configure(Pooling(default_pool_size=7))
        assert ["default_pool_size", "7"] in [row[:2] for row in pool.console("SHOW CONFIG")]
        assert connection.execute("SELECT 2").fetchone() == (2,)


def test_a_stop_waits_for_transactions_and_not_for_clients(server: Server, shared: str) -> None:
    """What preStop does: SIGINT. One client is in a transaction, another is there and does nothing."""
    with pooler(server, shared) as pool, psycopg.connect(pool.dsn(), autocommit=True) as idle:
        idle.execute("SELECT 1")
        with psycopg.connect(pool.dsn()) as working:
            working.execute("SELECT 1")
            pool.process.send_signal(signal.SIGINT)
            with pytest.raises(Exception, match="timed out"):
                pool.process.wait(timeout=1)
            assert working.execute("SELECT 2").fetchone() == (2,)
            working.commit()
            assert pool.process.wait(timeout=10) == 0


def test_the_console_shows_the_exporter_what_is_limited(pool: Pooler) -> None:
    shown = {row[0]: row[1] for row in pool.console("SHOW CONFIG")}
    settings = Pooling()
    assert shown["pool_mode"] == "transaction"
    for key in ("max_client_conn", "default_pool_size", "max_db_connections", "server_lifetime", "server_idle_timeout"):
        assert shown[key] == str(getattr(settings, key)), key
    assert (shown["auth_type"], shown["client_tls_sslmode"], shown["server_tls_sslmode"]) == (
        "scram-sha-256",
        "require",
        "verify-ca",
    )


def test_a_server_of_another_ca_is_not_spoken_to(server: Server, shared: str) -> None:
    with pooler(server, shared) as pool:
        other = server.folder / "other-ca.crt"
        other.write_bytes((pool.folder / "tls.crt").read_bytes())
        text = (pool.folder / "pgbouncer.ini").read_text()
        assert f"server_tls_ca_file = {server.ca}" in text
        (pool.folder / "pgbouncer.ini").write_text(text.replace(str(server.ca), str(other)))
        pool.console("RELOAD")
        pool.console("RECONNECT")
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(pool.dsn("auth_login"), connect_timeout=5).execute("SELECT 1")
