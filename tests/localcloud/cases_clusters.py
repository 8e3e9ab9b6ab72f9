"""Cases about clusters, their nodes and their backups: for every rule a program that breaks it, and its twin."""

from __future__ import annotations

from typing import Any

from .parts import PROJECT_GRANT, Case, api, key, key_id, net, network, project_of, subnet
from .world import REGION, Res

CLUSTER = "gcp:container/cluster:Cluster"
NODE_POOL = "gcp:container/nodePool:NodePool"
BACKUP_PLAN = "gcp:gkebackup/backupPlan:BackupPlan"
RESTORE_PLAN = "gcp:gkebackup/restorePlan:RestorePlan"
OTHER_REGION = "us-east1"


def ground(p: str, pods: str = "10.4.0.0/16") -> list[Res]:
    """A network with the ranges of a cluster, and the APIs."""
    ranges = [{"rangeName": "pods", "ipCidrRange": pods}, {"rangeName": "services", "ipCidrRange": "10.0.32.0/20"}]
    return [*network(p), api("container"), api("gkebackup"), subnet(p, "s", "10.0.0.0/24", secondaryIpRanges=ranges)]


def cluster(p: str, name: str = "c", **extra: Any) -> Res:
    inputs: dict[str, Any] = {
        "name": name,
        "location": REGION,
        "deletionProtection": False,
        "initialNodeCount": 1,
        "removeDefaultNodePool": True,
        "network": net(p),
        "subnetwork": f"projects/{p}/regions/{REGION}/subnetworks/s",
        "ipAllocationPolicy": {"clusterSecondaryRangeName": "pods", "servicesSecondaryRangeName": "services"},
        "workloadIdentityConfig": {"workloadPool": f"{p}.svc.id.goog"},
        **extra,
    }
    return Res(name, CLUSTER, inputs)


def cluster_id(p: str, name: str = "c") -> str:
    return f"projects/{p}/locations/{REGION}/clusters/{name}"


def pool(p: str, **extra: Any) -> Res:
    inputs = {"name": "pool", "cluster": cluster_id(p), "location": REGION, "nodeCount": 1, **extra}
    return Res("pool", NODE_POOL, {key: value for key, value in inputs.items() if value is not None})


def nodes(machine_type: str = "n2-standard-2", **extra: Any) -> dict[str, Any]:
    return {"nodeConfig": {"machineType": machine_type, **extra}}


def plan(p: str, name: str = "plan", **extra: Any) -> Res:
    return Res(name, BACKUP_PLAN, {"name": name, "location": OTHER_REGION, "cluster": cluster_id(p), **extra})


def restore(p: str, location: str) -> Res:
    backup = f"projects/{p}/locations/{OTHER_REGION}/backupPlans/plan"
    config = {"allNamespaces": True, "namespacedResourceRestoreMode": "FAIL_ON_CONFLICT"}
    inputs = {"name": "r", "location": location, "backupPlan": backup, "cluster": cluster_id(p), "restoreConfig": config}
    return Res("restore", RESTORE_PLAN, inputs)


def keyed(p: str, service: str, location: str = REGION) -> list[Res]:
    """A key that a service's agent may use; the last part is the grant. Compute Engine's agent comes with its API."""
    left_out = {f"api-{service}", *(["agent-compute"] if service == "compute" else [])}
    return [part for part in key(p, location, service) if part.name not in left_out]


def _one(rule: str, says: str, setup: list[Res], bad: Res, good: Res, project: str = "") -> Case:
    p = project or project_of(rule)
    return Case(rule=rule, project=p, setup=setup, bad=[*setup, bad], good=[*setup, good], says=says)


