"""Migrations with sqitch: from an empty server to the newest schema, and what may come between."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import time
from collections.abc import Generator
from pathlib import Path

import pytest

from .rows import World
from .server import MAIN, Server, ask, column, run, unprivileged

pytestmark = pytest.mark.database

PLAN = [line.split()[0] for line in (MAIN / "sqitch.plan").read_text().splitlines() if line[:1].isdigit()]
FAST = ["001_roles", "002_foundation", "003_identity", "004_brokers", "005_strategies"]
"""Enough for what is not about all of them."""
NEXT = """\\set change 900_next
\\ir ../lib/begin.sql
\\if :applied \\q
\\endif
CREATE TABLE half_way (id integer);
ALTER TABLE strategies ADD COLUMN colour text;
{more}
\\ir ../lib/record.sql
"""


class Project:
    """A copy of the main database's changes, and a database to make them in."""

    def __init__(self, folder: Path, server: Server, plan: list[str]) -> None:
        self.folder = folder / "database"
        shutil.copytree(MAIN.parent, self.folder, ignore=shutil.ignore_patterns("__pycache__"))
        self.main = self.folder / "main"
        self.plan = self.main / "sqitch.plan"
        lines = self.plan.read_text().splitlines(keepends=True)
        self.plan.write_text("".join(line for line in lines if not line[:1].isdigit() or line.split()[0] in plan))
        self.server = server
        self.name = server.create(template="template1")

    def start(self, command: str, **env: str) -> subprocess.Popen[str]:
        """./migrate main <command>, in a process group of its own."""
        return subprocess.Popen(
            [*unprivileged()[:3], self.folder / "migrate", "main", command],
            env={**os.environ, "DATABASE_URL": self.server.url(self.name), **env},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, command: str, status: int = 0, **env: str) -> str:
        process = self.start(command, **env)
        said, _ = process.communicate(timeout=180)
        assert process.returncode == status, said
        return said

    def add(self, more: str = "") -> None:
        """One more change, the last one."""
        (self.main / "deploy" / "900_next.sql").write_text(NEXT.format(more=more))
        (self.main / "revert" / "900_next.sql").write_text(
            NEXT.split("\\if", maxsplit=1)[0]
            + "DROP TABLE half_way;\nALTER TABLE strategies DROP COLUMN colour;\n\\ir ../lib/forget.sql\n"
        )
        (self.main / "verify" / "900_next.sql").write_text("SELECT id FROM half_way; SELECT colour FROM strategies;")
        with self.plan.open("a") as plan:
            plan.write("900_next 2026-11-26T08:00:00Z A <a@example.com> # One more\n")

    def applied(self) -> list[str]:
        """What both registries say, which must be the same."""
        with self.server.connect(self.name) as connection:
            if column(connection, "SELECT to_regclass('schema_migrations')") == [None]:
                return []
            ours = column(connection, "SELECT name FROM schema_migrations ORDER BY version")
            assert ours == column(connection, "SELECT change FROM sqitch.changes ORDER BY committed_at")
            return ours

    def tables(self) -> set[str]:
        with self.server.connect(self.name) as connection:
            return set(
                column(
                    connection,
                    "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')",
                )
            )


@pytest.fixture
def project(request: pytest.FixtureRequest, tmp_path: Path, server: Server) -> Generator[Project]:
    made = Project(tmp_path, server, getattr(request, "param", FAST))
    yield made
    server.drop(made.name)


@pytest.mark.parametrize("project", [PLAN], indirect=True, ids=["all"])
def test_from_nothing_to_the_newest_twice_and_back_to_nothing(project: Project, server: Server) -> None:
    assert len(project.run("dry-run").splitlines()) >= len(PLAN) - 1
    assert project.tables() == set(), "a dry run leaves nothing"
    project.run("deploy")
    assert project.applied() == PLAN
    assert "Nothing to deploy (up-to-date)" in project.run("deploy")
    assert "would make" not in project.run("dry-run")
    assert "Verify successful" in project.run("verify")
    sqitch = {**os.environ, "SQITCH_FULLNAME": "a", "SQITCH_EMAIL": "a@example.com", "TZ": "UTC"}
    run(["/usr/bin/sqitch", "-C", project.main, "revert", "-y", "--target", server.url(project.name)], env=sqitch)
    assert project.applied() == []
    assert project.tables() == set()
    project.run("deploy")
    assert project.applied() == PLAN


