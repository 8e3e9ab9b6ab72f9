"""A good row of every table, with the rows that it needs."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from itertools import count
from typing import Any
from uuid import uuid4

from psycopg import sql
from psycopg.types.json import Jsonb

from .server import Connection

Row = dict[str, Any]
DAY = "2026-06-15T12:00:00Z"


def sealed(field: str) -> Row:
    """A field under field-level encryption."""
    return {f"{field}_encrypted": os.urandom(24), f"{field}_nonce": os.urandom(12), f"{field}_key_version": 1}


class World:
    """Rows in a database. Parents are made once and shared, unless a row names others."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._firsts: dict[str, Row] = {}

    def a(self, table: str) -> Row:
        """The first row of a table, made where there is none."""
        if table not in self._firsts:
            self._firsts[table] = self.insert(table)
        return self._firsts[table]

    def adopt(self, table: str, row: Row) -> None:
        """Makes that row the one that others refer to."""
        self._firsts[table] = row

    @property
    def user(self) -> Any:
        return self.a("users")["id"]

    def stranger(self) -> Any:
        """Another user."""
        return self.insert("users")["id"]

    def row(self, table: str, **changes: Any) -> Row:
        """The values of a good row, changed. A change may be a function of this world."""
        values = ROWS[table](self) | changes
        return {column: value(self) if callable(value) else value for column, value in values.items()}

    def insert(self, table: str, **changes: Any) -> Row:
        return self.put(table, self.row(table, **changes))

    def put(self, table: str, values: Mapping[str, Any]) -> Row:
        """Writes a row; returns it as the database has it."""
        statement = sql.SQL("INSERT INTO {} ({}) VALUES ({}) RETURNING *").format(
            sql.Identifier(table),
            sql.SQL(", ").join(map(sql.Identifier, values)),
            sql.SQL(", ").join(sql.Placeholder() * len(values)),
        )
        adapted = [Jsonb(value) if isinstance(value, dict) else value for value in values.values()]
        written = self.connection.execute(statement, adapted).fetchone()
        assert written is not None
        return written


VERSIONS = count(1)


def name() -> str:
    return uuid4().hex


