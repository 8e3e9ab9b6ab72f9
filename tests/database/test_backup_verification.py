"""The weekly proof of the main database's backups, run against a stand-in of Google's APIs and a real PostgreSQL."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Generator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg import sql

from tools.programs import POSTGRES
from tools.recorder import ROOT

from .admin_api import PREFIX, SOURCE, Google
from .rows import World
from .server import MAIN, Server, ask

pytestmark = pytest.mark.database

PROGRAM = MAIN / "operations" / "verify_backup.py"
KEY = "projects/p/locations/us-east1/keyRings/r/cryptoKeys/k"


def backup(number: int, hours: float, status: str = "SUCCESSFUL") -> dict[str, Any]:
    ended = datetime.now(UTC) - timedelta(hours=hours)
    return {"id": str(number), "status": status, "endTime": ended.strftime("%Y-%m-%dT%H:%M:%S.123Z")}


@dataclass
class Ended:
    """How a run ended."""

    status: int
    said: dict[str, Any]
    errors: str


class Scene:
    """A program, what it talks to, and the database that a restored instance turns out to be."""

    def __init__(self, server: Server, database: str) -> None:
        self.server, self.database = server, database
        self.google = Google(self._set_password)
        self.google.backups = [backup(3, 50), backup(5, 2), backup(4, 26), backup(6, 1, "FAILED")]

    def _set_password(self, login: str, password: str) -> None:
        with self.server.connect("postgres") as admin:
            admin.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(login), sql.Literal(password)))

    def start(self, **over: str) -> subprocess.Popen[str]:
        env = {
            **os.environ, "PYTHONPATH": str(ROOT), "PATH": f"{POSTGRES}:{os.environ['PATH']}", "PAUSE": "0.01", "PROJECT": "p", "INSTANCE": SOURCE,
            "SQL_ADMIN": self.google.url, "STORAGE": self.google.url, "METADATA": self.google.url, "KEY": KEY,
            "REGION": "us-east1", "DATABASE": self.database, "PORT": str(self.server.port), "NEWEST_HOURS": "26",
            "SECONDS": "60", "BUCKET": "backups", "FOLDER": "verification/", **over,
        }  # fmt: skip
        return subprocess.Popen(
            [sys.executable, str(PROGRAM)], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def run(self, **over: str) -> Ended:
        process = self.start(**over)
        said, errors = process.communicate(timeout=60)
        return Ended(process.returncode, json.loads(said or "{}"), errors)

    def asked(self, method: str) -> list[tuple[str, Any]]:
        """Paths and documents of requests to the Cloud SQL Admin API with this method."""
        return [(path.rsplit("/p/", 1)[-1], body) for m, path, body in self.google.asked if m == method and "/sql/" in path]


@pytest.fixture
def scene(server: Server, database: str) -> Generator[Scene]:
    found = Scene(server, database)
    yield found
    found.google.server.shutdown()
    found.google.server.server_close()
    with server.connect("postgres") as admin:
        admin.execute("REVOKE backup_role FROM migrations; ALTER ROLE migrations PASSWORD NULL")


def fill(scene: Scene) -> None:
    with scene.server.connect(scene.database) as admin:
        world = World(admin)
        for _ in range(3):
            world.insert("users")


def test_the_newest_backup_is_brought_back_elsewhere_read_and_the_instance_taken_away(scene: Scene) -> None:
    fill(scene)
    ended = scene.run()
    assert (ended.status, ended.errors) == (0, "")
    assert ended.said["verification"] == "succeeded"
    assert ended.said["backup"] == "5", "the newest of those that succeeded"
    assert ended.said["rows"] >= 3
    with scene.server.connect(scene.database) as admin:
        tables = "SELECT count(*) AS n FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition AND relnamespace = 'public'::regnamespace"
        assert ended.said["tables"] >= ask(admin, tables)[0]["n"], "every one, whoever may see which rows of it"
    assert list(scene.google.instances) == [SOURCE]
    [(_, made), (restore, context)] = scene.asked("POST")
    assert restore == f"instances/{made['name']}/restoreBackup"
    assert context == {"restoreBackupContext": {"backupRunId": "5", "instanceId": SOURCE, "project": "p"}}


def test_the_throw_away_instance_is_like_the_original_alone_and_unprotected(scene: Scene) -> None:
    scene.run()
    made = scene.asked("POST")[0][1]
    assert made["name"].startswith(PREFIX)
    assert (made["region"], made["databaseVersion"]) == ("us-east1", "POSTGRES_15")
    assert made["diskEncryptionConfiguration"] == {"kmsKeyName": KEY}
    settings = made["settings"]
    assert (settings["tier"], settings["edition"], settings["dataDiskSizeGb"]) == ("db-custom-4-16384", "ENTERPRISE", "1024")
    assert settings["databaseFlags"] == [{"name": "cloudsql.iam_authentication", "value": "on"}]
    assert (settings["availabilityType"], settings["deletionProtectionEnabled"]) == ("ZONAL", False)
    assert settings["backupConfiguration"] == {"enabled": False}
    assert settings["ipConfiguration"] == {
        "ipv4Enabled": False, "sslMode": "ENCRYPTED_ONLY",
        "privateNetwork": "projects/p/global/networks/n", "allocatedIpRange": "managed",
    }  # fmt: skip
    scene.google.asked.clear()
    scene.run(KEY="")
    assert "diskEncryptionConfiguration" not in scene.asked("POST")[0][1]


def test_evidence_is_kept_and_says_what_the_log_says(scene: Scene) -> None:
    ended = scene.run()
    [(name, kept)] = scene.google.objects.items()
    assert kept == ended.said
    assert name == f"backups/verification/{kept['at'].replace(':', '-')}.json"
    assert "password" not in json.dumps(kept)


def test_a_backup_with_nothing_in_it_is_told_apart(scene: Scene) -> None:
    """All that is in this database is what the migrations put there."""
    ended = scene.run()
    assert (ended.status, ended.said["verification"], ended.said["rows"]) == (0, "empty", 0)


@pytest.mark.parametrize(
    ("backups", "why"),
    [
        ([], "has no backup that succeeded"),
        ([backup(1, 1, "FAILED")], "has no backup that succeeded"),
        ([backup(1, 27.6)], "is 28 hours old, more than 26"),
    ],
)
def test_without_a_young_backup_it_fails_and_makes_nothing(scene: Scene, backups: list[dict[str, Any]], why: str) -> None:
    scene.google.backups = backups
    ended = scene.run()
    assert (ended.status, ended.said["verification"]) == (1, "failed")
    assert why in ended.said["why"]
    assert not scene.asked("POST")
    assert scene.google.objects, "evidence of failures is kept, too"


@pytest.mark.parametrize("operation", ["CREATE", "RESTORE_VOLUME", "UPDATE_USER"])
def test_what_fails_at_google_is_said_and_the_instance_is_taken_away(scene: Scene, operation: str) -> None:
    scene.google.failing[operation] = "out of something"
    ended = scene.run()
    assert (ended.status, ended.said["verification"]) == (1, "failed")
    assert f"{operation} of {PREFIX}" in ended.said["why"]
    assert ended.said["why"].endswith("out of something")
    assert list(scene.google.instances) == [SOURCE]


def test_a_database_that_is_not_there_is_a_failure(scene: Scene) -> None:
    ended = scene.run(DATABASE="another")
    assert ended.status == 1
    assert 'database "another" does not exist' in ended.said["why"]
    assert list(scene.google.instances) == [SOURCE]


def test_a_restore_that_takes_too_long_is_a_failure(scene: Scene) -> None:
    scene.google.looks = 10**6
    ended = scene.run(SECONDS="0.3")
    assert ended.status == 1
    assert "is not done in time" in ended.said["why"]
    assert list(scene.google.instances) == [SOURCE]


def test_what_a_killed_run_left_is_taken_away_first_and_nothing_else(scene: Scene) -> None:
    scene.google.instances |= {f"{PREFIX}260101000000": {"name": f"{PREFIX}260101000000"}, "another-db": {"name": "another-db"}}
    assert scene.run().status == 0
    assert list(scene.google.instances) == [SOURCE, "another-db"]
    assert scene.asked("DELETE")[0] == (f"instances/{PREFIX}260101000000", None)


@pytest.mark.parametrize("busy", [0, 20])
def test_a_run_that_is_stopped_takes_the_instance_away_once_it_can(busy: int, scene: Scene) -> None:
    scene.google.looks, scene.google.busy = 10**6, busy
    process = scene.start()
    assert scene.google.waiting.wait(30)
    assert len(scene.google.instances) == 2
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "stopped before it was done" in errors
    assert list(scene.google.instances) == [SOURCE]


def test_what_google_cannot_answer_for_a_moment_is_asked_again(scene: Scene) -> None:
    scene.google.unavailable = 3
    assert scene.run().status == 0


def test_the_login_of_the_original_is_not_touched(scene: Scene) -> None:
    """The password is set on the throw-away instance, and every request that changes something names one."""
    scene.run()
    changing = [path for method in ("PUT", "DELETE") for path, _ in scene.asked(method)]
    assert changing
    assert all(path.startswith(f"instances/{PREFIX}") for path in changing)


def test_a_row_that_cannot_be_read_is_a_failure(scene: Scene) -> None:
    with scene.server.connect(scene.database) as admin:
        admin.execute("CREATE FUNCTION broken() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'unreadable'; END $$")
        admin.execute("CREATE TABLE damaged (id int); GRANT SELECT ON damaged TO backup_role; INSERT INTO damaged VALUES (1)")
        admin.execute("ALTER TABLE damaged ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON damaged USING (broken() = id)")
        admin.execute("GRANT EXECUTE ON FUNCTION broken() TO backup_role")
    ended = scene.run()
    assert ended.status == 1
    assert "unreadable" in ended.said["why"]
    with pytest.raises(psycopg.errors.UndefinedTable), scene.server.connect("postgres") as other:
        ask(other, "SELECT * FROM damaged")
