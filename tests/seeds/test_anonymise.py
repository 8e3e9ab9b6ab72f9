"""Anonymised copies: no production value survives, what is kept is as it was, and nothing is decided by default."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Generator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from database.seeds.anonymise import CLASSIFICATION, Classification, NotACopyError, UnclassifiedError, anonymise
from database.seeds.load import ORDER, generate, load
from tests.database.server import Connection, Server, ask, column
from tests.database.server import run as run_program
from tools.programs import POSTGRES
from tools.recorder import ROOT

pytestmark = pytest.mark.database

MOMENT = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
CANARY = "canary"


@pytest.fixture
def production(server: Server) -> Generator[str]:
    """A database in which every value that is not kept says so."""
    name = server.create()
    with server.connect(name, "migrations") as connection:
        load(connection, generate(20, 1, MOMENT), b"k" * 32)
    with server.connect(name) as admin:
        _mark(admin)
        admin.execute("ANALYZE")
    yield name
    server.drop(name)


def _mark(admin: Connection) -> None:
    admin.execute("SET session_replication_role = replica")
    admin.execute("UPDATE orders SET broker_id = 'kraken'")
    for table, rules in Classification.read().columns.items():
        for name, rule in rules.items():
            kind = column(
                admin,
                f"""SELECT coalesce(b.typname, t.typname) FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
                    LEFT JOIN pg_type b ON b.oid = t.typbasetype WHERE attrelid = '{table}'::regclass AND attname = '{name}'""",
            )[0]
            value = {
                "varchar": "'canary-' || left(md5(KEY::text), 12)", "text": "'canary-' || left(md5(KEY::text), 12)", "jsonb": """'{"canary": 1}'""",
                "_text": "ARRAY['canary']",
            }.get(kind)  # fmt: skip
            if rule == "keep" or value is None:
                continue
            if name == "password_hash":
                value += " || ' is long enough'"
            if name == "email":
                value += " || '@canary.com'"
            if (table, name) in (("processed_fills", "external_trade_id"), ("trades", "external_trade_id")):
                value = "'canary-' || external_trade_id"
            key = column(admin, f"SELECT attname FROM pg_attribute WHERE attrelid = '{table}'::regclass AND attnum = 1")[0]
            admin.execute(f"UPDATE {table} SET {name} = {value.replace('KEY', key)}".encode())
    for table, name in ("notifications", "content"), ("audit_logs", "user_agent"), ("broker_connections", "error_message"):
        admin.execute(f"UPDATE {table} SET {name} = 'canary'".encode())
    admin.execute("RESET session_replication_role")


def everything(connection: Connection) -> dict[str, list[str]]:
    """Every row of every table as text, and what the planner knows of them."""
    tables = column(
        connection,
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition",
    )
    found = {table: column(connection, f"SELECT t::text FROM {table} t") for table in tables}
    kept = "|".join(Classification.read().columns)
    samples = f"SELECT s::text FROM pg_stats s WHERE schemaname = 'public' AND tablename ~ '^({kept})(_y.*)?$'"
    return found | {"pg_stats": column(connection, samples)}


def on_disk(server: Server, name: str) -> list[Path]:
    """The files of a database's tables that hold a canary."""
    with server.connect(name) as connection:
        paths = column(
            connection,
            "SELECT pg_relation_filepath(oid) FROM pg_class WHERE relkind IN ('r', 't', 'i') AND relnamespace <> 'pg_catalog'::regnamespace",
        )
        connection.execute("CHECKPOINT")
    return [
        path for path in (server.data / path for path in paths if path) if path.exists() and CANARY.encode() in path.read_bytes()
    ]


def dumped(server: Server, name: str) -> str:
    """What leaves production."""
    return run_program([POSTGRES / "pg_dump", "--inserts", server.dsn(name, "postgres")])


def run(server: Server, name: str) -> dict[str, int]:
    with server.connect(name, "migrations") as connection:
        return anonymise(connection, name, Classification.read())


def test_no_value_of_production_survives_in_rows_samples_or_files(server: Server, production: str) -> None:
    with server.connect(production) as admin:
        before = everything(admin)
    marked = {table for table, found in before.items() if any(CANARY in row for row in found)}
    assert marked >= {
        "users",
        "kyc_records",
        "transactions",
        "ledger_journals",
        "strategies",
        "support_ticket_messages",
        "pg_stats",
    }
    assert on_disk(server, production)
    assert CANARY in dumped(server, production)
    run(server, production)
    with server.connect(production) as admin:
        after = everything(admin)
    assert [table for table, found in after.items() if any(CANARY in row for row in found)] == []
    assert on_disk(server, production) == []
    assert CANARY not in dumped(server, production)


def test_what_is_kept_is_as_it_was_and_what_is_removed_is_gone(server: Server, production: str) -> None:
    classification = Classification.read()

    def kept() -> dict[str, list[dict[str, Any]]]:
        with server.connect(production) as admin:
            return {
                table: sorted(ask(admin, f"SELECT {', '.join(name for name, rule in rules.items() if rule == 'keep')} FROM {table}"), key=repr)
                for table, rules in classification.columns.items()
            }  # fmt: skip

    before = kept()
    counts = run(server, production)
    assert kept() == before
    assert counts["users"] == 20
    with server.connect(production) as admin:
        for table in classification.removed:
            assert column(admin, f"SELECT count(*) FROM {table}") == [0], table
        users = ask(admin, "SELECT * FROM users")
        assert len({user["email"] for user in users}) == 20
        assert all(user["email"].endswith("@example.invalid") for user in users)
        assert len({user["first_name"] for user in users}) > 3
        assert not any(user["two_fa_enabled"] or user["phone_number_encrypted"] for user in users)
        assert column(
            admin,
            "SELECT count(*) FROM trades t JOIN processed_fills f USING (order_id, external_trade_id)",
        ) == column(admin, "SELECT count(*) FROM trades"), "what belongs together still does"  # fmt: skip


