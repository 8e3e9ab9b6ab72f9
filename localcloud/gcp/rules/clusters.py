"""GKE clusters, and Backup for GKE."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ...errors import Refusal
from ...values import every
from ..naming import path_of
from ..view import Request, invalid, not_allowed
from . import computed, rule
from .network import SUBNETWORK, ranges_of

CLUSTER = "gcp:container/cluster:Cluster"
BACKUP_PLAN = "gcp:gkebackup/backupPlan:BackupPlan"
RESTORE_PLAN = "gcp:gkebackup/restorePlan:RestorePlan"
DOCS = "https://cloud.google.com/kubernetes-engine/docs"
PROVIDER = "https://github.com/hashicorp/terraform-provider-google"
CMEK_CONSTRAINT = "gcp.restrictNonCmekServices"
MOST_BACKUPS = 360
MAINTENANCE_HOURS = 48
MINUTES_A_DAY = 1440


@computed(CLUSTER)
def private_address(request: Request) -> Mapping[str, Any]:
    """The control plane has an address of the cluster's subnetwork."""
    subnet = request.target(request.type.references[1], request.get("subnetwork"))[1] if request.get("subnetwork") else None
    if subnet is None:
        return {}
    return {"endpoint": str(ipaddress.ip_network(subnet.config["ipCidrRange"])[2])}


@rule(
    "cluster-name",
    CLUSTER,
    verbs=("create",),
    source=f"{PROVIDER}/blob/main/google/services/container/resource_container_cluster.go",
)
def cluster_name(request: Request) -> Refusal | None:
    """A cluster's name has at most 40 characters: lower case, digits and hyphens."""
    name = str(request.get("name"))
    if re.fullmatch(r"[a-z]([a-z0-9-]{0,38}[a-z0-9])?", name):
        return None
    return not_allowed(
        f'"name" ("{name}") must be up to 40 characters: lowercase letters, numbers and hyphens, starting with a letter'
    )


@rule(
    "cluster-default-pool-key",
    CLUSTER,
    verbs=("create",),
    source="https://github.com/terraform-google-modules/terraform-google-kubernetes-engine/issues/2006",
    numbers=(36,),
)
def cluster_default_pool_key(request: Request) -> Refusal | None:
    """Where a policy demands customer-managed keys, the default node pool has one too, although it is removed at once."""
    denied = request.cloud.store.meta(f"org-policy:{request.project}:{CMEK_CONSTRAINT}")
    if denied != request.type.api or request.get("nodeConfig.bootDiskKmsKey"):
        return None
    return invalid(
        f"Constraint constraints/{CMEK_CONSTRAINT} violated for projects/{request.project}: node pool default-pool has no "
        "boot_disk_kms_key.",
        "failedPrecondition",
    )


@rule(
    "cluster-node-version",
    CLUSTER,
    verbs=("create",),
    source=f"{PROVIDER}/blob/main/google/services/container/node_config.go",
    numbers=(38,),
)
def cluster_node_version(request: Request) -> Refusal | None:
    """The nodes of a new cluster have the control plane's version."""
    nodes, control = request.get("nodeVersion"), request.get("minMasterVersion")
    if nodes in (None, control):
        return None
    return not_allowed(
        f"Resource argument node_version (value: {nodes}) must either be unset or set to the same value as min_master_version "
        f"(value: {control}) on create."
    )


@rule("cluster-secondary-ranges", CLUSTER, verbs=("create",), source=f"{DOCS}/how-to/alias-ips")
def cluster_secondary_ranges(request: Request) -> Refusal | None:
    """The ranges of pods and services that a cluster names are secondary ranges of its subnetwork."""
    subnet = request.target(request.type.references[1], request.get("subnetwork"))[1] if request.get("subnetwork") else None
    there = every(subnet.config, "secondaryIpRanges[].rangeName") if subnet else []
    for kind, path in (("Pod", "clusterSecondaryRangeName"), ("Services", "servicesSecondaryRangeName")):
        name = request.get(f"ipAllocationPolicy.{path}")
        if name and name not in there:
            return invalid(
                f'{kind} secondary range "{name}" does not exist in network, subnetwork "{request.get("subnetwork")}".'
            )
    return None


