"""`make state-backend` against a gcloud and a pulumi that keep what they are told."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tools.bootstrap import engine
from tools.state_backend import parts
from tools.state_backend.__main__ import main

BUCKET = "gs://alphintra-states"
AGENT = "serviceAccount:service-4711@gs-project-accounts.iam.gserviceaccount.com"
APIS = (*parts.APIS, parts.KMS_API)

FAKE = f"""#!{sys.executable}
import json, os, pathlib, sys
home = pathlib.Path(__file__).parent
file = home / "cloud.json"
cloud = json.loads(file.read_text())
words = [word for word in sys.argv[1:] if not word.startswith("--") or "=" in word or word.startswith("--no-")]
flags = dict(word[2:].partition("=")[::2] for word in sys.argv[1:] if word.startswith("--"))
plain = [word for word in words if not word.startswith("--")]

def fail(said):
    sys.exit("ERROR: " + said)

def keep():
    file.write_text(json.dumps(cloud))

def change(what):
    cloud["changes"].append(what)
    if len(cloud["changes"]) == cloud.get("dies_at"):
        fail("the connection was lost")

def known(name):
    if "cloudkms.googleapis.com" not in cloud["services"]:
        fail("(gcloud.kms) PERMISSION_DENIED: Cloud KMS API has not been used in project before or it is disabled.")
    if name not in cloud:
        fail("(gcloud.kms) NOT_FOUND: " + name + " not found.")
    print(json.dumps(cloud[name]))

seconds = lambda said: str(int(said[:-1]) * 86400)
match plain:
    case ["services", "list"]:
        print("\\n".join(cloud["services"]))
    case ["services", "enable", *apis]:
        change("services enable")
        cloud["services"] = sorted({{*cloud["services"], *apis}})
    case ["projects", "describe", _]:
        print("4711")
    case ["kms", "keyrings", "describe", name]:
        known(name)
    case ["kms", "keyrings", "create", name]:
        change("ring")
        cloud[name] = {{"name": name}}
    case ["kms", "keys", "describe", name]:
        known(flags["keyring"] + "/" + name)
    case ["kms", "keys", "create" | "update" as verb, name]:
        change(verb + " key " + name)
        assert flags["keyring"] in cloud and (verb == "update" or flags["destroy-scheduled-duration"] == "30d")
        assert flags["next-rotation-time"].endswith("Z")
        period = seconds(flags["rotation-period"]) + "s"
        cloud[flags["keyring"] + "/" + name] = {{"rotationPeriod": period, "primary": {{"state": "ENABLED"}}, "policy": {{}}}}
    case ["kms", "keys", "get-iam-policy", name]:
        key = flags["keyring"] + "/" + name
        print(json.dumps(cloud[key]["policy"])) if key in cloud else known(key)
    case ["storage", "service-agent"]:
        change("grant")
        *_, ring, _, key = flags["authorize-cmek"].split("/")
        cloud[ring + "/" + key]["policy"] = {{"bindings": [{{"role": "{parts.ENCRYPTS}", "members": ["{AGENT}"]}}]}}
    case ["storage", "buckets", "describe", url]:
        assert "raw" in flags
        print(json.dumps(cloud[url])) if url in cloud else fail("(gcloud.storage.buckets.describe) " + url + " not found: 404.")
    case ["storage", "buckets", "create" | "update" as verb, url]:
        change(verb + " bucket")
        bucket = cloud.setdefault(url, {{"location": flags.get("location", "").upper(), "iamConfiguration": {{}}}})
        if "default-encryption-key" in flags:
            *_, ring, _, key = flags["default-encryption-key"].split("/")
            cloud[ring + "/" + key]["policy"]["bindings"] or fail("the service account cannot use the key")
            bucket["encryption"] = {{"defaultKmsKeyName": flags["default-encryption-key"]}}
            bucket["softDeletePolicy"] = {{"retentionDurationSeconds": seconds(flags["soft-delete-duration"])}}
        if "uniform-bucket-level-access" in flags:
            bucket["iamConfiguration"]["uniformBucketLevelAccess"] = {{"enabled": True}}
        if "public-access-prevention" in flags:
            bucket["iamConfiguration"]["publicAccessPrevention"] = "enforced"
        if "versioning" in flags:
            bucket["versioning"] = {{"enabled": True}}
            bucket["lifecycle"] = json.loads(pathlib.Path(flags["lifecycle-file"]).read_text())
    case ["login", url]:
        url in cloud or fail("no such bucket")
    case ["stack", "ls"]:
        print(json.dumps([{{"name": name}} for name in cloud["stacks"]]))
    case ["stack", "init", name]:
        change("stack")
        cloud["stacks"][name] = flags["secrets-provider"]
    case other:
        fail("what is " + repr(other))
