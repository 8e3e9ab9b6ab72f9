"""What every policy must accept, refuse and leave undecided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from localcloud.values import Props
from policies.rule import EVERYWHERE, NOT_DEV, Rule
from policies.rules import RULES
from policies.tokens import (
    ALERT,
    AUDIT,
    BUCKET,
    CLUSTER,
    DATASET,
    FIREWALL_RULE,
    GRANTS,
    HTTPS_PROXY,
    INSTANCE,
    KEY,
    NODE_POOL,
    REDIS,
    REDIS_CLUSTER,
    SECRET,
    SUBNET,
    TLS_POLICY,
    TOPIC,
    VALKEY,
)  # fmt: skip

from .proxies import ARRAY, BOOLEAN, OBJECT, STRING, nested, proxied

BY_ID = {rule.id: rule for rule in RULES if isinstance(rule, Rule)}


@dataclass(frozen=True, kw_only=True)
class Case:
    """What a rule says, and where it applies."""

    path: str
    """The property that it looks at, and that its message begins with."""
    good: Sequence[Props]
    bad: Sequence[Props]
    missing_is_bad: bool
    unknown: str
    """What the engine sends where the property is not known yet."""
    undecided: Sequence[Props] = ()
    """Other inputs that leave the rule undecided."""
    decided: Sequence[Props] = ()
    """Inputs that it accepts although something in them is not known: it needs only what is there."""
    types: tuple[str, ...]
    levels: str = NOT_DEV
    is_guard: bool = False


def instance(path: str, *, good: Sequence[Any], bad: Sequence[Any], unknown: str, primaries: bool = False, **rest: Any) -> Case:
    """A case of a property of database instances, which a rule for primaries looks for at no replica."""
    replica: Props = {"masterInstanceName": "alphintra-main-db"}
    return Case(
        path=path,
        good=[nested(path, value) for value in good] + ([nested(path, bad[0], **replica), replica] if primaries else []),
        bad=[nested(path, value) for value in bad] + ([] if primaries else [nested(path, bad[0], **replica)]),
        missing_is_bad=True,
        unknown=unknown,
        undecided=[nested(path, value, masterInstanceName=STRING) for value in (good[0], bad[0])] if primaries else [],
        decided=[nested(path, unknown, **replica)] if primaries else [],
        types=(INSTANCE,),
        **rest,
    )


def bucket(
    path: str,
    *,
    good: Sequence[Any],
    bad: Sequence[Any],
    unknown: str,
    missing_is_bad: bool = True,
    types: tuple[str, ...] = (BUCKET,),
    **rest: Any,
) -> Case:
    """A case of a property of buckets, or of another type where one is given."""
    return Case(
        path=path,
        good=[nested(path, value) for value in good],
        bad=[nested(path, value) for value in bad],
        missing_is_bad=missing_is_bad,
        unknown=unknown,
        types=types,
        **rest,
    )


def store(path: str, *, good: Sequence[Any], bad: Sequence[Any], unknown: str, more: tuple[str, ...] = (), **rest: Any) -> Case:
    """A case of a property of the stores that live in memory."""
    return Case(
        path=path,
        good=[nested(path, value) for value in good],
        bad=[nested(path, value) for value in bad],
        missing_is_bad=True,
        unknown=unknown,
        types=(REDIS_CLUSTER, VALKEY, *more),
        **rest,
    )


def gke(kind: str, path: str, *, good: Any, bad: Sequence[Any], unknown: str, **rest: Any) -> Case:
    """A case of a property of clusters or node pools."""
    wrong = [nested(path, value) for value in bad]
    return Case(path=path, good=[nested(path, good)], bad=wrong, missing_is_bad=True, unknown=unknown, types=(kind,), **rest)


def kept_in(*replicas: tuple[Any, Any]) -> Props:
    """A secret with replicas: regions, and what stands for the key of each."""
    listed = [{"location": region, **({} if key is ... else {"customerManagedEncryption": key})} for region, key in replicas]
    return nested("replication.userManaged.replicas", listed)


def ingress(*ranges: str, action: str = "allow", direction: str = "INGRESS") -> Props:
    """A firewall rule for traffic from the ranges."""
    return nested("match.srcIpRanges", list(ranges), action=action, direction=direction)


def logged(*kinds: str, **extra: Any) -> Props:
    """An audit configuration of so many kinds of access."""
    return {"auditLogConfigs": [{"logType": kind, **extra} for kind in kinds]}


OURS = {"kmsKeyName": "projects/p/locations/us-central1/keyRings/r/cryptoKeys/secrets"}
SOMEBODY = "serviceAccount:auth-service@alphintra-prod.iam.gserviceaccount.com"

CASES = {
    "sql-no-public-ip": instance(
        "settings.ipConfiguration.ipv4Enabled", good=[False], bad=[True, "false"], unknown=BOOLEAN, levels=EVERYWHERE
    ),
    "sql-require-tls": instance(
        "settings.ipConfiguration.sslMode", good=["ENCRYPTED_ONLY", "TRUSTED_CLIENT_CERTIFICATE_REQUIRED"],
        bad=["ALLOW_UNENCRYPTED_AND_ENCRYPTED", "SSL_MODE_UNSPECIFIED", ""], unknown=STRING, levels=EVERYWHERE,
    ),
    "sql-backups-enabled": instance(
        "settings.backupConfiguration.enabled", good=[True], bad=[False], unknown=BOOLEAN, primaries=True, levels=EVERYWHERE
    ),
    "sql-pitr-enabled": instance(
        "settings.backupConfiguration.pointInTimeRecoveryEnabled", good=[True], bad=[False], unknown=BOOLEAN, primaries=True,
        levels=EVERYWHERE,
    ),
    "sql-ha-regional": instance("settings.availabilityType", good=["REGIONAL"], bad=["ZONAL", ""], unknown=STRING, primaries=True),
    "sql-cmek": instance(
        "encryptionKeyName", good=["projects/p/locations/us-central1/keyRings/r/cryptoKeys/database"], bad=[""], unknown=STRING
    ),
    "sql-deletion-protection": instance(
        "settings.deletionProtectionEnabled", good=[True], bad=[False], unknown=BOOLEAN, is_guard=True
    ),
    "kms-rotation": Case(
        path="rotationPeriod", types=(KEY,), missing_is_bad=True, unknown=STRING,
        good=[{"rotationPeriod": "7776000s"}, {"rotationPeriod": "86400s"}, {"rotationPeriod": "86400.5s"}],
        bad=[{"rotationPeriod": "7776001s"}, {"rotationPeriod": "7776000.1s"}, {"rotationPeriod": ""}, {"rotationPeriod": "-1s"}, {"rotationPeriod": "often"}],
    ),
    "secret-replicated-under-own-keys": Case(
        path="replication.userManaged.replicas", types=(SECRET,), missing_is_bad=True, unknown=ARRAY,
        good=[kept_in(("us-central1", OURS), ("us-east1", OURS))],
        bad=[
            kept_in(("us-central1", ...), ("us-east1", OURS)),
            kept_in(("us-central1", OURS), ("us-east1", {})),
            kept_in(("us-central1", OURS), ("us-east1", None)),
            kept_in(("us-central1", OURS)),
            kept_in(("us-central1", OURS), ("us-central1", OURS)),
            kept_in(),
            {"replication": {"auto": {"customerManagedEncryption": OURS}}},
        ],
        undecided=[
            nested("replication.userManaged.replicas", [OBJECT, OBJECT]),
            kept_in((STRING, OURS), ("us-east1", OURS)),
            kept_in(("us-central1", OURS), ("us-east1", OBJECT)),
        ],
        decided=[kept_in(("us-central1", {"kmsKeyName": STRING}), ("us-east1", {"kmsKeyName": STRING}))],
    ),
    "iam-no-primitive-roles": Case(
        path="role", types=GRANTS, missing_is_bad=False, unknown=STRING, levels=EVERYWHERE,
        good=[{"role": "roles/cloudsql.client"}, {"role": "roles/cloudsql.editor"}],
        bad=[{"role": role, "member": STRING} for role in ("roles/owner", "roles/editor", "roles/viewer")],
        decided=[{"role": "roles/cloudsql.client", "member": STRING}],
    ),
    "iam-no-public-members": Case(
        path="member", types=GRANTS, missing_is_bad=False, unknown=STRING, levels=EVERYWHERE,
        good=[{"member": SOMEBODY}],
        bad=[{"member": member, "role": STRING} for member in ("allUsers", "allAuthenticatedUsers")],
        decided=[{"member": SOMEBODY, "role": STRING}],
    ),
    "iam-no-single-persons": Case(
        path="member", types=GRANTS, missing_is_bad=False, unknown=STRING, levels=EVERYWHERE,
        good=[{"member": SOMEBODY}, {"member": "group:data-readers@alphintra.com"}],
        bad=[{"member": "user:anna@alphintra.com", "role": STRING}],
        decided=[{"member": SOMEBODY, "role": STRING}],
    ),
    "audit-everything": Case(
        path="auditLogConfigs", types=(AUDIT,), missing_is_bad=True, unknown=ARRAY,
        good=[logged("ADMIN_READ", "DATA_READ", "DATA_WRITE")],
        bad=[
            logged(), logged("ADMIN_READ", "DATA_READ"), logged("ADMIN_READ", "DATA_READ", "DATA_WRITES"),
            logged("ADMIN_READ", "DATA_READ", "DATA_WRITE", exemptedMembers=[SOMEBODY]),
        ],
        undecided=[
            logged("ADMIN_READ", "DATA_READ", STRING), {"auditLogConfigs": [OBJECT]},
            logged("ADMIN_READ", "DATA_READ", "DATA_WRITE", exemptedMembers=ARRAY),
        ],
    ),
    "net-flow-logs": Case(
        path="logConfig", types=(SUBNET,), missing_is_bad=True, unknown=OBJECT, levels=EVERYWHERE,
        good=[nested("logConfig.aggregationInterval", "INTERVAL_5_SEC")],
        bad=[{"logConfig": None}, {"logConfig": {}}],
        decided=[nested("logConfig.aggregationInterval", STRING)],
    ),
    "alert-has-channel": Case(
        path="notificationChannels", types=(ALERT,), missing_is_bad=True, unknown=ARRAY, levels=EVERYWHERE,
        good=[{"notificationChannels": ["projects/p/notificationChannels/1"]}], bad=[{"notificationChannels": []}],
        decided=[{"notificationChannels": [STRING]}],
    ),
    "alert-documented": Case(
        path="documentation.links", types=(ALERT,), missing_is_bad=True, unknown=ARRAY, levels=EVERYWHERE,
        good=[nested("documentation.links", [{"url": "https://example.com"}])], bad=[nested("documentation.links", [])],
        undecided=[{"documentation": OBJECT}],
    ),
    "gcs-uniform-access": bucket("uniformBucketLevelAccess", good=[True], bad=[False], unknown=BOOLEAN, levels=EVERYWHERE),
    "gcs-public-access-prevention": bucket(
        "publicAccessPrevention", good=["enforced"], bad=["inherited", ""], unknown=STRING, levels=EVERYWHERE
    ),
    "gcs-cmek": bucket(
        "encryption.defaultKmsKeyName", good=["projects/p/locations/us-central1/keyRings/r/cryptoKeys/objects"], bad=[""],
        unknown=STRING,
    ),
    "bigquery-cmek": bucket(
        "defaultEncryptionConfiguration.kmsKeyName", good=["projects/p/locations/us-east1/keyRings/r/cryptoKeys/analytics"],
        bad=[""], unknown=STRING, types=(DATASET,),
    ),
    "gcs-has-lifecycle": bucket(
        "lifecycleRules", good=[[{"action": {"type": "Delete"}, "condition": {"age": 9}}]], bad=[[]], unknown=ARRAY,
        levels=EVERYWHERE,
    ),
    "gcs-no-force-destroy": bucket(
        "forceDestroy", good=[False], bad=[True], unknown=BOOLEAN, missing_is_bad=False
    ),
    "redis-require-tls": store(
        "transitEncryptionMode", good=["TRANSIT_ENCRYPTION_MODE_SERVER_AUTHENTICATION", "SERVER_AUTHENTICATION"],
        bad=["TRANSIT_ENCRYPTION_MODE_DISABLED", "DISABLED", ""], unknown=STRING, more=(REDIS,), levels=EVERYWHERE,
    ),
    "redis-iam-authentication": store(
        "authorizationMode", good=["AUTH_MODE_IAM_AUTH", "IAM_AUTH"], bad=["AUTH_MODE_DISABLED", "AUTH_DISABLED", ""],
        unknown=STRING, levels=EVERYWHERE,
    ),
    "redis-cmek": store(
        "kmsKey", good=["projects/p/locations/us-central1/keyRings/r/cryptoKeys/cache"], bad=[""], unknown=STRING
    ),
    "redis-deletion-protection": store(
        "deletionProtectionEnabled", good=[True], bad=[False], unknown=BOOLEAN, is_guard=True
    ),
    "gke-private-nodes": gke(
        CLUSTER, "privateClusterConfig.enablePrivateNodes", good=True, bad=[False], unknown=BOOLEAN, levels=EVERYWHERE
    ),
    "gke-workload-identity": gke(
        CLUSTER, "workloadIdentityConfig.workloadPool", good="p.svc.id.goog", bad=[""], unknown=STRING, levels=EVERYWHERE
    ),
    "gke-no-client-cert": gke(
        CLUSTER, "masterAuth.clientCertificateConfig.issueClientCertificate", good=False, bad=[True], unknown=BOOLEAN,
        levels=EVERYWHERE,
    ),
    "gke-secrets-cmek": gke(CLUSTER, "databaseEncryption.keyName", good="projects/p/key", bad=[""], unknown=STRING),
    "gke-deletion-protection": gke(CLUSTER, "deletionProtection", good=True, bad=[False], unknown=BOOLEAN, is_guard=True),
    "gke-metadata-server": gke(
        NODE_POOL, "nodeConfig.workloadMetadataConfig.mode", good="GKE_METADATA", bad=["GCE_METADATA", ""], unknown=STRING,
        levels=EVERYWHERE,
    ),
    "gke-secure-boot": gke(
        NODE_POOL, "nodeConfig.shieldedInstanceConfig.enableSecureBoot", good=True, bad=[False], unknown=BOOLEAN,
        levels=EVERYWHERE,
    ),
    "gke-node-disk-cmek": gke(NODE_POOL, "nodeConfig.bootDiskKmsKey", good="projects/p/key", bad=[""], unknown=STRING),
    "pubsub-cmek": Case(
        path="kmsKeyName", types=(TOPIC,), missing_is_bad=True, unknown=STRING, good=[{"kmsKeyName": "k"}], bad=[{"kmsKeyName": ""}],
    ),
    "lb-tls-policy": Case(
        path="sslPolicy", types=(HTTPS_PROXY,), missing_is_bad=True, unknown=STRING, levels=EVERYWHERE,
        good=[{"sslPolicy": "p"}], bad=[{"sslPolicy": ""}],
    ),
    "lb-tls-version": Case(
        path="minTlsVersion", types=(TLS_POLICY,), missing_is_bad=True, unknown=STRING, levels=EVERYWHERE,
        good=[{"minTlsVersion": "TLS_1_2"}, {"minTlsVersion": "TLS_1_3"}], bad=[{"minTlsVersion": "TLS_1_1"}],
    ),
    "lb-tls-ciphers": Case(
        path="profile", types=(TLS_POLICY,), missing_is_bad=True, unknown=STRING, levels=EVERYWHERE,
        good=[{"profile": "MODERN"}, {"profile": "RESTRICTED"}], bad=[{"profile": "COMPATIBLE"}, {"profile": "CUSTOM"}],
    ),
    "net-no-open-ingress": Case(
        path="match.srcIpRanges", types=(FIREWALL_RULE,), missing_is_bad=True, unknown=ARRAY, levels=EVERYWHERE,
        good=[
            ingress("10.0.0.0/19", "10.4.0.0/14"),
            ingress("0.0.0.0/0", action="deny"),
            ingress("0.0.0.0/0", direction="EGRESS"),
            {"match": {"srcIpRanges": ["0.0.0.0/0"]}, "action": "allow"},
            {"match": {"srcIpRanges": ["0.0.0.0/0"]}, "direction": "INGRESS"},
        ],
        bad=[ingress("0.0.0.0/0"), ingress("::/0"), ingress("10.0.0.0/19", "0.0.0.0/0"), ingress("0.0.0.0/1", "128.0.0.0/1"), ingress()],
        undecided=[
            ingress("10.0.0.0/19", STRING),
            ingress("0.0.0.0/0", action=STRING),
            ingress("0.0.0.0/0", direction=STRING),
        ],
        decided=[ingress(STRING, action="deny"), ingress(STRING, direction="EGRESS", action=STRING)],
    ),
}  # fmt: skip

every_rule = pytest.mark.parametrize("rule", CASES)


def says(rule: str, properties: Mapping[str, Any]) -> str | None:
    """What a rule says of the properties, behind the engine's proxies."""
    return BY_ID[rule].check(proxied(properties))
