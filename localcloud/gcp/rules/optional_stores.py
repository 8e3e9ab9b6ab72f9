"""Bigtable and Firestore."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ...errors import Refusal
from ...values import every
from ..view import Request, invalid
from . import replaces, rule

INSTANCE = "gcp:bigtable/instance:Instance"
TABLE = "gcp:bigtable/table:Table"
DATABASE = "gcp:firestore/database:Database"
SCHEDULE = "gcp:firestore/backupSchedule:BackupSchedule"
BIGTABLE = "https://cloud.google.com/bigtable/docs"
FIRESTORE = "https://firebase.google.com/docs/firestore"
FIXED = ("kmsKeyName", "zone", "storageType")
KEY_LOCATIONS = {"nam5": "us", "eur3": "europe"}
"""Where the keys of Firestore's multi-regions are."""
LONGEST_BACKUP = 14 * 7 * 86400


@rule("bigtable-id", INSTANCE, verbs=("create",), source=f"{BIGTABLE}/creating-instance")
def bigtable_id(request: Request) -> Refusal | None:
    """An instance's id has 6 to 33 characters, a cluster's 6 to 30, both begin with a letter."""
    for name, most in [(request.get("name"), 33), *((cluster, 30) for cluster in request.every("clusters[].clusterId"))]:
        if not re.fullmatch(rf"[a-z][a-z0-9-]{{4,{most - 2}}}[a-z0-9]", str(name).rsplit("/", 1)[-1]):
            return invalid(f"Invalid id '{name}': it must have 6 to {most} lower-case letters, digits and hyphens.")
    return None


@rule("bigtable-autoscaling", INSTANCE, source=f"{BIGTABLE}/autoscaling#parameters")
def bigtable_autoscaling(request: Request) -> Refusal | None:
    """Autoscaling aims at 10 to 80 % load, and grows to at most ten times the minimum."""
    for scaling in request.every("clusters[].autoscalingConfig"):
        low, high, load = scaling["minNodes"], scaling["maxNodes"], scaling["cpuTarget"]
        if not 10 <= load <= 80:
            return invalid(f"Autoscaling CPU utilization target must be between 10 and 80, got {load}.")
        if not 1 <= low <= high <= 10 * low:
            return invalid(f"Autoscaling maximum must be between the minimum and ten times it, got {low} and {high}.")
    return None


@rule("bigtable-clusters", INSTANCE, source=f"{BIGTABLE}/replication-overview, {BIGTABLE}/cmek")
def bigtable_clusters(request: Request) -> Refusal | None:
    """Clusters of an instance are in different zones, and all under keys of our own or none."""
    clusters = request.every("clusters[]")
    zones = [cluster.get("zone") for cluster in clusters]
    if len(set(zones)) < len(zones):
        return invalid("Clusters in the same instance must be in different zones.")
    if len({bool(cluster.get("kmsKeyName")) for cluster in clusters}) > 1:
        return invalid("All clusters in an instance must use the same kind of encryption.")
    return None


@rule("bigtable-table-protected", TABLE, verbs=("delete",), source=f"{BIGTABLE}/managing-tables#deletion-protection")
def bigtable_table_protected(request: Request) -> Refusal | None:
    """A protected table is not deleted."""
    if request.get("deletionProtection") != "PROTECTED":
        return None
    return invalid(f"Table {request.path} has deletion protection. Please disable it first.", "failedPrecondition")


@replaces(INSTANCE)
def clusters_stay_as_they_are(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Key, zone and storage of a cluster are for ever: another one means another instance."""
    before = {cluster["clusterId"]: cluster for cluster in every(old, "clusters[]")}
    return [
        f"clusters[{index}].{name}"
        for index, cluster in enumerate(every(new, "clusters[]"))
        for name in FIXED
        if cluster["clusterId"] in before and before[cluster["clusterId"]].get(name) != cluster.get(name)
    ]


@rule("firestore-id", DATABASE, verbs=("create",), source=f"{FIRESTORE}/manage-databases")
def firestore_id(request: Request) -> Refusal | None:
    """A database's id is (default), or 4 to 63 lower-case letters, digits and hyphens that do not look like a UUID."""
    name = str(request.get("name"))
    uuid = re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", name)
    if name == "(default)" or (not uuid and re.fullmatch(r"[a-z][a-z0-9-]{2,61}[a-z0-9]", name)):
        return None
    return invalid(f"Invalid database ID '{name}'. It must be 4 to 63 letters, digits and hyphens, or (default).")


@rule("firestore-key-location", DATABASE, source="https://cloud.google.com/firestore/docs/cmek", numbers=(52,))
def firestore_key_location(request: Request) -> Refusal | None:
    """A database's key is in its own location: nam5 needs one in us, eur3 one in europe."""
    key, location = request.get("cmekConfig.kmsKeyName"), str(request.get("locationId"))
    wanted = KEY_LOCATIONS.get(location, location)
    if key is None or f"/locations/{wanted}/" in str(key):
        return None
    return invalid(f"The Cloud KMS key {key} must be in location {wanted} for a database in {location}.")


@rule("firestore-protected", DATABASE, verbs=("delete",), source=f"{FIRESTORE}/manage-databases#delete_protection")
def firestore_protected(request: Request) -> Refusal | None:
    """A database under delete protection is not deleted."""
    if request.get("deleteProtectionState") != "DELETE_PROTECTION_ENABLED" or request.get("deletionPolicy") == "ABANDON":
        return None
    return invalid("Database has delete protection enabled. Please disable delete protection first.", "failedPrecondition")


@rule("firestore-backup-retention", SCHEDULE, source=f"{FIRESTORE}/backups")
def firestore_backup_retention(request: Request) -> Refusal | None:
    """A backup is kept for at most 14 weeks."""
    kept = re.fullmatch(r"(\d+)s", str(request.get("retention")))
    if kept and 0 < int(kept[1]) <= LONGEST_BACKUP:
        return None
    return invalid(f"Backup retention must be at most {LONGEST_BACKUP}s (14 weeks), got {request.get('retention')}.")
