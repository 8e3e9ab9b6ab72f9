"""The main database as a whole: what section 4 names is there, and what runs through every table."""

from __future__ import annotations

import psycopg
import pytest

from .rows import ROWS, World
from .section_4 import INDEXES, TABLES
from .server import Connection, ask, column

pytestmark = pytest.mark.database

MENDED = {
    "users.phone_number": "phone_number_encrypted",
    "users.two_fa_secret": "two_fa_secret_encrypted",
    "kyc_records.document_number": "document_number_encrypted",
    "kyc_records.date_of_birth": "date_of_birth_encrypted",
    "broker_connections.additional_credentials": "additional_credentials_encrypted",
}
"""Columns that would hold secrets in the clear."""
COVERED = {
    "idx_orders_user_id": "idx_orders_user_symbol_status",
    "idx_trades_user_id": "idx_trades_user_symbol_date",
    "idx_positions_user_id": "positions_one_each",
    "idx_wallets_user_id": "wallets_one_each",
    "idx_transactions_user_id": "idx_transactions_user_type_date",
    "idx_strategies_user_id": "idx_strategies_user_status_type",
    "idx_backtest_results_strategy_id": "idx_backtest_results_strategy_date",
    "idx_strategy_reviews_marketplace_strategy_id": "strategy_reviews_one_each",
    "idx_strategy_usage_metrics_strategy_id": "strategy_usage_metrics_once",
}
"""Indexes that another one begins with."""

PARENTS = "relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition"


@pytest.mark.parametrize("table", TABLES)
def test_every_column_of_section_4_2_is_there(admin: Connection, table: str) -> None:
    there = column(admin, f"SELECT attname FROM pg_attribute WHERE attrelid = '{table}'::regclass AND attnum > 0")
    asked = [MENDED.get(f"{table}.{name}", name) for name in TABLES[table].split()]
    assert [name for name in asked if name not in there] == []


def test_every_index_of_section_4_is_there_or_covered(admin: Connection) -> None:
    there = set(column(admin, "SELECT indexname FROM pg_indexes WHERE schemaname = 'public'"))
    assert [name for name in INDEXES.split() if COVERED.get(name, name) not in there] == []


def test_no_index_begins_another(admin: Connection) -> None:
    assert (
        column(
            admin,
            f"""WITH plain AS (SELECT indexrelid, indrelid, indkey::text AS columns, indisunique FROM pg_index JOIN pg_class c ON c.oid = indrelid
                   WHERE {PARENTS} AND indpred IS NULL AND indexprs IS NULL)
               SELECT format('%s is the beginning of %s', a.indexrelid::regclass, b.indexrelid::regclass)
               FROM plain a JOIN plain b ON a.indrelid = b.indrelid AND a.indexrelid <> b.indexrelid
               WHERE NOT a.indisunique AND (b.columns = a.columns OR b.columns LIKE a.columns || ' %')""",
        )
        == []
    )


def test_every_foreign_key_is_indexed(admin: Connection) -> None:
    assert (
        column(
            admin,
            """SELECT format('%s.%s', conrelid::regclass, conname) FROM pg_constraint
               WHERE contype = 'f' AND conparentid = 0 AND NOT EXISTS (
                   SELECT FROM pg_index WHERE indrelid = conrelid AND indpred IS NULL
                     AND indkey[0] = conkey[1])""",
        )
        == []
    )


def test_every_time_has_a_zone_and_no_number_is_rounded_or_unbounded(admin: Connection) -> None:
    of_type = f"""SELECT format('%s.%s', relname, attname) FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
                  WHERE {PARENTS} AND attnum > 0 AND atttypid IN """
    assert column(admin, of_type + "('timestamp'::regtype, 'time'::regtype)") == []
    assert column(admin, of_type + "('numeric'::regtype, 'float8'::regtype, 'float4'::regtype, 'money'::regtype)") == []


def test_every_default_comes_with_not_null(admin: Connection) -> None:
    assert (
        column(
            admin,
            f"""SELECT format('%s.%s', relname, attname) FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
               WHERE {PARENTS} AND atthasdef AND NOT attnotnull""",
        )
        == []
    )