def test_constraints_hold_and_facts_are_facts_again(server: Server, production: str) -> None:
    run(server, production)
    with server.connect(production, "migrations") as connection:
        connection.execute("SET ROLE alphintra_owner")
        disabled = column(connection, "SELECT tgname FROM pg_trigger WHERE tgenabled = 'D'")
        assert disabled == []
        with pytest.raises(psycopg.errors.IntegrityError, match="a trade has happened and is not changed"):
            ask(connection, "UPDATE trades SET price = 1")
        for row in ask(
            connection,
            "SELECT conrelid::regclass::text AS t, pg_get_constraintdef(oid) AS d FROM pg_constraint WHERE contype = 'c' AND conrelid <> 0 AND connamespace = 'public'::regnamespace",
        ):
            condition = row["d"].removeprefix("CHECK ")
            assert column(connection, f"SELECT count(*) FROM {row['t']} WHERE NOT {condition}".replace("%", "%%")) == [0]
        balance = "SELECT currency FROM ledger_entries GROUP BY currency HAVING sum(amount) <> 0"
        assert column(connection, balance) == []


def test_two_copies_have_different_codes(server: Server, production: str) -> None:
    def codes() -> set[str]:
        with server.connect(production) as admin:
            return set(column(admin, "SELECT client_order_id FROM orders"))

    run(server, production)
    first = codes()
    run(server, production)
    assert first.isdisjoint(codes())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("ALTER TABLE users ADD COLUMN nickname text", "users.nickname is not classified"),
        ("CREATE TABLE leads (email text)", "leads.email is not classified"),
        ("ALTER TABLE users DROP COLUMN language", "users.language is classified and not there"),
        ("ALTER TABLE erasures RENAME TO forgotten", "erasures is to be emptied and not there"),
    ],
)
def test_a_column_that_nobody_decided_about_stops_it(server: Server, production: str, change: str, message: str) -> None:
    with server.connect(production) as admin:
        admin.execute(change.encode())
    with pytest.raises(UnclassifiedError, match=message):
        run(server, production)
    with server.connect(production) as admin:
        assert column(admin, "SELECT count(*) FROM users WHERE email LIKE '%%canary%%'") == [20]


def test_the_classification_is_that_of_the_newest_schema(server: Server, database: str) -> None:
    with server.connect(database) as connection:
        assert Classification.read().disagreements(connection) == []
    assert set(ORDER) <= set(Classification.read().columns) | set(Classification.read().removed)


@pytest.mark.parametrize(
    ("text", "other", "message"),
    [
        ("    email: [email]", "    shuffle: [email]", "users: shuffle is no rule; there are keep, nothing, no, email"),
        ("    email: [email]", "    email: [email]\n    code: [email]", "users.email is email and code; it can be one of them"),
    ],
)
def test_a_classification_that_is_wrong_is_refused(tmp_path: Path, text: str, other: str, message: str) -> None:
    path = tmp_path / "classification.yaml"
    assert text in CLASSIFICATION.read_text()
    path.write_text(CLASSIFICATION.read_text().replace(text, other))
    with pytest.raises(UnclassifiedError, match=message):
        Classification.read(path)


def test_what_may_be_production_is_not_touched(server: Server, production: str) -> None:
    with server.connect(production, "migrations") as connection:
        with pytest.raises(NotACopyError, match=f"this is {production} and not staging; name the copy"):
            anonymise(connection, "staging", Classification.read())
        with server.connect(production), pytest.raises(NotACopyError, match=f"1 other sessions are in {production}"):
            anonymise(connection, production, Classification.read())


def test_what_fails_leaves_the_copy_as_it_was(server: Server, production: str) -> None:
    with server.connect(production) as admin:
        admin.execute("ALTER TABLE users ADD CONSTRAINT real_ones CHECK (email NOT LIKE '%@example.invalid') NOT VALID")
    with pytest.raises(psycopg.errors.CheckViolation, match="real_ones"):
        run(server, production)
    with server.connect(production) as admin:
        assert column(admin, "SELECT count(*) FROM support_tickets WHERE subject LIKE 'canary%%'") > [0]
        assert column(admin, "SELECT tgname FROM pg_trigger WHERE tgenabled = 'D'") == []


def test_the_command(server: Server, production: str) -> None:
    env = {**os.environ, "MAIN_DATABASE_URL": server.address(production)}
    command = [sys.executable, "-m", "database.seeds", "anonymise", "--database"]
    wrong = subprocess.run([*command, "prod"], cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=120)
    assert wrong.returncode == 1
    assert wrong.stderr.startswith(f"seeds: this is {production} and not prod")
    done = subprocess.run([*command, production], cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    assert "        20  users" in done.stdout
