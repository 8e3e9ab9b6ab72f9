"""Who changed something, and which setting would adopt it."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from localcloud.audit import entries
from localcloud.gcp.naming import project_number
from localcloud.store import DEPLOYER, Store
from settings import load_stack_file
from tools.drift.adopt import setting_for
from tools.drift.authors import author, search, traces
from tools.drift.logs import log
from tools.gcloud import GcloudError
from tools.inventory import inventory
from tools.lifecycle.workspace import Workspace
from tools.recorder import ROOT

PROJECT, REGION = "alphintra-dev", "us-central1"
BUCKET: dict[str, Any] = {"type": "gcp:storage/bucket:Bucket", "id": "models", "inputs": {"name": "models"}}
GRANT: dict[str, Any] = {
    "type": "gcp:secretmanager/secretIamMember:SecretIamMember",
    "id": "projects/alphintra-dev/secrets/token/roles/secretmanager.secretAccessor/user:a@b.c",
    "inputs": {"secretId": "token", "role": "roles/secretmanager.secretAccessor", "member": "user:a@b.c"},
}
POLICY: dict[str, Any] = {
    "type": "gcp:monitoring/alertPolicy:AlertPolicy",
    "id": "projects/alphintra-dev/alertPolicies/17",
    "inputs": {},
}
OBJECT: dict[str, Any] = {"type": "kubernetes:policy/v1:PodDisruptionBudget", "id": "pgbouncer/pgbouncer", "inputs": {}}
ROLE: dict[str, Any] = {"type": "kubernetes:rbac.authorization.k8s.io/v1:ClusterRole", "id": "operator", "inputs": {}}


def entry(resource: str, email: str, method: str, service: str, **more: Any) -> dict[str, Any]:
    payload = {"serviceName": service, "methodName": method, "resourceName": resource}
    return {
        "timestamp": "2026-11-28T16:00:00.123Z",
        "protoPayload": {**payload, "authenticationInfo": {"principalEmail": email}, **more},
    }


def who(resource: Mapping[str, Any], *log: Mapping[str, Any]) -> str | None:
    found = author(log, traces(resource, PROJECT, REGION), ["robot@x"])
    return found.email if found else None


def test_the_newest_that_is_no_deployment_and_did_not_fail() -> None:
    def bucket(email: str, **more: Any) -> dict[str, Any]:
        return entry("projects/_/buckets/models", email, "storage.buckets.update", "storage.googleapis.com", **more)

    assert who(BUCKET, bucket("robot@x"), bucket("d@x", status={"code": 7}), bucket("a@x"), bucket("b@x")) == "a@x"
    assert who(BUCKET, bucket("robot@x")) is None
    other = entry("projects/_/buckets/others", "a@x", "storage.buckets.update", "storage.googleapis.com")
    assert who(BUCKET, other, {"timestamp": "", "textPayload": "no audit"}) is None
    grant = bucket("a@x", serviceData={"policyDelta": {"bindingDeltas": [{"action": "ADD", "role": "r", "member": "m"}]}})
    assert who(BUCKET, grant) is None, "a grant on a bucket is no change of it"


def test_a_grant_is_found_by_who_got_what() -> None:
    number = project_number(PROJECT)

    def policy(member: str, place: str = "serviceData") -> dict[str, Any]:
        delta = {"action": "REMOVE", "role": "roles/secretmanager.secretAccessor", "member": member}
        said = {place: {"policyDelta": {"bindingDeltas": [delta]}}}
        method = "google.cloud.secretmanager.v1.SecretManagerService.SetIamPolicy"
        return entry(f"projects/{number}/secrets/token", f"by-{member}", method, "secretmanager.googleapis.com", **said)

    assert who(GRANT, policy("user:other@b.c"), policy("user:a@b.c")) == "by-user:a@b.c"
    assert who(GRANT, policy("user:a@b.c", "metadata")) == "by-user:a@b.c"
    gone = entry(f"projects/{number}/secrets/token", "d@x", "google.x.DeleteSecret", "secretmanager.googleapis.com")
    assert who(GRANT, gone) == "d@x", "it went with the secret"


def test_names_that_only_the_cloud_knows_and_objects_on_clusters() -> None:
    alert = entry("projects/alphintra-dev/alertPolicies/17", "a@x", "any", "monitoring.googleapis.com")
    assert who(POLICY, alert) == "a@x"
    budget = "policy/v1/namespaces/pgbouncer/poddisruptionbudgets/pgbouncer"
    assert who(OBJECT, entry(budget, "a@x", "io.k8s.policy.v1.poddisruptionbudgets.patch", "k8s.io")) == "a@x"
    role = "rbac.authorization.k8s.io/v1/clusterroles/operator"
    assert who(ROLE, entry(role, "a@x", "io.k8s.authorization.rbac.v1.clusterroles.delete", "k8s.io")) == "a@x"
    assert traces({"type": "random:index/randomPassword:RandomPassword", "id": "none"}, PROJECT, REGION) == []


def test_the_local_clouds_log_has_the_published_form(tmp_path: Path) -> None:
    store = Store(tmp_path / "cloud.db")
    name = "//storage.googleapis.com/projects/_/buckets/models"
    with store.transaction():
        store.record("create", BUCKET["type"], name, "urn")
        store.record("update", BUCKET["type"], name, "", "a@alphintra.com")
        found = entries(store.operations())
    store.close()
    assert [one["protoPayload"]["authenticationInfo"]["principalEmail"] for one in found] == ["a@alphintra.com", DEPLOYER]
    payload = found[0]["protoPayload"]
    assert payload["@type"] == "type.googleapis.com/google.cloud.audit.AuditLog"
    assert payload["methodName"] == "storage.buckets.update"
    assert found[0]["logName"].endswith("/logs/cloudaudit.googleapis.com%2Factivity")
    assert found[0]["timestamp"].endswith("Z")


def test_a_store_of_the_version_before_is_kept(tmp_path: Path) -> None:
    store = Store(tmp_path / "cloud.db")
    with store.transaction():
        store._db.execute("ALTER TABLE operations DROP COLUMN principal")  # pyright: ignore[reportPrivateUsage]
        store._db.execute("INSERT INTO operations (at, verb, type, name, urn) VALUES (1, 'create', 't', 'n', 'u')")  # pyright: ignore[reportPrivateUsage]
        store.set_meta("schema_version", "1")
    store.close()
    store = Store(tmp_path / "cloud.db")
    with store.transaction():
        assert [operation["principal"] for operation in store.operations()] == [DEPLOYER]
        assert store.meta("schema_version") == "2"
    store.close()


def test_google_is_asked_for_the_names_and_the_newest_come_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = traces(BUCKET, PROJECT, REGION)
    assert search(wanted, 30) == (
        'logName:"cloudaudit.googleapis.com%2Factivity" AND protoPayload.resourceName=("projects/_/buckets/models") '
        'AND timestamp>="-P30D"'
    )
    (gcloud := tmp_path / "gcloud").write_text(
        f"#!{sys.executable}\nimport json, sys\n"
        f"assert sys.argv[1:3] == ['logging', 'read'] and 'buckets/models' in sys.argv[3], sys.argv\n"
        f"print(json.dumps({[{'timestamp': '2026-01-01'}, {'timestamp': '2026-02-01'}]!r}))\n"
    )
    gcloud.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    stack = Workspace("dev", "gcp", tmp_path)
    assert [one["timestamp"] for one in log(stack, wanted)] == ["2026-02-01", "2026-01-01"]
    gcloud.write_text(f"#!{sys.executable}\nimport sys\nsys.exit('ERROR: (gcloud.logging.read) PERMISSION_DENIED: no')\n")
    with pytest.raises(GcloudError, match="PERMISSION_DENIED: no"):
        log(stack, wanted)
    gcloud.unlink()
    with pytest.raises(GcloudError, match="gcloud is not on PATH"):
        log(stack, wanted)


def test_a_setting_is_named_only_where_the_program_then_declares_what_was_found() -> None:
    settings = load_stack_file(ROOT / "Pulumi.dev.yaml")
    tried: list[str] = []

    def declared(over: Mapping[str, Any]) -> list[dict[str, Any]]:
        tried.append(json.dumps(over))
        tier = over.get("database", {}).get("tier", "db-custom-1-3840")
        return [{"urn": "db", "inputs": {"settings": {"tier": tier, "availabilityType": "ZONAL"}}}]

    found = setting_for("db", "settings.tier", "db-custom-1-3840", "db-custom-2-7680", settings, declared)
    assert found == "alphintra:database.tier"
    assert setting_for("db", "settings.availabilityType", "ZONAL", "REGIONAL", settings, declared) is None
    assert setting_for("db", "settings", {"a": 1}, {"a": 2}, settings, declared) is None
    assert setting_for("db", "settings.tier", "db-custom-9-1", "db-custom-2-7680", settings, declared) is None
    assert len(tried) <= 4


def test_the_programs_own_settings_adopt() -> None:
    settings = load_stack_file(ROOT / "Pulumi.dev.yaml")
    [urn] = [entry["urn"] for entry in inventory("dev") if entry["name"] == "main-db-primary"]
    known = setting_for(urn, "settings.tier", settings.database.tier, "db-custom-2-7680", settings, lambda o: inventory("dev", o))
    assert known == "alphintra:database.tier"