def _clusters() -> list[Case]:
    """Rules about one cluster: what is wrong, and what is right."""

    def window(hours: int) -> dict[str, Any]:
        ends = {"startTime": "2026-01-01T06:00:00Z", "endTime": f"2026-01-01T{6 + hours:02}:00:00Z"}
        return {"maintenancePolicy": {"recurringWindow": {**ends, "recurrence": "FREQ=WEEKLY;BYDAY=SA,SU"}}}

    def ranges(pods: str) -> dict[str, Any]:
        return {"ipAllocationPolicy": {"clusterSecondaryRangeName": pods, "servicesSecondaryRangeName": "services"}}

    def private(cidr: str) -> dict[str, Any]:
        return {"privateClusterConfig": {"enablePrivateNodes": True, "masterIpv4CidrBlock": cidr}}

    versions = {"nodeVersion": "1.33.5-gke.1080000", "minMasterVersion": "1.34.4-gke.1193000"}
    found: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
        ("cluster-name", "up to 40 characters", {"name": "c" * 41}, {"name": "c" * 40}),
        ("cluster-node-version", "must either be unset", versions, {**versions, "nodeVersion": "1.34.4-gke.1193000"}),
        ("cluster-secondary-ranges", 'Pod secondary range "more-pods" does not exist', ranges("more-pods"), ranges("pods")),
        ("cluster-control-plane-range", "conflicts with subnetwork 's'", private("10.0.0.0/28"), private("172.16.0.0/28")),
        ("cluster-identity-pool", "must be p-.*svc.id.goog", {"workloadIdentityConfig": {"workloadPool": "other.svc.id.goog"}}, {}),
        ("cluster-maintenance-window", "48h maintenance availability", window(4), window(6)),
    ]  # fmt: skip
    cases: list[Case] = []
    for rule, says, wrong, right in found:
        p = project_of(rule)
        cases.append(_one(rule, says, ground(p), cluster(p, **wrong), cluster(p, **right)))
    return cases


def _pools() -> list[Case]:
    """Rules about one node pool."""
    pages = {"linuxNodeConfig": {"hugepagesConfig": {"hugepageSize2m": 2049}}}
    fewer = {"linuxNodeConfig": {"hugepagesConfig": {"hugepageSize2m": 2048}}}
    found: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
        ("node-machine-type", "does not exist", nodes("n2-custom-10-43000"), nodes("n2-custom-10-43008")),
        ("node-zones", 'not a zone of region "us-central1"', {"nodeLocations": ["us-east1-b"]}, {"nodeLocations": ["us-central1-b"]}),
        ("node-sysctls", "vm.nr_hugepages is not supported", nodes(linuxNodeConfig={"sysctls": {"vm.nr_hugepages": "9"}}),
         nodes(linuxNodeConfig={"sysctls": {"vm.max_map_count": "262144"}})),
        ("node-huge-pages", "4098 MiB are more than 60% of the machine's 6656 MiB", nodes("n2-custom-2-6656", **pages), nodes("n2-custom-2-7168", **fewer)),
        ("node-counts", "Cannot set both", {"initialNodeCount": 1}, {"autoscaling": {"minNodeCount": 1, "maxNodeCount": 2}}),
        ("node-addresses", "its nodes need 768", {}, {"maxPodsPerNode": 32}),
    ]  # fmt: skip
    cases: list[Case] = []
    for rule, says, wrong, right in found:
        p = project_of(rule)
        setup = [*ground(p, pods="10.4.0.0/24"), cluster(p)]
        few: dict[str, Any] = {} if rule == "node-addresses" else {"maxPodsPerNode": 16}
        cases.append(_one(rule, says, setup, pool(p, **few, **wrong), pool(p, **few, **right)))
    p = project_of("node-identities")
    serving = nodes(workloadMetadataConfig={"mode": "GKE_METADATA"})
    without = [*ground(p), cluster(p, workloadIdentityConfig=None)]
    plain = nodes(workloadMetadataConfig={"mode": "GCE_METADATA"})
    cases.append(_one("node-identities", "requires Workload Identity", without, pool(p, **serving), pool(p, **plain)))
    return cases


def _backups() -> list[Case]:
    """Rules about plans."""
    cases: list[Case] = []

    def kept(retain: int, lock: int, minutes: int = 1440) -> dict[str, Any]:
        policy = {"backupRetainDays": retain, "backupDeleteLockDays": lock}
        return {"retentionPolicy": policy, "backupSchedule": {"rpoConfig": {"targetRpoMinutes": minutes}}}

    for rule, project, says, wrong, right in (
        ("backup-plan-schedule", "", "between 60 and 86400, got 59", kept(1, 0, 59), kept(1, 0, 60)),
        ("backup-plan-retention", "", "must be greater than or equal", kept(7, 8), kept(8, 8)),
        (
            "backup-plan-retention",
            "p-backup-plan-most",
            "at most 360 backup intervals: 30 days",
            kept(31, 0, 120),
            kept(30, 0, 120),
        ),
    ):
        p = project or project_of(rule)
        cases.append(_one(rule, says, [*ground(p), cluster(p)], plan(p, **wrong), plan(p, **right), project=p))
    p = project_of("restore-plan-location")
    setup = [*ground(p), cluster(p), plan(p)]
    says = "must be in the same region as the RestorePlan"
    cases.append(_one("restore-plan-location", says, setup, restore(p, OTHER_REGION), restore(p, REGION)))
    p = project_of("backup-plan-holds-backups")
    both = [plan(p, "full"), plan(p, "empty")]
    setup = [*ground(p), cluster(p)]
    cases.append(
        Case(
            rule="backup-plan-holds-backups",
            project=p,
            setup=[*setup, *both],
            stage=[("holds-objects", f"{p}/locations/{OTHER_REGION}/backupPlans/full")],
            bad=[*setup, both[1]],
            good=[*setup, both[0]],
            says="it has Backups",
        )
    )
    return cases


