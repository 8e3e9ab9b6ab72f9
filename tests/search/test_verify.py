"""The weekly proof of the search cluster's snapshots, run as its Job does, against a stand-in of the cluster and of Google's APIs."""

from __future__ import annotations

import json
import os
import signal
import ssl
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from database.search.definitions import RESTORED
from database.search.verify import undeclared

from ..environments import resources
from .rows import MOMENT
from .server import serving
from .snapshots import LIVE, Snapshots, listed, snapshot

NAME = "search-verification-us-central1"
NEXT = "marketplace-strategies-000002"


@dataclass
class Ended:
    """How a run ended."""

    status: int
    said: dict[str, Any]
    errors: str


class Scene:
    """The Job's own files and environment, with other addresses and folders."""

    def __init__(self, folder: Path, address: str, cluster: Snapshots) -> None:
        self.cluster, self._folder = cluster, folder
        spec = resources("prod")[f"{NAME}-schedule"].inputs["spec"]["jobTemplate"]["spec"]["template"]["spec"]
        (container,), volumes = spec["containers"], {volume["name"]: volume for volume in spec["volumes"]}
        data = resources("prod")[f"{NAME}-files"].inputs["data"]
        for item in volumes["files"]["configMap"]["items"]:
            path = folder / "verification" / item["path"]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(data[item["key"]])
        (folder / "user").mkdir()
        (folder / "user" / "search-verify").write_text("secret\n")
        self._environment = {entry["name"]: entry["value"] for entry in container["env"]} | {
            "PATH": os.environ["PATH"], "PAUSE": "0.01", "METADATA": address, "STORAGE": address, "SEARCH_URL": address,
            "SEARCH_CA": ssl.get_default_verify_paths().cafile or "/etc/ssl/certs/ca-certificates.crt",
            "SEARCH_PASSWORD": str(folder / "user" / "search-verify"), "PYTHONPATH": str(folder / "verification"),
        }  # fmt: skip
        self._command = [sys.executable, *container["command"][1:]]

    def start(self, **over: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self._command,
            env=self._environment | over,
            cwd=self._folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, **over: str) -> Ended:
        process = self.start(**over)
        said, errors = process.communicate(timeout=60)
        return Ended(process.returncode, json.loads(said or "{}"), errors)


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    cluster = Snapshots()
    with serving(cluster) as address:
        yield Scene(tmp_path, address, cluster)


def test_the_newest_snapshot_comes_back_is_compared_and_taken_away(scene: Scene) -> None:
    ended = scene.run()
    assert (ended.status, ended.errors) == (0, "")
    said = {
        key: ended.said[key] for key in ("verification", "snapshot", "index", "documents", "same", "changedSince", "instance")
    }
    assert said == {
        "verification": "succeeded", "snapshot": "newest", "index": LIVE, "documents": 450, "same": 450, "changedSince": 0,
        "instance": "alphintra-search-cluster",
    }  # fmt: skip
    assert scene.cluster.restored == {}, "taken away"


def test_what_is_restored_is_found_by_nobody_has_no_copies_and_no_lifecycle(scene: Scene) -> None:
    scene.cluster.statuses = ["yellow"]
    process = scene.start()
    assert scene.cluster.waiting.wait(30)
    ((name, asked),) = scene.cluster.restored.items()
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=30)
    assert name == f"{RESTORED}{LIVE}"
    assert (asked["include_aliases"], asked["include_global_state"], asked["feature_states"]) == (False, False, ["none"])
    assert asked["index_settings"] == {"index.number_of_replicas": 0}
    assert asked["ignore_index_settings"] == ["index.lifecycle.*"]
    assert asked["partial"] is False


def test_evidence_is_kept_and_says_what_the_log_says(scene: Scene) -> None:
    ended = scene.run()
    [(name, kept)] = scene.cluster.objects.items()
    assert kept == ended.said
    assert name == f"alphintra-backups/database/verification/elasticsearch/{kept['at'].replace(':', '-')}.json"
    assert "secret" not in json.dumps(kept)


