"""Cloud Storage: the numbers of section 7, who may do what, and what is refused."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from localcloud.values import at

from ..environments import of_type, recorded, resources
from ..settings.refusals import refusal

DAY = 86400
OBJECTS = "projects/alphintra-prod/locations/{}/keyRings/alphintra-data/cryptoKeys/objects"


def bucket(name: str, environment: str = "prod") -> dict[str, Any]:
    return resources(environment)[f"storage-{name}:Bucket"].inputs


def rules(name: str) -> list[dict[str, Any]]:
    """Lifecycle rules as (what, and the conditions), without the one that throws unfinished uploads away."""
    found = [{**rule["action"], **rule["condition"]} for rule in bucket(name)["lifecycleRules"]]
    assert found.pop() == {"type": "AbortIncompleteMultipartUpload", "age": 7}
    return found


@pytest.mark.parametrize(
    ("name", "location", "storage_class", "versioned"),
    [
        ("ml-models", "US-CENTRAL1", "STANDARD", True),  # 7.2
        ("datasets", "US-CENTRAL1", "NEARLINE", True),
        ("documents", "US-CENTRAL1", "STANDARD", False),  # retention keeps every object; docs/adr/0008
        ("backups", "US-EAST1", "COLDLINE", True),  # a different region for disaster recovery
        ("logs", "US-CENTRAL1", "STANDARD", False),
        ("static-assets", "US-CENTRAL1", "STANDARD", False),
        ("uploads", "US-CENTRAL1", "STANDARD", False),
        ("access-logs", "US-CENTRAL1", "STANDARD", False),
    ],
)
def test_the_buckets(name: str, location: str, storage_class: str, versioned: bool) -> None:
    found = bucket(name)
    assert found["name"] == f"alphintra-{name}"
    assert (found["location"], found["storageClass"]) == (location, storage_class)
    assert at(found, "versioning.enabled") is versioned
    assert at(found, "encryption.defaultKmsKeyName") == OBJECTS.format(location.lower())
    assert found["uniformBucketLevelAccess"] is True
    assert found["publicAccessPrevention"] == "enforced"
    assert at(found, "softDeletePolicy.retentionDurationSeconds") == 7 * DAY
    assert found["forceDestroy"] is False
    assert found["deletionPolicy"] == "PREVENT"


def test_there_are_no_others() -> None:
    assert len(of_type("prod", "Bucket")) == 9


def test_lifecycles() -> None:
    assert rules("ml-models") == [{"type": "Delete", "age": 1095, "numNewerVersions": 5, "withState": "ARCHIVED"}]
    assert rules("datasets") == [
        {"type": "SetStorageClass", "storageClass": "NEARLINE", "age": 30, "withState": "ANY", "matchesStorageClasses": ["STANDARD"]},
        {"type": "SetStorageClass", "storageClass": "COLDLINE", "age": 365, "withState": "ANY", "matchesStorageClasses": ["STANDARD", "NEARLINE"]},
    ]  # fmt: skip
    assert rules("backups") == [{"type": "Delete", "age": 2555, "withState": state} for state in ("LIVE", "ARCHIVED")]
    assert [(rule["type"], rule["age"], rule.get("storageClass")) for rule in rules("logs")] == [
        ("SetStorageClass", 30, "NEARLINE"),
        ("SetStorageClass", 90, "COLDLINE"),
        ("Delete", 365, None),
    ]
    assert rules("documents") == []


def test_documents_are_kept_for_seven_years_and_the_lock_waits_for_someone_to_mean_it() -> None:
    assert bucket("documents")["retentionPolicy"] == {"retentionPeriod": str(2555 * DAY), "isLocked": False}
    others = [known.inputs for known in of_type("prod", "Bucket") if known.inputs["name"] != "alphintra-documents"]
    assert not [found["name"] for found in others if "retentionPolicy" in found]


def test_access_is_logged() -> None:
    for known in of_type("prod", "Bucket"):
        name = known.inputs["name"].removeprefix("alphintra-")
        logged = None if name == "access-logs" else {"logBucket": "alphintra-access-logs", "logObjectPrefix": name}
        assert known.inputs.get("logging") == logged
    writer = resources("prod")["storage-access-logs-delivery"].inputs
    assert (writer["role"], writer["member"]) == ("roles/storage.objectCreator", "group:cloud-storage-analytics@google.com")


@pytest.mark.parametrize(
    ("grant", "role", "lists"),
    [("documents-kyc", "objectUser", True), ("datasets-market-data", "objectViewer", True), ("backups-exports", "objectCreator", False)],
)  # fmt: skip
def test_a_grant_is_on_a_folder_and_who_looks_at_objects_lists_them_too(grant: str, role: str, lists: bool) -> None:
    found = resources("prod")[f"storage-{grant}:BucketIAMMember"].inputs
    assert found["role"] == f"roles/storage.{role}"
    on, _, listing = found["condition"]["expression"].partition(" || ")
    folder = on.removeprefix(f'resource.name.startsWith("projects/_/buckets/{found["bucket"]}/objects/').removesuffix('")')
    assert folder.endswith("/")
    assert "(" not in folder
    assert listing == (f'api.getAttribute("storage.googleapis.com/objectListPrefix", "").startsWith("{folder}")' if lists else "")


@pytest.mark.parametrize(
    ("environment", "origins"),
    [
        ("prod", ["https://app.alphintra.com"]),
        ("staging", ["https://app.staging.alphintra.com"]),
        ("dev", ["https://app.dev.alphintra.com", "http://localhost:3000"]),
    ],
)
def test_browsers_upload_from_the_frontend_only_and_only_where_urls_are_signed(environment: str, origins: list[str]) -> None:
    found = {
        name: bucket(name, environment).get("cors")
        for name in ("documents", "uploads", "ml-models", "datasets", "backups", "logs", "static-assets", "access-logs")
    }
    headers = ["content-type", "x-goog-if-generation-match"]
    cors = [{"origins": origins, "methods": ["PUT", "GET"], "responseHeaders": headers, "maxAgeSeconds": 3600}]
    assert {name: known for name, known in found.items() if known} == {"documents": cors, "uploads": cors}


def test_a_bucket_waits_for_the_storage_agents_grant() -> None:
    grant = next(k for k in of_type("prod", "CryptoKeyIAMMember") if k.name == "encryption-key-objects-us-central1-storage")
    assert "@gs-project-accounts.iam.gserviceaccount.com" in grant.inputs["member"]
    needed = resources("prod")["storage-documents:Bucket"].property_dependencies["encryption"]
    assert grant.urn in needed


def test_environments_have_buckets_of_their_own() -> None:
    names = [known.inputs["name"] for environment in ("dev", "staging", "prod") for known in of_type(environment, "Bucket")]
    assert len(names) == len(set(names)) == 27
    assert "retentionPolicy" not in bucket("documents", "dev"), "dev can be taken down"
    assert not [known for known in of_type("dev", "Bucket") if "encryption" in known.inputs or known.protect]


def test_under_preview_the_declaration_is_the_same() -> None:
    built = {known.urn for known in recorded("prod").registrations if "storage" in known.name}
    assert built == {known.urn for known in recorded("prod", preview=True).registrations if "storage" in known.name}


BAD = [
    ("{buckets: {documents: {versioning: true}}}", "buckets.documents.versioning: versioning is true, but Google refuses it"),
    ("{buckets: {logs: {retention_locked: true}}}", "there is nothing to lock"),
    ("{buckets: {logs: {soft_delete_days: 3}}}", "soft_delete_days is 3; Google takes 0, or 7 to 90"),
    ("{buckets: {logs: {retention_days: 400}}}", r"lifecycle.delete.age_days is 365, but retention_days \(400\) keeps objects longer"),
    ("{buckets: {logs: {lifecycle: {delete: {state: ARCHIVED}}}}}", "versioning is false: there are none"),
    ("{buckets: {logs: {lifecycle: {cool: {to: STANDARD}}}}}", "moves from STANDARD to STANDARD: it does nothing"),
    ("{buckets: {backups: {lifecycle: {warm: {action: move, to: NEARLINE, age_days: 9}}}}}", "makes objects warmer"),
    ("{buckets: {logs: {lifecycle: {cool: {to: null}}}}}", "action move needs a class"),
    ("{buckets: {logs: {lifecycle: {delete: {to: ARCHIVE}}}}}", "action delete has none"),
    ("{buckets: {logs: {lifecycle: {delete: {age_days: null}}}}}", "the rule would hold for every object at once"),
    ("{buckets: {logs: {access: {ours: {workload: pgbouncer, role: read, folder: other/}}}}}", "access.ours.folder is other/, which is in none of folders"),
    ("{buckets: {logs: {access: {ours: {workload: nobody, role: read, folder: audit/}}}}}", "names 'nobody', which is no workload"),
    ("{buckets: {logs: {access: {ours: {group: nobody, role: read, folder: audit/}}}}}", "names 'nobody', which is no group; there are data-readers"),
    ("{buckets: {logs: {access: {ours: {role: read, folder: audit/}}}}}", "workload and group: say one of them"),
    ("{buckets: {logs: {access: {ours: {workload: pgbouncer, group: data-readers, role: read, folder: audit/}}}}}", "and only one"),
    ("{buckets: {uploads: {cross_origin: {origins: ['*']}}}}", "cross_origin.origins"),
    ("{buckets: {uploads: {cross_origin: {origins: ['http://app.alphintra.com']}}}}", "cross_origin.origins"),
    ("{buckets: {uploads: {cross_origin: {origins: ['http://localhost:3000']}}}}", "has http://localhost:3000, but prod is for pages over https only"),
    ("{buckets: {logs: {cross_origin: {origins: ['https://a.example.com']}}}}", "nobody in url_signing.signers signs for logs"),
    ("{access_log_bucket: nowhere}", "access_log_bucket is nowhere, which is none of buckets"),
    ("{prefix: google}", "Google keeps names that begin with goog"),
    ("{prefix: " + "a" * 60 + "}", "would be called a+-ml-models, 70 characters; Google takes 63"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "says"), BAD, ids=lambda value: value if "{" in value else "")
def test_bad_values(tmp_path: Path, text: str, says: str) -> None:
    assert re.search(says, refusal(tmp_path, "prod", f"storage: {text}"))


def test_a_lock_is_for_production(tmp_path: Path) -> None:
    locked = "{buckets: {documents: {retention_days: 30, retention_locked: true}}}"
    assert "retention_locked is true, but staging" in refusal(tmp_path, "staging", f"storage: {locked}")
