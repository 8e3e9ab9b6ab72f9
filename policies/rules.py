"""The policies on what the platform declares so far."""

from __future__ import annotations

import re
from collections.abc import Mapping
from ipaddress import ip_network
from typing import Any

from .rule import EVERYWHERE, Check, Rule, at

INSTANCE = "gcp:sql/databaseInstance:DatabaseInstance"
KEY = "gcp:kms/cryptoKey:CryptoKey"
SECRET = "gcp:secretmanager/secret:Secret"  # noqa: S105 - a type, not a secret
SUBNET = "gcp:compute/subnetwork:Subnetwork"
FIREWALL_RULE = "gcp:compute/networkFirewallPolicyRule:NetworkFirewallPolicyRule"
BUCKET = "gcp:storage/bucket:Bucket"
AUDIT = "gcp:projects/iAMAuditConfig:IAMAuditConfig"
ALERT = "gcp:monitoring/alertPolicy:AlertPolicy"
DATASET = "gcp:bigquery/dataset:Dataset"
REDIS_CLUSTER = "gcp:redis/cluster:Cluster"
REDIS = "gcp:redis/instance:Instance"
VALKEY = "gcp:memorystore/instance:Instance"
CLUSTER = "gcp:container/cluster:Cluster"
NODE_POOL = "gcp:container/nodePool:NodePool"
TOPIC = "gcp:pubsub/topic:Topic"
TLS_POLICY = "gcp:compute/sSLPolicy:SSLPolicy"
HTTPS_PROXY = "gcp:compute/targetHttpsProxy:TargetHttpsProxy"
GRANTS = (
    "gcp:artifactregistry/repositoryIamMember:RepositoryIamMember",
    "gcp:bigquery/connectionIamMember:ConnectionIamMember",
    "gcp:bigquery/datasetIamMember:DatasetIamMember",
    "gcp:bigtable/instanceIamMember:InstanceIamMember",
    "gcp:kms/cryptoKeyIAMMember:CryptoKeyIAMMember",
    "gcp:logging/logViewIamMember:LogViewIamMember",
    "gcp:projects/iAMMember:IAMMember",
    "gcp:pubsub/subscriptionIAMMember:SubscriptionIAMMember",
    "gcp:pubsub/topicIAMMember:TopicIAMMember",
    "gcp:secretmanager/secretIamMember:SecretIamMember",
    "gcp:serviceaccount/iAMMember:IAMMember",
    "gcp:storage/bucketIAMMember:BucketIAMMember",
)
PRIMITIVE_ROLES = ("roles/owner", "roles/editor", "roles/viewer")
ROTATION_SECONDS = 90 * 86400
WIDEST_PREFIX = 8
"""10.0.0.0/8 is the largest range that is private."""


def must_be(path: str, *allowed: Any) -> Check:
    """The property has one of the values."""

    def check(properties: Mapping[str, Any]) -> str | None:
        found = at(properties, path)
        return None if found in allowed else f"{path} is {found!r}; it must be {' or '.join(map(repr, allowed))}"

    return check


def must_not_be(path: str, *refused: Any) -> Check:
    """The property has none of the values."""

    def check(properties: Mapping[str, Any]) -> str | None:
        found = at(properties, path)
        return f"{path} is {found!r}; it must not be" if found in refused else None

    return check


def must_be_set(path: str) -> Check:
    """The property has a value."""
    return lambda properties: None if at(properties, path) else f"{path} is not set"


def for_primaries(check: Check) -> Check:
    """Only instances that follow no other: a replica has no backups and no standby of its own."""
    return lambda properties: None if at(properties, "masterInstanceName") else check(properties)


def key_rotates(properties: Mapping[str, Any]) -> str | None:
    """A key rotates at least every 90 days."""
    period = at(properties, "rotationPeriod")
    length = re.fullmatch(r"(\d+(?:\.\d+)?)s", str(period))
    if length and float(length[1]) <= ROTATION_SECONDS:
        return None
    return f"rotationPeriod is {period!r}; it must be {ROTATION_SECONDS}s or less"


def secret_is_replicated(properties: Mapping[str, Any]) -> str | None:
    """A secret is kept in more than one region, each with a key of its own."""
    replicas: list[Any] = at(properties, "replication.userManaged.replicas") or []
    bare = [str(at(replica, "location")) for replica in replicas if not at(replica, "customerManagedEncryption")]
    if len({at(replica, "location") for replica in replicas}) < 2:
        return "replication.userManaged.replicas has fewer than two regions"
    return f"replication.userManaged.replicas has no customerManagedEncryption in {', '.join(bare)}" if bare else None


