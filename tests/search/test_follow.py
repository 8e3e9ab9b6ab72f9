"""Following listings into the search engine: a real PostgreSQL behind a real PgBouncer, and the stand-in for Elasticsearch."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Generator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import psycopg
import pytest

from components.own_program import SECRETS, STATE
from database.reading import read_only
from database.search.definitions import VISIBLE, WRITTEN
from database.search.follow import Follower, poster
from tests.database.pooler import Pooler, pooler
from tests.database.rows import World
from tests.database.server import PASSWORD, Server, ask
from tests.environments import resources
from tests.installed import POSTGRES, need
from tests.tools.test_own_images import copied

from .server import Search, serving

NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)
APPROVED = {"status": "APPROVED", "published_at": NOON}


class Stage(NamedTuple):
    """A database with a login for the program, and a pooler before it."""

    server: Server
    database: str
    pool: Pooler

    def list(self, **over: Any) -> UUID:
        """A listing."""
        with self.server.connect(self.database) as connection:
            return World(connection).insert("marketplace_strategies", **over)["id"]

    def change(self, listing: UUID, what: str) -> None:
        with self.server.connect(self.database) as connection:
            ask(connection, f"UPDATE marketplace_strategies SET {what} WHERE id = %s", listing)  # noqa: S608 - of the tests


@pytest.fixture(scope="module")
def stage() -> Generator[Stage]:
    need(POSTGRES)
    server = Server()
    try:
        server.start()
        database = server.create()
        with server.connect(database) as admin:
            admin.execute(f"CREATE ROLE \"search-ingest\" LOGIN PASSWORD '{PASSWORD}'".encode())
        with server.connect(database, "migrations") as migrations:
            ask(migrations, "SELECT ops.enrol('search-ingest', 'search-ingest')")
        with pooler(server, database) as pool:
            yield Stage(server, database, pool)
    finally:
        server.stop()


@pytest.fixture
def empty(stage: Stage) -> Stage:
    with stage.server.connect(stage.database) as connection:
        ask(connection, "TRUNCATE marketplace_strategies CASCADE")
    return stage


@pytest.fixture
def search() -> Search:
    known = Search()
    known.indices["index"] = {}
    known.aliases[WRITTEN] = {"index": {"is_write_index": True}}
    return known


def variables(stage: Stage, folder: Path, address: str) -> dict[str, str]:
    """The container's, with other addresses and folders."""
    pod = resources("prod")["search-ingest-us-central1-deployment"].inputs["spec"]["template"]["spec"]
    known = {entry["name"]: entry["value"] for entry in pod["containers"][0]["env"]}
    assert known["SEARCH_URL"].startswith("https://")
    head, _, tail = known["MAIN_DATABASE_URL"].partition("@")
    del known["SEARCH_CA"]  # the stand-in speaks no TLS
    known |= {
        "SEARCH_URL": address,
        "MAIN_DATABASE_URL": f"{head}@127.0.0.1:{stage.pool.port}/{stage.database}?{tail.partition('?')[2]}",
    }
    (folder / "secrets").mkdir(exist_ok=True)
    (folder / "state").mkdir(exist_ok=True)
    for file in ("main-db", "search"):
        (folder / "secrets" / file).write_text(PASSWORD)
    return {name: value.replace(SECRETS, f"{folder}/secrets").replace(STATE, f"{folder}/state") for name, value in known.items()}


def follower(stage: Stage, search: Search, monkeypatch: pytest.MonkeyPatch, folder: Path, **more: Any) -> Follower:
    for name, value in variables(stage, folder, "http://-").items():
        monkeypatch.setenv(name, value)

    def post(path: str, body: bytes) -> Mapping[str, Any]:
        status, answer = search.answer("POST", path, body.decode())
        if status >= 400:
            raise OSError(f"{status}")
        return answer

    return Follower(lambda: read_only("MAIN_DATABASE"), post, **more)


def titles(search: Search) -> dict[str, str]:
    return {id_: document["title"] for id_, (_, document) in search.indices["index"].items()}


@pytest.mark.database
def test_the_program_takes_over_what_there_is_as_the_stack_runs_it(empty: Stage, search: Search, tmp_path: Path) -> None:
    approved, draft = empty.list(title="Approved", **APPROVED), empty.list(title="Draft")
    image = copied("jobs", tmp_path / "image")
    pod = resources("prod")["search-ingest-us-central1-deployment"].inputs["spec"]["template"]["spec"]
    command = [sys.executable if part == "python" else part for part in pod["containers"][0]["command"]]
    with serving(search) as address:
        env = {"PATH": os.environ["PATH"], "PYTHONDONTWRITEBYTECODE": "1", **variables(empty, tmp_path, address)}
        done = subprocess.run(
            [*command, "--once"], cwd=image / "app", env=env, capture_output=True, text=True, check=False, timeout=60
        )
        assert done.returncode == 0, done.stdout + done.stderr
        said = json.loads(done.stdout)
        assert (said["outcome"], said["whole"], said["indexed"], said["error"]) == ("done", True, 2, "")
        assert titles(search) == {str(approved): "Approved", str(draft): "Draft"}
        running = subprocess.Popen(command, cwd=image / "app", env=env, stdout=subprocess.PIPE, text=True)
        assert running.stdout
        again = json.loads(running.stdout.readline())
        assert (again["indexed"], again["stale"]) == (0, 2), "it comes twice and does no harm"
        assert (tmp_path / "state" / "alive").exists()
        running.terminate()
        assert running.wait(timeout=30) == 0
    assert PASSWORD not in done.stdout + done.stderr
    without = subprocess.run(
        command, cwd=image / "app", env={"PATH": ""}, capture_output=True, text=True, check=False, timeout=60
    )
    assert without.returncode == 2
    assert "MAIN_DATABASE_URL, SEARCH_URL, SEARCH_PASSWORD must be in the environment" in without.stderr


