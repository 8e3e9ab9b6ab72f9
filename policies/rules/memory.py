"""Memorystore."""

from __future__ import annotations

from ..checks.properties import must_be, must_be_set
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
        title="Google refuses to delete caches", why="The console and gcloud do not know Pulumi's own protection.",
        fix="Set deletionProtectionEnabled to true; to take the environment down, set protection.tear_down.",
        severity="high", is_guard=True,
    ),
)  # fmt: skip
