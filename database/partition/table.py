"""What a plain table is, and whether its rows can live in partitions: from the catalogue, before anything is made."""

from __future__ import annotations

from dataclasses import dataclass

import psycopg
from psycopg.rows import DictRow

Connection = psycopg.Connection[DictRow]

FACTS = """
SELECT c.oid, c.relkind, c.relrowsecurity, c.relforcerowsecurity,
    ARRAY(
        SELECT attname::text FROM pg_attribute
        WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped AND attgenerated = '' ORDER BY attnum
    ) AS columns,
    ARRAY(
        SELECT attname::text FROM pg_attribute WHERE attrelid = c.oid AND attidentity <> '' AND NOT attisdropped
    ) AS identities,
    ARRAY(
        SELECT a.attname::text FROM pg_index x CROSS JOIN LATERAL unnest(x.indkey) WITH ORDINALITY AS k (attnum, place)
        JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = k.attnum
        WHERE x.indrelid = c.oid AND x.indisprimary ORDER BY k.place
    ) AS key,
    ARRAY(
        SELECT x.indexrelid::regclass::text FROM pg_index x
        WHERE x.indrelid = c.oid AND x.indisunique AND NOT x.indisprimary AND NOT EXISTS (
            SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = %(by)s AND a.attnum = ANY (x.indkey)
        )
    ) AS unique_elsewhere,
    ARRAY(SELECT conrelid::regclass::text FROM pg_constraint WHERE confrelid = c.oid AND contype = 'f') AS referred_by,
    ARRAY(
        SELECT DISTINCT r.ev_class::regclass::text FROM pg_depend d JOIN pg_rewrite r ON r.oid = d.objid
        WHERE d.classid = 'pg_rewrite'::regclass AND d.refobjid = c.oid AND r.ev_class <> c.oid
    ) AS views,
    EXISTS (
        SELECT FROM pg_attribute
        WHERE attrelid = c.oid AND attname = %(by)s AND atttypid = 'timestamptz'::regtype AND attnotnull
    ) AS has_time,
    EXISTS (
        SELECT FROM pg_index x JOIN pg_attribute a ON a.attrelid = x.indrelid AND a.attnum = x.indkey[0]
        WHERE x.indrelid = c.oid AND a.attname = %(by)s
    ) AS has_index
FROM pg_class c WHERE c.oid = to_regclass('public.' || quote_ident(%(table)s))
"""
PARTS = {
    "indexes": """
        SELECT pg_get_indexdef(x.indexrelid) AS made, i.relname AS name
        FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
        WHERE x.indrelid = %(oid)s AND NOT x.indisprimary ORDER BY i.relname""",
    "foreign_keys": """
        SELECT pg_get_constraintdef(oid) AS made, conname AS name
        FROM pg_constraint WHERE conrelid = %(oid)s AND contype = 'f' ORDER BY conname""",
    "triggers": """
        SELECT pg_get_triggerdef(oid) AS made, tgname AS name
        FROM pg_trigger WHERE tgrelid = %(oid)s AND NOT tgisinternal AND tgname <> 'partition_mirror' ORDER BY tgname""",
    "policies": """
        SELECT format(
            'CREATE POLICY %%I ON %%%%s AS %%s FOR %%s TO %%s', policyname, permissive, cmd,
            (SELECT string_agg(CASE r WHEN 'public' THEN 'PUBLIC' ELSE quote_ident(r) END, ', ') FROM unnest(roles) r)
        ) || coalesce(' USING (' || replace(qual, '%%', '%%%%') || ')', '')
          || coalesce(' WITH CHECK (' || replace(with_check, '%%', '%%%%') || ')', '') AS made, policyname AS name
        FROM pg_policies WHERE schemaname = 'public' AND tablename = %(table)s ORDER BY policyname""",
    "grants": """
        SELECT format(
            'GRANT %%s%%s ON %%%%s TO %%s', a.privilege_type, coalesce('(' || quote_ident(given.attname) || ')', ''),
            CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END
        ) AS made, a.privilege_type AS name
        FROM (
            SELECT relacl AS acl, NULL::name AS attname FROM pg_class WHERE oid = %(oid)s
            UNION ALL
            SELECT attacl, attname FROM pg_attribute WHERE attrelid = %(oid)s AND attacl IS NOT NULL AND NOT attisdropped
        ) AS given CROSS JOIN LATERAL aclexplode(given.acl) AS a
        WHERE a.grantee <> (SELECT relowner FROM pg_class WHERE oid = %(oid)s) ORDER BY 1""",
}
"""What is made again of the new table; %s stands for it where the definition does not name it."""


class RefusedError(Exception):
    """This table cannot be partitioned so; nothing was changed."""


@dataclass(frozen=True)
class Plain:
    """A table whose rows are to live in partitions."""

    name: str
    by: str
    oid: int
    columns: tuple[str, ...]
    key: tuple[str, ...]
    secured: bool
    forced: bool

    @property
    def new(self) -> str:
        """The partitioned one, as long as it is not there yet."""
        return f"{self.name}__partitioned"

    @property
    def before(self) -> str:
        """The plain one, once it has been replaced."""
        return f"{self.name}__before"


def look(connection: Connection, table: str, by: str) -> Plain:
    """What there is of a table.

    Raises:
        RefusedError: it cannot be partitioned by that column.
    """
    facts = connection.execute(FACTS, {"table": table, "by": by}).fetchone()
    if facts is None:
        raise RefusedError(f"there is no table {table} in public")
    whys = {
        f"{table} is partitioned already": facts["relkind"] == "p",
        f"{table} is not a table": facts["relkind"] not in "rp",
        f"{table}.{by} is not a timestamptz that is always there": not facts["has_time"],
        f"no index begins with {by}, so that the oldest row would be looked for while writers wait": not facts["has_index"],
        f"{table} has no primary key, by which rows are told apart": not facts["key"],
        f"{_listed(facts['identities'])}: an identity column stays with its table": facts["identities"],
        f"{_listed(facts['unique_elsewhere'])}: unique in all partitions together is only what holds {by}": facts[
            "unique_elsewhere"
        ],
        f"{_listed(facts['referred_by'])}: a foreign key leads here, and would have to hold {by}": facts["referred_by"],
        f"{_listed(facts['views'])}: a view shows this table, and would go on showing the old one": facts["views"],
    }
    if found := [why for why, so in whys.items() if so]:
        raise RefusedError("; ".join(found))
    return Plain(
        table,
        by,
        facts["oid"],
        tuple(facts["columns"]),
        tuple(facts["key"]),
        facts["relrowsecurity"],
        facts["relforcerowsecurity"],
    )


def parts(connection: Connection, plain: Plain, kind: str) -> list[tuple[str, str]]:
    """Names and definitions of what belongs to a table."""
    rows = connection.execute(PARTS[kind].encode(), {"oid": plain.oid, "table": plain.name})
    return [(row["name"], row["made"]) for row in rows]


def _listed(names: list[str]) -> str:
    return ", ".join(names)
