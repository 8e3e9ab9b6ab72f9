"""Writes a sample into an empty database, in one transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import DictRow, tuple_row
from psycopg.types.json import Jsonb

from ..crypto import FIELDS, BlindIndex, Field, Fields, KeyRing, LocalKey
from .people import people
from .sample import Row, Sample, Secret
from .series import series
from .trading import trading

Connection = psycopg.Connection[DictRow]
ORDER = (
    "brokers", "permissions", "role_permissions", "notification_templates", "users", "user_roles", "broker_connections",
    "kyc_records",
    "aml_alerts", "support_tickets", "support_ticket_messages", "notifications", "wallets", "ledger_journals", "ledger_entries",
    "transactions", "strategies", "strategy_instances", "backtest_results", "training_jobs", "orders", "trades", "positions",
    "developer_profiles", "marketplace_strategies", "marketplace_purchases", "strategy_reviews", "strategy_usage_metrics",
)  # fmt: skip
"""Parents first."""
NUMBERED = ("orders", "trades", "positions", "permissions")
"""Tables whose ids are counted; the next one is after the sample's."""
PARTITIONED = {"trades": "executed_at", "notifications": "created_at"}
SEALED = {(field.table, field.column): field for field in FIELDS}


class NotEmptyError(Exception):
    """The database has users already."""


def generate(users: int, seed: int, moment: datetime) -> Sample:
    """The rows for so many users: the same for the same arguments."""
    sample = Sample(users, seed, moment)
    people(sample)
    trading(sample)
    series(sample)
    return sample


def load(connection: Connection, sample: Sample, key: bytes) -> dict[str, int]:
    """Writes it, sealed under a local key of 32 bytes; returns how many rows of each table there are.

    The login owns the database or is a member of its owner. Nothing is written where anything is refused.

    Raises:
        NotEmptyError: there are users already; what they have is not touched.
    """
    with connection.transaction():
        connection.execute("SET LOCAL ROLE alphintra_owner")
        if connection.execute("SELECT FROM users LIMIT 1").fetchone() is not None:
            raise NotEmptyError("the database has users; a sample goes into an empty one only")
        index = BlindIndex(hashlib.sha256(b"blind index" + key).digest())
        fields = Fields(connection, KeyRing(connection, LocalKey(key)), index)
        for table, column in PARTITIONED.items():
            for month in sorted({row[column].replace(day=1, hour=0, minute=0, second=0, microsecond=0) for row in sample[table]}):
                connection.execute("SELECT ops.ensure_partition(%s, %s)", [table, month])
        for table in ORDER:
            _write(connection, fields, table, sample[table])
        for table in NUMBERED:
            connection.execute(
                sql.SQL(
                    "SELECT setval(pg_get_serial_sequence(%s, 'id'), (SELECT coalesce(max(id), 0) + 1 FROM {}), false)"
                ).format(sql.Identifier(table)),
                [table],
            )
    return {table: len(sample[table]) for table in ORDER}


def _write(connection: Connection, fields: Fields, table: str, rows: Iterable[Row]) -> None:
    if table == "users":
        _users(connection, fields, list(rows))
    elif table == "ledger_entries":
        _copy(connection, table, _with_accounts(connection, rows))
    else:
        _copy(connection, table, [_sealed(fields, table, row) for row in rows])


def _users(connection: Connection, fields: Fields, users: list[Row]) -> None:
    """First the users, then what is sealed under keys of theirs, then what needs that."""
    secret = [field for field in FIELDS if field.table == "users"]
    held = {field.column for field in secret}
    _copy(
        connection, "users", [{name: row[name] for name in row if name not in held} | {"two_fa_enabled": False} for row in users]
    )
    for user in users:
        for field in secret:
            value: Secret | None = user[field.column]
            if value is not None:
                fields.write(field, user["id"], user["id"], value.value)
    second = [user["id"] for user in users if user["two_fa_enabled"]]
    connection.execute("UPDATE users SET two_fa_enabled = true WHERE id = ANY (%s)", [second])


def _sealed(fields: Fields, table: str, row: Row) -> Row:
    made: Row = {}
    for name, value in row.items():
        field: Field | None = SEALED.get((table, name))
        if field is None:
            made[name] = value
        elif isinstance(value, Secret):
            made |= fields.sealed(field, row["user_id"], row["id"], value.value)
    return made


def _with_accounts(connection: Connection, rows: Iterable[Row]) -> Iterable[Row]:
    with connection.cursor(row_factory=tuple_row) as cursor:
        found = cursor.execute("SELECT wallet_id, kind, currency, book, id FROM ledger_accounts").fetchall()
    accounts = {tuple(account[:4]): account[4] for account in found}
    for row in rows:
        wallet, kind = row["account"]
        rest = {name: value for name, value in row.items() if name != "account"}
        yield rest | {"account_id": accounts[wallet, kind, row["currency"], row["book"]]}


def _copy(connection: Connection, table: str, rows: Iterable[Mapping[str, Any]]) -> None:
    rows = list(rows)
    if not rows:
        return
    names = list(rows[0])
    columns = sql.SQL(", ").join(map(sql.Identifier, names))
    parts = {"table": sql.Identifier(table), "columns": columns}
    # COPY refuses a table with row-level security, so it goes by way of one without.
    connection.execute(
        sql.SQL("CREATE TEMPORARY TABLE sample_rows ON COMMIT DROP AS SELECT {columns} FROM {table} WITH NO DATA").format(**parts)
    )
    with connection.cursor().copy(sql.SQL("COPY sample_rows ({columns}) FROM STDIN").format(**parts)) as copy:
        for row in rows:
            copy.write_row([Jsonb(row[name]) if isinstance(row[name], dict) else row[name] for name in names])
    connection.execute(sql.SQL("INSERT INTO {table} ({columns}) SELECT {columns} FROM sample_rows").format(**parts))
    connection.execute("DROP TABLE sample_rows")
