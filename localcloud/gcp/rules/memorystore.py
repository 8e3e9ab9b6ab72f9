"""Memorystore: Redis Cluster and Valkey, which share most of their rules."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ...errors import Refusal
from ...store import Row
from ...values import at, every
from ..naming import path_of
from ..view import Request, invalid
from . import computed, rule
from .kms import seconds
from .service_connection import addresses_of, policy_for

CLUSTER = "gcp:redis/cluster:Cluster"
VALKEY = "gcp:memorystore/instance:Instance"
DOCS = "https://cloud.google.com/memorystore/docs/cluster"
DAY = 86400
EVICTIONS = (
    "noeviction",
    *("allkeys-lru", "allkeys-lfu", "allkeys-random"),
    *("volatile-lru", "volatile-lfu", "volatile-random", "volatile-ttl"),
)
"""The values of maxmemory-policy."""
CONFIGS = (
    "maxclients",
    "maxmemory",
    "maxmemory-clients",
    "maxmemory-policy",
    "notify-keyspace-events",
    "slowlog-log-slower-than",
)
"""What of Redis' own configuration can be set."""
NODE_GIGABYTES = {
    "SHARED_CORE_NANO": 1.4, "STANDARD_SMALL": 6.5, "HIGHMEM_MEDIUM": 13.0, "STANDARD_LARGE": 26.0,
    "HIGHMEM_XLARGE": 58.0, "HIGHMEM_2XLARGE": 110.0,
}  # fmt: skip
"""The memory of each node type whose size Google publishes."""
OTHER_NODES = ("HIGHCPU_MEDIUM", "CUSTOM_PICO", "CUSTOM_MICRO", "CUSTOM_MINI")
SNAPSHOT_PERIODS = ("ONE_HOUR", "SIX_HOURS", "TWELVE_HOURS", "TWENTY_FOUR_HOURS")


@dataclass(frozen=True)
class Product:
    """Where a product says what the other says elsewhere."""

    called: str
    """What its messages call its stores."""
    service_class: str
    place: str
    network: str
    configs: str
    fsync: tuple[str, ...]
    role: str
    primary: str
    secondaries: str
    copied: tuple[str, ...]
    """What a secondary has from its primary."""


PRODUCTS = {
    CLUSTER: Product(
        "clusters", "gcp-memorystore-redis", "region", "pscConfigs[].network", "redisConfigs", ("NO", "EVERYSEC", "ALWAYS"),
        "crossClusterReplicationConfig.clusterRole", "crossClusterReplicationConfig.primaryCluster.cluster",
        "crossClusterReplicationConfig.secondaryClusters[].cluster",
        ("shardCount", "nodeType", "authorizationMode", "transitEncryptionMode", "redisConfigs", "persistenceConfig"),
    ),
    VALKEY: Product(
        "instances", "gcp-memorystore", "location",
        "desiredAutoCreatedEndpoints[].network", "engineConfigs", ("NEVER", "EVERY_SEC", "ALWAYS"),
        "crossInstanceReplicationConfig.instanceRole", "crossInstanceReplicationConfig.primaryInstance.instance",
        "crossInstanceReplicationConfig.secondaryInstances[].instance",
        ("shardCount", "nodeType", "authorizationMode", "transitEncryptionMode", "engineConfigs", "engineVersion", "mode",
         "persistenceConfig"),
    ),
}  # fmt: skip
BOTH = tuple(PRODUCTS)


def product(request: Request) -> Product:
    """The product that a request is about."""
    return PRODUCTS[request.type.type]


@rule("memorystore-name", *BOTH, verbs=("create",), source=f"{DOCS}/create-instances")
def memorystore_name(request: Request) -> Refusal | None:
    """A store's name has up to 63 lower-case letters, digits and hyphens, a Valkey instance's at least 4."""
    name = str(request.get("instanceId") or request.get("name"))
    shortest = 4 if request.type.type == VALKEY else 1
    if re.fullmatch(r"[a-z]([a-z0-9-]*[a-z0-9])?", name) and shortest <= len(name) <= 63:
        return None
    return invalid(f"Invalid resource id: '{name}'. It must have {shortest} to 63 lower-case letters, digits and hyphens.")


@rule(
    "memorystore-connection-policy",
    *BOTH,
    verbs=("create",),
    source="https://github.com/crossplane-contrib/provider-upjet-gcp/pull/623",
    numbers=(18,),
)
def memorystore_connection_policy(request: Request) -> Refusal | None:
    """A store's network needs a service connection policy of its class in its region, before it is made."""
    known, region = product(request), str(request.get(product(request).place))
    for network in request.every(known.network):
        if policy_for(request.cloud, str(network), region, known.service_class) is None:
            return invalid(
                f'Invalid resource state for "{request.path}": No service connection policy is associated with project: '
                f"{request.project}, network: {network}, region: {region}, service class: {known.service_class}.",
                "failedPrecondition",
            )
    return None


