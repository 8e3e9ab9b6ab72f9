"""Memorystore for Redis instances: one primary with or without replicas, behind private services access."""

from __future__ import annotations

import ipaddress

from ...errors import Refusal
from ..naming import last, path_of
from ..view import Request, invalid
from . import rule
from .cloud_sql import connection_of
from .memorystore import EVICTIONS
from .network import ADDRESS, REDIS

DOCS = "https://cloud.google.com/memorystore/docs/redis"
VERSIONS = ("REDIS_3_2", "REDIS_4_0", "REDIS_5_0", "REDIS_6_X", "REDIS_7_0", "REDIS_7_2")
CONFIGS = (
    *("maxmemory-policy", "notify-keyspace-events", "activedefrag", "lfu-decay-time", "lfu-log-factor"),
    *("maxmemory-gb", "stream-node-max-bytes", "stream-node-max-entries"),
)
"""What of Redis' own configuration can be set."""
READ_REPLICAS = "READ_REPLICAS_ENABLED"


@rule(
    "redis-replica-count",
    REDIS,
    source="https://github.com/hashicorp/terraform-provider-google/issues/14734",
    numbers=(20,),
)
def redis_replica_count(request: Request) -> Refusal | None:
    """Without read replicas the number of replicas is not free: one in the standard tier, none in the basic one."""
    count, fixed = request.get("replicaCount"), 1 if request.get("tier") == "STANDARD_HA" else 0
    if request.get("readReplicasMode") == READ_REPLICAS:
        return None if count is None or 1 <= int(count) <= 5 else invalid(f"Invalid replica count: {count}. It must be 1 to 5.")
    if count is None or int(count) == fixed:
        return None
    return invalid(f"Invalid replica count: {count}. Without {READ_REPLICAS}, tier {request.get('tier')} has {fixed}.")


@rule(
    "redis-read-replica-range",
    REDIS,
    source="https://github.com/GoogleCloudPlatform/magic-modules/pull/5449",
    numbers=(21,),
)
def redis_read_replica_range(request: Request) -> Refusal | None:
    """Read replicas need a reserved range of /28 or larger."""
    reserved = str(request.get("reservedIpRange", ""))
    if request.get("readReplicasMode") != READ_REPLICAS or "/" not in reserved or reserved.startswith("projects/"):
        return None
    if ipaddress.ip_network(reserved).prefixlen <= 28:
        return None
    return invalid(f"Invalid reserved IP range: {reserved}. Instances with read replicas need a range of /28 or larger.")


@rule("redis-read-replica-tier", REDIS, source=f"{DOCS}/about-read-replicas")
def redis_read_replica_tier(request: Request) -> Refusal | None:
    """Read replicas are for the standard tier, from 5 GB."""
    if request.get("readReplicasMode") != READ_REPLICAS:
        return None
    if request.get("tier") == "STANDARD_HA" and int(request.get("memorySizeGb")) >= 5:
        return None
    return invalid("Read replicas need tier STANDARD_HA and at least 5 GB of memory.")


@rule("redis-memory", REDIS, source=f"{DOCS}/quotas")
def redis_memory(request: Request) -> Refusal | None:
    """An instance has 1 to 300 GB of memory."""
    size = int(request.get("memorySizeGb"))
    return None if 1 <= size <= 300 else invalid(f"Invalid memory size: {size}. It must be between 1 and 300 GB.")


@rule("redis-version", REDIS, source=f"{DOCS}/supported-versions")
def redis_version(request: Request) -> Refusal | None:
    """An instance has one of the known versions of Redis."""
    version = request.get("redisVersion", "REDIS_7_2")
    return None if version in VERSIONS else invalid(f"Invalid Redis version: {version}; allowed are {', '.join(VERSIONS)}.")


@rule("redis-configs", REDIS, source=f"{DOCS}/supported-redis-configurations")
def redis_configs(request: Request) -> Refusal | None:
    """Some of Redis' own configuration can be set."""
    for name, value in request.get("redisConfigs", {}).items():
        if name not in CONFIGS:
            return invalid(f"Unsupported configuration parameter: {name}.")
        if name == "maxmemory-policy" and value not in EVICTIONS:
            return invalid(f"Invalid value for maxmemory-policy: {value}.")
    return None


@rule("redis-private-services-access", REDIS, source=f"{DOCS}/networking#private_services_access")
def redis_private_services_access(request: Request) -> Refusal | None:
    """Private services access, where an instance connects through it, must be there, with the range that it names."""
    if request.get("connectMode") != "PRIVATE_SERVICE_ACCESS":
        return None
    connection = connection_of(request.cloud, str(request.get("authorizedNetwork", "")))
    if connection is None:
        return invalid(
            "Google private service access is not enabled. Enable privateServiceAccess and try again.", "failedPrecondition"
        )
    wanted = request.get("reservedIpRange")
    named = request.cloud.named(ADDRESS, path_of(f"projects/{request.project}/global/addresses/{last(str(wanted))}"))
    ranges = [last(str(name)) for name in connection.config["reservedPeeringRanges"]]
    if wanted is None or (named and last(str(wanted)) in ranges):
        return None
    return invalid(f"Invalid reserved IP range: {wanted}. The connection has {', '.join(ranges)}.", "failedPrecondition")
