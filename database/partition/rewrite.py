"""The rewrite: a partitioned twin, a trigger that keeps it in step, a copy in batches, and a swap that waits for nobody long.

Each step looks at what is there, so that a run that was killed or gave up is gone on with by the next one.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import LiteralString

import psycopg
from psycopg import sql

from .table import Connection, Plain, RefusedError, look, parts

MIRROR: LiteralString = """
CREATE OR REPLACE FUNCTION {function}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        DELETE FROM {new} WHERE ({key}) = ({old_key});
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO {new} ({columns}) VALUES ({new_values});
    END IF;
    RETURN NULL;
END
$$"""
# A row that somebody has locked is passed over: the trigger brings it, or the next pass does. So the copy waits for nobody, and
# nobody whose transaction is short waits for it.
COPY: LiteralString = """
WITH batch AS (
    SELECT {columns} FROM {old} o
    WHERE ({key}) > ({after}) AND NOT EXISTS (SELECT FROM {new} n WHERE ({n_key}) = ({o_key}))
    ORDER BY {key} LIMIT {size} FOR SHARE SKIP LOCKED
), copied AS (
    INSERT INTO {new} ({columns}) SELECT {columns} FROM batch ON CONFLICT DO NOTHING
)
SELECT count(*) OVER () AS size_of_batch, {key} FROM batch ORDER BY {descending} LIMIT 1"""
PERIODS: LiteralString = """
WITH held AS (
    SELECT date_trunc({period}, least(min({by}), now()), 'UTC') AS first,
           date_trunc({period}, greatest(max({by}), now()), 'UTC') AS last
    FROM {old}
)
SELECT m AS lower, m + {step}::interval AS upper, ops.partition_name({name}, {period}, m) AS name
FROM held CROSS JOIN LATERAL generate_series(first, last + 3 * {step}::interval, {step}::interval) AS m"""
PASSES = 100


@dataclass(frozen=True, kw_only=True)
class How:
    """How a table is rewritten."""

    by: str
    period: str
    """month or quarter, as ops.partition_policies has them."""
    batch: int = 5000
    lock_ms: int = 1000
    """How long a lock is waited for, and so how long others wait behind it."""
    tries: int = 30
    pause: float = 1.0
    """Seconds between two tries for a lock."""


def partition(connection: Connection, table: str, how: How, say: Callable[[str], None] = lambda _: None) -> None:
    """Makes a plain table a partitioned one, and keeps the old one as <table>__before.

    Args:
        connection: in autocommit, of a login that is a member of the table's owner.
        table: its name in public.
        how: by what, and how gently.
        say: is told each step.

    Raises:
        RefusedError: it cannot be; nothing was changed.
        TimeoutError: a lock could not be had; what was made stays, and the next run goes on.
    """
    connection.execute("SET ROLE alphintra_owner")
    connection.execute("SET search_path = public")
    plain = look(connection, table, how.by)
    if _there(connection, plain.before):
        raise RefusedError(f"{plain.before} is in the way: somebody still has to drop it")
    _with_lock(connection, how, lambda: _prepare(connection, plain, how))
    say(f"{plain.new} is kept in step")
    say(f"{_copy(connection, plain, how):,} rows copied")
    _with_lock(connection, how, lambda: _swap(connection, plain, how))
    say(f"{table} is partitioned; {plain.before} has what was there")


def _with_lock(connection: Connection, how: How, step: Callable[[], None]) -> None:
    """A short transaction, tried again where a lock cannot be had at once."""
    for _ in range(how.tries):
        try:
            with connection.transaction():
                connection.execute(sql.SQL("SET LOCAL lock_timeout = {}").format(how.lock_ms))
                step()
                return
        except psycopg.errors.LockNotAvailable:
            time.sleep(how.pause)
    raise TimeoutError(
        f"the lock could not be had in {how.tries} tries of {how.lock_ms} ms: run again when transactions are shorter"
    )


def _prepare(connection: Connection, plain: Plain, how: How) -> None:
    """The twin with its partitions, and the trigger; all of it, or nothing."""
    new, old, function = (sql.Identifier(name) for name in (plain.new, plain.name, f"{plain.name}__mirror"))
    names = [sql.Identifier(column) for column in plain.columns]
    key = [sql.Identifier(column) for column in plain.key]
    if not _there(connection, plain.new):
        connection.execute(sql.SQL("LOCK TABLE {} IN SHARE ROW EXCLUSIVE MODE").format(old))
        like = "INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING GENERATED INCLUDING STORAGE INCLUDING COMMENTS"
        by = sql.Identifier(how.by)
        connection.execute(sql.SQL("CREATE TABLE {} (LIKE {} " + like + ") PARTITION BY RANGE ({})").format(new, old, by))
        whole = key if how.by in plain.key else [*key, by]
        connection.execute(sql.SQL("ALTER TABLE {} ADD PRIMARY KEY ({})").format(new, sql.SQL(", ").join(whole)))
        for name, made in parts(connection, plain, "indexes"):
            connection.execute(_elsewhere(made, plain, name))
        for name, made in parts(connection, plain, "foreign_keys"):
            connection.execute(f'ALTER TABLE "{plain.new}" ADD CONSTRAINT "{name}" {made}'.encode())
        _partitions(connection, plain, how)
        filled = {
            "function": function, "new": new, "columns": sql.SQL(", ").join(names), "key": sql.SQL(", ").join(key),
            "old_key": sql.SQL(", ").join(sql.SQL("OLD.{}").format(column) for column in key),
            "new_values": sql.SQL(", ").join(sql.SQL("NEW.{}").format(column) for column in names),
        }  # fmt: skip
        connection.execute(sql.SQL(MIRROR).format(**filled))
        connection.execute(
            sql.SQL(
                "CREATE TRIGGER partition_mirror AFTER INSERT OR UPDATE OR DELETE ON {} FOR EACH ROW EXECUTE FUNCTION {}()"
            ).format(old, function)
        )


def _partitions(connection: Connection, plain: Plain, how: How) -> None:
    """From the oldest row to three periods ahead, under the names that ops.ensure_partition gives."""
    step = {"month": "1 month", "quarter": "3 months"}[how.period]
    filled = {
        "by": sql.Identifier(how.by),
        "old": sql.Identifier(plain.name),
        "name": plain.name,
        "period": how.period,
        "step": step,
    }
    moments = connection.execute(sql.SQL(PERIODS).format(**filled)).fetchall()
    for moment in moments:
        connection.execute(
            sql.SQL("CREATE TABLE {} PARTITION OF {} FOR VALUES FROM ({}) TO ({})").format(
                sql.Identifier(moment["name"]), sql.Identifier(plain.new), moment["lower"], moment["upper"]
            )
        )


def _copy(connection: Connection, plain: Plain, how: How) -> int:
    """Pass after pass, until nothing is missing; how many rows it were."""
    key = [sql.Identifier(column) for column in plain.key]
    listed = sql.SQL(", ").join
    copied = 0
    for _ in range(PASSES):
        after: list[object] | None = None
        found = 0
        while True:
            statement = sql.SQL(COPY if after else COPY.replace("({key}) > ({after}) AND ", "")).format(
                columns=listed(map(sql.Identifier, plain.columns)), old=sql.Identifier(plain.name), new=sql.Identifier(plain.new),
                key=listed(key), after=listed(map(sql.Literal, after or [])), size=how.batch,
                n_key=listed(sql.SQL("n.{}").format(column) for column in key),
                o_key=listed(sql.SQL("o.{}").format(column) for column in key),
                descending=listed(sql.SQL("{} DESC").format(column) for column in key),
            )  # fmt: skip
            row = connection.execute(statement).fetchone()
            if row is None:
                break
            found += row.pop("size_of_batch")
            after = list(row.values())
        copied += found
        if not found and not _missing(connection, plain):
            return copied
        time.sleep(0 if found else how.pause)
    raise TimeoutError(f"after {PASSES} passes rows are still locked by others: run again when transactions are shorter")


def _there(connection: Connection, relation: str) -> bool:
    return connection.execute("SELECT FROM pg_class WHERE oid = to_regclass(quote_ident(%s))", [relation]).fetchone() is not None


def _missing(connection: Connection, plain: Plain) -> bool:
    both = {"old": sql.Identifier(plain.name), "new": sql.Identifier(plain.new)}
    same = sql.SQL(" AND ").join(sql.SQL("n.{0} = o.{0}").format(sql.Identifier(column)) for column in plain.key)
    query = sql.SQL("SELECT EXISTS (SELECT FROM {old} o WHERE NOT EXISTS (SELECT FROM {new} n WHERE {same})) AS missing")
    row = connection.execute(query.format(**both, same=same)).fetchone()
    return bool(row and row["missing"])


def _swap(connection: Connection, plain: Plain, how: How) -> None:
    """Names change hands; who may see what, and triggers, are made again. Until then nobody but the owner reaches the twin."""
    old, new, before = (sql.Identifier(name) for name in (plain.name, plain.new, plain.before))
    connection.execute(sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(old))
    connection.execute(sql.SQL("DROP TRIGGER partition_mirror ON {}").format(old))
    connection.execute(sql.SQL("DROP FUNCTION {}").format(sql.Identifier(f"{plain.name}__mirror")))
    belongs = [made for kind in ("policies", "grants") for _, made in parts(connection, plain, kind)]
    triggers = [made for _, made in parts(connection, plain, "triggers")]
    for name, _ in parts(connection, plain, "indexes"):
        for was, becomes in ((name, f"{name}__before"), (f"{name}__partitioned", name)):
            connection.execute(sql.SQL("ALTER INDEX {} RENAME TO {}").format(sql.Identifier(was), sql.Identifier(becomes)))
    connection.execute(sql.SQL("ALTER TABLE {} RENAME TO {}").format(old, before))
    connection.execute(sql.SQL("ALTER TABLE {} RENAME TO {}").format(new, old))
    # Definitions name the table, and its name is the new one's now.
    for statement in (*(made % f'"{plain.name}"' for made in belongs), *triggers):
        connection.execute(statement.encode())
    for what, so in ((sql.SQL("ENABLE"), plain.secured), (sql.SQL("FORCE"), plain.forced)):
        if so:
            connection.execute(sql.SQL("ALTER TABLE {} {} ROW LEVEL SECURITY").format(old, what))
    connection.execute(
        "INSERT INTO ops.partition_policies (parent, period, ahead) VALUES (%s, %s, 3) ON CONFLICT DO NOTHING",
        [plain.name, how.period],
    )


def _elsewhere(made: str, plain: Plain, name: str) -> bytes:
    """An index's definition, of the twin and under a name of its own."""
    head, _, rest = made.partition(" USING ")
    unique = " UNIQUE" if head.startswith("CREATE UNIQUE") else ""
    return f'CREATE{unique} INDEX "{name}__partitioned" ON "{plain.new}" USING {rest}'.encode()