@rule("memorystore-addresses", *BOTH, verbs=("create",), source=f"{DOCS}/networking#reserve_ip_addresses")
def memorystore_addresses(request: Request) -> Refusal | None:
    """A store takes two addresses from the policy's subnetworks, which must have them left."""
    known, region = product(request), str(request.get(product(request).place))
    for network in request.every(known.network):
        policy = policy_for(request.cloud, str(network), region, known.service_class)
        if policy and len(addresses_of(request.cloud, policy)) < 2 * (_neighbours(request, region) + 1):
            return invalid(
                f'Invalid resource state for "{request.path}": the subnetworks of the service connection policy have no '
                "addresses left.",
                "failedPrecondition",
            )
    return None


@rule(
    "memorystore-one-at-a-time",
    *BOTH,
    "gcp:redis/instance:Instance",
    verbs=("create",),
    source="https://github.com/langchain-ai/terraform/pull/248",
    numbers=(22,),
)
def memorystore_one_at_a_time(request: Request) -> Refusal | None:
    """While a store is being made, another of the same API in the same project may be refused."""
    under_way = (row for row in request.cloud.store.all() if row.busy_until > request.cloud.now)
    if any(row.name.startswith(f"//{request.type.api}/projects/{request.project}/") for row in under_way):
        return invalid(f"Invalid project resource name projects/{request.project}.")
    return None


@rule("memorystore-size", *BOTH, source=f"{DOCS}/cluster-node-specification")
def memorystore_size(request: Request) -> Refusal | None:
    """A store has at least one shard, exactly one where cluster mode is disabled, and up to 5 replicas of each."""
    shards, replicas = int(request.get("shardCount")), int(request.get("replicaCount", 0))
    if request.get("mode") == "CLUSTER_DISABLED" and shards != 1:
        return invalid(f"Invalid shard count: {shards}. Instances in mode CLUSTER_DISABLED have exactly one shard.")
    if shards < 1 or not 0 <= replicas <= 5:
        return invalid(f"Invalid shard count {shards} or replica count {replicas}: at least 1 shard, 0 to 5 replicas.")
    return None


@rule("memorystore-zones", *BOTH, verbs=("create",), source=f"{DOCS}/ha-and-replicas")
def memorystore_zones(request: Request) -> Refusal | None:
    """A store in one zone says which, in its own region; one in several zones says none."""
    mode, zone = request.get("zoneDistributionConfig.mode", "MULTI_ZONE"), request.get("zoneDistributionConfig.zone")
    region = str(request.get(product(request).place))
    if (mode == "SINGLE_ZONE") != bool(zone) or (zone and not str(zone).startswith(f"{region}-")):
        return invalid(f"Invalid zone distribution: mode {mode}, zone {zone or 'none given'}, region {region}.")
    return None


@rule("memorystore-configs", *BOTH, source=f"{DOCS}/supported-instance-configurations")
def memorystore_configs(request: Request) -> Refusal | None:
    """Some of Redis' own configuration can be set, and no more memory than a node has."""
    configs: Mapping[str, Any] = request.get(product(request).configs, {})
    for name, value in configs.items():
        if name not in CONFIGS:
            return invalid(f"Unsupported configuration parameter: {name}.")
        if name == "maxmemory-policy" and value not in EVICTIONS:
            return invalid(f"Invalid value for maxmemory-policy: {value}.")
        node = str(request.get("nodeType", "HIGHMEM_MEDIUM")).removeprefix("REDIS_")
        most = NODE_GIGABYTES.get(node, 1000) * 2**30
        if name == "maxmemory" and not (str(value).isdigit() and int(value) <= most):
            return invalid(f"Invalid value for maxmemory: {value}. It is in bytes, and node type {node} has {most:.0f}.")
    return None


@rule("memorystore-persistence", *BOTH, source=f"{DOCS}/about-persistence")
def memorystore_persistence(request: Request) -> Refusal | None:
    """Persistence is by AOF or by RDB, never both, and each product has its own words for how often AOF is written."""
    mode = request.get("persistenceConfig.mode", "DISABLED")
    for part, own in (("aofConfig", "AOF"), ("rdbConfig", "RDB")):
        if request.get(f"persistenceConfig.{part}") and mode != own:
            return invalid(f"Invalid persistence config: {part} cannot be set in mode {mode}.")
    fsync, period = (request.get(f"persistenceConfig.{p}") for p in ("aofConfig.appendFsync", "rdbConfig.rdbSnapshotPeriod"))
    for value, allowed in ((fsync, product(request).fsync), (period, SNAPSHOT_PERIODS)):
        if value and value not in allowed:
            return invalid(f"Invalid persistence config: {value}; allowed are {', '.join(allowed)}.")
    return None


