"""Cases about images, budgets, Bigtable and Firestore: for every rule a program that breaks it, and its twin."""

from __future__ import annotations

from typing import Any

from localcloud.gcp.naming import project_number

from .parts import ENCRYPTER, IDENTITY, KEY_GRANT, Case, api, key, key_id, project_of
from .world import REGION, Res

REPOSITORY = "gcp:artifactregistry/repository:Repository"
BUDGET = "gcp:billing/budget:Budget"
BIGTABLE = "gcp:bigtable/instance:Instance"
TABLE = "gcp:bigtable/table:Table"
FIRESTORE = "gcp:firestore/database:Database"
SCHEDULE = "gcp:firestore/backupSchedule:BackupSchedule"
ACCOUNT = "012345-6789AB-CDEF01"


def repository(name: str = "images", **extra: Any) -> Res:
    return Res("repository", REPOSITORY, {"repositoryId": name, "location": REGION, "format": "DOCKER", **extra})


def cleanup(**policy: Any) -> dict[str, Any]:
    return {"cleanupPolicies": [{"id": "old", "action": "DELETE", **policy}]}


def budget(account: str = ACCOUNT, threshold: float = 0.9, **filters: Any) -> Res:
    amount = {"specifiedAmount": {"units": "1000", "currencyCode": "USD"}}
    rules = [{"thresholdPercent": threshold, "spendBasis": "FORECASTED_SPEND"}]
    return Res("budget", BUDGET, {"billingAccount": account, "amount": amount, "thresholdRules": rules, "budgetFilter": filters})


def cluster(zone: str = f"{REGION}-a", nodes: tuple[int, int] = (1, 5), load: int = 60, **extra: Any) -> dict[str, Any]:
    scaling = {"minNodes": nodes[0], "maxNodes": nodes[1], "cpuTarget": load}
    return {"clusterId": f"cluster-{zone[-1]}", "zone": zone, "autoscalingConfig": scaling, **extra}


def bigtable(*clusters: dict[str, Any], name: str = "realtime", **extra: Any) -> Res:
    return Res(
        "bigtable", BIGTABLE, {"name": name, "clusters": list(clusters or (cluster(),)), "deletionProtection": False, **extra}
    )


def table(name: str, **extra: Any) -> Res:
    return Res(name, TABLE, {"name": name, "instanceName": "realtime", **extra})


def firestore(name: str = "realtime", location: str = REGION, **extra: Any) -> Res:
    return Res(name, FIRESTORE, {"name": name, "locationId": location, "type": "FIRESTORE_NATIVE", **extra})


def schedule(retention: str) -> Res:
    return Res("schedule", SCHEDULE, {"database": "realtime", "retention": retention, "dailyRecurrence": {}})


def _settings() -> list[Case]:
    registry, billing, tables, documents = (
        [api(name)] for name in ("artifactregistry", "billingbudgets", "bigtableadmin", "firestore")
    )
    old, newest = {"condition": {"olderThan": "2592000s"}}, {"mostRecentVersions": {"keepCount": 3}}
    found: list[tuple[str, str, list[Res], Res, Res]] = [
        ("repository-id", "invalid repository ID", registry, repository("Images"), repository()),
        ("repository-cleanup", "needs a condition", registry, repository(**cleanup(**newest)), repository(**cleanup(**old))),
        ("budget-account", "Invalid billing account", billing, budget("ours"), budget()),
        ("budget-thresholds", "must be non-negative", billing, budget(threshold=-0.5), budget(threshold=1.5)),
        ("bigtable-id", "must have 6 to 33", tables, bigtable(name="small"), bigtable()),
        ("bigtable-autoscaling", "between 10 and 80", tables, bigtable(cluster(load=90)), bigtable(cluster(load=80))),
        ("bigtable-clusters", "must be in different zones", tables,
         bigtable(cluster(), {**cluster(), "clusterId": "cluster-b"}), bigtable(cluster(), cluster(f"{REGION}-b"))),
        ("firestore-id", "Invalid database ID", documents, firestore("abc"), firestore("abcd")),
        ("firestore-backup-retention", "14 weeks", [*documents, firestore()], schedule("9000000s"), schedule("8467200s")),
    ]  # fmt: skip
    return [
        Case(rule=rule, project=project_of(rule), setup=setup, bad=[*setup, wrong], good=[*setup, right], says=says)
        for rule, says, setup, wrong, right in found
    ]


def keyed(project: str, service: str) -> list[Res]:
    """A key in the region that the agent of a service may use."""
    email = f"service-{project_number(project)}@gcp-sa-{service.removesuffix('admin')}.iam.gserviceaccount.com"
    grant = {"cryptoKeyId": key_id(project), "role": ENCRYPTER, "member": f"serviceAccount:{email}"}
    ring = [res for res in key(project, granted=False) if "sqladmin" not in res.name]
    agent = Res("agent", IDENTITY, {"service": f"{service}.googleapis.com"})
    return [api(service), agent, *ring, Res("grant", KEY_GRANT, grant)]


def _keys() -> Case:
    rule = "firestore-key-location"
    p = project_of(rule)
    setup = keyed(p, "firestore")
    bad, good = (
        firestore(name, place, cmekConfig={"kmsKeyName": key_id(p)}) for name, place in (("wide", "nam5"), ("near", REGION))
    )
    return Case(rule=rule, project=p, setup=setup, bad=[*setup, bad], good=[*setup, good], says="must be in location us")


def _guards() -> list[Case]:
    cases: list[Case] = []
    for rule, says, setup, full, other in (
        ("bigtable-table-protected", "deletion protection", [api("bigtableadmin"), bigtable()],
         table("kept", deletionProtection="PROTECTED"), table("loose")),
        ("firestore-protected", "delete protection", [api("firestore")],
         firestore("kept", deleteProtectionState="DELETE_PROTECTION_ENABLED"), firestore("loose")),
    ):  # fmt: skip
        both = [*setup, full, other]
        cases.append(Case(rule=rule, project=project_of(rule), setup=both, bad=[*setup, other], good=[*setup, full], says=says))
    return cases


OPTIONAL_CASES: tuple[Case, ...] = (*_settings(), _keys(), *_guards())
