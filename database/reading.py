"""Connections that read, as our own programs have them; what they need is in the environment.

MAIN_DATABASE_URL        where, as postgresql://user@host:port/database?sslmode=require, without a password
MAIN_DATABASE_PASSWORD   optional: the file with the login's password
"""

from __future__ import annotations

import os
from pathlib import Path

import psycopg
from psycopg.rows import DictRow, dict_row

Connection = psycopg.Connection[DictRow]
CONNECT_SECONDS = 10
LIMITS = """
SELECT set_config('statement_timeout', '30s', true), set_config('idle_in_transaction_session_timeout', '120s', true)"""


def read_only(database: str) -> Connection:
    """A fresh connection to the database that `<database>_URL` names. It may go through a pooler in transaction mode, so nothing
    of it is the session's: no startup options, and no prepared statements, which the pooler's version may not know."""
    file = os.environ.get(f"{database}_PASSWORD")
    password = Path(file).read_text(encoding="utf-8").strip() if file else None
    url = os.environ[f"{database}_URL"]
    connection = Connection.connect(
        url, password=password, connect_timeout=CONNECT_SECONDS, prepare_threshold=None, row_factory=dict_row
    )
    connection.read_only = True
    return connection


def limited(connection: Connection) -> None:
    """Begins the transaction with limits that end with it."""
    connection.execute(LIMITS)