@rule("memorystore-backups", *BOTH, source=f"{DOCS}/manage-backups")
def memorystore_backups(request: Request) -> Refusal | None:
    """Automated backups start at a full hour and are kept for 1 to 365 days."""
    retention, hour = (request.get(f"automatedBackupConfig.{p}") for p in ("retention", "fixedFrequencySchedule.startTime.hours"))
    length = seconds(str(retention)) if retention else DAY
    if length is None or not DAY <= length <= 365 * DAY:
        return invalid(f"Invalid automated backup retention: {retention}. It must be between 1 and 365 days.")
    if hour is not None and not 0 <= int(hour) <= 23:
        return invalid(f"Invalid automated backup start time: {hour}. It must be an hour from 0 to 23.")
    return None


@rule(
    "valkey-values",
    VALKEY,
    source="https://cloud.google.com/memorystore/docs/valkey/reference/rest/v1/projects.locations.instances",
)
def valkey_values(request: Request) -> Refusal | None:
    """A Valkey instance takes the known node types, engine versions and modes."""
    for name, allowed in (
        ("nodeType", (*NODE_GIGABYTES, *OTHER_NODES)),
        ("engineVersion", ("VALKEY_7_2", "VALKEY_8_0", "VALKEY_9_0")),
        ("authorizationMode", ("AUTH_DISABLED", "IAM_AUTH")),
        ("transitEncryptionMode", ("TRANSIT_ENCRYPTION_DISABLED", "SERVER_AUTHENTICATION")),
    ):
        value = request.get(name)
        if value is not None and value not in allowed:
            return invalid(f"Invalid value for {name}: {value}; allowed are {', '.join(allowed)}.")
    return None


@rule("secondary-is-new", *BOTH, verbs=("update",), source=f"{DOCS}/about-cross-region-replication", numbers=(23,))
def secondary_is_new(request: Request) -> Refusal | None:
    """An existing store becomes no secondary, unless its own secondary has taken over from it."""
    known = product(request)
    if request.get(known.role) != "SECONDARY" or request.was(known.role) == "SECONDARY":
        return None
    primary = _primary(request)
    if primary and request.path in [path_of(str(name)) for name in every(primary.config, known.secondaries)]:
        return None
    return invalid(f'"{request.path}" exists already and cannot become a secondary: a secondary is created as one.')


@rule("secondary-like-primary", *BOTH, source=f"{DOCS}/about-cross-region-replication")
def secondary_like_primary(request: Request) -> Refusal | None:
    """A secondary has its primary's shards, node type, access, encryption, persistence and configuration."""
    primary = _primary(request)
    if primary is None:
        return None
    for name in product(request).copied:
        theirs = at(request.type.shape.with_defaults(primary.config), name)
        if request.get(name) != theirs:
            return invalid(
                f"Invalid value for {name}: {request.get(name)}. A secondary has what its primary has: {theirs}.",
                "failedPrecondition",
            )
    return None


@computed(*BOTH)
def endpoints(request: Request) -> Mapping[str, Any]:
    """The addresses of a new store, from the subnetworks of the service connection policy."""
    known, region = product(request), str(request.get(product(request).place))
    network = next((str(name) for name in request.every(known.network)), "")
    policy = policy_for(request.cloud, network, region, known.service_class)
    if policy is None:
        return {}
    addresses = addresses_of(request.cloud, policy)
    # Policies of several classes of services may have the same subnetworks.
    shared = ",".join(sorted(path_of(str(name)) for name in every(policy.config, "pscConfig.subnetworks[]")))
    first = 2 * (request.cloud.store.next(f"endpoints:{shared}") - 1)
    one, two = (str(addresses[(first + n) % len(addresses)]) for n in (0, 1))
    if request.type.type == CLUSTER:
        pair = {
            "pscConnections": [{"address": address, "network": network, "projectId": request.project} for address in (one, two)]
        }
        return {"discoveryEndpoints": [{"address": one, "port": 6379, "pscConfig": {"network": network}}], **pair}
    kinds = ("DISCOVERY",) if request.get("mode", "CLUSTER") == "CLUSTER" else ("PRIMARY", "READER")
    connections = [
        {
            "pscAutoConnection": {
                "connectionType": f"CONNECTION_TYPE_{kind}", "ipAddress": address, "network": network, "port": 6379,
                "projectId": request.project,
            }
        }
        for kind, address in zip(kinds, (one, two), strict=False)
    ]  # fmt: skip
    return {"endpoints": [{"connections": connections}]}


def _neighbours(request: Request, region: str) -> int:
    """How many stores of the product there are in a region."""
    return sum(
        row.properties.get(product(request).place) == region for row in request.cloud.all(request.type.type, request.project)
    )


def _primary(request: Request) -> Row | None:
    name = request.get(product(request).primary)
    return request.cloud.named(request.type.type, path_of(str(name))) if name else None