@pytest.mark.parametrize("table", [table for table, columns in TABLES.items() if "updated_at" in columns.split()])
def test_updated_at_is_kept(admin: Connection, table: str) -> None:
    world = World(admin)
    key, other = ("user_id", "bio = 'x'") if table == "developer_profiles" else ("id", TOUCHED.get(table, "updated_at = 'epoch'"))
    row = world.insert(table)
    (after,) = column(admin, f"UPDATE {table} SET {other} WHERE {key} = %s RETURNING updated_at", row[key])
    assert after > row["updated_at"]


TOUCHED: dict[str, str] = {"orders": "fees = 1"}


def test_the_default_roles_of_the_application_are_there(admin: Connection) -> None:
    assert set(column(admin, "SELECT name FROM roles")) == {"trader", "developer", "admin"}


def test_migrations_are_listed_by_version(admin: Connection) -> None:
    listed = admin.execute("SELECT version, name, applied_at FROM schema_migrations ORDER BY version").fetchall()
    assert [row["version"] for row in listed] == [f"{number:03}" for number in range(1, len(listed) + 1)]


OVER = ["FILLED", "CANCELLED", "REJECTED", "EXPIRED"]


@pytest.mark.parametrize("status", OVER)
def test_an_order_that_is_over_does_not_come_back(admin: Connection, status: str) -> None:
    filled = {"filled_quantity": 2, "average_fill_price": 1} if status == "FILLED" else {}
    order = World(admin).insert("orders", status=status, **filled)
    admin.execute("UPDATE orders SET fees = 1 WHERE id = %s", [order["id"]])
    with pytest.raises(psycopg.errors.IntegrityError, match="an order that is over does not come back"):
        admin.execute(
            "UPDATE orders SET status = 'PENDING', filled_quantity = 0, average_fill_price = NULL WHERE id = %s", [order["id"]]
        )


@pytest.mark.parametrize("status", ["COMPLETED", "FAILED", "CANCELLED"])
def test_a_transaction_that_is_over_is_not_changed(admin: Connection, status: str) -> None:
    world = World(admin)
    journal = {"journal_id": world.a("ledger_journals")["id"]} if status == "COMPLETED" else {}
    transaction = world.insert("transactions", status=status, **journal)
    with pytest.raises(psycopg.errors.IntegrityError, match="a transaction that is over is not changed"):
        admin.execute("UPDATE transactions SET amount = 7 WHERE id = %s", [transaction["id"]])


@pytest.mark.parametrize("table", ["trades", "ledger_entries", "ledger_journals"])
def test_what_happened_is_not_changed(admin: Connection, table: str) -> None:
    row = World(admin).insert(table)
    with pytest.raises(psycopg.errors.IntegrityError, match=f"{table}.*: (a|an) .* is (not|never) changed"):
        ask(admin, f"UPDATE {table} SET user_id = user_id WHERE id = %s", row["id"])


def test_a_fill_is_taken_once_whenever_it_says_it_was_executed(admin: Connection) -> None:
    world = World(admin)
    fill = world.insert("trades", external_trade_id="fill-1", executed_at="now")
    world.insert("trades", external_trade_id="fill-2", executed_at="now")
    again = world.row("trades", external_trade_id="fill-1") | {"executed_at": fill["executed_at"].replace(microsecond=1)}
    with pytest.raises(psycopg.errors.UniqueViolation, match="processed_fills_once"):
        world.put("trades", again)


def test_money_keeps_its_eighteen_decimals(admin: Connection) -> None:
    world = World(admin)
    smallest = "0.000000000000000001"
    assert str(world.insert("orders", quantity=smallest)["quantity"]) in (smallest, "1E-18")
    assert str(world.insert("orders", quantity="99999999999999999999.999999999999999999")["quantity"]).startswith(
        "99999999999999999999.9"
    )


def test_every_table_is_in_rows() -> None:
    assert set(TABLES) <= set(ROWS)