@pytest.mark.database
def test_then_only_what_changed_is_read_and_what_is_withdrawn_is_hidden(
    empty: Stage, search: Search, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    old, listing = empty.list(title="Old", **APPROVED), empty.list(title="First", **APPROVED)
    with empty.server.connect(empty.database) as admin:
        ask(admin, "ALTER TABLE marketplace_strategies DISABLE TRIGGER USER")
        ask(admin, "UPDATE marketplace_strategies SET updated_at = now() - interval '1 hour' WHERE id = %s", old)
        ask(admin, "ALTER TABLE marketplace_strategies ENABLE TRIGGER USER")
    now = [NOON]
    one = follower(empty, search, monkeypatch, tmp_path, clock=lambda: now[0])
    assert (one.round().indexed, one.round().stale) == (2, 1), (
        "the second time what is older than a transaction may be is left out"
    )
    empty.change(listing, "title = 'Second'")
    assert one.round().indexed == 1
    empty.change(listing, "status = 'SUSPENDED'")
    assert one.round().indexed == 1
    assert search.indices["index"][str(listing)][1]["status"] == "SUSPENDED", f"which {VISIBLE} does not show"
    now[0] += timedelta(hours=25)
    whole = one.round()
    assert (whole.whole, whole.stale) == (True, 2), "once a day everything is read"


@pytest.mark.database
def test_what_fails_is_told_and_taken_over_by_the_next_round(
    empty: Stage, search: Search, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    listing = empty.list(title="First", **APPROVED)
    one = follower(empty, search, monkeypatch, tmp_path)
    search.staged = [503]
    failed = one.round()
    assert (failed.outcome, failed.error, titles(search)) == ("failed", "OSError: 503", {})
    assert one.round().indexed == 1
    assert titles(search) == {str(listing): "First"}
    monkeypatch.setenv("MAIN_DATABASE_URL", "postgresql://search-ingest@127.0.0.1:1/x")
    gone = one.round()
    assert gone.outcome == "failed"
    assert gone.error.startswith("OperationalError: ")


@pytest.mark.database
def test_a_document_that_is_refused_holds_up_no_other(empty: Stage, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    bad, good = empty.list(title="Bad", **APPROVED), empty.list(title="Good", **APPROVED)
    seen: list[str] = []

    class Choosy(Search):
        def answer(self, method: str, url: str, body: Any) -> tuple[int, Any]:  # noqa: ARG002
            lines = [json.loads(line) for line in body.splitlines()]
            ids = [line["index"]["_id"] for line in lines[::2]]
            seen.extend(ids)
            refused = {"status": 400, "error": {"reason": "mapping set to strict"}}
            return 200, {"items": [{"index": {"_id": id_, **(refused if id_ == str(bad) else {"status": 201})}} for id_ in ids]}

    monkeypatch.setattr("database.search.follow.BATCH", 1)
    found = follower(empty, Choosy(), monkeypatch, tmp_path).round()
    assert found.outcome == "failed"
    assert f"{bad}: mapping set to strict" in found.error
    assert (found.indexed, sorted(seen)) == (1, sorted([str(bad), str(good)]))


@pytest.mark.database
def test_it_may_read_listings_and_nothing_else(empty: Stage, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    empty.list(title="Draft")
    for name, value in variables(empty, tmp_path, "http://-").items():
        monkeypatch.setenv(name, value)
    with read_only("MAIN_DATABASE") as connection:
        assert connection.execute("SELECT title FROM marketplace_strategies").fetchall() == [{"title": "Draft"}]
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            connection.execute("UPDATE marketplace_strategies SET title = 'x'")
    with empty.server.connect(empty.database, "search-ingest") as login:
        for refused in (
            "UPDATE marketplace_strategies SET title = 'x'",
            "SELECT id FROM users",
            "SELECT id FROM strategies",
            "SELECT 1 FROM orders",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                login.execute(refused.encode())


def test_the_cluster_is_asked_as_the_writer_and_what_it_refuses_is_told(search: Search) -> None:
    search.staged = [403]
    with serving(search) as address, pytest.raises(OSError, match=r"POST /_bulk: 403: .*staged"):
        poster(address, "secret", None)("/_bulk", b"{}\n")
