"""Each constraint of the main database: the bad row refused by its name, the good twin accepted."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from .cases import CASES, REFUSED, Case, Change, own
from .rows import ROWS, Row, World
from .server import Connection, ask

pytestmark = pytest.mark.database

BUILT = {"schema_migrations"}
"""Tables that no user's row is in."""


@pytest.fixture
def world(admin: Connection) -> World:
    return World(admin)


def refused(world: World, table: str, values: Row, by: str) -> str | None:
    """None where the row is refused by that constraint, column or type; else what happened."""
    try:
        with world.connection.transaction():
            world.put(table, values)
    except psycopg.errors.IntegrityError as error:
        constraint = re.sub(r"_y\d{4}[mq]\d+", "", error.diag.constraint_name or "")  # of whichever partition
        named = {constraint, error.diag.column_name or ""}
        return None if by in named else f"{table}: {values} was refused by {named}, not by {by}: {error}"
    except (psycopg.errors.NumericValueOutOfRange, psycopg.errors.StringDataRightTruncation):
        return None
    return f"{table}: {by} accepted {values}"


def none_of(failures: Iterable[str | None]) -> None:
    assert not [failure for failure in failures if failure]


@pytest.mark.parametrize(
    ("table", "case"),
    [pytest.param(table, case, id=f"{case.constraint}-{n}") for table, cases in CASES.items() for n, case in enumerate(cases)],
)
def test_the_bad_row_is_refused_and_its_good_twin_accepted(world: World, table: str, case: Case) -> None:
    none_of([refused(world, table, world.row(table, **case.bad), case.constraint)])
    world.insert(table, **case.good)


@pytest.mark.parametrize("table", ROWS)
def test_required_columns_refuse_null(world: World, table: str) -> None:
    columns = ask(
        world.connection,
        """SELECT attname FROM pg_attribute
           WHERE attrelid = %s::regclass AND attnum > 0 AND attnotnull AND NOT attisdropped AND attidentity = '' AND attgenerated = ''""",
        table,
    )
    assert columns
    good = world.row(table)
    failures: list[str | None] = []
    for column in columns:
        name = column["attname"]
        if name in ("executed_at", "created_at") and table in PARTITIONED:
            continue  # no partition takes the row before the column is looked at
        failures.append(refused(world, table, good | {name: None}, name))
    none_of(failures)
    world.insert(table)


PARTITIONED = {"trades", "notifications", "audit_logs", "audit_logs_archive"}


@pytest.mark.parametrize("table", ROWS)
def test_domains_refuse_what_is_not_a_value(world: World, table: str) -> None:
    columns = ask(
        world.connection,
        """SELECT attname, typname, attgenerated FROM pg_attribute JOIN pg_type t ON t.oid = atttypid
           WHERE attrelid = %s::regclass AND attnum > 0 AND typtype = 'd'""",
        table,
    )
    good = world.row(table)
    none_of(
        refused(world, table, good | {column["attname"]: bad}, f"{column['typname']}_{kind}")
        for column in columns
        for bad in REFUSED[column["typname"]]
        for kind in ["form" if column["typname"] in ("currency", "symbol", "country") else "bounds"]
    )


@pytest.mark.parametrize("table", ROWS)
def test_states_are_of_their_list(world: World, table: str) -> None:
    listed = ask(
        world.connection,
        """SELECT conname, attname FROM pg_constraint JOIN pg_attribute ON attrelid = conrelid AND attnum = conkey[1]
           WHERE conrelid = %s::regclass AND contype = 'c' AND pg_get_constraintdef(pg_constraint.oid) ~ '= ANY \\(+ARRAY' AND cardinality(conkey) = 1""",
        table,
    )
    good = world.row(table)
    none_of(
        refused(world, table, good | STATE_NEEDS.get(state["conname"], {}) | {state["attname"]: "?"}, state["conname"])
        for state in listed
    )


STATE_NEEDS: dict[str, Change] = {"orders_order_type_check": {"price": None}}
"""What keeps another constraint from refusing first."""


@pytest.mark.parametrize("table", ROWS)
def test_references_lead_somewhere(world: World, table: str) -> None:
    references = ask(
        world.connection,
        """SELECT conname, attname, atttypid::regtype::text AS type FROM pg_constraint JOIN pg_attribute ON attrelid = conrelid AND attnum = conkey[1]
           WHERE conrelid = %s::regclass AND contype = 'f' AND conparentid = 0""",
        table,
    )
    named = {case.constraint for case in CASES.get(table, [])}
    tried = [reference for reference in references if reference["conname"] not in named]
    nowhere = {"uuid": uuid4(), "bigint": -1, "integer": -1}
    refused: list[str] = []
    for reference in tried:
        good = world.row(table)
        try:
            with world.connection.transaction():
                world.put(table, good | {reference["attname"]: nowhere.get(reference["type"], "nowhere")})
                world.connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
        except psycopg.errors.ForeignKeyViolation:
            refused.append(reference["attname"])
    assert refused == [reference["attname"] for reference in tried]


