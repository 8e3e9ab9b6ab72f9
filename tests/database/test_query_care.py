"""Which indexes are missing and which nobody uses, asked of a real planner; and that plans of slow statements are in the log."""

from __future__ import annotations

import json
import re
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from psycopg import sql

from components.alert_definitions import slow_queries
from components.cloud_sql_instance import database_flags
from components.signals import Databases
from settings.database import Database

from .rows import World
from .server import Connection, Server, ask, column

pytestmark = pytest.mark.database

ROWS = """
INSERT INTO notifications (user_id, type, title, content, created_at)
SELECT %s, (ARRAY['EMAIL', 'SMS', 'PUSH'])[1 + g %% 3], 'title ' || g %% 4000, repeat('x', 100), now() + g * interval '1 second'
FROM generate_series(1, 8000) g
"""
UNINDEXED = "SELECT id FROM notifications WHERE title = %s"
INDEXED = "SELECT id FROM notifications WHERE user_id = %s AND status = 'READ'"
TIMES = 12
ADVICE = re.compile(r"LOG:  index advice: (\{.*\})")


@dataclass(frozen=True)
class Worked:
    """A database in which statements ran, and whose."""

    name: str
    user: Any


@pytest.fixture
def worked(server: Server) -> Generator[Worked]:
    """A database with some thousand rows and two statements that ran, one of which has an index."""
    name = server.create()
    with server.connect(name) as admin:
        user = World(admin).user
        ask(admin, ROWS, user)
        ask(admin, "ANALYZE notifications")
        ask(admin, "SELECT extensions.pg_stat_statements_reset()")
        for number in range(TIMES):
            ask(admin, UNINDEXED, f"title {number}")
            ask(admin, INDEXED, user)
        ask(admin, "SELECT pg_stat_force_next_flush()")
    yield Worked(name, user)
    server.drop(name)


def missing(connection: Connection) -> list[tuple[str, list[str]]]:
    found = ask(connection, "SELECT relation::text, names FROM ops.missing_indexes(least_ms => 0.5)")
    return [(row["relation"], row["names"]) for row in found]


def unused(connection: Connection) -> list[str]:
    return column(connection, "SELECT unused::text FROM ops.unused_indexes('-1 hour', 0)")


def said(server: Server, since: int) -> list[dict[str, Any]]:
    """The advice in the server's log."""
    return [json.loads(line) for line in ADVICE.findall(log(server)[since:])]


def log(server: Server) -> str:
    return (server.folder / "log").read_text()


def test_an_index_that_a_statement_lacks_is_proposed_until_it_is_there(server: Server, worked: Worked) -> None:
    with server.connect(worked.name, "migrations") as owner:
        assert missing(owner) == [("notifications", ["title"])], "and none for the statement that has one"
        ask(owner, "SET ROLE alphintra_owner")
        ask(owner, "CREATE INDEX ON notifications (title)")
        assert missing(owner) == []


def test_a_second_column_is_proposed_where_it_helps(server: Server, worked: Worked) -> None:
    with server.connect(worked.name, "migrations") as owner:
        ask(owner, "SET ROLE alphintra_owner")
        ask(
            owner,
            "CREATE TABLE quotes AS SELECT g % 20 AS venue, g / 20 % 20 AS pair, repeat('x', 200) FROM generate_series(1, 8000) g",
        )
        ask(owner, "ANALYZE quotes")
        for _ in range(TIMES):
            ask(owner, "SELECT * FROM quotes WHERE pair = 3 AND venue = 4")
            ask(owner, "SELECT * FROM quotes WHERE venue = 4")
        assert ("quotes", ["venue", "pair"]) in missing(owner)
        assert ("quotes", ["venue"]) not in missing(owner), "the other begins with it"


def test_a_statement_that_cannot_be_planned_is_passed_over(server: Server, worked: Worked) -> None:
    with server.connect(worked.name) as admin:
        ask(admin, "CREATE TEMPORARY TABLE own AS SELECT * FROM notifications")
        for _ in range(TIMES):
            ask(admin, "SELECT id FROM own WHERE title = 'title 1'")
            ask(admin, "SELECT interval '1 day', count(*) FROM notifications WHERE content = 'x'")
    with server.connect(worked.name, "migrations") as owner:
        assert ("notifications", ["title"]) in missing(owner)


def test_what_is_used_or_needed_is_not_called_unused(server: Server, worked: Worked) -> None:
    with server.connect(worked.name, "migrations") as owner:
        found = unused(owner)
    assert "idx_notifications_created_at" in found
    assert "idx_notifications_user_id" not in found, "the statement above reads it, in a partition"
    assert "idx_notifications_template_id" not in found, "a foreign key"
    assert "notifications_pkey" not in found


