"""Buckets, and who may use them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ...errors import Refusal
from ...values import at
from ..view import Request, invalid, not_allowed
from . import replaces, rule

BUCKET = "gcp:storage/bucket:Bucket"
GRANT = "gcp:storage/bucketIAMMember:BucketIAMMember"
DOCS = "https://cloud.google.com/storage/docs"
PROVIDER = "https://github.com/hashicorp/terraform-provider-google/blob/main/google/services/storage/resource_storage_bucket.go"
DAY = 86400
LONGEST_RETENTION = 3_155_760_000
"""A hundred years, in seconds."""
DUAL_REGIONS = frozenset({"NAM4", "EUR4", "EUR5", "EUR7", "EUR8", "ASIA1"})
REGIONS_OF = {"US": ("US-", "NORTHAMERICA-"), "EU": ("EUROPE-",), "ASIA": ("ASIA-",)}
"""How the regions of a multi-region begin."""
CLASSES = ("STANDARD", "NEARLINE", "COLDLINE", "ARCHIVE")
OLD_CLASSES = ("MULTI_REGIONAL", "REGIONAL", "DURABLE_REDUCED_AVAILABILITY")
ACTIONS = ("Delete", "SetStorageClass", "AbortIncompleteMultipartUpload")
CONDITIONS_OF_UPLOADS = frozenset({"age", "sendAgeIfZero", "matchesPrefixes", "matchesSuffixes"})
EVERYONE = ("allUsers", "allAuthenticatedUsers")


@rule("bucket-name", BUCKET, verbs=("create",), source=f"{DOCS}/buckets#naming")
def bucket_name(request: Request) -> Refusal | None:
    """A bucket's name has 3 to 63 lower-case letters, digits, hyphens and underscores, and nothing of Google's own."""
    name = str(request.get("name"))
    parts = name.split(".")
    spelled = re.fullmatch(r"[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]", name) and all(1 <= len(part) <= 63 for part in parts)
    address = len(parts) == 4 and all(part.isdigit() for part in parts)
    if spelled and not address and not name.startswith("goog") and not re.search(r"g[o0]{2}g[l1]e", name):
        return None
    return invalid(f"Invalid bucket name: '{name}'")


@rule("bucket-retention-period", BUCKET, source=f"{DOCS}/bucket-lock#retention-periods", numbers=(24,))
def bucket_retention_period(request: Request) -> Refusal | None:
    """A retention period is a whole number of seconds, in a string, of at most a hundred years."""
    period = request.get("retentionPolicy.retentionPeriod")
    if period is None:
        return None
    if not re.fullmatch(r"[+-]?\d+", str(period)):
        return not_allowed(f'Error parsing retention_period: strconv.ParseInt: parsing "{period}": invalid syntax')
    if not 1 <= int(period) <= LONGEST_RETENTION:
        return invalid(f"The retention period must be between 1 and {LONGEST_RETENTION} seconds, got {period}.")
    return None


@rule("bucket-versioning-retention", BUCKET, source=f"{DOCS}/object-versioning#considerations", numbers=(25,))
def bucket_versioning_retention(request: Request) -> Refusal | None:
    """A bucket has object versioning or a retention policy, not both."""
    if request.get("versioning.enabled") is True and request.get("retentionPolicy"):
        return invalid("Object versioning cannot be enabled on a bucket with a retention policy.")
    return None


@rule("bucket-retention-locked", BUCKET, verbs=("update",), source=f"{DOCS}/bucket-lock#policy-locks")
def bucket_retention_locked(request: Request) -> Refusal | None:
    """A locked retention policy is never removed, unlocked or shortened."""
    if request.was("retentionPolicy.isLocked") is not True:
        return None
    name, after = request.get("name"), request.get("retentionPolicy.retentionPeriod")
    if after is None or request.get("retentionPolicy.isLocked") is not True:
        return Refusal(403, f"Cannot remove or unlock a locked Retention Policy for bucket '{name}'.", "forbidden")
    if int(after) < int(request.was("retentionPolicy.retentionPeriod")):
        return Refusal(403, f"Cannot reduce retention duration of a locked Retention Policy for bucket '{name}'.", "forbidden")
    return None


@replaces(BUCKET)
def unlocking_replaces(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """A lock on a retention policy goes with its bucket alone."""
    path = "retentionPolicy.isLocked"
    return [path] if at(old, path) is True and at(new, path) in (None, False) else []


@rule("bucket-turbo", BUCKET, source=f"{DOCS}/turbo-replication", numbers=(26,))
def bucket_turbo(request: Request) -> Refusal | None:
    """Turbo replication is for dual-regions."""
    rpo = request.get("rpo", "DEFAULT")
    if rpo not in ("DEFAULT", "ASYNC_TURBO"):
        return invalid(f"Invalid value for rpo: {rpo}.")
    dual = request.get("customPlacementConfig") or str(request.get("location")).upper() in DUAL_REGIONS
    if rpo == "ASYNC_TURBO" and not dual:
        return invalid("ASYNC_TURBO RPO is only supported for dual-region buckets.")
    return None


@rule("bucket-placement", BUCKET, source=f"{DOCS}/locations#location-dr")
def bucket_placement(request: Request) -> Refusal | None:
    """A dual-region is two regions of the multi-region that is the bucket's location."""
    regions = [str(region).upper() for region in request.get("customPlacementConfig.dataLocations", [])]
    starts = REGIONS_OF.get(str(request.get("location")).upper(), ())
    if not regions or (len(set(regions)) == 2 and all(region.startswith(starts) for region in regions)):
        return None
    return invalid(f"Invalid custom placement config: {', '.join(regions)} in location {request.get('location')}.")