@pytest.mark.parametrize("table", ROWS)
def test_keys_are_unique(admin: Connection, table: str) -> None:
    keys = ask(
        admin,
        """SELECT c.relname, array_agg(a.attname::text ORDER BY a.attnum) AS columns, bool_or(a.attidentity <> '') AS counted
           FROM pg_index i JOIN pg_class c ON c.oid = indexrelid
           LEFT JOIN pg_attribute a ON a.attrelid = indrelid AND a.attnum = ANY (indkey)
           WHERE indrelid = %s::regclass AND indisunique AND indexprs IS NULL GROUP BY c.relname""",
        table,
    )
    assert keys or table == "users"
    failures: list[str | None] = []
    for key in keys:
        with admin.transaction(force_rollback=True):
            world = World(admin)
            values = UNIQUE_NEEDS.get(key["relname"], dict[str, Any])()
            first = world.insert(table, **values)
            world.insert(table)  # the good twin: another row
            again = world.row(table, **values) | {column: first[column] for column in key["columns"]}
            again = {column: value for column, value in again.items() if column != "book" or table != "wallets"}
            names = SUBSUMED.get(key["relname"]) or str(key["relname"])
            failures.append(refused(world, table, again, names))
    none_of(failures)


UNIQUE_NEEDS: dict[str, Callable[[], Change]] = {
    "orders_once_at_broker": lambda: {"broker_id": own("brokers"), "external_order_id": "e-1"},
    "transactions_once_outside": lambda: {"external_id": "e-1"},
}
SUBSUMED = {
    "broker_connections_own": "broker_connections_pkey",
    "strategies_own": "strategies_pkey",
    "strategy_instances_own": "strategy_instances_pkey",
    "orders_own": "orders_pkey",
    "wallets_own": "wallets_pkey",
    "wallets_book": "wallets_pkey",
    "ledger_journals_book": "ledger_journals_pkey",
    "ledger_journals_own": "ledger_journals_pkey",
    "ledger_accounts_key": "ledger_accounts_pkey",
    "ledger_accounts_own": "ledger_accounts_pkey",
    "transactions_own": "transactions_pkey",
    "marketplace_purchases_own": "marketplace_purchases_pkey",
}
"""Keys that are there to be referred to: the primary key refuses first."""


def test_every_constraint_has_a_case(admin: Connection) -> None:
    checks = ask(
        admin,
        """SELECT conrelid::regclass::text AS table, conname FROM pg_constraint
           WHERE connamespace = 'public'::regnamespace AND contype IN ('c', 'f') AND conparentid = 0
             AND NOT (SELECT relispartition FROM pg_class WHERE oid = conrelid) AND conislocal
             AND (contype = 'f' OR NOT (pg_get_constraintdef(oid) ~ '= ANY \\(+ARRAY' AND cardinality(conkey) = 1))
             AND (contype = 'c' OR cardinality(conkey) > 1)""",
    )
    tried = {(table, case.constraint) for table, cases in CASES.items() for case in cases}
    assert {(check["table"], check["conname"]) for check in checks} == tried | {("wallets", "wallets_add_up")}


def test_a_wallet_adds_up(world: World) -> None:
    world.connection.execute("ALTER TABLE wallets DISABLE TRIGGER wallets_begin_empty")  # which would refuse first
    bad = world.row("wallets", balance=3, available_balance=1, locked_balance=1)
    none_of([refused(world, "wallets", bad, "wallets_add_up")])
    world.put("wallets", bad | {"balance": 2})


def test_every_table_has_a_good_row(admin: Connection) -> None:
    tables = ask(
        admin,
        """SELECT relname FROM pg_class
           WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition""",
    )
    assert {table["relname"] for table in tables} == set(ROWS) | BUILT


def test_e_mail_is_one_whatever_its_case(world: World) -> None:
    world.insert("users", email="Ada@example.com")
    none_of([refused(world, "users", world.row("users", email="ada@EXAMPLE.com"), "idx_users_email")])
    world.insert("users", email="ada@example.org")