keep()
"""
ALL = ["services enable", "ring", "create key secrets", "create key objects", "grant", "create bucket", "update bucket", "stack"]


class Google:
    """What gcloud and pulumi keep, and the command."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.file, self._patch, self._capsys = folder / "cloud.json", monkeypatch, capsys
        for name in ("gcloud", "pulumi"):
            (folder / name).write_text(FAKE)
            (folder / name).chmod(0o755)
        self.keep({"services": [], "changes": [], "stacks": {}})
        monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.defpath}")
        found = engine.Engine(path=str(folder / "pulumi"), version="3.256.0", origin="a test's")
        monkeypatch.setattr(engine, "recorded", lambda: found)

    @property
    def kept(self) -> dict[str, Any]:
        return json.loads(self.file.read_text())

    def keep(self, kept: Mapping[str, Any]) -> None:
        self.file.write_text(json.dumps(kept))

    def change(self, **changed: Any) -> None:
        """Something else than the command changes what is there."""
        self.keep({**self.kept, **{key.replace("__", "/"): value for key, value in changed.items()}})

    def command(self, *arguments: str) -> tuple[int, str, str]:
        self._patch.setattr(sys, "argv", ["state_backend", "--env", "prod", "--bucket", BUCKET.removeprefix("gs://"), *arguments])
        code = main()
        said = self._capsys.readouterr()
        assert "Traceback" not in said.err
        return code, said.out, said.err

    def changes(self, *arguments: str) -> list[str]:
        """What the command changes, where all is well."""
        self.change(changes=[])
        code, out, err = self.command("--yes", *arguments)
        assert code == 0, out + err
        return self.kept["changes"]


@pytest.fixture
def google(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Google:
    return Google(tmp_path, monkeypatch, capsys)


def test_from_nothing_all_is_made_and_the_second_time_nothing(google: Google) -> None:
    assert google.changes() == ALL
    key = "projects/alphintra-prod/locations/us/keyRings/pulumi-state/cryptoKeys"
    assert google.kept["stacks"] == {"prod": f"gcpkms://{key}/secrets"}
    bucket = google.kept[BUCKET]
    assert bucket["location"] == "US"
    assert bucket["versioning"] == {"enabled": True}
    assert bucket["iamConfiguration"] == {"uniformBucketLevelAccess": {"enabled": True}, "publicAccessPrevention": "enforced"}
    assert bucket["encryption"] == {"defaultKmsKeyName": f"{key}/objects"}
    assert google.kept["pulumi-state/objects"]["rotationPeriod"] == f"{90 * 86400}s"
    assert google.changes() == []


@pytest.mark.parametrize("dies_at", range(1, len(ALL) + 1))
def test_it_goes_on_where_it_stopped(google: Google, dies_at: int) -> None:
    google.change(dies_at=dies_at)
    code, _, err = google.command("--yes")
    assert code == 1
    assert "the connection was lost" in err
    google.change(dies_at=None)
    assert google.changes() == ALL[dies_at - 1 :]
    assert google.changes() == []


@pytest.mark.parametrize(
    ("where", "value"),
    [
        ("versioning", {"enabled": False}),
        ("iamConfiguration", {"uniformBucketLevelAccess": {"enabled": True}, "publicAccessPrevention": "inherited"}),
        ("encryption", {}),
        ("lifecycle", {"rule": []}),
        ("softDeletePolicy", {"retentionDurationSeconds": "0"}),
    ],
)
def test_a_bucket_that_was_changed_is_put_right(google: Google, where: str, value: object) -> None:
    google.changes()
    before = google.kept[BUCKET]
    google.change(**{BUCKET: {**before, where: value}})
    assert google.changes() == ["update bucket"]
    assert google.kept[BUCKET] == before


def test_a_key_that_no_longer_rotates_rotates_again(google: Google) -> None:
    google.changes()
    google.change(**{"pulumi-state/secrets": {"primary": {"state": "ENABLED"}, "policy": {}}})
    assert google.changes() == ["update key secrets"]


@pytest.mark.parametrize(
    ("there", "says"),
    [
        ({BUCKET: {"location": "EU"}}, "gs://alphintra-states is in EU, and a bucket cannot be moved; take another name"),
        (
            {"pulumi-state/secrets": {"primary": {"state": "DESTROYED"}}},
            "cryptoKeys/secrets is DESTROYED, so nothing can be encrypted with it; enable one: gcloud kms keys versions enable",
        ),
    ],
)
def test_what_cannot_be_put_right_is_said_before_anything_is_changed(google: Google, there: Mapping[str, Any], says: str) -> None:
    google.change(services=list(APIS), **there)
    code, _, err = google.command("--yes")
    assert code == 1
    assert says in err
    assert google.kept["changes"] == []


def test_without_agreement_nothing_is_changed(google: Google) -> None:
    code, out, err = google.command()
    assert code == 1
    assert "missing          bucket gs://alphintra-states" in out
    assert "gcloud kms keyrings create pulumi-state" in out
    assert err == "nothing was changed: nobody agreed (YES=1 agrees without being asked)\n"
    assert google.kept["changes"] == []


@pytest.mark.parametrize("name", ["", "Upper", "a", "goog-states", "my-google-states", "gs://states", "a b", "$(x)", "x" * 64])
def test_what_is_no_name_is_refused(google: Google, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        google.command("--bucket", name)
    assert ended.value.code == 2
    assert "is no bucket's name: 3 to 63 lower-case letters" in capsys.readouterr().err
    assert google.kept["changes"] == []


def test_no_gcloud_no_engine_and_no_such_environment_are_said(google: Google, monkeypatch: pytest.MonkeyPatch) -> None:
    code, _, err = google.command("--yes", "--env", "production")
    assert (code, google.kept["changes"]) == (1, [])
    assert "Pulumi.production.yaml" in err
    monkeypatch.setattr(engine, "recorded", lambda: None)
    code, _, err = google.command("--yes")
    assert code == 1
    assert "there is no Pulumi engine yet; `make setup` gets one" in err
    monkeypatch.setenv("PATH", os.devnull)
    code, _, err = google.command("--yes")
    assert code == 1
    assert "gcloud is not on PATH" in err
