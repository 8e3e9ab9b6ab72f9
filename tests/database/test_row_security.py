"""Who sees which rows, and who may write what: each login against rows of two users."""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest

from settings.identity import Identities

from .cases_grants import WRITES
from .rows import ROWS, World
from .server import POSTGRES, SERVICES, Connection, Server, act_as, ask, column, run

pytestmark = pytest.mark.database

USERS_SERVICES = ("auth", "trading", "strategy", "marketplace")
"""Services that see the rows of the user they work for."""
SHARED = {"roles", "permissions", "role_permissions", "brokers", "notification_templates"}
"""Tables without rows of users."""
WHOSE = {"users": "id", "marketplace_strategies": "developer_id", "support_ticket_messages": "author_id"}
HOUSE = ("ledger_accounts", "ledger_entries")
"""Some rows of these are the house's."""
PUBLIC = {"strategy_reviews"}
PRIVILEGED = {("auth", "user_roles")}
"""auth-service assigns roles to everybody."""


@dataclass(frozen=True)
class Two:
    """A database in which two users have a row in every table."""

    database: str
    one: Any
    other: Any


@pytest.fixture(scope="module")
def two(server: Server, shared: str) -> Two:
    with server.connect(shared, "migrations", autocommit=False) as connection:
        ask(connection, "SET LOCAL ROLE alphintra_owner")
        users: list[Any] = []
        for _ in range(2):
            world = World(connection)
            users.append(world.user)
            for table in ROWS:
                if table not in ("users", "ledger_journals", "ledger_entries", "ledger_accounts"):
                    values = {"user_id": world.user} if table in ("developer_profiles", "strategy_usage_metrics") else {}
                    world.insert(table, **values)
            world.insert("strategies", is_public=True)
            act_as(connection, world.user)
            ask(connection, "SELECT post_transaction(%s, 'DEPOSIT', 'CREDIT', 10, 'k')", world.a("wallets")["id"])
        connection.commit()
    return Two(shared, *users)


@pytest.fixture
def login(request: pytest.FixtureRequest, server: Server, two: Two) -> Generator[Connection]:
    """A service's connection, in a transaction that is rolled back."""
    with server.connect(two.database, f"{request.param}_login", autocommit=False) as connection:
        yield connection
        connection.rollback()


def readable(connection: Connection) -> list[str]:
    """Tables of which the login may read at least the column that says whose a row is."""
    return [
        table
        for table in ROWS
        if table not in SHARED
        and column(connection, "SELECT has_any_column_privilege(%s, 'SELECT')", table)[0]
        and column(
            connection,
            "SELECT to_jsonb(count(*)) FROM pg_attribute WHERE attrelid = %s::regclass AND attname = %s",
            table,
            whose(table),
        )[0]
    ]


def whose(table: str) -> str:
    return WHOSE.get(table, "user_id")


@pytest.mark.parametrize("login", USERS_SERVICES, indirect=True)
def test_a_service_sees_the_rows_of_its_user_only(login: Connection, two: Two, request: pytest.FixtureRequest) -> None:
    service = request.node.callspec.params["login"]
    tables = readable(login)
    assert len(tables) >= 6
    for table in tables:
        act_as(login, two.one)
        seen = set(column(login, f"SELECT {whose(table)} FROM {table}"))
        expected = {two.one, two.other} if table in PUBLIC or (service, table) in PRIVILEGED else {two.one}
        assert seen == expected, table


@pytest.mark.parametrize("login", USERS_SERVICES, indirect=True)
@pytest.mark.parametrize("context", ["never set", "ended", "empty", "nobody"])
def test_without_a_user_there_is_nothing_and_no_error(
    login: Connection, two: Two, context: str, request: pytest.FixtureRequest
) -> None:
    service = request.node.callspec.params["login"]
    if context == "ended":
        act_as(login, two.one)
        login.commit()
        assert column(login, "SELECT current_setting('app.current_user_id', true)") == [""]
    elif context in ("empty", "nobody"):
        user = "" if context == "empty" else "00000000-0000-0000-0000-000000000000"
        ask(login, "SELECT set_config('app.current_user_id', %s, true)", user)
    for table in readable(login):
        if table not in PUBLIC and (service, table) not in PRIVILEGED:
            assert column(login, f"SELECT {whose(table)} FROM {table}") == [], table