def _keys() -> list[Case]:
    """Keys of secrets, disks and backups: in the right region, for the right agent, and where a policy demands one."""
    p = "p-cluster-key-grant"
    setup = [*ground(p), *keyed(p, "container")[:-1]]
    encrypted = cluster(p, databaseEncryption={"state": "ENCRYPTED", "keyName": key_id(p)})
    good = [*setup, keyed(p, "container")[-1], encrypted]
    says = "Permission denied on Cloud KMS key .*@container-engine-robot"
    cases = [Case(rule="key-grant", project=p, setup=setup, bad=[*setup, encrypted], good=good, says=says)]
    p = "p-node-disk-key-grant"
    setup = [*ground(p), cluster(p), *keyed(p, "compute")[:-1]]
    disks = pool(p, **nodes(bootDiskKmsKey=key_id(p)))
    says = "Permission denied on Cloud KMS key .*@compute-system"
    good = [*setup, keyed(p, "compute")[-1], disks]
    cases.append(Case(rule="key-grant", project=p, setup=setup, bad=[*setup, disks], good=good, says=says))
    p = "p-backup-key-location"
    here, there = keyed(p, "gkebackup"), keyed(p, "gkebackup", OTHER_REGION)
    names = {part.name for part in here}
    setup = [*ground(p), cluster(p), *here, *(part for part in there if part.name not in names)]
    plans = [plan(p, backupConfig=_under(key_id(p, region))) for region in (REGION, OTHER_REGION)]
    cases.append(_one("key-location", "needs a key in location us-east1", setup, *plans, project=p))
    p = project_of("cluster-default-pool-key")
    setup = [*ground(p), *keyed(p, "compute")]
    bare, own = cluster(p), cluster(p, nodeConfig={"bootDiskKmsKey": key_id(p)})
    cases.append(
        Case(
            rule="cluster-default-pool-key",
            project=p,
            setup=setup,
            stage=[("org-policy", p, "gcp.restrictNonCmekServices", "container.googleapis.com")],
            bad=[*setup, bare],
            good=[*setup, own],
            says="constraints/gcp.restrictNonCmekServices violated",
        )
    )
    return cases


def _under(key_name: str) -> dict[str, Any]:
    return {"allNamespaces": True, "encryptionKey": {"gcpKmsEncryptionKey": key_name}}


def _around() -> list[Case]:
    """What others may do once there is a cluster, and what they may not."""
    p = project_of("identity-pool-exists")
    setup = [*ground(p), api("cloudresourcemanager")]
    member = f"serviceAccount:{p}.svc.id.goog[apps/trading]"
    grant = Res("grant", PROJECT_GRANT, {"project": p, "role": "roles/logging.logWriter", "member": member})
    says = "Identity Pool does not exist"
    good = [*setup, cluster(p), grant]
    cases = [Case(rule="identity-pool-exists", project=p, setup=setup, bad=[*setup, grant], good=good, says=says)]
    p = "p-cluster-guard"
    guarded, open_ = cluster(p, "guarded", deletionProtection=None), cluster(p, "open")
    setup = ground(p)
    cases.append(
        Case(
            rule="deletion-guard",
            project=p,
            setup=[*setup, guarded, open_],
            bad=[*setup, open_],
            good=[*setup, guarded],
            says="without setting deletionProtection=false",
        )
    )
    return cases


CLUSTER_CASES: tuple[Case, ...] = (*_clusters(), *_pools(), *_backups(), *_keys(), *_around())
