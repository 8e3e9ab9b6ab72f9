"""Makes a copy of production one that staging may have: what is personal goes, what the program needs stays.

Which columns are personal is in classification.yaml, and of the time series in classification-timeseries.yaml. It is compared
with the database first: a column that nobody has decided about stops it before anything is changed.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, LiteralString, cast

import psycopg
from psycopg import sql
from psycopg.rows import DictRow
from ruamel.yaml import YAML

from .people import FIRST, LAST

Connection = psycopg.Connection[DictRow]
CLASSIFICATION = Path(__file__).with_name("classification.yaml")
SERIES = Path(__file__).with_name("classification-timeseries.yaml")
UNUSABLE = "anonymised: nobody signs in with this"

CODE: LiteralString = (
    "left(encode(sha256(convert_to(current_setting('app.anonymisation_key') || {column}::text, 'UTF8')), 'hex'), 32)"
)
ONE_OF: LiteralString = "({names})[1 + ('x' || left(" + CODE + ", 7))::bit(28)::int % {count}]"
RULES: dict[str, LiteralString] = {
    "nothing": "NULL",
    "no": "false",
    "email": CODE + " || '@example.invalid'",
    "first_name": "CASE WHEN {column} IS NOT NULL THEN " + ONE_OF + " END",
    "last_name": "CASE WHEN {column} IS NOT NULL THEN " + ONE_OF + " END",
    "words": "'Sample ' || left(" + CODE + ", 8)",
    "unusable": "{unusable}",
    "code": CODE,
    "object": "'{{}}'",
    "list": "'{{}}'",
}
"""What a column becomes, as SQL; `keep` is what none of them is for. A hash of NULL is NULL."""
NAMES = {"first_name": FIRST, "last_name": LAST}

COLUMNS = """
SELECT c.relname AS table, a.attname AS column FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' AND c.relname <> 'schema_migrations'"""
RELATIONS = """
SELECT relname FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND relname <> 'schema_migrations'
ORDER BY relispartition, relname"""
OTHERS = """
SELECT count(*) AS sessions FROM pg_stat_activity
WHERE datname = current_database() AND usename IS NOT NULL AND pid <> pg_backend_pid()"""
WORKERS = """
  AND application_name <> 'TimescaleDB Background Worker Scheduler'
  AND application_name NOT IN (SELECT application_name FROM timescaledb_information.jobs)"""
"""TimescaleDB's own sessions, which are in every database that has it. Of what kind a session is, this role is not told."""


class UnclassifiedError(Exception):
    """Classification and database do not agree."""


class NotACopyError(Exception):
    """This may be production."""


@dataclass(frozen=True)
class Classification:
    """What becomes of every column."""

    removed: Mapping[str, str]
    """Tables that are emptied, each with why."""
    columns: Mapping[str, Mapping[str, str]]
    """The rule of every column of every other table."""
    hypertables: bool = False
    """Whether they are TimescaleDB's: what is compressed there is not rewritten."""

    @classmethod
    def read(cls, path: Path = CLASSIFICATION) -> Classification:
        """That of a file. Refuses a rule that there is not, and a column that is there twice."""
        yaml: Any = YAML(typ="safe", pure=True)
        document: dict[str, Any] = yaml.load(path.read_text())
        hypertables = bool(document.get("hypertables", False))
        columns: dict[str, dict[str, str]] = {}
        for table, rules in document["columns"].items():
            columns[table] = {}
            for rule, names in rules.items():
                if rule not in RULES and rule != "keep":
                    raise UnclassifiedError(f"{table}: {rule} is no rule; there are keep, {', '.join(RULES)}")
                if hypertables and rule != "keep":
                    raise UnclassifiedError(
                        f"{table}: {rule} would rewrite what is compressed; keep the column, or empty the table"
                    )
                for name in names:
                    if name in columns[table]:
                        raise UnclassifiedError(f"{table}.{name} is {columns[table][name]} and {rule}; it can be one of them")
                    columns[table][name] = rule
        return cls(document["removed"], columns, hypertables)

    def disagreements(self, connection: Connection) -> list[str]:
        """What a database has that is not here, and what is here that it has not."""
        rows = connection.execute(COLUMNS).fetchall()
        there = {(row["table"], row["column"]) for row in rows if row["table"] not in self.removed}
        known = {(table, column) for table, rules in self.columns.items() for column in rules}
        missing = [f"{table}.{column} is not classified" for table, column in sorted(there - known)]
        gone = [f"{table}.{column} is classified and not there" for table, column in sorted(known - there)]
        absent = [
            f"{table} is to be emptied and not there" for table in sorted(set(self.removed) - {row["table"] for row in rows})
        ]
        return missing + gone + absent