def test_evidence_that_cannot_be_kept_is_a_failure(scene: Scene) -> None:
    scene.cluster.refusing["/upload/"] = 403
    ended = scene.run()
    assert ended.status == 1
    assert ended.errors.startswith("the evidence could not be kept: POST ")
    assert "Traceback" not in ended.errors


@pytest.mark.parametrize(
    ("snapshots", "why"),
    [
        ([], "there is no snapshot in backups that succeeded"),
        ([snapshot("a", 1, "FAILED"), snapshot("b", 2, "PARTIAL")], "there is no snapshot in backups that succeeded"),
        ([snapshot("a", 27.6)], "the newest snapshot, a, is 28 hours old, more than 26"),
    ],
)
def test_without_a_young_snapshot_it_fails_and_restores_nothing(scene: Scene, snapshots: list[dict[str, Any]], why: str) -> None:
    scene.cluster.snapshots = snapshots
    ended = scene.run()
    assert (ended.status, ended.said["verification"], ended.said["why"]) == (1, "failed", why)
    assert not [path for method, path in scene.cluster.asked if method == "POST"]
    assert scene.cluster.objects, "evidence of failures is kept, too"


def test_an_index_with_nothing_in_it_is_told_apart(scene: Scene) -> None:
    scene.cluster.held = {}
    ended = scene.run()
    assert (ended.status, ended.said["verification"], ended.said["documents"]) == (0, "empty", 0)
    assert scene.cluster.restored == {}


def test_a_snapshot_without_the_index_is_told_apart(scene: Scene) -> None:
    scene.cluster.snapshots = [snapshot("bare", 1, indices=(".security-7", f"{RESTORED}{LIVE}"))]
    ended = scene.run()
    assert (ended.status, ended.said["verification"], ended.said["index"]) == (0, "empty", None)


def test_what_was_changed_since_the_snapshot_is_well(scene: Scene) -> None:
    scene.cluster.live |= dict([listed(7, title="New", updated_at=MOMENT + timedelta(seconds=1))])
    assert (scene.run().said["changedSince"], scene.cluster.restored) == (1, {})


def test_what_was_listed_since_the_snapshot_is_well(scene: Scene) -> None:
    now = datetime.now(UTC)
    scene.cluster.live |= dict([listed(1000, created_at=now - timedelta(hours=20), updated_at=now)])
    assert scene.run().said["verification"] == "succeeded"


def differently(cluster: Snapshots) -> None:
    cluster.live |= dict([listed(7, title="Not what it was")])


def newer(cluster: Snapshots) -> None:
    cluster.held |= dict([listed(7, updated_at=MOMENT + timedelta(seconds=1))])


def gone(cluster: Snapshots) -> None:
    del cluster.live["listing-7"]


def undeclared_field(cluster: Snapshots) -> None:
    for documents in (cluster.held, cluster.live):
        documents["listing-7"][1]["performance_metrics"]["luck"] = 1.0


def lacking(cluster: Snapshots) -> None:
    for number in range(3):
        del cluster.held[f"listing-{number}"]


def other_mapping(cluster: Snapshots) -> None:
    cluster.held_mapping["properties"]["price"] = {"type": "float"}


WRONG: dict[str, tuple[Callable[[Snapshots], None], str]] = {
    "another text in the same version": (
        differently,
        "1 of 450 documents: listing-7 differs from the live index in the same version",
    ),
    "newer than what is live": (newer, "1 of 450 documents: listing-7 is newer than in the live index"),
    "not live": (gone, "1 of 450 documents: listing-7 is not in the live index"),
    "a field that nobody declared": (
        undeclared_field,
        "listing-7 has performance_metrics.luck, which the mapping does not declare",
    ),
    "documents that did not come back": (lacking, "3 of 450 documents of before "),
    "another mapping": (other_mapping, f"the mapping of {LIVE} is not the one that it has in the snapshot"),
}


