"""Memorystore."""

from __future__ import annotations

from ..checks.memory import cache_evicts, sessions_are_not_evicted
from ..checks.properties import must_be, must_be_in_range, must_be_set, must_last
from ..remedy import set_to
from ..rule import EVERYWHERE, Rule
from ..tokens import REDIS, REDIS_CLUSTER, VALKEY

RULES = (
    Rule(
        id="redis-require-tls", types=(REDIS_CLUSTER, VALKEY, REDIS),
        check=must_be("transitEncryptionMode", "TRANSIT_ENCRYPTION_MODE_SERVER_AUTHENTICATION", "SERVER_AUTHENTICATION"),
        title="Caches take TLS connections only", why="Session tokens cross the network with every request.",
        fix="Set transitEncryptionMode to server authentication, in the product's own spelling.", severity="high",
        levels=EVERYWHERE, frameworks=("CKV_GCP_97",),
    ),
    Rule(
        id="redis-iam-authentication", types=(REDIS_CLUSTER, VALKEY),
        check=must_be("authorizationMode", "AUTH_MODE_IAM_AUTH", "IAM_AUTH"),
        title="Caches let in whom IAM lets in", why="Without it whoever reaches the address reads every session.",
        fix="Set authorizationMode to AUTH_MODE_IAM_AUTH (Redis Cluster) or IAM_AUTH (Valkey).", severity="high",
        levels=EVERYWHERE,
    ),
    Rule(
        id="redis-cmek", types=(REDIS_CLUSTER, VALKEY), check=must_be_set("kmsKey"),
        title="Caches are encrypted under our own keys", why="What is persisted and backed up is on a disk like any other.",
        fix="Give kmsKey a key of the store's own region.", severity="high",
    ),
    Rule(
        id="redis-deletion-protection", types=(REDIS_CLUSTER, VALKEY), check=must_be("deletionProtectionEnabled", True),
        remedy=set_to("deletionProtectionEnabled", True),
        title="Google refuses to delete caches", why="The console and gcloud do not know Pulumi's own protection.",
        fix="Set deletionProtectionEnabled to true; to take the environment down, set protection.tear_down.",
        severity="high", is_guard=True,
    ),
    Rule(
        id="redis-auth", types=(REDIS,), check=must_be("authEnabled", True), levels="MMA",
        title="Caches ask for a password", why="Without it whoever reaches the address reads every session.",
        fix="Set authEnabled to true.", severity="high", frameworks=("CKV_GCP_95",),
    ),
    Rule(
        id="redis-ha", types=(REDIS_CLUSTER, VALKEY), check=must_be_in_range("replicaCount", 1),
        title="Each shard has a replica", why="Without one a restart empties a part of the keys.",
        fix="Set replicaCount to 1 or more.", severity="high",
    ),
    Rule(
        id="redis-multi-zone", types=(REDIS_CLUSTER, VALKEY), check=must_be("zoneDistributionConfig.mode", "MULTI_ZONE"),
        title="Replicas are in another zone", why="A zone that fails would take both.",
        fix="Set zoneDistributionConfig.mode to MULTI_ZONE.", severity="high",
    ),
    Rule(
        id="redis-cluster-shape", types=(REDIS_CLUSTER,), check=must_be_in_range("shardCount", 3), levels="MMD",
        title="The cache cluster has three shards", why="The requirements' load is spread over three.",
        fix="Set shardCount to 3 or more.", severity="medium",
    ),
    Rule(
        id="redis-persistence", types=(REDIS_CLUSTER, VALKEY), check=must_be("persistenceConfig.mode", "AOF"), levels="MAD",
        title="Caches write every change to disk", why="5 minutes of loss are allowed; a snapshot every 6 hours loses 6 hours.",
        fix="Set persistenceConfig.mode to AOF.", severity="high",
    ),
    Rule(
        id="redis-backups", types=(REDIS_CLUSTER, VALKEY), check=must_last("automatedBackupConfig.retention", 7 * 86400), levels="MAD",
        title="Caches are backed up, and backups kept a week", why="What an application deletes by mistake is gone from replicas too.",
        fix="Set automatedBackupConfig with a retention of 604800s or more.", severity="high",
    ),
    Rule(
        id="redis-eviction-sessions", types=(VALKEY,), check=sessions_are_not_evicted, levels=EVERYWHERE,
        title="No session is dropped to make room", why="With it goes the list of tokens that were taken back.",
        fix="Set engineConfigs maxmemory-policy to noeviction.", severity="medium",
    ),
    Rule(
        id="redis-eviction-cache", types=(REDIS_CLUSTER,), check=cache_evicts, levels=EVERYWHERE,
        title="The cache makes room by itself", why="One that is full and does not refuses every write.",
        fix="Set redisConfigs maxmemory-policy to allkeys-lru.", severity="medium",
    ),
    Rule(
        id="redis-cluster-psc", types=(REDIS_CLUSTER,), check=must_be_set("pscConfigs"), levels=EVERYWHERE,
        title="The cache is in our network", why="Without an endpoint nobody reaches it.",
        fix="Name the network under pscConfigs.", severity="medium",
    ),
    Rule(
        id="valkey-psc", types=(VALKEY,), check=must_be_set("desiredAutoCreatedEndpoints"), levels=EVERYWHERE,
        title="The store of sessions is in our network", why="Without an endpoint nobody reaches it.",
        fix="Name the network under desiredAutoCreatedEndpoints.", severity="medium",
    ),
    Rule(
        id="redis-maintenance-window", types=(REDIS_CLUSTER, VALKEY), check=must_be_set("maintenancePolicy.weeklyMaintenanceWindows"),
        title="Maintenance comes when it is quiet", why="Each update fails over once.", levels="MMA",
        fix="Set maintenancePolicy.weeklyMaintenanceWindows.", severity="low",
    ),
)  # fmt: skip