@rule("bucket-soft-delete", BUCKET, source=f"{DOCS}/soft-delete#retention-duration")
def bucket_soft_delete(request: Request) -> Refusal | None:
    """Deleted objects can be restored for 7 to 90 days, or not at all."""
    duration = request.get("softDeletePolicy.retentionDurationSeconds", 0)
    if duration == 0 or 7 * DAY <= duration <= 90 * DAY:
        return None
    return invalid(f"Soft delete retention duration must be 0 or between {7 * DAY} and {90 * DAY} seconds, got {duration}.")


@rule("bucket-public-access-prevention", BUCKET, source=f"{DOCS}/public-access-prevention")
def bucket_public_access_prevention(request: Request) -> Refusal | None:
    """Public access prevention is `enforced` or `inherited`."""
    value = request.get("publicAccessPrevention", "inherited")
    return None if value in ("enforced", "inherited") else invalid(f"Invalid value for publicAccessPrevention: {value}.")


@rule("bucket-storage-class", BUCKET, source=f"{DOCS}/storage-classes")
def bucket_storage_class(request: Request) -> Refusal | None:
    """A bucket has one of the known storage classes."""
    value = request.get("storageClass")
    return None if value in (*CLASSES, *OLD_CLASSES) else invalid(f"Invalid storage class: {value}.")


@rule("bucket-lifecycle-action", BUCKET, source=f"{DOCS}/lifecycle#actions")
def bucket_lifecycle_action(request: Request) -> Refusal | None:
    """A lifecycle rule deletes, aborts uploads, or moves to one of the four storage classes."""
    for action in request.every("lifecycleRules[].action"):
        kind, storage_class = action.get("type"), action.get("storageClass")
        if kind not in ACTIONS:
            return invalid(f"Invalid lifecycle action type: {kind}.")
        if kind == "SetStorageClass" and storage_class not in CLASSES:
            return invalid(f"Invalid storage class in lifecycle action SetStorageClass: {storage_class or 'none given'}.")
        if kind != "SetStorageClass" and storage_class:
            return invalid(f"Lifecycle action {kind} takes no storage class.")
    return None


@rule("bucket-lifecycle-upload", BUCKET, source=f"{DOCS}/lifecycle#abort-mpu")
def bucket_lifecycle_upload(request: Request) -> Refusal | None:
    """A rule that aborts uploads looks at their age, prefix and suffix alone."""
    for entry in request.every("lifecycleRules[]"):
        condition: Mapping[str, Any] = at(entry, "condition") or {}
        given = {name for name, value in condition.items() if value}
        others = sorted(given - CONDITIONS_OF_UPLOADS)
        if at(entry, "action.type") == "AbortIncompleteMultipartUpload" and others:
            return invalid(f"Lifecycle action AbortIncompleteMultipartUpload does not take the condition {others[0]}.")
    return None


@rule("bucket-autoclass", BUCKET, source=f"{DOCS}/autoclass#lifecycle")
def bucket_autoclass(request: Request) -> Refusal | None:
    """A bucket with Autoclass has no rules that set storage classes."""
    setting = "SetStorageClass" in request.every("lifecycleRules[].action.type")
    if request.get("autoclass.enabled") is True and setting:
        return invalid("Lifecycle rules with a SetStorageClass action cannot be used on a bucket with Autoclass.")
    return None


@rule("bucket-retained-objects", BUCKET, verbs=("delete",), source=PROVIDER, numbers=(29,))
def bucket_retained_objects(request: Request) -> Refusal | None:
    """Objects that a locked retention policy still holds keep their bucket, also under forceDestroy."""
    since = _holds_objects_since(request)
    if since is None or request.get("retentionPolicy.isLocked") is not True:
        return None
    if since + int(request.get("retentionPolicy.retentionPeriod")) <= request.cloud.now:
        return None
    return not_allowed(
        f"Bucket '{request.get('name')}' contains objects that have not met the retention period yet and cannot be deleted."
    )


@rule("bucket-holds-objects", BUCKET, verbs=("delete",), source=PROVIDER, numbers=(29,))
def bucket_holds_objects(request: Request) -> Refusal | None:
    """A bucket that holds objects is deleted under forceDestroy alone."""
    if _holds_objects_since(request) is None or request.get("forceDestroy") is True:
        return None
    return not_allowed(
        f"Error trying to delete bucket {request.get('name')} containing objects without `force_destroy` set to true"
    )


@rule("bucket-grant-condition", GRANT, verbs=("create",), source=f"{DOCS}/access-control/iam#conditions")
def bucket_grant_condition(request: Request) -> Refusal | None:
    """A grant with a condition needs uniform bucket-level access."""
    if request.get("condition") is None or _bucket(request).get("uniformBucketLevelAccess") is True:
        return None
    return Refusal(412, "Conditional roles are not supported without uniform bucket-level access.", "conditionNotMet")


@rule("bucket-grant-public", GRANT, verbs=("create",), source=f"{DOCS}/public-access-prevention")
def bucket_grant_public(request: Request) -> Refusal | None:
    """Where public access prevention is enforced, nothing is granted to everyone."""
    if request.get("member") not in EVERYONE or _bucket(request).get("publicAccessPrevention") != "enforced":
        return None
    return Refusal(
        412,
        "The member bindings allUsers and allAuthenticatedUsers are not allowed since public access prevention is enforced.",
        "conditionNotMet",
    )


def _bucket(request: Request) -> Mapping[str, Any]:
    """The properties of the bucket that a grant is on."""
    row = request.target(request.type.references[0], request.get("bucket"))[1]
    return row.properties if row else {}


def _holds_objects_since(request: Request) -> float | None:
    """When objects were put into the bucket; they stay where the deletion policy abandons it."""
    return None if request.get("deletionPolicy") == "ABANDON" else request.cloud.holds_objects_since(request.name)
