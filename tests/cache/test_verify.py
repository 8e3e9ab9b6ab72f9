"""The weekly proof of the caches' backups, run against a stand-in of Google's APIs and real stores with TLS."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.installed import REDIS, need
from tools.recorder import ROOT

from .restored import PLACE, Google, Restored, backup

STORES = {"cluster": "clusters", "sessions": "instances"}
KEYS: dict[str, dict[str, list[str]]] = {
    "cluster": {
        "portfolio:{00000000-0000-0000-0000-000000000001}:LIVE": ["HSET", "total_value", "1"],
        "active_users": ["ZADD", "1", "a"],
        "notifications:00000000-0000-0000-0000-000000000001": ["XADD", "*", "id", "1"],
        "somebody-elses": ["SET", "1"],
    },
    "sessions": {
        "session:abc": ["HSET", "email", "a@b.c"],
        "jwt_blacklist:0a": ["SET", "1"],
        "user_sessions:b": ["ZADD", "1", "a"],
    },
}


@dataclass
class Ended:
    """How a run ended."""

    status: int
    said: dict[str, Any]
    errors: str


class Scene:
    """A program and what it talks to."""

    def __init__(self, store: str, restored: Restored) -> None:
        self.store, self.restored = store, restored
        restored.ask("FLUSHALL")
        self.google = Google(STORES[store], restored)

    def fill(self) -> None:
        for key, (command, *values) in KEYS[self.store].items():
            self.restored.ask(command, key, *values)

    def start(self, **over: str) -> subprocess.Popen[str]:
        env = {
            **os.environ, "PYTHONPATH": str(ROOT), "PAUSE": "0.01", "PROJECT": "p", "REGION": "us-central1", "INSTANCE": self.google.source,
            "NETWORK": "projects/p/global/networks/n", "REDIS_API": self.google.url, "MEMORYSTORE_API": self.google.url,
            "STORAGE": self.google.url, "METADATA": self.google.url, "NEWEST_HOURS": "26", "SECONDS": "60", "BUCKET": "backups",
            "FOLDER": "redis/verification/", **over,
        }  # fmt: skip
        command = [sys.executable, "-m", "database.cache.verify", self.store]
        return subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def run(self, **over: str) -> Ended:
        process = self.start(**over)
        said, errors = process.communicate(timeout=60)
        return Ended(process.returncode, json.loads(said or "{}"), errors)

    @property
    def made(self) -> dict[str, Any]:
        """What was asked to be made."""
        return next(body for method, path, body in self.google.asked if method == "POST" and path.startswith("/v1/"))


@pytest.fixture(scope="module")
def stores() -> Generator[dict[str, Restored]]:
    need(REDIS)
    made = {store: Restored(clustered=store == "cluster") for store in STORES}
    yield made
    for known in made.values():
        known.remove()


@pytest.fixture(params=STORES)
def scene(request: pytest.FixtureRequest, stores: dict[str, Restored]) -> Generator[Scene]:
    found = Scene(request.param, stores[request.param])
    yield found
    found.google.server.shutdown()
    found.google.server.server_close()


def test_the_newest_backup_comes_back_its_keys_are_counted_and_the_store_taken_away(scene: Scene) -> None:
    scene.fill()
    ended = scene.run()
    assert (ended.status, ended.errors) == (0, "")
    said = {name: ended.said[name] for name in ("verification", "backup", "bytes", "keys", "lookedAt", "ofTheContract")}
    known = {"cluster": (4, 3), "sessions": (3, 3)}[scene.store]
    assert said == {
        "verification": "succeeded", "backup": "3", "bytes": 4096, "keys": known[0], "lookedAt": known[0], "ofTheContract": known[1],
    }  # fmt: skip
    assert list(scene.google.stores) == [scene.google.source]
    assert scene.made["managedBackupSource"] == {"backup": f"{PLACE}/backupCollections/of-{scene.google.source}/backups/3"}


def test_the_throw_away_store_is_like_the_original_alone_and_unprotected(scene: Scene) -> None:
    scene.run()
    made, source = scene.made, scene.google.stores[scene.google.source]
    same = {"cluster": ("kmsKey", "redisConfigs"), "sessions": ("mode", "engineVersion", "engineConfigs")}[scene.store]
    for field in ("nodeType", "shardCount", "authorizationMode", "transitEncryptionMode", *same):
        assert made[field] == source[field], field
    assert (made["replicaCount"], made["persistenceConfig"], made["deletionProtectionEnabled"]) == (
        0,
        {"mode": "DISABLED"},
        False,
    )
    assert "projects/p/global/networks/n" in json.dumps(made)


def test_evidence_is_kept_and_says_what_the_log_says(scene: Scene) -> None:
    scene.fill()
    ended = scene.run()
    [(name, kept)] = scene.google.objects.items()
    assert kept == ended.said
    assert name == f"backups/redis/verification/{kept['at'].replace(':', '-')}.json"
    assert "session:abc" not in json.dumps(kept), "the id of a session opens it"


def test_a_backup_with_nothing_in_it_is_told_apart(scene: Scene) -> None:
    ended = scene.run()
    assert (ended.status, ended.said["verification"], ended.said["keys"]) == (0, "empty", 0)


@pytest.mark.parametrize(
    ("states", "why"),
    [
        ([], "has no backup that can be used"),
        ([(1, "CREATING")], "has no backup that can be used"),
        ([(27.6, "ACTIVE")], "is 28 hours old, more than 26"),
    ],
)
def test_without_a_young_backup_it_fails_and_makes_nothing(scene: Scene, states: list[tuple[float, str]], why: str) -> None:
    scene.google.backups = [backup(scene.google.many, scene.google.source, 1, hours, state) for hours, state in states]
    ended = scene.run()
    assert (ended.status, ended.said["verification"]) == (1, "failed")
    assert why in ended.said["why"]
    assert not [path for method, path, _ in scene.google.asked if method == "POST" and path.startswith("/v1/")]
    assert scene.google.objects, "evidence of failures is kept, too"


def test_a_key_of_another_type_is_a_failure_that_names_no_key(scene: Scene) -> None:
    scene.fill()
    key = {"cluster": "market:BTC:binance:1m", "sessions": "session:secret"}[scene.store]
    scene.restored.ask("SET", key, "1")
    ended = scene.run()
    assert ended.status == 1
    assert f"{key.split(':')[0]}:… is a string, not a hash" in ended.said["why"]
    assert "secret" not in ended.said["why"]


def test_keys_of_which_none_is_of_the_contract_are_a_failure(scene: Scene) -> None:
    scene.restored.ask("SET", "unknown", "1")
    assert "none of the 1 keys that were looked at is one of the contract" in scene.run().said["why"]


def test_what_fails_at_google_is_said_and_the_store_is_taken_away(scene: Scene) -> None:
    scene.google.failing["POST"] = "out of something"
    ended = scene.run()
    assert (ended.status, ended.said["verification"]) == (1, "failed")
    assert ended.said["why"].endswith("out of something")
    assert list(scene.google.stores) == [scene.google.source]


def test_a_restore_that_takes_too_long_is_a_failure_and_taken_away_once_that_can_be(scene: Scene) -> None:
    """What is still being made cannot be taken away: it is asked again until it can."""
    scene.google.looks = 10**6
    process = scene.start(SECONDS="0.2")
    while not any(method == "DELETE" for method, _, _ in list(scene.google.asked)):
        assert process.poll() is None
    scene.google.looks = 1
    for known in list(scene.google._operations):  # pyright: ignore[reportPrivateUsage]
        scene.google._operation(known)  # pyright: ignore[reportPrivateUsage]
    said, _ = process.communicate(timeout=30)
    assert "is not done in time" in json.loads(said)["why"]
    assert list(scene.google.stores) == [scene.google.source]


def test_without_a_certificate_nothing_is_asked_of_it(scene: Scene) -> None:
    scene.google.certificates = []
    assert "is not reached without TLS" in scene.run().said["why"]
    assert list(scene.google.stores) == [scene.google.source]


def test_another_stores_certificate_is_a_failure(scene: Scene, stores: dict[str, Restored]) -> None:
    scene.google.certificates = [next(known for store, known in stores.items() if store != scene.store).certificate]
    ended = scene.run()
    assert ended.status == 1
    assert "Traceback" not in ended.errors
    assert list(scene.google.stores) == [scene.google.source]


def test_what_a_killed_run_left_is_taken_away_first_and_nothing_else(scene: Scene) -> None:
    scene.fill()
    left, other = f"{scene.google.source}-verify-260101000000", f"{scene.google.source}-other"
    scene.google.stores |= {name: {"name": f"{PLACE}/{scene.google.many}/{name}"} for name in (other, left)}
    assert scene.run().status == 0
    assert list(scene.google.stores) == [scene.google.source, other]


def test_a_run_that_is_stopped_takes_the_store_away(scene: Scene) -> None:
    scene.google.looks = 10**6
    process = scene.start()
    assert scene.google.waiting.wait(30)
    process.send_signal(signal.SIGTERM)
    scene.google.looks = 1
    for known in list(scene.google._operations):  # pyright: ignore[reportPrivateUsage]
        scene.google._operation(known)  # pyright: ignore[reportPrivateUsage]
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "stopped before it was done" in errors
    assert list(scene.google.stores) == [scene.google.source]


def test_what_is_missing_is_said_before_anything_is_done(scene: Scene) -> None:
    ended = scene.run(NETWORK="")
    assert ended.status == 2
    assert "NETWORK must be in the environment" in ended.errors
    assert not scene.google.asked