def anonymise(connection: Connection, database: str, classification: Classification) -> dict[str, int]:
    """Anonymises the database of a connection in one transaction; returns how many rows of each table were changed or removed.

    Then every table is written anew, because what a row was before stays on disk otherwise, and the planner keeps samples of it.
    It keeps those of tables that are empty now: what leaves production is therefore a dump of this, which has none.

    Args:
        connection: in autocommit, of a login that is a member of the database's owner.
        database: the name of the copy, as a promise that it is one.
        classification: what becomes of every column.

    Raises:
        NotACopyError: the database is another one, or somebody works with it.
        UnclassifiedError: a column is not classified, or is not there.
    """
    _is_copy(connection, database, OTHERS + WORKERS if classification.hypertables else OTHERS)
    if found := classification.disagreements(connection):
        raise UnclassifiedError("; ".join(found))
    relations = [row["relname"] for row in connection.execute(RELATIONS)]
    with connection.transaction():
        connection.execute("SET LOCAL ROLE alphintra_owner")
        connection.execute("SET LOCAL search_path = public")
        # Thrown away with the transaction: nobody can tell afterwards which value a code was made from.
        connection.execute("SELECT set_config('app.anonymisation_key', %s, true)", [secrets.token_hex(32)])
        if classification.hypertables:
            changed = _emptied(connection, classification)
        else:
            _triggers(connection, "DISABLE", relations)
            changed = {table: connection.execute(statement).rowcount for table, statement in statements(classification)}
            _triggers(connection, "ENABLE", relations)
    connection.execute("SET ROLE alphintra_owner")
    for relation in changed if classification.hypertables else relations:
        connection.execute(sql.SQL("VACUUM (FULL, ANALYZE) {}").format(sql.Identifier(relation)))
    connection.execute("RESET ROLE")
    return changed


def _emptied(connection: Connection, classification: Classification) -> dict[str, int]:
    """Empties tables by taking their files away; returns how many rows each had."""
    had: dict[str, int] = {}
    for table in classification.removed:
        name = sql.Identifier(table)
        row = cast("DictRow", connection.execute(sql.SQL("SELECT count(*) AS rows FROM {}").format(name)).fetchone())
        had[table] = row["rows"]
        connection.execute(sql.SQL("TRUNCATE {}").format(name))
    return had


def statements(classification: Classification) -> Iterator[tuple[str, sql.Composed]]:
    """The SQL, by table: first what changes, so that nothing refers to what is then removed."""
    for table, rules in classification.columns.items():
        changes = [
            sql.SQL("{} = {}").format(sql.Identifier(column), _value(column, rule))
            for column, rule in rules.items()
            if rule != "keep"
        ]
        if changes:
            yield table, sql.SQL("UPDATE {} SET {}").format(sql.Identifier(table), sql.SQL(", ").join(changes))
    for table in classification.removed:
        yield table, sql.SQL("DELETE FROM {}").format(sql.Identifier(table))


def _value(column: str, rule: str) -> sql.Composed:
    names = NAMES.get(rule, ())
    listed = sql.SQL("ARRAY[{}]").format(sql.SQL(", ").join(map(sql.Literal, names)))
    parts = {
        "column": sql.Identifier(column),
        "names": listed,
        "count": sql.Literal(len(names)),
        "unusable": sql.Literal(UNUSABLE),
    }
    return sql.SQL(RULES[rule]).format(**parts)


def _triggers(connection: Connection, verb: LiteralString, relations: list[str]) -> None:
    """Facts are not changed, and changes are audited: not here, and not for longer than this transaction."""
    for relation in relations:
        connection.execute(sql.SQL("ALTER TABLE {} " + verb + " TRIGGER USER").format(sql.Identifier(relation)))


def _is_copy(connection: Connection, database: str, others: LiteralString) -> None:
    row = cast("DictRow", connection.execute("SELECT current_database() AS name").fetchone())
    if row["name"] != database:
        raise NotACopyError(f"this is {row['name']} and not {database}; name the copy that is to be anonymised")
    sessions = cast("DictRow", connection.execute(others).fetchone())["sessions"]
    if sessions:
        raise NotACopyError(f"{sessions} other sessions are in {database}; a copy that nobody has seen yet has none")