@pytest.mark.parametrize(
    "login", ["auth", "trading", "strategy", "marketplace", "support", "reporting", "monitoring", "notification"], indirect=True
)
@pytest.mark.parametrize("table", ["aml_alerts", "audit_logs", "audit_logs_archive"])
def test_nobody_but_compliance_reads_alerts_and_the_audit_log(login: Connection, table: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match=f"permission denied for table {table}"):
        ask(login, f"SELECT 1 FROM {table}")


@pytest.mark.parametrize("login", ["compliance"], indirect=True)
def test_compliance_sees_everybody(login: Connection, two: Two) -> None:
    for table in ("users", "kyc_records", "aml_alerts", "orders", "transactions", "audit_logs"):
        assert {two.one, two.other} <= set(column(login, f"SELECT {whose(table)} FROM {table}")), table


@pytest.mark.parametrize(
    ("login", "refused", "good"),
    [pytest.param(*write, id=f"{write[0]}-{n}") for n, write in enumerate(WRITES)],
    indirect=["login"],
)
def test_what_a_role_must_not_do_is_refused(login: Connection, two: Two, refused: str, good: str | None) -> None:
    ask(login, "SELECT set_config('app.current_user_id', %s, true)", str(two.one))
    with pytest.raises(psycopg.errors.InsufficientPrivilege), login.transaction():
        ask(login, refused.format(other=two.other))
    if good:
        assert login.execute(good.format(me=two.one).encode()).rowcount > 0, f"{good} reached nothing"


@pytest.mark.parametrize("login", ["trading"], indirect=True)
def test_rows_of_another_user_are_not_there_to_be_changed(login: Connection, two: Two) -> None:
    act_as(login, two.one)
    for statement in ("UPDATE orders SET fees = 1", "UPDATE positions SET realized_pnl = 1", "DELETE FROM broker_connections"):
        assert login.execute(f"{statement} WHERE user_id = %s".encode(), [two.other]).rowcount == 0


@pytest.mark.parametrize("login", ["auth"], indirect=True)
def test_signing_in_needs_no_context(login: Connection, two: Two) -> None:
    act_as(login, two.one)
    (address,) = column(login, "SELECT email FROM users")
    login.commit()
    found = ask(login, "SELECT * FROM find_login(%s)", address.upper())
    assert [row["user_id"] for row in found] == [two.one]
    assert column(login, "SELECT user_id FROM find_login('nobody@example.com')") == []


@pytest.mark.parametrize("login", ["marketplace"], indirect=True)
def test_an_approved_listing_is_everybodys_and_its_code_nobodys(server: Server, login: Connection, two: Two) -> None:
    with server.connect(two.database, "compliance_login") as compliance:
        ask(
            compliance,
            "UPDATE marketplace_strategies SET status = 'APPROVED', published_at = now() WHERE developer_id = %s",
            two.other,
        )
    act_as(login, two.one)
    assert two.other in column(login, "SELECT developer_id FROM marketplace_strategies")
    with server.connect(two.database, "compliance_login") as compliance:
        ask(compliance, "UPDATE marketplace_strategies SET status = 'DRAFT'")


@pytest.mark.parametrize("login", ["trading"], indirect=True)
def test_internal_messages_and_other_peoples_tickets_are_not_shown(server: Server, login: Connection, two: Two) -> None:
    with server.connect(two.database, "support_login") as support:
        tickets = column(support, "SELECT id FROM support_tickets")
        assert len(tickets) >= 2
        for ticket in tickets:
            ask(
                support,
                "INSERT INTO support_ticket_messages (ticket_id, author_id, message, is_internal) VALUES (%s, %s, 'hush', true)",
                ticket,
                two.other,
            )
    act_as(login, two.one)
    messages = ask(login, "SELECT author_id, message FROM support_ticket_messages")
    assert {row["author_id"] for row in messages} == {two.one}
    assert "hush" not in {row["message"] for row in messages}


