"""What rules on relations must find, as edits of everything that production declares."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from policies.resources import STACK, Resource, Stack
from policies.tokens import (
    ACCOUNT,
    ACCOUNT_GRANT,
    ALERT,
    BACKUP_PLAN,
    BUCKET,
    BUCKET_GRANT,
    BUDGET,
    DATASET,
    INSTANCE,
    KEY,
    KEY_GRANT,
    KUBERNETES_ACCOUNT,
    LIMITS,
    NETWORK_ASSOCIATION,
    NETWORK_POLICY,
    NODE_POOL,
    REDIS_CLUSTER,
    RESTORE_PLAN,
    SERVICE,
    STATEFUL_SET,
    SUBNET,
    URL_MAP,
    VALKEY,
)

from ..environments import recorded
from .proxies import proxied
from .rows import WORKLOAD, put

Edit = Callable[[list[Resource]], Iterable[Resource]]


@dataclass(frozen=True, kw_only=True)
class Relation:
    """An edit that makes a rule find something, and one that leaves it undecided."""

    edit: Edit
    unknown: Edit | None = None
    start: Edit | None = None
    """What must be declared on top of production's own for the rule to have something to look at."""


@cache
def declared(environment: str, *, tearing_down: bool = False) -> tuple[Resource, ...]:
    """Everything that an environment declares, before any proxy."""
    return declared_with({"protection": {"tear_down": environment}} if tearing_down else None, environment)


def declared_with(over: Mapping[str, Any] | None, environment: str = "prod") -> tuple[Resource, ...]:
    """The same with other settings laid on top."""
    known = recorded(environment, over)
    return tuple(
        Resource(
            type=one.type, urn=one.urn, name=one.name, protect=one.protect, ignore_changes=one.ignore_changes, parent=one.parent,
            provider=one.provider, links=one.property_dependencies,
            properties={**one.inputs, **known.stack_outputs} if one.type == STACK else one.inputs,
        )
        for one in known.registrations
    )  # fmt: skip


def stack_of(resources: Iterable[Resource], environment: str = "prod") -> Stack:
    """The stack as rules get it."""
    return Stack([replace(known, properties=proxied(known.properties)) for known in resources], environment)


def set_(type_: str, path: str, value: Any, *, name: str = "") -> Edit:
    """Changes a property of the resources of a type whose name has something in it."""

    def edit(resources: list[Resource]) -> Iterable[Resource]:
        hit = [known for known in resources if known.type == type_ and name in known.name]
        assert hit, f"nothing is a {type_} called {name}"
        return [
            replace(known, properties=put(dict(known.properties), path, value)) if known in hit else known for known in resources
        ]

    return edit


def drop(*types: str, name: str = "") -> Edit:
    """Takes resources out."""

    def edit(resources: list[Resource]) -> Iterable[Resource]:
        left = [known for known in resources if known.type not in types or name not in known.name]
        assert len(left) < len(resources)
        return left

    return edit


def option(type_: str, *, name: str = "", **options: Any) -> Edit:
    """Changes options of resources."""
    return lambda resources: [
        replace(known, **options) if known.type == type_ and name in known.name else known for known in resources
    ]


def add(type_: str, name: str, properties: dict[str, Any], **options: Any) -> Edit:
    """Declares something else."""
    urn = f"urn:pulumi:prod::alphintra::alphintra:test:Test${type_}::{name}"
    made = Resource(type=type_, urn=urn, name=name, properties=properties, provider=f"{urn}::google::id", **options)
    return lambda resources: [*resources, made]


def both(*edits: Edit) -> Edit:
    """One edit after another."""

    def edit(resources: list[Resource]) -> Iterable[Resource]:
        for one in edits:
            resources = list(one(resources))
        return resources

    return edit


def nothing(resources: list[Resource]) -> Iterable[Resource]:
    """No edit."""
    return resources


UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
SPACE = {"name": "store", "namespace": "timescaledb"}
WHOLE = both(
    add(STATEFUL_SET, "store", WORKLOAD),
    add(SERVICE, "store", {"metadata": SPACE, "spec": {"clusterIP": "None"}}),
    add(BUDGET, "store", {"metadata": SPACE, "spec": {"selector": {"matchLabels": {"app": "store"}}}}),
    add(KUBERNETES_ACCOUNT, "store", {"metadata": {"name": "timescaledb", "namespace": "timescaledb"}}),
)


def one_provider(resources: list[Resource]) -> Iterable[Resource]:
    """What was added is on one cluster."""
    return [replace(known, provider="urn:p::x::p::cluster::1") if known.name == "store" else known for known in resources]


STORE = both(WHOLE, one_provider)
MOUNT = "spec.template.spec.volumes"

RELATIONS: dict[str, Relation] = {
    "vpc-has-firewall": Relation(edit=drop(NETWORK_ASSOCIATION)),
    "fw-default-deny": Relation(
        edit=drop("gcp:compute/networkFirewallPolicyRule:NetworkFirewallPolicyRule", name="deny-egress"),
        unknown=set_("gcp:compute/networkFirewallPolicyRule:NetworkFirewallPolicyRule", "direction", UNKNOWN, name="deny-egress"),
    ),
    "lb-no-plain-http": Relation(
        edit=set_(URL_MAP, "defaultUrlRedirect", {"httpsRedirect": False}, name="redirect"),
        unknown=set_(URL_MAP, "defaultUrlRedirect", UNKNOWN, name="redirect"),
    ),
    "iam-sa-per-workload": Relation(edit=add(ACCOUNT, "unused", {"accountId": "unused"})),
    "iam-wi-binding-exact": Relation(
        edit=set_(ACCOUNT_GRANT, "member", "serviceAccount:alphintra-prod.svc.id.goog[services/other]", name="workload-identity-auth"),
        unknown=set_(ACCOUNT_GRANT, "member", UNKNOWN, name="workload-identity-auth"),
    ),
    "iam-separation-of-duties": Relation(
        edit=both(*(add(KEY_GRANT, role, {"role": f"roles/cloudkms.{role}", "member": "group:a"}) for role in ("admin", "cryptoKeyEncrypterDecrypter"))),
        unknown=add(KEY_GRANT, "admin", {"role": "roles/cloudkms.admin", "member": UNKNOWN}),
    ),
    "kyc-documents-only-compliance": Relation(
        edit=set_(BUCKET_GRANT, "member", "serviceAccount:trading-service@p.iam.gserviceaccount.com", name="documents"),
        unknown=set_(BUCKET_GRANT, "member", UNKNOWN, name="documents"),
    ),
    "log-sink-writer-granted": Relation(edit=drop(BUCKET_GRANT, "gcp:bigquery/datasetIamMember:DatasetIamMember")),
    "sts-replicas-pdb": Relation(start=STORE, edit=drop(BUDGET), unknown=set_(STATEFUL_SET, "spec.replicas", UNKNOWN)),
    "sts-headless-service": Relation(
        start=STORE, edit=set_(SERVICE, "spec.clusterIP", "10.0.0.1", name="store"), unknown=set_(STATEFUL_SET, "spec.serviceName", UNKNOWN)
    ),
    "secret-refs-exist": Relation(
        start=STORE, edit=set_(STATEFUL_SET, MOUNT, [{"name": "c", "configMap": {"name": "none"}}], name="store"),
        unknown=set_(STATEFUL_SET, MOUNT, UNKNOWN, name="store"),
    ),
    "ns-quota-limits": Relation(edit=drop(LIMITS, name="us-central1-timescaledb")),
    "netpol-default-deny": Relation(
        edit=drop(NETWORK_POLICY, name="timescaledb-deny"), unknown=set_(NETWORK_POLICY, "spec.podSelector", UNKNOWN, name="timescaledb-deny")
    ),
    "resource-type-denied": Relation(edit=add("gcp:serviceaccount/key:Key", "key", {})),
    "stateful-protected": Relation(edit=option(BUCKET, protect=False)),
    "no-ignore-changes-on-security": Relation(edit=option(INSTANCE, ignore_changes=("settings.ipConfiguration",))),
    "no-default-provider": Relation(edit=option(BUCKET, provider="urn:pulumi:prod::alphintra::pulumi:providers:gcp::default_10_2_0::id")),
    "component-parented": Relation(edit=option(BUCKET, urn="urn:pulumi:prod::alphintra::gcp:storage/bucket:Bucket::alone", name="storage-uploads")),
    "dr-replica-other-region": Relation(
        edit=set_(INSTANCE, "settings.tier", "db-custom-2-8192", name="replica"), unknown=set_(INSTANCE, "region", UNKNOWN, name="replica")
    ),
    "dr-redis-secondary": Relation(edit=drop(REDIS_CLUSTER, name="secondary"), unknown=set_(REDIS_CLUSTER, "region", UNKNOWN, name="secondary")),
    "dr-sessions-secondary": Relation(edit=drop(VALKEY, name="secondary"), unknown=set_(VALKEY, "location", UNKNOWN, name="secondary")),
    "dr-cluster-backup-elsewhere": Relation(
        edit=set_(BACKUP_PLAN, "location", "us-central1", name="us-central1"), unknown=set_(BACKUP_PLAN, "location", UNKNOWN)
    ),
    "stateful-has-restore-test": Relation(edit=drop(RESTORE_PLAN)),
    "stateful-has-backup": Relation(edit=drop(BACKUP_PLAN)),
    "cmek-same-location": Relation(edit=set_(INSTANCE, "region", "us-west1"), unknown=set_(INSTANCE, "region", UNKNOWN)),
    "cmek-grant-exists": Relation(edit=drop(KEY_GRANT)),
    "cmek-key-not-orphan": Relation(edit=add(KEY, "orphan", {"name": "orphan"})),
    "rpo-vs-schedule": Relation(
        edit=set_(INSTANCE, "settings.backupConfiguration.pointInTimeRecoveryEnabled", False),
        unknown=set_(REDIS_CLUSTER, "persistenceConfig", UNKNOWN, name="primary"),
    ),
    "rto-vs-topology": Relation(edit=set_(REDIS_CLUSTER, "replicaCount", 0), unknown=set_(REDIS_CLUSTER, "replicaCount", UNKNOWN)),
    "stateful-has-alert": Relation(edit=drop(ALERT), unknown=set_(ALERT, "conditions", UNKNOWN)),
    "backup-bucket-isolated": Relation(
        edit=set_(BUCKET_GRANT, "role", "roles/storage.objectAdmin", name="storage-backups"), unknown=set_(BUCKET_GRANT, "role", UNKNOWN, name="storage-backups")
    ),
    "backup-bucket-elsewhere": Relation(
        edit=set_(BUCKET, "location", "US-CENTRAL1", name="backups"), unknown=set_(BUCKET, "location", UNKNOWN, name="backups")
    ),
    "retention-consistent": Relation(
        edit=set_(BUCKET, "lifecycleRules", [{"action": {"type": "Delete"}, "condition": {"age": 30}}], name="documents"),
        unknown=set_(BUCKET, "lifecycleRules", UNKNOWN, name="documents"),
    ),
    "audit-logs-kept": Relation(
        edit=set_(DATASET, "defaultTableExpirationMs", 86_400_000, name="audit"), unknown=set_(DATASET, "defaultTableExpirationMs", UNKNOWN, name="audit")
    ),
    "cidr-no-overlap": Relation(
        edit=set_(SUBNET, "ipCidrRange", "10.4.0.0/20", name="us-east1"), unknown=set_(SUBNET, "ipCidrRange", UNKNOWN, name="us-east1")
    ),
    "cidr-room-for-pods": Relation(
        edit=set_(NODE_POOL, "autoscaling.maxNodeCount", 5000), unknown=set_(NODE_POOL, "autoscaling", UNKNOWN)
    ),
    "policy-waivers-valid": Relation(edit=nothing),
    "outputs-no-secrets": Relation(edit=set_(STACK, "databasePassword", "hunter2"), unknown=set_(STACK, "databasePassword", UNKNOWN)),
}  # fmt: skip