@rule("cluster-control-plane-range", CLUSTER, verbs=("create",), source=f"{DOCS}/how-to/private-clusters")
def cluster_control_plane_range(request: Request) -> Refusal | None:
    """A range given for the control plane is a /28, and overlaps none of the network's."""
    given = request.get("privateClusterConfig.masterIpv4CidrBlock")
    if not given:
        return None
    wanted = ipaddress.ip_network(str(given))
    if wanted.prefixlen != 28:
        return invalid(f"Invalid master_ipv4_cidr_block {given}: the netmask must be /28.")
    network = path_of(str(request.get("network")))
    for row in request.cloud.all(SUBNETWORK, request.project):
        inside = path_of(str(row.config.get("network"))) == network
        if inside and any(wanted.overlaps(ipaddress.ip_network(taken)) for taken in ranges_of(row.config)):
            return invalid(f"The given master CIDR {given} conflicts with subnetwork '{row.name.rsplit('/', 1)[-1]}'.")
    return None


@rule("cluster-identity-pool", CLUSTER, source=f"{DOCS}/concepts/workload-identity")
def cluster_identity_pool(request: Request) -> Refusal | None:
    """Workload identity has one pool, the cluster's own project's."""
    pool, own = request.get("workloadIdentityConfig.workloadPool"), f"{request.project}.svc.id.goog"
    return invalid(f"Workload pool must be {own}, got {pool}.") if pool not in (None, own) else None


@rule("cluster-maintenance-window", CLUSTER, source=f"{DOCS}/concepts/maintenance-windows-and-exclusions")
def cluster_maintenance_window(request: Request) -> Refusal | None:
    """Maintenance windows leave 48 hours in 32 days, at least 4 at a time."""
    window = request.get("maintenancePolicy.recurringWindow")
    if not window:
        return None
    start, end = (datetime.fromisoformat(str(window[name])) for name in ("startTime", "endTime"))
    hours = (end - start).total_seconds() / 3600
    recurrence = dict(part.split("=", 1) for part in str(window["recurrence"]).split(";"))
    times = 32 if recurrence["FREQ"] == "DAILY" else 4 * len(recurrence.get("BYDAY", "MO").split(","))
    if hours >= 4 and times * hours >= MAINTENANCE_HOURS:
        return None
    return invalid(
        f"Error validating maintenance policy: maintenance policy would go longer than 32d without {MAINTENANCE_HOURS}h "
        "maintenance availability of >= 4h contiguous duration."
    )


@rule("backup-plan-schedule", BACKUP_PLAN, source=f"{DOCS}/add-on/backup-for-gke/how-to/backup-plan")
def backup_plan_schedule(request: Request) -> Refusal | None:
    """A plan backs up by a cron expression or to an age of the newest backup of 60 to 86400 minutes, not both."""
    cron, minutes = request.get("backupSchedule.cronSchedule"), request.get("backupSchedule.rpoConfig.targetRpoMinutes")
    if cron and minutes:
        return invalid("cron_schedule and rpo_config are mutually exclusive.")
    if minutes is not None and not 60 <= minutes <= 86400:
        return invalid(f"target_rpo_minutes must be between 60 and 86400, got {minutes}.")
    return None


@rule("backup-plan-retention", BACKUP_PLAN, source="provider argument reference of backup_retain_days", numbers=(39,))
def backup_plan_retention(request: Request) -> Refusal | None:
    """Backups are retained at least as long as they are locked, and at most 360 of them."""
    retained, locked = request.get("retentionPolicy.backupRetainDays", 0), request.get("retentionPolicy.backupDeleteLockDays", 0)
    if retained < locked:
        return invalid(f"backup_retain_days ({retained}) must be greater than or equal to backup_delete_lock_days ({locked}).")
    minutes = request.get("backupSchedule.rpoConfig.targetRpoMinutes")
    longest = MOST_BACKUPS * minutes / MINUTES_A_DAY if minutes else None
    if longest is not None and retained > longest:
        return invalid(f"backup_retain_days ({retained}) must be at most {MOST_BACKUPS} backup intervals: {longest:g} days.")
    return None


@rule("restore-plan-location", RESTORE_PLAN, source=f"{DOCS}/add-on/backup-for-gke/how-to/restore-plan", numbers=(40,))
def restore_plan_location(request: Request) -> Refusal | None:
    """A restore plan is in the region of the cluster that it restores into."""
    cluster, location = path_of(str(request.get("cluster"))), request.get("location")
    found = cluster.split("/locations/")[-1].split("/")[0]
    if found == location:
        return None
    return invalid(f"The target cluster {cluster} must be in the same region as the RestorePlan: {location}.")


@rule("backup-plan-holds-backups", BACKUP_PLAN, verbs=("delete",), source=f"{DOCS}/add-on/backup-for-gke/how-to/delete")
def backup_plan_holds_backups(request: Request) -> Refusal | None:
    """A plan with backups cannot be deleted."""
    if request.cloud.store.meta(f"holds-objects:{request.name}") is None:
        return None
    return invalid(f"BackupPlan {request.path} cannot be deleted: it has Backups. Delete them first.", "failedPrecondition")