def no_primitive_role(properties: Mapping[str, Any]) -> str | None:
    """A grant is never of a role that covers everything."""
    role = at(properties, "role")
    return f"role is {role!r}, which covers everything in the project" if role in PRIMITIVE_ROLES else None


def no_public_member(properties: Mapping[str, Any]) -> str | None:
    """A grant is never to everybody."""
    member = at(properties, "member")
    return f"member is {member!r}: everybody" if member in ("allUsers", "allAuthenticatedUsers") else None


def no_single_person(properties: Mapping[str, Any]) -> str | None:
    """A grant is to a workload or a group."""
    member = str(at(properties, "member"))
    return f"member is {member!r}: one person" if member.startswith("user:") else None


def audit_is_whole(properties: Mapping[str, Any]) -> str | None:
    """Every access is logged, whoever it is by."""
    configs: list[Any] = at(properties, "auditLogConfigs") or []
    missing = sorted({"ADMIN_READ", "DATA_READ", "DATA_WRITE"} - {str(at(config, "logType")) for config in configs})
    exempted = [str(at(config, "logType")) for config in configs if at(config, "exemptedMembers")]
    if missing:
        return f"auditLogConfigs lacks {', '.join(missing)}"
    return f"auditLogConfigs exempts somebody from {', '.join(exempted)}" if exempted else None


def no_open_ingress(properties: Mapping[str, Any]) -> str | None:
    """No rule lets the internet in."""
    if at(properties, "direction") != "INGRESS" or at(properties, "action") != "allow":
        return None
    ranges = [str(part) for part in at(properties, "match.srcIpRanges") or ["0.0.0.0/0"]]
    # Shorter than any range that somebody was given: half of the internet is the internet too.
    wide = [part for part in ranges if ip_network(part, strict=False).prefixlen < WIDEST_PREFIX]
    return f"match.srcIpRanges has {', '.join(wide)}: the whole internet, or a large part of it" if wide else None


