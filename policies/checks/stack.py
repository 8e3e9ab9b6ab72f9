"""Checks of what belongs together: replicas, keys, backups, objectives, addresses."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network, ip_network
from itertools import combinations
from typing import Any

from pulumi_policy.proxy import UnknownValueError

from ..resources import Resource, Stack
from ..tokens import (
    ALERT,
    BACKUP_PLAN,
    BUCKET,
    CLUSTER,
    INSTANCE,
    KEY,
    KEY_GRANT,
    KEY_RING,
    REDIS_CLUSTER,
    RESTORE_PLAN,
    SUBNET,
    VALKEY,
)
from .properties import at, is_object, is_private, items_at, object_at

POINT_IN_TIME_MINUTES = 5
"""Google stores the write-ahead log every five minutes or more often (https://cloud.google.com/sql/docs/postgres/backup-recovery/pitr)."""
DAY_MINUTES = 1440
SNAPSHOT_MINUTES = {"ONE_HOUR": 60, "SIX_HOURS": 360, "TWELVE_HOURS": 720, "TWENTY_FOUR_HOURS": 1440}
HA_REACHES_MINUTES = 240
STANDBY_REACHES_MINUTES = 30
"""A restore takes longer than that; only what already runs takes over."""
REPLICATION = {
    REDIS_CLUSTER: ("crossClusterReplicationConfig", "clusterRole"),
    VALKEY: ("crossInstanceReplicationConfig", "instanceRole"),
}
"""Where a store in memory says what it follows, and what it is."""
FOLLOWS = (
    "masterInstanceName", "crossClusterReplicationConfig.primaryCluster", "crossInstanceReplicationConfig.primaryInstance",
)  # fmt: skip
"""What only a store that follows another has."""
KEEPING = ("roles/storage.objectCreator", "roles/storage.objectViewer")
CREDENTIAL = re.compile(r"(?i)(password|passwd|private_?key|api_?key|auth_?token|access_?token|credential)s?$")


def _place(resource: Resource) -> str:
    return str(at(resource.properties, "region") or at(resource.properties, "location") or "").lower()


# -- the other region


def database_has_replica(instance: Resource, stack: Stack) -> str | None:
    """A primary has a replica in another region, of the same version and at least as large; after a failover, until that is built
    anew, the one that served before is there."""
    if at(instance.properties, "masterInstanceName") or _is_fenced(instance):
        return None
    replicas = [known for known, property_ in stack.pointing_at(instance, INSTANCE) if property_ == "masterInstanceName"]
    replicas += [known for known in stack.of(INSTANCE) if _is_fenced(known)]
    away = [known for known in replicas if _place(known) != _place(instance)]
    fitting = [known for known in away if _version(known) == _version(instance) and _size(known) >= _size(instance)]
    return None if fitting else "no replica in another region has its version and its size"


def _is_fenced(instance: Resource) -> bool:
    """Whether the instance is kept out of service: it served before another took over."""
    return at(instance.properties, "settings.activationPolicy") == "NEVER"


def _version(instance: Resource) -> Any:
    return at(instance.properties, "databaseVersion")


def _size(instance: Resource) -> tuple[int, ...]:
    return tuple(int(number) for number in re.findall(r"\d+", str(at(instance.properties, "settings.tier"))))


def cache_has_secondary(cluster: Resource, stack: Stack) -> str | None:
    """A store in memory is replicated into another region, by one of the same shape."""
    config, role = REPLICATION[cluster.type]
    if at(cluster.properties, f"{config}.{role}") == "SECONDARY":
        return None
    found = [known for known, property_ in stack.pointing_at(cluster, cluster.type) if property_ == config]
    away = [known for known in found if _place(known) != _place(cluster)]
    same = [known for known in away if _shape(known) == _shape(cluster)]
    return None if same else "no secondary in another region has its shape"


def _shape(cluster: Resource) -> tuple[Any, ...]:
    return tuple(at(cluster.properties, name) for name in ("shardCount", "nodeType"))


def backups_leave_the_region(plan: Resource, stack: Stack) -> str | None:
    """A cluster is backed up into another region."""
    clusters = stack.linked(plan, "cluster", CLUSTER)
    return next((f"location is that of the cluster {known.name}" for known in clusters if _place(known) == _place(plan)), None)


def backup_can_be_restored(plan: Resource, stack: Stack) -> str | None:
    """There is a plan for bringing a backup back."""
    return None if stack.pointing_at(plan, RESTORE_PLAN) else "no RestorePlan is about it"


def cluster_is_backed_up(cluster: Resource, stack: Stack) -> str | None:
    """A cluster has a backup plan."""
    return None if stack.pointing_at(cluster, BACKUP_PLAN) else "no BackupPlan is about it"


# -- keys


def _keys(resource: Resource, stack: Stack) -> Iterator[tuple[str, Resource]]:
    for property_ in resource.links:
        for key in stack.linked(resource, property_, KEY):
            yield property_, key


def key_is_where_the_data_is(resource: Resource, stack: Stack) -> str | None:
    """Keys are in the location of what they encrypt."""
    replicas = [str(at(known, "location")).lower() for known in items_at(resource.properties, "replication.userManaged.replicas")]
    places = replicas or [_place(resource)]
    for property_, key in _keys(resource, stack):
        rings = [_place(ring) for ring in stack.linked(key, "keyRing", KEY_RING)]
        if any(ring not in places for ring in rings):
            return f"{property_} has a key in {rings[0]}, and the data is in {', '.join(places)}"
    return None


def key_may_be_used(resource: Resource, stack: Stack) -> str | None:
    """What is encrypted waits until its service may use the key."""
    for property_, key in _keys(resource, stack):
        if resource.type == KEY_GRANT:
            continue
        grants = stack.linked(resource, property_, KEY_GRANT)
        if not any(key.urn in grant.links.get("cryptoKeyId", ()) for grant in grants):
            return f"{property_} does not wait for a grant on the key {key.name}"
    return None


def key_is_used(key: Resource, stack: Stack) -> str | None:
    """Something is encrypted under the key."""
    users = [known for known, _ in stack.users(key) if known.type != KEY_GRANT]
    return None if users else "nothing is encrypted under it"


# -- objectives


def _objective(stack: Stack, store: str, name: str) -> float | None:
    return at(stack.outputs, f"objectives.{store}.{name}")


def _missing(store: str) -> str:
    return f"the stack exports no objectives.{store}: say what may be lost in the settings' objectives"


def loses_little(resource: Resource, stack: Stack) -> str | None:
    """In the worst case no more is lost than was promised."""
    if any(at(resource.properties, name) for name in FOLLOWS):
        return None
    store = STORES[resource.type]
    promised = _objective(stack, store, "rpoMinutes")
    if promised is None:
        return _missing(store)
    worst = _database_loss(resource.properties) if resource.type == INSTANCE else _cache_loss(resource.properties)
    return f"{worst:g} minutes may be lost, and {promised:g} are promised" if worst > promised else None


def _database_loss(properties: Mapping[str, Any]) -> float:
    backups = object_at(properties, "settings.backupConfiguration")
    if not at(backups, "enabled"):
        return float("inf")
    return POINT_IN_TIME_MINUTES if at(backups, "pointInTimeRecoveryEnabled") else DAY_MINUTES


def _cache_loss(properties: Mapping[str, Any]) -> float:
    mode = at(properties, "persistenceConfig.mode")
    if mode == "AOF":
        # Written but not yet flushed: a second, or what the operating system holds back for half a minute.
        return 0.5 if at(properties, "persistenceConfig.aofConfig.appendFsync") in ("NEVER", "NO") else 1 / 60
    period = str(at(properties, "persistenceConfig.rdbConfig.rdbSnapshotPeriod"))
    return SNAPSHOT_MINUTES.get(period, float("inf")) if mode == "RDB" else float("inf")


def is_back_soon(resource: Resource, stack: Stack) -> str | None:
    """What is promised to be back soon does not have to be restored first."""
    if any(at(resource.properties, name) for name in FOLLOWS):
        return None
    store = STORES[resource.type]
    promised = _objective(stack, store, "rtoMinutes")
    if promised is None:
        return _missing(store)
    if (
        resource.type == INSTANCE
        and promised <= HA_REACHES_MINUTES
        and at(resource.properties, "settings.availabilityType") != "REGIONAL"
    ):
        return f"{promised:g} minutes are promised, and there is no standby that takes over"
    if resource.type != INSTANCE and promised <= STANDBY_REACHES_MINUTES and not at(resource.properties, "replicaCount"):
        return f"{promised:g} minutes are promised, and there is no replica that takes over"
    return None


STORES = {INSTANCE: "database", REDIS_CLUSTER: "cache", VALKEY: "sessions"}


def is_watched(resource: Resource, stack: Stack) -> str | None:
    """An alert names it, unless it is kept out of service."""
    if resource.type == INSTANCE and _is_fenced(resource):
        return None
    names = [str(at(resource.properties, path)) for path in ("name", "instanceId", "clusterId") if at(resource.properties, path)]
    filters = (text for alert in stack.of(ALERT) for text in _filters(alert.properties))
    return None if any(name in text for text in filters for name in names) else f"no alert names {names[0]}"


def _filters(properties: Mapping[str, Any]) -> Iterator[str]:
    for condition in items_at(properties, "conditions"):
        for kind in list(condition):
            if is_object(condition[kind]):
                yield str(at(condition[kind], "filter") or at(condition[kind], "query") or "")


# -- backups


def backups_are_write_only(grant: Resource, stack: Stack) -> str | None:
    """Who writes backups cannot delete them."""
    buckets = [str(at(known.properties, "name")) for known in stack.linked(grant, "bucket", BUCKET)]
    if not any(name.endswith("-backups") for name in buckets):
        return None
    role = at(grant.properties, "role")
    return (
        f"role is {role!r}, which deletes backups"
        if role not in ("roles/storage.objectCreator", "roles/storage.objectViewer")
        else None
    )


def backups_are_apart(bucket: Resource, stack: Stack) -> str | None:
    """Backups are not in the region of the databases."""
    if not str(at(bucket.properties, "name")).endswith("-backups"):
        return None
    if at(stack.outputs, "mainDatabase.failedOver"):
        return None  # it moved to them, and a bucket cannot move; Cloud SQL's own backups moved on to the other region
    instances = [known for known in stack.of(INSTANCE) if not _is_fenced(known)]
    primaries = [known for known in instances if not at(known.properties, "masterInstanceName")]
    beside = any(_place(known) == _place(bucket) for known in primaries)
    return f"location is {_place(bucket)}, where the database is" if beside else None


def retention_is_consistent(bucket: Resource, _stack: Stack) -> str | None:
    """No lifecycle wants to delete what the retention keeps."""
    kept = float(at(bucket.properties, "retentionPolicy.retentionPeriod") or 0) / 86400
    rules = items_at(bucket.properties, "lifecycleRules")
    ages = [at(rule, "condition.age") or 0 for rule in rules if at(rule, "action.type") == "Delete"]
    early = [age for age in ages if age < kept]
    return f"lifecycleRules deletes after {early[0]:g} days, and retentionPolicy keeps for {kept:g}" if early else None


# -- addresses


def ranges_are_disjoint(network: Resource, stack: Stack) -> str | None:
    """No two ranges of the network overlap, and all are private."""
    ranges = dict(_ranges(network, stack))
    public = [name for name, range_ in ranges.items() if not is_private(range_)]
    if public:
        return f"the range of {public[0]} is not private"
    twice = next(((one, other) for one, other in combinations(ranges, 2) if ranges[one].overlaps(ranges[other])), None)
    return f"the ranges of {twice[0]} and {twice[1]} overlap" if twice else None


def _ranges(network: Resource, stack: Stack) -> Iterator[tuple[str, IPv4Network]]:
    for known, _ in stack.users(network):
        if known.type == SUBNET:
            yield known.name, IPv4Network(str(at(known.properties, "ipCidrRange")))
            for extra in items_at(known.properties, "secondaryIpRanges"):
                yield f"{known.name} {at(extra, 'rangeName')}", IPv4Network(str(at(extra, "ipCidrRange")))
        elif at(known.properties, "prefixLength"):
            text = f"{at(known.properties, 'address')}/{at(known.properties, 'prefixLength'):g}"
            yield known.name, IPv4Network(str(ip_network(text, strict=False)))


def pods_fit(pool: Resource, stack: Stack) -> str | None:
    """Every node of a pool, at its largest, finds a range for its pods."""
    subnets = [
        subnet for cluster in stack.linked(pool, "cluster", CLUSTER) for subnet in stack.linked(cluster, "subnetwork", SUBNET)
    ]
    ranges = [
        extra
        for subnet in subnets
        for extra in items_at(subnet.properties, "secondaryIpRanges")
        if at(extra, "rangeName") == "pods"
    ]
    zones = len(items_at(pool.properties, "nodeLocations")) or 1
    nodes = int(at(pool.properties, "autoscaling.maxNodeCount") or 1) * zones
    each = 2 ** max(4, (2 * int(at(pool.properties, "maxPodsPerNode") or 110) - 1).bit_length())
    room = sum(IPv4Network(str(at(extra, "ipCidrRange"))).num_addresses for extra in ranges)
    return f"{nodes} nodes of {each} addresses do not fit into {room}" if ranges and nodes * each > room else None


# -- outputs


def outputs_are_references(root: Resource, _stack: Stack) -> str | None:
    """The stack exports no value of a secret."""
    found = next(_credentials(root.properties), None)
    return f"the output {found} is named like a secret" if found else None


def _credentials(value: Mapping[str, Any], path: str = "") -> Iterator[str]:
    for name in list(value):
        where = f"{path}.{name}" if path else name
        try:
            inner = value[name]
        except UnknownValueError:
            if CREDENTIAL.search(name):
                raise
            continue
        if is_object(inner):
            yield from _credentials(inner, where)
        elif CREDENTIAL.search(name) and not str(inner).startswith("projects/"):
            yield where


def keeps_its_logs(sink: Resource, stack: Stack) -> str | None:
    """Where logs are exported to keeps them for two years or more."""
    places = stack.linked(sink, "destination", "gcp:bigquery/dataset:Dataset")
    for known in places:
        length = at(known.properties, "defaultTableExpirationMs") or at(known.properties, "defaultPartitionExpirationMs")
        if length and float(length) < 2 * 365 * 86_400_000:
            return f"{known.name} forgets after {float(length) / 86_400_000:g} days"
    return None
