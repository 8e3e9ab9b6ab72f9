"""Cases about buckets: for every rule a program that breaks it, and its twin."""

from __future__ import annotations

from typing import Any

from localcloud.gcp.naming import project_number

from .parts import ENCRYPTER, IDENTITY, KEY_GRANT, Case, api, key, key_id, project_of
from .world import REGION, Res

BUCKET = "gcp:storage/bucket:Bucket"
BUCKET_GRANT = "gcp:storage/bucketIAMMember:BucketIAMMember"
ASK = "gcp:storage/getProjectServiceAccount:getProjectServiceAccount"
AGENT = Res("agent-storage", IDENTITY, {"service": "storage.googleapis.com"})
LOCKED = {"retentionPolicy": {"retentionPeriod": "86400", "isLocked": True}}


def bucket(title: str, **extra: Any) -> Res:
    return Res(title, BUCKET, {"name": title, "location": REGION.upper(), **extra})


def bucket_grant(name: str, **extra: Any) -> Res:
    member = {"bucket": name, "role": "roles/storage.objectViewer", "member": "user:anna@example.com"}
    return Res("bucket-grant", BUCKET_GRANT, {**member, **extra})


def bucket_key(project: str, location: str = REGION) -> list[Res]:
    """A key that Cloud Storage's agent may use; the agent itself is not made here."""
    email = f"service-{project_number(project)}@gs-project-accounts.iam.gserviceaccount.com"
    grant = {"cryptoKeyId": key_id(project, location), "role": ENCRYPTER, "member": f"serviceAccount:{email}"}
    parts = [res for res in key(project, location, granted=False) if res.name not in ("api-sqladmin", "agent-sqladmin")]
    return [*parts, Res(f"storage-grant-{location}", KEY_GRANT, grant)]


def lifecycle(type_: str, storage_class: str | None = None, **condition: Any) -> dict[str, Any]:
    action = {"type": type_, **({"storageClass": storage_class} if storage_class else {})}
    return {"lifecycleRules": [{"action": action, "condition": condition or {"age": 30}}]}


def dual(*regions: str, **extra: Any) -> dict[str, Any]:
    return {"location": "US", "customPlacementConfig": {"dataLocations": list(regions)}, **extra}


def _settings() -> list[Case]:
    """Rules about one bucket's settings: what is wrong, and what is right."""
    own = {"retentionPolicy": {"retentionPeriod": "86400"}}
    found: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
        ("bucket-name", "Invalid bucket name", {"name": "Goog_Bucket"}, {}),
        ("bucket-retention-period", "invalid syntax", {"retentionPolicy": {"retentionPeriod": "7y"}}, own),
        ("bucket-versioning-retention", "cannot be enabled on a bucket", {**own, "versioning": {"enabled": True}}, own),
        ("bucket-turbo", "only supported for dual-region", {"rpo": "ASYNC_TURBO"}, dual("US-CENTRAL1", "US-EAST1", rpo="ASYNC_TURBO")),
        ("bucket-placement", "Invalid custom placement", dual("US-CENTRAL1", "EUROPE-WEST1"), dual("us-central1", "us-east1")),
        ("bucket-soft-delete", "must be 0 or between", {"softDeletePolicy": {"retentionDurationSeconds": 86400}},
         {"softDeletePolicy": {"retentionDurationSeconds": 604800}}),
        ("bucket-public-access-prevention", "Invalid value", {"publicAccessPrevention": "on"}, {"publicAccessPrevention": "enforced"}),
        ("bucket-storage-class", "Invalid storage class", {"storageClass": "COLD"}, {"storageClass": "COLDLINE"}),
        ("bucket-lifecycle-action", "none given", lifecycle("SetStorageClass"), lifecycle("SetStorageClass", "NEARLINE")),
        ("bucket-lifecycle-upload", "does not take the condition numNewerVersions",
         lifecycle("AbortIncompleteMultipartUpload", age=7, numNewerVersions=2), lifecycle("AbortIncompleteMultipartUpload", age=7)),
        ("bucket-autoclass", "bucket with Autoclass", {"autoclass": {"enabled": True}, **lifecycle("SetStorageClass", "NEARLINE")},
         {"autoclass": {"enabled": True}, **lifecycle("Delete")}),
    ]  # fmt: skip
    setup = [api("storage")]
    return [
        Case(
            rule=rule,
            project=project_of(rule),
            setup=setup,
            bad=[*setup, bucket(f"b-{rule}", **wrong)],
            good=[*setup, bucket(f"b-{rule}", **right)],
            says=says,
        )
        for rule, says, wrong, right in found
    ]