def test_every_table_with_a_user_forces_row_security(admin: Connection) -> None:
    tables = ask(
        admin,
        """SELECT relname, relrowsecurity AND relforcerowsecurity AS forced FROM pg_class
           WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition""",
    )
    assert {table["relname"] for table in tables if not table["forced"]} == SHARED | {"schema_migrations"}


def test_nobody_may_read_a_partition_past_its_parent(admin: Connection) -> None:
    granted = column(
        admin,
        """SELECT format('%s to %s', relname, rolname) FROM pg_class, pg_roles
           WHERE relispartition AND relkind = 'r' AND rolname ~ '_(role|login)$' AND has_any_column_privilege(pg_roles.oid, pg_class.oid, 'SELECT')
             AND rolname !~ '^backup_'""",
    )
    assert granted == []


def test_definers_functions_are_pinned_and_nobodys_by_default(admin: Connection) -> None:
    functions = ask(
        admin,
        """SELECT proname, prosecdef, coalesce(array_to_string(proconfig, ' '), '') AS settings, has_function_privilege('public', oid, 'EXECUTE') AS open
           FROM pg_proc WHERE pronamespace IN ('public'::regnamespace, 'app'::regnamespace, 'ops'::regnamespace)""",
    )
    assert [row["proname"] for row in functions if row["prosecdef"] and "search_path=" not in row["settings"]] == []
    assert [row["proname"] for row in functions if row["open"]] == []


OPEN_VIEWS = {"public_strategies", "developer_directory"}


def test_no_other_view_sees_past_the_policies(admin: Connection) -> None:
    views = ask(
        admin,
        "SELECT relname, coalesce(reloptions, '{}') AS options FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'v'",
    )
    assert {row["relname"] for row in views if "security_invoker=true" not in row["options"]} == OPEN_VIEWS
    assert all("security_barrier=true" in row["options"] for row in views if row["relname"] in OPEN_VIEWS)


def test_a_backup_reads_everything(server: Server, two: Two) -> None:
    dump = run(
        [
            POSTGRES / "pg_dump",
            "--enable-row-security",
            "--data-only",
            "--schema=public",
            "--table=public.orders",
            server.dsn(two.database, "backup_login"),
        ]
    )
    assert str(two.one) in dump
    assert str(two.other) in dump


def test_enrolling_a_workload_gives_its_login_its_role(server: Server, two: Two) -> None:
    with server.connect(two.database, "postgres") as superuser:
        ask(superuser, 'CREATE ROLE "trading-service@alphintra-dev.iam" LOGIN')
    with server.connect(two.database, "migrations") as migrations:
        for _ in range(2):
            ask(migrations, "SELECT ops.enrol('trading-service', 'trading-service@alphintra-dev.iam')")
        with pytest.raises(
            psycopg.errors.RaiseException, match="no workload traiding-service; there are audit-export, auth-service"
        ):
            ask(migrations, "SELECT ops.enrol('traiding-service', 'trading-service@alphintra-dev.iam')")
    with server.connect(two.database, "trading-service@alphintra-dev.iam", autocommit=False) as service:
        act_as(service, two.one)
        assert set(column(service, "SELECT user_id FROM orders")) == {two.one}
    with server.connect(two.database, "postgres") as superuser:
        ask(superuser, 'DROP ROLE "trading-service@alphintra-dev.iam"')


BY_PASSWORD = {"pgbouncer", "bigquery", "cache-warmer", "search-ingest"}
"""What signs in by password only."""
IN_DEV = {"data-developers"}


def test_every_workload_that_signs_in_has_a_role(admin: Connection) -> None:
    identities = Identities()
    workloads = {name for name, workload in identities.workloads.items() if workload.database}
    groups = {name for name, group in identities.groups.items() if group.database == "sign-in"}
    assert set(column(admin, "SELECT workload FROM ops.workloads")) == workloads | groups | BY_PASSWORD | IN_DEV


def test_every_service_has_a_login_here(admin: Connection) -> None:
    roles = column(
        admin, "SELECT rolname FROM pg_roles WHERE rolname ~ '_role$' AND rolname NOT IN ('application_role', 'pooler_role')"
    )
    assert {f"{service}_role" for service in SERVICES} == set(roles)
