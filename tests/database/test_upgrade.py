"""From the schema of another revision, with rows in it, to that of this one: what a deployment does to an environment.

BASE is that revision (default: HEAD, where the upgrade has nothing to do). `.ci/migrations` says which.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tools.recorder import ROOT

from .server import Connection, Server, column, unprivileged

pytestmark = pytest.mark.database

BASE = os.environ.get("BASE") or "HEAD"
TABLES = """
SELECT oid::regclass::text FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition AND relname <> 'schema_migrations'
"""


@pytest.fixture
def before(tmp_path: Path) -> Path:
    """The database's files as they were at that revision."""
    made = subprocess.run(
        ["git", "archive", "--output", tmp_path / "base.tar", BASE, "database"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:
        if "BASE" in os.environ:
            pytest.fail(made.stderr)
        pytest.skip(f"this clone lacks the revision {BASE} to begin from (`git fetch --unshallow` brings it): {made.stderr}")
    subprocess.run(["tar", "-xf", "base.tar"], cwd=tmp_path, check=True)
    return tmp_path


def migrate(folder: Path, command: str, server: Server, name: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*unprivileged()[:3], folder / "database" / "migrate", "main", command],
        env={**os.environ, "DATABASE_URL": server.url(name)}, capture_output=True, text=True, check=False, timeout=240,
    )  # fmt: skip


def rows(connection: Connection) -> dict[str, int]:
    return {table: column(connection, f"SELECT count(*) FROM {table}")[0] for table in column(connection, TABLES)}


def test_rows_of_the_schema_before_are_there_in_the_newest_one(server: Server, before: Path) -> None:
    name = server.create(template="template1")
    assert migrate(before, "deploy", server, name).returncode == 0
    sample = subprocess.run(
        [sys.executable, "-m", "database.seeds", "sample", "--users", "5"],
        cwd=before, env={**os.environ, "MAIN_DATABASE_URL": server.address(name)}, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert sample.returncode == 0, sample.stderr
    with server.connect(name) as admin:
        had = rows(admin)
    assert had["users"] == 5
    for command in ("deploy", "verify"):
        done = migrate(ROOT, command, server, name)
        assert done.returncode == 0, done.stdout + done.stderr
    with server.connect(name) as admin:
        now = rows(admin)
        assert {table: now[table] for table in had if table in now} == {
            table: count for table, count in had.items() if table in now
        }
    back = migrate(ROOT, "revert", server, name)
    assert back.returncode == 0 or "holds rows" in back.stdout + back.stderr, back.stdout + back.stderr
    assert migrate(ROOT, "deploy", server, name).returncode == 0
    server.drop(name)
