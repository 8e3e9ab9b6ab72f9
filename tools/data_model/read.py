"""Reads a database's tables from the catalogue of a server."""

from __future__ import annotations

from typing import Any

from psycopg import Connection
from psycopg.rows import DictRow

from .model import Domain, Model, Table

NAME = "CASE n.nspname WHEN 'public' THEN '' ELSE n.nspname || '.' END || c.relname"
"""A table's name, with its schema unless that is `public`."""
COLUMNS = """ARRAY(SELECT attname::text FROM unnest({keys}) WITH ORDINALITY AS k (number, place)
                           JOIN pg_attribute ON attrelid = {table} AND attnum = number ORDER BY place)"""
OWN, FOREIGN = COLUMNS.format(keys="conkey", table="c.oid"), COLUMNS.format(keys="confkey", table="confrelid")
"""The columns of a constraint, and those that a foreign key leads to."""
TABLES = f"""
SELECT {NAME} AS name, obj_description(c.oid, 'pg_class') AS comment, pg_get_partkeydef(c.oid) AS partitioned,
       c.relrowsecurity AS row_security,
       (SELECT json_agg(json_build_object('name', attname, 'type', format_type(atttypid, atttypmod), 'nullable', NOT attnotnull,
                                          'comment', col_description(c.oid, attnum)) ORDER BY attnum)
        FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped) AS columns,
       coalesce((SELECT {OWN} FROM pg_constraint
                 WHERE conrelid = c.oid AND contype = 'p'), '{{}}') AS key,
       (SELECT coalesce(json_agg({OWN} ORDER BY conname), '[]') FROM pg_constraint
        WHERE conrelid = c.oid AND contype = 'u') AS unique,
       (SELECT coalesce(json_agg(json_build_object(
                   'columns', {OWN},
                   'table', (SELECT {NAME} FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE c.oid = confrelid),
                   'to', {FOREIGN}) ORDER BY conname), '[]') FROM pg_constraint
        WHERE conrelid = c.oid AND contype = 'f' AND conparentid = 0) AS references
FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
WHERE n.nspname IN ('public', 'ops', 'app') AND relkind IN ('r', 'p') AND NOT relispartition
ORDER BY n.nspname <> 'public', c.relname"""  # noqa: S608 - put together from what stands above
DOMAINS = """
SELECT typname::text AS name, format_type(typbasetype, typtypmod) AS type, obj_description(t.oid, 'pg_type') AS comment,
       ARRAY(SELECT pg_get_constraintdef(oid, true) FROM pg_constraint WHERE contypid = t.oid ORDER BY conname) AS checks
FROM pg_type t JOIN pg_namespace n ON n.oid = typnamespace
WHERE n.nspname IN ('public', 'ops', 'app') AND typtype = 'd' ORDER BY typname"""


def read(connection: Connection[DictRow]) -> Model:
    """The model of the database that a connection leads to."""

    def rows(query: str) -> list[dict[str, Any]]:
        return connection.execute(query.encode()).fetchall()

    return Model(
        tables=[Table.model_validate(row) for row in rows(TABLES)], domains=[Domain.model_validate(row) for row in rows(DOMAINS)]
    )