ROWS: dict[str, Callable[[World], Row]] = {
    "users": lambda _: {"email": f"{name()}@example.com", "password_hash": "$argon2id$v=19$m=65536$salt$hash"},
    "data_keys": lambda w: {
        "user_id": w.user,
        "purpose": "PROFILE",
        "version": next(VERSIONS),
        "wrapped_key": os.urandom(60),
        "encryption_key_id": "local/1",
    },
    "roles": lambda _: {"name": name()},
    "permissions": lambda _: {"name": name(), "resource": name(), "action": "read"},
    "role_permissions": lambda w: {"role_id": w.insert("roles")["id"], "permission_id": w.insert("permissions")["id"]},
    "user_roles": lambda w: {"user_id": w.user, "role_id": w.insert("roles")["id"], "assigned_by": w.user},
    "brokers": lambda _: {"id": name(), "name": name()},
    "broker_connections": lambda w: {
        "user_id": w.user,
        "broker_name": w.a("brokers")["name"],
        **sealed("api_key"),
        "api_key_key_version": 1,
    },
    "strategies": lambda w: {"user_id": w.user, "name": "Mean reversion", "type": "CODE_BASED", "code": "pass"},
    "strategy_instances": lambda w: {"strategy_id": w.a("strategies")["id"], "user_id": w.user, "name": "Bot"},
    "backtest_results": lambda w: {
        "strategy_id": w.a("strategies")["id"],
        "user_id": w.user,
        "dataset_id": "btc-2025",
        "start_date": "2025-01-01",
        "end_date": "2025-12-31",
        "initial_capital": 1000,
        "final_capital": 1200,
        "total_trades": 10,
    },
    "training_jobs": lambda w: {
        "strategy_id": w.a("strategies")["id"],
        "user_id": w.user,
        "job_name": "Train",
        "job_type": "LSTM",
    },
    "orders": lambda w: {
        "user_id": w.user,
        "client_order_id": name(),
        "symbol": "BTC-USD",
        "order_type": "LIMIT",
        "side": "BUY",
        "quantity": 2,
        "price": 100,
    },
    "trades": lambda w: {
        "order_id": w.a("orders")["id"],
        "user_id": w.user,
        "external_trade_id": name(),
        "symbol": "BTC-USD",
        "side": "BUY",
        "quantity": 1,
        "price": 100,
    },
    "processed_fills": lambda w: {
        "order_id": w.a("orders")["id"],
        "external_trade_id": name(),
        "trade_id": 1,
        "executed_at": DAY,
    },
    "positions": lambda w: {
        "user_id": w.user,
        "symbol": f"S{name()[:10].upper()}",
        "side": "SHORT",
        "quantity": 1,
        "average_price": 10,
    },
    "wallets": lambda w: {"user_id": w.user, "currency": f"C{name()[:8].upper()}"},
    "ledger_journals": lambda w: {"book": "LIVE", "user_id": w.user, "idempotency_key": name(), "request": {}},
    "ledger_accounts": lambda _: {"book": "LIVE", "kind": "CUSTODY", "currency": f"C{name()[:8].upper()}"},
    "ledger_entries": lambda w: {
        "journal_id": w.a("ledger_journals")["id"],
        "account_id": w.a("ledger_accounts")["id"],
        "currency": w.a("ledger_accounts")["currency"],
        "book": "LIVE",
        "amount": 5,
    },
    "transactions": lambda w: {
        "user_id": w.user,
        "wallet_id": w.a("wallets")["id"],
        "currency": w.a("wallets")["currency"],
        "type": "DEPOSIT",
        "direction": "CREDIT",
        "amount": 5,
        "idempotency_key": name(),
    },
    "developer_profiles": lambda w: {"user_id": w.stranger()},
    "marketplace_strategies": lambda w: {
        "strategy_id": w.a("strategies")["id"],
        "developer_id": w.user,
        "title": "Mean reversion",
        "version": name()[:20],
    },
    "marketplace_purchases": lambda w: {
        "marketplace_strategy_id": w.insert("marketplace_strategies")["id"],
        "user_id": w.user,
    },
    "strategy_reviews": lambda w: {
        "marketplace_strategy_id": w.insert("marketplace_strategies")["id"],
        "user_id": w.user,
        "rating": 5,
    },
    "strategy_usage_metrics": lambda w: {
        "marketplace_strategy_id": w.a("marketplace_strategies")["id"],
        "user_id": w.stranger(),
        "period_start": "2026-01-01",
        "period_end": "2026-01-31",
    },
    "kyc_records": lambda w: {"user_id": w.user, "kyc_level": 1, "document_type": "PASSPORT", **sealed("document_number")},
    "aml_alerts": lambda w: {"user_id": w.user, "alert_type": "VELOCITY"},
    "support_tickets": lambda w: {"user_id": w.user, "subject": "Help"},
    "support_ticket_messages": lambda w: {
        "ticket_id": w.a("support_tickets")["id"],
        "author_id": w.user,
        "message": "Hello",
    },
    "notification_templates": lambda _: {"name": name(), "type": "EMAIL", "content_template": "Hello"},
    "notifications": lambda w: {"user_id": w.user, "type": "EMAIL", "content": "Hello"},
    "erasures": lambda w: {"user_id": w.stranger(), "erased_at": DAY, "removed": {}, "kept": {}},
    "audit_logs": lambda w: {"user_id": w.user, "action": "LOGIN", "resource_type": "session"},
    "audit_logs_archive": lambda w: {"user_id": w.user, "action": "LOGIN", "resource_type": "session"},
}
"""A good row of each table, by the table's name."""