RULES: tuple[Rule, ...] = (
    Rule(
        id="sql-no-public-ip", types=(INSTANCE,), check=must_be("settings.ipConfiguration.ipv4Enabled", False),
        title="Databases have no public address", why="A public address puts the database one password away from the internet.",
        fix="Set settings.ipConfiguration.ipv4Enabled to false and use a private network.", severity="high",
        environments=EVERYWHERE, frameworks=("CKV_GCP_60", "GCP-0017", "CIS 6.6"),
    ),
    Rule(
        id="sql-require-tls", types=(INSTANCE,),
        check=must_be("settings.ipConfiguration.sslMode", "ENCRYPTED_ONLY", "TRUSTED_CLIENT_CERTIFICATE_REQUIRED"),
        title="Databases take TLS connections only", why="Without it passwords and personal data cross the network in the clear.",
        fix="Set settings.ipConfiguration.sslMode to ENCRYPTED_ONLY.", severity="high",
        environments=EVERYWHERE, frameworks=("CKV_GCP_6", "GCP-0015", "CIS 6.4"),
    ),
    Rule(
        id="sql-backups-enabled", types=(INSTANCE,),
        check=for_primaries(must_be("settings.backupConfiguration.enabled", True)),
        title="Databases are backed up every day", why="Without backups a mistake or a break-in cannot be undone.",
        fix="Set settings.backupConfiguration.enabled to true.", severity="high",
        environments=EVERYWHERE, frameworks=("CKV_GCP_14", "GCP-0024", "CIS 6.7"),
    ),
    Rule(
        id="sql-pitr-enabled", types=(INSTANCE,),
        check=for_primaries(must_be("settings.backupConfiguration.pointInTimeRecoveryEnabled", True)),
        title="Databases can be recovered to any moment", why="15 minutes of loss are allowed; a daily backup loses a day.",
        fix="Set settings.backupConfiguration.pointInTimeRecoveryEnabled to true.", severity="high", environments=EVERYWHERE,
    ),
    Rule(
        id="sql-ha-regional", types=(INSTANCE,), check=for_primaries(must_be("settings.availabilityType", "REGIONAL")),
        title="Databases have a standby in another zone", why="A zone that fails must not stop trading.",
        fix="Set settings.availabilityType to REGIONAL.", severity="high",
    ),
    Rule(
        id="sql-cmek", types=(INSTANCE,), check=must_be_set("encryptionKeyName"),
        title="Databases are encrypted under our own keys", why="A key of our own can be taken away from a stolen copy.",
        fix="Give encryptionKeyName a key of the instance's own region.", severity="high",
    ),
    Rule(
        id="sql-deletion-protection", types=(INSTANCE,), check=must_be("settings.deletionProtectionEnabled", True),
        title="Google refuses to delete databases", why="The console and gcloud do not know Pulumi's own protection.",
        fix="Set settings.deletionProtectionEnabled to true; to take the environment down, set protection.tear_down.",
        severity="high", is_guard=True, frameworks=("CIS v5 6.9",),
    ),
    Rule(
        id="kms-rotation", types=(KEY,), check=key_rotates,
        title="Keys rotate within 90 days", why="What one key version encrypts stays little.",
        fix="Set rotationPeriod to 7776000s or less.", severity="medium", frameworks=("CKV_GCP_43", "GCP-0065", "CIS 1.10"),
    ),
    Rule(
        id="secret-replicated-under-own-keys", types=(SECRET,), check=secret_is_replicated,
        title="Secrets are kept in two regions, under our own keys", why="The region that takes over needs the passwords too.",
        fix="List both regions under replication.userManaged.replicas, each with customerManagedEncryption.", severity="high",
    ),
    Rule(
        id="iam-no-primitive-roles", types=GRANTS, check=no_primitive_role,
        title="Nobody is granted owner, editor or viewer", why="Such a role reaches every store, whoever needed one of them.",
        fix="Grant the narrowest role on the resource itself.", severity="critical",
        environments=EVERYWHERE, frameworks=("CKV_GCP_117", "GCP-0007", "CIS 1.5"),
    ),
    Rule(
        id="iam-no-public-members", types=GRANTS, check=no_public_member,
        title="Nothing is granted to everybody", why="allUsers is the internet.", fix="Name who needs it.",
        severity="critical", environments=EVERYWHERE, frameworks=("CKV_GCP_47",),
    ),
    Rule(
        id="iam-no-single-persons", types=GRANTS, check=no_single_person,
        title="Rights go to groups, not to persons", why="A person who changes teams keeps what nobody remembers to take back.",
        fix="Grant it to a group of identities.groups.", severity="medium",
        environments=EVERYWHERE, frameworks=("GCP-0003",),
    ),
    Rule(
        id="audit-everything", types=(AUDIT,), check=audit_is_whole,
        title="Every access to personal data is logged", why="Without it nobody can say whose documents a thief has read.",
        fix="List ADMIN_READ, DATA_READ and DATA_WRITE under auditLogConfigs, without exemptedMembers.", severity="high",
        frameworks=("CKV2_GCP_5", "GCP-0079", "CIS 2.1"),
    ),
    Rule(
        id="net-flow-logs", types=(SUBNET,), check=must_be_set("logConfig"),
        title="Subnetworks log their flows", why="An investigation needs to know who talked to whom.",
        fix="Give logConfig an interval and a sampling rate.", severity="medium",
        environments=EVERYWHERE, frameworks=("CKV_GCP_26", "GCP-0029", "CIS 3.8"),
    ),
    Rule(
        id="net-no-open-ingress", types=(FIREWALL_RULE,), check=no_open_ingress,
        title="No firewall rule lets the internet in", why="Data stores have no business with it.",
        fix="Name the ranges that need in under match.srcIpRanges.", severity="critical",
        environments=EVERYWHERE, frameworks=("CKV_GCP_2", "GCP-0027", "CIS 3.6"),
    ),
    Rule(
        id="gcs-uniform-access", types=(BUCKET,), check=must_be("uniformBucketLevelAccess", True),
        title="Buckets have uniform access", why="With access lists on objects nobody can say who reads what.",
        fix="Set uniformBucketLevelAccess to true.", severity="medium",
        environments=EVERYWHERE, frameworks=("CKV_GCP_29", "GCP-0002", "CIS 5.2"),
    ),
    Rule(
        id="gcs-public-access-prevention", types=(BUCKET,), check=must_be("publicAccessPrevention", "enforced"),
        title="Buckets can never become public", why="One grant to allUsers would publish every identity document.",
        fix="Set publicAccessPrevention to enforced.", severity="high",
        environments=EVERYWHERE, frameworks=("CKV_GCP_114", "CIS 5.1"),
    ),
    Rule(
        id="gcs-cmek", types=(BUCKET,), check=must_be_set("encryption.defaultKmsKeyName"),
        title="Buckets are encrypted under our own keys", why="A key of our own can be taken away from a stolen copy.",
        fix="Give encryption.defaultKmsKeyName a key of the bucket's own location.", severity="high", frameworks=("GCP-0066",),
    ),
    Rule(
        id="gcs-has-lifecycle", types=(BUCKET,), check=must_be_set("lifecycleRules"),
        title="Buckets have a lifecycle", why="Unfinished uploads and old versions are paid for until something removes them.",
        fix="List at least one rule under lifecycleRules.", severity="medium", environments=EVERYWHERE,
    ),
    Rule(
        id="gcs-no-force-destroy", types=(BUCKET,), check=must_not_be("forceDestroy", True),
        title="A bucket with objects is not deleted", why="forceDestroy deletes every object first, without asking.",
        fix="Set forceDestroy to false, and empty the bucket by hand where it is meant to go.", severity="high",
    ),
    Rule(
        id="bigquery-cmek", types=(DATASET,), check=must_be_set("defaultEncryptionConfiguration.kmsKeyName"),
        title="Datasets are encrypted under our own keys", why="A key of our own can be taken away from a stolen copy.",
        fix="Give defaultEncryptionConfiguration.kmsKeyName a key of the dataset's own location.", severity="high",
        frameworks=("CKV_GCP_81", "CIS 7.3"),
    ),
    Rule(
        id="redis-require-tls", types=(REDIS_CLUSTER, VALKEY, REDIS),
        check=must_be("transitEncryptionMode", "TRANSIT_ENCRYPTION_MODE_SERVER_AUTHENTICATION", "SERVER_AUTHENTICATION"),
        title="Caches take TLS connections only", why="Session tokens cross the network with every request.",
        fix="Set transitEncryptionMode to server authentication, in the product's own spelling.", severity="high",
        environments=EVERYWHERE, frameworks=("CKV_GCP_97",),
    ),
    Rule(
        id="redis-iam-authentication", types=(REDIS_CLUSTER, VALKEY),
        check=must_be("authorizationMode", "AUTH_MODE_IAM_AUTH", "IAM_AUTH"),
        title="Caches let in whom IAM lets in", why="Without it whoever reaches the address reads every session.",
        fix="Set authorizationMode to AUTH_MODE_IAM_AUTH (Redis Cluster) or IAM_AUTH (Valkey).", severity="high",
        environments=EVERYWHERE,
    ),
    Rule(
        id="redis-cmek", types=(REDIS_CLUSTER, VALKEY), check=must_be_set("kmsKey"),
        title="Caches are encrypted under our own keys", why="What is persisted and backed up is on a disk like any other.",
        fix="Give kmsKey a key of the store's own region.", severity="high",
    ),
    Rule(
        id="redis-deletion-protection", types=(REDIS_CLUSTER, VALKEY), check=must_be("deletionProtectionEnabled", True),
        title="Google refuses to delete caches", why="The console and gcloud do not know Pulumi's own protection.",
        fix="Set deletionProtectionEnabled to true; to take the environment down, set protection.tear_down.",
        severity="high", is_guard=True,
    ),
    Rule(
        id="gke-private-nodes", types=(CLUSTER,), check=must_be("privateClusterConfig.enablePrivateNodes", True),
        title="Nodes have private addresses only", why="A node with a public address is attacked within minutes.",
        fix="Set privateClusterConfig.enablePrivateNodes to true.", severity="high",
        environments=EVERYWHERE, frameworks=("CKV_GCP_25", "CKV_GCP_64", "GCP-0059", "GKE 5.6.5"),
    ),
    Rule(
        id="gke-workload-identity", types=(CLUSTER,), check=must_be_set("workloadIdentityConfig.workloadPool"),
        title="Pods have identities of their own", why="Without it every pod can act as the node that it runs on.",
        fix="Set workloadIdentityConfig.workloadPool to the project's pool, PROJECT.svc.id.goog.", severity="high",
        environments=EVERYWHERE, frameworks=("GKE 5.2.2",),
    ),
    Rule(
        id="gke-no-client-cert", types=(CLUSTER,),
        check=must_be("masterAuth.clientCertificateConfig.issueClientCertificate", False),
        title="Clusters issue no client certificates", why="A certificate cannot be taken back before it expires.",
        fix="Set masterAuth.clientCertificateConfig.issueClientCertificate to false.", severity="high",
        environments=EVERYWHERE, frameworks=("CKV_GCP_13", "GCP-0064", "GKE 5.8.2"),
    ),
    Rule(
        id="gke-secrets-cmek", types=(CLUSTER,), check=must_be_set("databaseEncryption.keyName"),
        title="Kubernetes secrets are encrypted under our own keys", why="A key of our own can be taken away from a stolen copy.",
        fix="Give databaseEncryption.keyName a key of the cluster's own region.", severity="high", frameworks=("GKE 5.3.1",),
    ),
    Rule(
        id="gke-deletion-protection", types=(CLUSTER,), check=must_be("deletionProtection", True),
        title="A cluster is not deleted by mistake", why="With the cluster go all its nodes, and what only they hold.",
        fix="Set deletionProtection to true; protection.tear_down takes it off where that is meant.", severity="high",
        is_guard=True,
    ),
    Rule(
        id="gke-metadata-server", types=(NODE_POOL,), check=must_be("nodeConfig.workloadMetadataConfig.mode", "GKE_METADATA"),
        title="Pods cannot ask for the node's credentials", why="Any pod could act as the node, and read what the node may read.",
        fix="Set nodeConfig.workloadMetadataConfig.mode to GKE_METADATA.", severity="high",
        environments=EVERYWHERE, frameworks=("CKV_GCP_69", "GCP-0057", "GKE 5.4.2"),
    ),
    Rule(
        id="gke-secure-boot", types=(NODE_POOL,), check=must_be("nodeConfig.shieldedInstanceConfig.enableSecureBoot", True),
        title="Nodes boot signed software only", why="A changed kernel would see the memory of every pod.",
        fix="Set nodeConfig.shieldedInstanceConfig.enableSecureBoot to true.", severity="high",
        environments=EVERYWHERE, frameworks=("CKV_GCP_68", "GKE 5.5.7"),
    ),
    Rule(
        id="gke-node-disk-cmek", types=(NODE_POOL,), check=must_be_set("nodeConfig.bootDiskKmsKey"),
        title="Disks of nodes are encrypted under our own keys", why="Logs and caches of databases are on them.",
        fix="Give nodeConfig.bootDiskKmsKey a key of the pool's own region.", severity="medium",
        frameworks=("GCP-0034", "GKE 5.9.1"),
    ),
    Rule(
        id="pubsub-cmek", types=(TOPIC,), check=must_be_set("kmsKeyName"),
        title="Messages are encrypted under our own keys", why="A key of our own can be taken away from a stolen copy.",
        fix="Give kmsKeyName a key that the Pub/Sub agent may use.", severity="medium", frameworks=("CKV_GCP_83",),
    ),
    Rule(
        id="lb-tls-policy", types=(HTTPS_PROXY,), check=must_be_set("sslPolicy"),
        title="Load balancers have a TLS policy", why="Without one Google's default takes TLS 1.0.",
        fix="Give sslPolicy a policy with minTlsVersion TLS_1_2.", severity="medium", environments=EVERYWHERE,
    ),
    Rule(
        id="lb-tls-version", types=(TLS_POLICY,), check=must_be("minTlsVersion", "TLS_1_2", "TLS_1_3"),
        title="TLS 1.2 is the oldest version", why="TLS 1.0 and 1.1 are broken, and browsers have dropped them.",
        fix="Set minTlsVersion to TLS_1_2.", severity="high", environments=EVERYWHERE, frameworks=("CIS 3.9",),
    ),
    Rule(
        id="lb-tls-ciphers", types=(TLS_POLICY,), check=must_be("profile", "MODERN", "RESTRICTED", "FIPS_202205"),
        title="No weak ciphers", why="The other profiles take ciphers without forward secrecy, or whatever somebody listed.",
        fix="Set profile to RESTRICTED.", severity="medium", environments=EVERYWHERE, frameworks=("CKV_GCP_4", "CIS 3.9"),
    ),
    Rule(
        id="alert-has-channel", types=(ALERT,), check=must_be_set("notificationChannels"),
        title="Alerts are told to somebody", why="An incident that nobody hears of is found by the customers.",
        fix="Name at least one channel under notificationChannels.", severity="high", environments=EVERYWHERE,
    ),
    Rule(
        id="alert-documented", types=(ALERT,), check=must_be_set("documentation.links"),
        title="Alerts say what to do", why="Whoever is woken at night needs the runbook, not a search.",
        fix="Link the runbook under documentation.links.", severity="low", environments=EVERYWHERE,
    ),
)  # fmt: skip
