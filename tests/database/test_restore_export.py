"""A logical backup of the time series brought back: real dumps into a real PostgreSQL, with stand-ins of TimescaleDB's hooks that say
when they were called and what was there; on TimescaleDB itself where it is installed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Generator
from pathlib import Path

import pytest

from tests.installed import POSTGRES as PACKAGES
from tests.installed import need
from tools.programs import POSTGRES

from .server import ask, column, run
from .timescale import TIMESERIES, TimeSeriesServer, need_timescaledb

pytestmark = pytest.mark.database

HOOKS = """
CREATE SCHEMA hooks;
CREATE TABLE hooks.calls (name text, ticks boolean);
CREATE FUNCTION timescaledb_pre_restore() RETURNS boolean LANGUAGE sql AS
    $$ INSERT INTO hooks.calls SELECT 'pre', to_regclass('public.ticks') IS NOT NULL RETURNING true $$;
CREATE FUNCTION timescaledb_post_restore() RETURNS boolean LANGUAGE sql AS
    $$ INSERT INTO hooks.calls SELECT 'post', to_regclass('public.ticks') IS NOT NULL RETURNING true $$;
CREATE SCHEMA timescaledb_information;
CREATE VIEW timescaledb_information.chunks AS SELECT 'ticks' AS hypertable_name FROM generate_series(1, 3);
"""
# What only a server with TimescaleDB answers; all else is the real one's.
PSQL = """#!{python}
import os, subprocess, sys
given = sys.argv[1:]
if given[-2:] == ["-f", "-"]:
    text = sys.stdin.read()
    if "pg_available_extension_versions" in text:
        print(int("version=2.28.3" in given))
        sys.exit()
    assert text.startswith("CREATE EXTENSION IF NOT EXISTS timescaledb VERSION :'version';"), text
    sys.exit(subprocess.run(["{psql}", given[0], "-Xq", "-f", "-"], input={hooks!r}, text=True).returncode)
os.execv("{psql}", ["psql", *given])
"""
ROWS = 41


@pytest.fixture(scope="module")
def server() -> Generator[TimeSeriesServer]:
    need(PACKAGES)
    running = TimeSeriesServer(real=False)
    try:
        running.start()
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="module")
def dump(server: TimeSeriesServer, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dump of a database with some rows."""
    name = server.empty()
    with server.connect(name) as admin:
        ask(admin, f"CREATE TABLE ticks AS SELECT g AS id FROM generate_series(1, {ROWS}) g")
    file = tmp_path_factory.mktemp("dump") / "series.dump"
    run([POSTGRES / "pg_dump", "--format=custom", f"--file={file}", server.dsn(name, "postgres")])
    return file


class Restore:
    def __init__(self, server: TimeSeriesServer, folder: Path) -> None:
        self.server, self.name = server, server.empty()
        psql = folder / "psql"
        psql.write_text(PSQL.format(python=sys.executable, psql=POSTGRES / "psql", hooks=HOOKS))
        psql.chmod(0o755)
        self.path = f"{folder}:{POSTGRES}:{os.defpath}"

    def run(self, file: Path, version: str = "2.28.3") -> subprocess.CompletedProcess[str]:
        env = {"PATH": self.path, "DATABASE_URL": self.server.address(self.name, "postgres"), "VERSION": version}
        return subprocess.run(
            [TIMESERIES / "restore_export", file], env=env, capture_output=True, text=True, check=False, timeout=60
        )

    def calls(self) -> list[tuple[str, bool]]:
        with self.server.connect(self.name) as admin:
            return [(row["name"], row["ticks"]) for row in ask(admin, "SELECT * FROM hooks.calls")]

    def relations(self) -> list[str]:
        with self.server.connect(self.name) as admin:
            return column(admin, "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'")


@pytest.fixture
def restore(server: TimeSeriesServer, tmp_path: Path) -> Restore:
    return Restore(server, tmp_path)


def test_rows_come_back_between_the_hooks(restore: Restore, dump: Path) -> None:
    done = restore.run(dump)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "restored: 3 chunks of 1 hypertables\n"
    assert restore.calls() == [("pre", False), ("post", True)]
    with restore.server.connect(restore.name) as admin:
        assert column(admin, "SELECT count(*) FROM ticks") == [ROWS]


def test_it_is_one_job_and_the_first_error_ends_it(restore: Restore, dump: Path, tmp_path: Path) -> None:
    assert "--jobs 1 --exit-on-error" in (TIMESERIES / "restore_export").read_text()
    cut = tmp_path / "cut.dump"
    cut.write_bytes(dump.read_bytes()[:-60])
    done = restore.run(cut)
    assert done.returncode == 1
    assert done.stderr.rstrip().endswith("pg_restore failed, and the database is half restored: drop it, and begin again")
    assert [name for name, _ in restore.calls()] == ["pre"], "it is not called whole"


@pytest.mark.parametrize("wrong", ["another version", "not empty", "no dump"])
def test_what_would_go_wrong_is_refused_before_anything_is_changed(restore: Restore, dump: Path, wrong: str) -> None:
    if wrong == "not empty":
        with restore.server.connect(restore.name) as admin:
            ask(admin, "CREATE TABLE there (id integer)")
    before = restore.relations()
    done = restore.run(
        dump.with_name("nowhere") if wrong == "no dump" else dump, "2.27.0" if wrong == "another version" else "2.28.3"
    )
    said = {
        "another version": (69, "this server has no TimescaleDB 2.27.0"), "not empty": (65, "the database is not empty (1 relations)"),
        "no dump": (66, f"there is no {dump.with_name('nowhere')}"),
    }[wrong]  # fmt: skip
    assert (done.returncode, done.stderr) == (said[0], f"restore_export: {said[1]}; nothing was changed\n")
    assert restore.relations() == before


def test_on_timescaledb_itself_no_chunk_is_missing(tmp_path: Path) -> None:
    need_timescaledb()
    real = TimeSeriesServer(real=True)
    try:
        real.start()
        name, target, file = real.empty(), real.empty(), tmp_path / "series.dump"
        with real.connect(name) as admin:
            ask(admin, "CREATE EXTENSION timescaledb")
            (version,) = column(admin, "SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'")
            ask(admin, "CREATE TABLE ticks (time timestamptz NOT NULL, id integer)")
            ask(admin, "SELECT create_hypertable('ticks', 'time', chunk_time_interval => interval '1 day')")
            ask(admin, "INSERT INTO ticks SELECT now() - g * interval '1 hour', g FROM generate_series(1, 1000) g")
        run([POSTGRES / "pg_dump", "--format=custom", f"--file={file}", real.dsn(name, "postgres")])
        env = {
            **os.environ,
            "PATH": f"{POSTGRES}:{os.defpath}",
            "DATABASE_URL": real.address(target, "postgres"),
            "VERSION": version,
        }
        done = subprocess.run(
            [TIMESERIES / "restore_export", file], env=env, capture_output=True, text=True, check=False, timeout=60
        )
        assert done.returncode == 0, done.stderr
        with real.connect(target) as admin:
            assert column(admin, "SELECT count(*) FROM ticks") == [1000]
    finally:
        real.stop()