def test_nothing_is_called_unused_that_had_no_time_to_be_used(server: Server, worked: Worked) -> None:
    with server.connect(worked.name, "migrations") as owner:
        assert column(owner, "SELECT unused FROM ops.unused_indexes(least_bytes => 0)") == []
        later = "SELECT unused::text FROM ops.unused_indexes(moment => now() + interval '15 days', least_bytes => {})"
        assert "idx_notifications_created_at" in column(owner, later.format(0))
        assert "idx_notifications_created_at" not in column(owner, later.format(10**9)), "too small to mind"


def test_the_report_is_lines_of_the_log_without_anybodys_data_and_writes_nothing(server: Server, worked: Worked) -> None:
    begun = len(log(server))
    with server.connect(worked.name, "migrations", autocommit=False) as owner:
        (answer,) = column(owner, "SELECT ops.report_indexes(0.5, '-1 hour')")
        assert column(owner, "SELECT pg_current_xact_id_if_assigned()") == [None], "who writes has a transaction id"
    lines = said(server, begun)
    assert re.fullmatch(r"1 missing, \d+ unused", answer)
    assert [(line["relation"], line["names"], line["calls"]) for line in lines if line["kind"] == "missing"] == [
        ("notifications", ["title"], TIMES)
    ]
    assert "title 1" not in json.dumps(lines)
    assert str(worked.user) not in json.dumps(lines)


def test_the_report_could_not_write(server: Server, worked: Worked) -> None:
    with server.connect(worked.name) as admin:
        ask(
            admin,
            "CREATE OR REPLACE FUNCTION ops.base_type(given oid) RETURNS oid LANGUAGE plpgsql AS"
            " 'BEGIN DELETE FROM public.notifications; RETURN given; END'",
        )
    with server.connect(worked.name, "migrations") as owner, pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        ask(owner, "SELECT ops.report_indexes(0.5)")


def test_extensions_that_were_there_before_are_found_where_they_are(server: Server, worked: Worked) -> None:
    with server.connect(worked.name) as admin:
        for extension in ("hypopg", "pg_stat_statements"):
            ask(admin, f"ALTER EXTENSION {extension} SET SCHEMA public")
    with server.connect(worked.name, "migrations") as owner:
        assert column(owner, "SELECT ops.report_indexes(0.5)")[0].startswith("1 missing, ")


def test_without_hypopg_unused_indexes_are_still_told(server: Server, worked: Worked) -> None:
    with server.connect(worked.name) as admin:
        ask(admin, "DROP EXTENSION hypopg")
    begun = len(log(server))
    with server.connect(worked.name, "migrations") as owner:
        (answer,) = column(owner, "SELECT ops.report_indexes(0.5, '-1 hour')")
    assert answer.startswith("hypopg or pg_stat_statements is not here")
    assert "missing" not in {line["kind"] for line in said(server, begun)}


def test_only_the_owner_asks(server: Server, shared: str) -> None:
    with server.connect(shared, "reporting_login") as reporting, pytest.raises(psycopg.errors.InsufficientPrivilege):
        ask(reporting, "SELECT ops.report_indexes()")


# -- plans of slow statements


def test_the_flags_write_the_plan_of_a_slow_statement_and_it_is_counted_once(server: Server, shared: str) -> None:
    flags = database_flags(Database())
    told = {name: value for name, value in flags.items() if name.startswith(("auto_explain.", "log_min_duration"))}
    begun = len(log(server))
    with server.connect(shared) as admin:
        ask(admin, "LOAD 'auto_explain'")  # what cloudsql.enable_auto_explain does for every session
        for name, value in told.items():
            admin.execute(sql.SQL("SET {} = {}").format(sql.Identifier(*name.split(".")), sql.Literal(value)))
        ask(admin, "SELECT count(*) FROM orders WHERE symbol = 'BTC-USD'")
        seconds = int(told["log_min_duration_statement"]) / 1000 + 0.1
        ask(admin, f"DO $$ BEGIN PERFORM count(*) FROM orders, pg_sleep({seconds}); END $$")
    written = log(server)[begun:]
    (plan,) = re.findall(r"plan:\n\t(\{.*?^\t\})", written, re.DOTALL | re.MULTILINE)
    assert "orders" in json.loads(plan)["Query Text"], "the statement inside of the function"
    assert json.loads(plan)["Plan"]["Plans"]
    counted = re.search(r'textPayload=~"(.*?)"', slow_queries(Databases("p", "i", [])).filter)
    assert counted
    entries = re.split(r"^(?=\d{4}-\d\d-\d\d )", written, flags=re.MULTILINE)
    assert len([entry for entry in entries if re.search(counted[1], entry)]) == 1