def test_the_last_change_is_taken_back_and_made_again(project: Project) -> None:
    project.run("deploy")
    project.run("revert")
    assert project.applied() == FAST[:-1]
    assert "strategies" not in project.tables()
    project.run("deploy")
    assert project.applied() == FAST


def test_a_revert_that_would_lose_rows_is_refused(project: Project) -> None:
    project.run("deploy")
    with project.server.connect(project.name) as connection:
        World(connection).insert("strategies")
    said = project.run("revert", status=2)
    assert "table strategies holds rows; a revert would lose them" in said
    assert project.applied() == FAST


def test_an_applied_change_that_was_edited_stops_the_run(project: Project) -> None:
    project.run("deploy")
    with (project.main / "deploy" / "003_identity.sql").open("a") as script:
        script.write("-- an afterthought\n")
    project.add()
    for command in ("check", "deploy"):
        assert "Script signatures diverge at change 003_identity" in project.run(command, status=1)
    assert project.applied() == FAST


def test_a_change_that_fails_leaves_nothing(project: Project) -> None:
    project.run("deploy")
    project.add("SELECT 1 / 0;")
    assert "division by zero" in project.run("deploy", status=2)
    assert project.applied() == FAST
    assert "half_way" not in project.tables()


def test_a_change_that_does_not_verify_stops_the_run(project: Project) -> None:
    project.run("deploy")
    project.add("DROP TABLE half_way;")
    assert 'relation "half_way" does not exist' in project.run("deploy", status=2)


def test_a_lock_that_is_not_had_in_time(project: Project) -> None:
    project.run("deploy")
    project.add()
    with project.server.connect(project.name, autocommit=False) as somebody:
        ask(somebody, "SELECT 1 FROM strategies")
        assert "canceling statement due to lock timeout" in project.run("deploy", status=2)
        assert project.applied() == FAST
        assert "half_way" not in project.tables()
    project.run("deploy")
    assert project.applied() == [*FAST, "900_next"]


@pytest.mark.parametrize("project", [PLAN], indirect=True, ids=["all"])
def test_two_runs_at_once_on_an_empty_database(project: Project) -> None:
    runs = [project.start("deploy") for _ in range(2)]
    said = [run.communicate(timeout=180)[0] for run in runs]
    assert [run.returncode for run in runs] == [0, 0], said
    assert sum("Nothing to deploy" in one for one in said) == 1
    assert project.applied() == PLAN


def test_a_run_that_does_not_get_its_turn_says_so(project: Project) -> None:
    with project.server.connect(project.name) as other:
        ask(other, "SELECT pg_advisory_lock(20240100)")
        assert "another run has not ended within 1 s; nothing was changed" in project.run("deploy", status=75, LOCK_SECONDS="1")
        assert project.tables() == set()
    project.run("deploy")


@pytest.mark.parametrize("project", [PLAN], indirect=True, ids=["all"])
def test_runs_that_are_killed_half_way_are_taken_up_by_the_next(project: Project) -> None:
    dice = random.Random(5)
    for kill in range(6):
        run = project.start("deploy")
        time.sleep(0.3 + dice.random())
        if kill % 2:
            os.killpg(run.pid, signal.SIGKILL)
        else:
            run.kill()  # what it started lives on, for a while
        run.wait()
    project.run("deploy")
    assert project.applied() == PLAN
    assert "Verify successful" in project.run("verify")


def test_a_run_killed_between_a_change_and_its_entry(project: Project) -> None:
    project.run("deploy")
    with project.server.connect(project.name) as connection:
        # What such a run leaves: the change is made and sqitch does not know it.
        for table in ("dependencies", "tags", "changes"):
            where = (
                ""
                if table == "tags"
                else " WHERE change_id = (SELECT change_id FROM sqitch.changes ORDER BY committed_at DESC LIMIT 1)"
            )
            ask(connection, f"DELETE FROM sqitch.{table}{where}")
        World(connection).insert("strategies")
    project.run("deploy")
    assert project.applied() == FAST
    with project.server.connect(project.name) as connection:
        assert len(column(connection, "SELECT 1 FROM strategies")) == 1, "it was not made a second time"


def test_without_a_database_the_error_is_clear(project: Project) -> None:
    assert "names the database, such as db:pg://user@host" in project.run("deploy", status=2, DATABASE_URL="")
    assert "no connection to the database" in project.run("deploy", status=69, DATABASE_URL="db:pg://nobody@127.0.0.1:1/x")
    assert "deploy, check, verify, status, dry-run and revert there are" in project.run("improve", status=64)