@pytest.mark.parametrize("what", WRONG)
def test_what_differs_is_a_failure_and_taken_away(scene: Scene, what: str) -> None:
    spoil, why = WRONG[what]
    spoil(scene.cluster)
    ended = scene.run()
    assert (ended.status, ended.said["verification"]) == (1, "failed")
    assert why in ended.said["why"]
    assert scene.cluster.restored == {}


def test_an_index_that_another_took_the_place_of_is_compared_by_its_documents(scene: Scene) -> None:
    """The alias moved after the snapshot: documents were copied with their versions, the mapping is another."""
    scene.cluster.live_name = NEXT
    scene.cluster.mapping["properties"]["language"] = {"type": "keyword"}
    ended = scene.run()
    assert (ended.said["verification"], ended.said["index"]) == ("succeeded", LIVE)
    scene.cluster.snapshots = [snapshot("both", 1, indices=(LIVE, NEXT))]
    assert "the mapping of marketplace-strategies-000002" in scene.run().said["why"], "of the live one it must be the same"


def test_a_restore_that_takes_too_long_is_a_failure(scene: Scene) -> None:
    scene.cluster.statuses = ["yellow"]
    ended = scene.run(SECONDS="0.3")
    assert (ended.status, ended.said["why"]) == (1, "the restored index is still yellow, and the time is up")
    assert scene.cluster.restored == {}


@pytest.mark.parametrize("part", ["_restore", "_cluster/health", "_pit", "/_search", "_count", "_mapping", "/_snapshot/"])
def test_what_the_cluster_refuses_is_told_and_the_index_taken_away(scene: Scene, part: str) -> None:
    scene.cluster.refusing[part] = 403
    ended = scene.run()
    assert (ended.status, ended.said["verification"]) == (1, "failed")
    assert ": 403: " in ended.said["why"]
    assert part in ended.said["why"]
    assert scene.cluster.restored == {}


def test_what_cannot_be_taken_away_is_a_failure(scene: Scene) -> None:
    scene.cluster.restored[f"{RESTORED}old"] = {}
    scene.cluster.refusing[f"/{RESTORED}old"] = 400
    ended = scene.run()
    assert (ended.status, ended.said["verification"]) == (1, "failed")
    assert f"DELETE /{RESTORED}old: 400" in ended.said["why"]


def test_what_a_killed_run_left_is_taken_away_first_and_nothing_else(scene: Scene) -> None:
    scene.cluster.restored |= {f"{RESTORED}{LIVE}": {}, "somebody-elses": {}}
    assert scene.run().said["verification"] == "succeeded"
    assert set(scene.cluster.restored) == {"somebody-elses"}


def test_a_run_that_is_stopped_takes_the_index_away(scene: Scene) -> None:
    scene.cluster.statuses = ["yellow"]
    process = scene.start()
    assert scene.cluster.waiting.wait(30)
    assert scene.cluster.restored
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "stopped before it was done" in errors
    assert scene.cluster.restored == {}


def test_what_it_changes_are_restored_indices_and_nothing_else(scene: Scene) -> None:
    scene.run()
    changing = {path for method, path in scene.cluster.asked if method in ("PUT", "DELETE") or path.endswith("_restore")}
    assert changing == {"/_snapshot/backups/newest/_restore", f"/{RESTORED}{LIVE}"}


def test_the_user_may_neither_delete_nor_change_the_live_index() -> None:
    cluster = Snapshots()
    for method, path in (("DELETE", f"/{LIVE}"), ("DELETE", "/marketplace-strategies-write"), ("GET", f"/{LIVE}/_mapping")):
        status, answer = cluster.answer(method, path, None)
        assert (status, "is unauthorized" in str(answer)) == (403, True), path


def test_fields_are_undeclared_at_any_depth() -> None:
    declared = {"a": {"type": "keyword"}, "b": {"properties": {"c": {"type": "float"}}}}
    assert undeclared({"a": ["x"], "b": {"c": 1}}, declared) == []
    assert undeclared({"z": 1, "a": {"q": 1}, "b": {"d": {"e": 1}}}, declared) == ["z", "a.q", "b.d"]
