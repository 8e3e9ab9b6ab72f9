"""The time series' database as the site's own job leaves it, and what the Job of the migrations makes of it."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from components.migration_files import Login, migration_files
from components.timescaledb.files import OPERATIONS
from settings.timeseries import PASSWORDS
from tests.installed import POSTGRES, need

from .server import PASSWORD, ask, column, unprivileged
from .timescale import INSTALLED, PLAN, TimeSeriesServer, plain

pytestmark = pytest.mark.database

DATABASE = "alphintra_timeseries"
OWN = ("monitoring", "export", "restore_test")
"""The logins of the site's own jobs."""


@pytest.fixture(scope="module")
def store() -> Generator[TimeSeriesServer]:
    need(POSTGRES)
    server = TimeSeriesServer(real=INSTALLED.exists())
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture
def settle(store: TimeSeriesServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Makes logins and database as the job `settle` does, with passwords from files."""
    folder = tmp_path / "passwords"
    folder.mkdir()
    for name in PASSWORDS:
        (folder / name).write_text(PASSWORD)
    monkeypatch.setenv("PASSWORDS", str(folder))
    monkeypatch.setattr(sys, "path", [str(OPERATIONS), *sys.path])
    importlib.reload(importlib.import_module("common"))
    made: Any = importlib.reload(importlib.import_module("settle"))
    return lambda: made.make_logins(f"host=127.0.0.1 port={store.port} user=postgres sslmode=disable", DATABASE)


def run(store: TimeSeriesServer, folder: Path) -> str:
    """The Job, with what of the changes only TimescaleDB knows replaced where that is not installed."""
    for path, text in migration_files("timeseries", [Login("cache-warmer", "cache_warmer")]).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(plain(text) if "/deploy/" in path and not store.real else text)
    (folder / "password").write_text(PASSWORD)
    done = subprocess.run(
        [*unprivileged()[:3], "/bin/sh", folder / "job.sh", "timeseries"],
        env={
            "PATH": os.environ["PATH"],
            "HOME": "/nowhere",
            "DATABASE_URL": f"db:pg://migrations@127.0.0.1:{store.port}/{DATABASE}",
            "PASSWORD": str(folder / "password"),
            "PGSSLMODE": "require",
        },
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def by_password(store: TimeSeriesServer, login: str) -> psycopg.Connection[Any]:
    """A connection over TLS, as pods make them."""
    return psycopg.connect(store.dsn(DATABASE, login, store.port), autocommit=True)


def test_the_site_makes_the_database_and_the_job_its_schema_each_once(
    store: TimeSeriesServer, settle: Callable[[], None], tmp_path: Path
) -> None:
    settle()
    with store.connect("postgres") as admin:
        ask(admin, f"CREATE ROLE stranger LOGIN PASSWORD '{PASSWORD}'")
        assert column(admin, "SELECT rolsuper FROM pg_roles WHERE rolname = 'migrations'") == [False]
    said = run(store, tmp_path / "first")
    assert PLAN[-1] in said
    settle()
    assert "Nothing to deploy" in run(store, tmp_path / "second")
    with store.connect(DATABASE) as admin:
        assert column(admin, "SELECT name FROM schema_migrations ORDER BY version") == PLAN
        assert column(admin, "SELECT pg_has_role('cache_warmer', 'reporting_role', 'MEMBER')") == [True]
    for login in OWN:
        by_password(store, login).close()
    with by_password(store, "export") as export:
        assert export.execute("SELECT count(*) FROM tick_data").fetchone() == (0,)
    with by_password(store, "restore_test") as test:
        test.execute("INSERT INTO operations.mark VALUES ('a')")
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        by_password(store, "stranger")