def _keys() -> list[Case]:
    """A dual-region needs a key in the multi-region, and Cloud Storage's agent must be allowed to use it."""
    p = "p-bucket-key-location"
    setup = [api("storage"), AGENT, *bucket_key(p, "us"), *bucket_key(p)[1:]]
    pair = [
        bucket("b-key-location", **dual("US-CENTRAL1", "US-EAST1", encryption={"defaultKmsKeyName": key_id(p, place)}))
        for place in (REGION, "us")
    ]
    says = "needs a key in location us"
    there = Case(rule="key-location", project=p, setup=setup, bad=[*setup, pair[0]], good=[*setup, pair[1]], says=says)
    p = "p-bucket-key-grant"
    setup = [api("storage"), AGENT, *bucket_key(p)[:-1]]
    keyed = bucket("b-key-grant", encryption={"defaultKmsKeyName": key_id(p)})
    good = [*setup, bucket_key(p)[-1], keyed]
    granted = Case(
        rule="key-grant", project=p, setup=setup, bad=[*setup, keyed], good=good, says="Permission denied on Cloud KMS key"
    )
    return [there, granted]


def _life() -> list[Case]:
    """Names, locks, and deletions."""
    setup = [api("storage")]
    cases: list[Case] = []
    name = "b-retention-locked"
    rule = "bucket-retention-locked"
    programs = [
        [*setup, bucket(name, retentionPolicy={"retentionPeriod": period, "isLocked": True})]
        for period in ("86400", "3600", "172800")
    ]
    says = "Cannot reduce retention duration"
    cases.append(Case(rule=rule, project=project_of(rule), setup=programs[0], bad=programs[1], good=programs[2], says=says))
    for rule, says, full, other in (
        ("bucket-holds-objects", "containing objects without", {}, {"forceDestroy": True}),
        (
            "bucket-retained-objects",
            "have not met the retention period yet",
            {"forceDestroy": True, **LOCKED},
            {"forceDestroy": True},
        ),
    ):
        names = (f"{rule}-full", f"{rule}-other")
        both = [bucket(names[0], **full), bucket(names[1], **other)]
        cases.append(
            Case(
                rule=rule,
                project=project_of(rule),
                setup=[*setup, *both],
                stage=[("holds-objects", f"buckets/{name}") for name in names],
                bad=[*setup, both[1]],
                good=[*setup, both[0]],
                says=says,
            )
        )
    return cases


def _grants() -> list[Case]:
    """Grants that the bucket's own settings rule out."""
    condition = {"condition": {"title": "until", "expression": "request.time < timestamp('2100-01-01T00:00:00Z')"}}
    cases: list[Case] = []
    for rule, says, closed, opened, grant in (
        ("bucket-grant-condition", "without uniform", {}, {"uniformBucketLevelAccess": True}, condition),
        ("bucket-grant-public", "is enforced", {"publicAccessPrevention": "enforced"}, {}, {"member": "allUsers"}),
    ):
        setup = [api("storage"), bucket(f"{rule}-closed", **closed), bucket(f"{rule}-open", **opened)]
        bad, good = ([*setup, bucket_grant(f"{rule}-{which}", **grant)] for which in ("closed", "open"))
        cases.append(Case(rule=rule, project=project_of(rule), setup=setup, bad=bad, good=good, says=says))
    return cases


STORAGE_CASES: tuple[Case, ...] = (*_settings(), *_keys(), *_life(), *_grants())
