"""How much a resource uses of what Google bills: pure functions from what is declared to amounts of named prices."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from .declared import Declared, Resource
from .table import Assumptions

Category = Literal["compute", "storage", "network", "replicas", "backups", "other"]
CATEGORIES: tuple[Category, ...] = ("compute", "storage", "network", "replicas", "backups", "other")
POOL, CLUSTER = "gcp:container/nodePool:NodePool", "gcp:container/cluster:Cluster"
RULE = "gcp:compute/globalForwardingRule:GlobalForwardingRule"
SECRET, VERSION = "gcp:secretmanager/secret:Secret", "gcp:secretmanager/secretVersion:SecretVersion"
CLAIM = "kubernetes:core/v1:PersistentVolumeClaim"
PREDEFINED = re.compile(r"([a-z0-9]+-[a-z]+)-(\d+)")
CUSTOM = re.compile(r"([a-z0-9]+)-custom-(\d+)-(\d+)")
TIER = re.compile(r"db-custom-(\d+)-(\d+)")
QUANTITY = re.compile(r"(\d+)(Gi|Ti)")
GIB = {"Gi": 1, "Ti": 1024}
M1_UP_TO = 4
"""Memorystore for Redis is billed by classes of capacity: M1 up to 4 GiB, M2 up to 10
(https://cloud.google.com/memorystore/docs/redis/pricing)."""
M2_UP_TO = 10


@dataclass(frozen=True)
class Use:
    """An amount of what one price is for."""

    price: str
    """Its name in prices.toml; one that is not there is reported as not priced."""
    quantity: Decimal
    """In the price's unit, without the hours: 4 for four vCPUs."""
    region: str
    category: Category


Charge = Callable[[Resource, Declared, Assumptions], Iterator[Use]]


def sql_instance(instance: Resource, _: Declared, assumed: Assumptions) -> Iterator[Use]:
    """Processors, memory and disk, twice where a standby stands in another zone; and what is kept of backups."""
    edition = str(instance.get("settings.edition") or "ENTERPRISE").lower()
    form = "regional" if instance.get("settings.availabilityType") == "REGIONAL" else "zonal"
    form = form if edition == "enterprise" else f"{edition}-{form}"
    replica = instance.get("masterInstanceName") is not None
    tier, disk = str(instance.get("settings.tier")), Decimal(instance.get("settings.diskSize") or 10)
    kind = str(instance.get("settings.diskType") or "PD_SSD").removeprefix("PD_").lower()
    compute, storage = ("replicas", "replicas") if replica else ("compute", "storage")
    if sized := TIER.fullmatch(tier):
        yield Use(f"sql-{form}-vcpu", Decimal(sized[1]), instance.region, compute)
        yield Use(f"sql-{form}-ram", Decimal(sized[2]) / 1024, instance.region, compute)
    else:
        yield Use(f"sql-{form}-{tier}", Decimal(1), instance.region, compute)
    yield Use(f"sql-{form}-{kind}", disk, instance.region, storage)
    backups = instance.object("settings.backupConfiguration")
    if backups.get("enabled"):
        where = str(backups.get("location") or instance.region)
        yield Use("sql-backup", disk * assumed.backup_share, where, "backups")


def node_pool(pool: Resource, declared: Declared, _: Assumptions) -> Iterator[Use]:
    """Machines and their boot disks, as many as the pool begins with."""
    nodes, config = node_count(pool, declared), pool.object("nodeConfig")
    machine = str(config.get("machineType") or "e2-medium")
    mode = "spot-" if config.get("spot") else ""
    if custom := CUSTOM.fullmatch(machine):
        yield Use(f"{mode}{custom[1]}-custom-core", nodes * int(custom[2]), pool.region, "compute")
        yield Use(f"{mode}{custom[1]}-custom-ram", nodes * Decimal(custom[3]) / 1024, pool.region, "compute")
    elif known := PREDEFINED.fullmatch(machine):
        yield Use(f"{mode}{known[1]}", nodes * int(known[2]), pool.region, "compute")
    else:
        yield Use(f"{mode}{machine}", nodes, pool.region, "compute")
    disk = str(config.get("diskType") or "pd-balanced")
    yield Use(disk, nodes * Decimal(config.get("diskSizeGb") or 100), pool.region, "storage")


def node_count(pool: Resource, declared: Declared) -> Decimal:
    """The nodes of a pool over all its zones: as many as it begins with, or the least that it scales to."""
    each = pool.get("nodeCount") or pool.get("initialNodeCount") or pool.get("autoscaling.minNodeCount") or 1
    clusters = (known for known in declared.of(CLUSTER) if known.get("name") == str(pool.get("cluster")).rpartition("/")[2])
    of_cluster = next((known.get("nodeLocations") for known in clusters), None)
    zones = pool.get("nodeLocations") or of_cluster or [None] * 3  # a region's default: three zones
    return Decimal(each) * len(zones)


def cluster(known: Resource, _: Declared, __: Assumptions) -> Iterator[Use]:
    """The fee for the control plane."""
    yield Use("gke-cluster", Decimal(1), known.region, "compute")


def redis_cluster(known: Resource, _: Declared, __: Assumptions) -> Iterator[Use]:
    """Every node of every shard; the append-only file and the backups by what they keep."""
    replica = known.get("crossClusterReplicationConfig.clusterRole") == "SECONDARY"
    kind = str(known.get("nodeType")).lower().replace("_", "-")
    yield from _nodes(known, kind, "replicas" if replica else "compute")


def valkey(known: Resource, _: Declared, __: Assumptions) -> Iterator[Use]:
    """The same for an instance of Valkey, which has prices of its own."""
    replica = known.get("crossInstanceReplicationConfig.instanceRole") == "SECONDARY"
    kind = str(known.get("nodeType")).lower().replace("_", "-")
    yield from _nodes(known, f"valkey-{kind}", "replicas" if replica else "compute")


def _nodes(known: Resource, kind: str, category: Category) -> Iterator[Use]:
    engine = kind.partition("-")[0]
    nodes = Decimal(known.get("shardCount") or 1) * (1 + Decimal(known.get("replicaCount") or 0))
    yield Use(kind, nodes, known.region, category)
    if known.get("persistenceConfig.mode") == "AOF":
        yield Use(f"{engine}-append-only-file", nodes, known.region, "storage")
    if known.get("automatedBackupConfig"):
        yield Use(f"{engine}-backup", Decimal(1), known.region, "backups")


def redis_instance(known: Resource, _: Declared, __: Assumptions) -> Iterator[Use]:
    """Capacity, by tier and class of capacity."""
    size = Decimal(known.get("memorySizeGb") or 1)
    tier = "standard" if known.get("tier") == "STANDARD_HA" else "basic"
    level = "m1" if size <= M1_UP_TO else "m2" if size <= M2_UP_TO else "m3-and-more"
    yield Use(f"redis-{tier}-{level}", size, known.region, "compute")


def nat(known: Resource, declared: Declared, assumed: Assumptions) -> Iterator[Use]:
    """The nodes of its region, all of which have private addresses."""
    nodes = sum((node_count(pool, declared) for pool in declared.of(POOL) if pool.region == known.region), Decimal(0))
    if nodes:
        yield Use("nat-machine", min(nodes, Decimal(assumed.nat_machines_together)), known.region, "network")


def forwarding_rule(known: Resource, declared: Declared, assumed: Assumptions) -> Iterator[Use]:
    """The first pays for all that are billed together; each one after those pays for itself."""
    position = sorted(rule.urn for rule in declared.of(RULE)).index(known.urn)
    if position == 0:
        yield Use("forwarding-rules-first", Decimal(1), "global", "network")
    elif position >= assumed.forwarding_rules_together:
        yield Use("forwarding-rule-further", Decimal(1), "global", "network")


def dns_zone(_: Resource, __: Declared, ___: Assumptions) -> Iterator[Use]:
    """The zone."""
    yield Use("dns-zone", Decimal(1), "global", "network")


def key(known: Resource, _: Declared, assumed: Assumptions) -> Iterator[Use]:
    """Its active versions, by where they are kept."""
    level = str(known.get("versionTemplate.protectionLevel") or "SOFTWARE").lower()
    ring = re.search(r"/locations/([^/]+)/", str(known.get("keyRing")))
    yield Use(f"kms-{level}", assumed.key_versions, ring[1] if ring else "global", "other")


def secret_version(known: Resource, declared: Declared, _: Assumptions) -> Iterator[Use]:
    """The version, in each location that its secret is kept in."""
    name = str(known.get("secret")).rpartition("/")[2]
    secret = next((found for found in declared.of(SECRET) if found.get("secretId") == name), None)
    places: list[Any] = (secret.get("replication.userManaged.replicas") if secret else None) or [{"location": "global"}]
    for place in places:
        yield Use("secret-version", Decimal(1), str(place["location"]), "other")


def job(known: Resource, _: Declared, __: Assumptions) -> Iterator[Use]:
    """The job, however often it runs."""
    yield Use("scheduler-job", Decimal(1), known.region, "other")


# -- volumes of Kubernetes


def claim(known: Resource, declared: Declared, _: Assumptions) -> Iterator[Use]:
    """The disk that a claim asks for."""
    yield _volume(known.object("spec"), known, declared, Decimal(1))


def stateful_set(known: Resource, declared: Declared, _: Assumptions) -> Iterator[Use]:
    """The disks of its members whose claims are not declared by themselves."""
    own = {found.get("metadata.name") for found in declared.of(CLAIM) if found.provider == known.provider}
    name, replicas = known.get("metadata.name"), int(known.get("spec.replicas") or 0)
    for template in known.list("spec.volumeClaimTemplates"):
        claims = {f"{template['metadata']['name']}-{name}-{member}" for member in range(replicas)}
        if missing := len(claims - own):
            yield _volume(template["spec"], known, declared, Decimal(missing))


def elasticsearch(known: Resource, declared: Declared, _: Assumptions) -> Iterator[Use]:
    """The disks of its nodes."""
    for nodes in known.list("spec.nodeSets"):
        templates: list[Mapping[str, Any]] = nodes.get("volumeClaimTemplates") or []
        for template in templates:
            yield _volume(template["spec"], known, declared, Decimal(nodes["count"]))


def _volume(spec: Mapping[str, Any], owner: Resource, declared: Declared, count: Decimal) -> Use:
    size = QUANTITY.fullmatch(str(spec["resources"]["requests"]["storage"]))
    gib = Decimal(size[1]) * GIB[size[2]] if size else Decimal(0)
    disk = declared.disk_type(str(spec.get("storageClassName")), owner)
    return Use(disk if size else f"{disk}-of-unknown-size", gib * count, declared.cluster_region(owner), "storage")


def service(known: Resource, declared: Declared, _: Assumptions) -> Iterator[Use]:
    """A load balancer, where a service asks for one."""
    if known.get("spec.type") == "LoadBalancer":
        yield Use("regional-forwarding-rule", Decimal(1), declared.cluster_region(known), "network")


CHARGES: Mapping[str, Charge] = {
    "gcp:sql/databaseInstance:DatabaseInstance": sql_instance,
    POOL: node_pool,
    CLUSTER: cluster,
    "gcp:redis/cluster:Cluster": redis_cluster,
    "gcp:redis/instance:Instance": redis_instance,
    "gcp:memorystore/instance:Instance": valkey,
    "gcp:compute/routerNat:RouterNat": nat,
    RULE: forwarding_rule,
    "gcp:dns/managedZone:ManagedZone": dns_zone,
    "gcp:kms/cryptoKey:CryptoKey": key,
    VERSION: secret_version,
    "gcp:cloudscheduler/job:Job": job,
    CLAIM: claim,
    "kubernetes:apps/v1:StatefulSet": stateful_set,
    "kubernetes:elasticsearch.k8s.elastic.co/v1:Elasticsearch": elasticsearch,
    "kubernetes:core/v1:Service": service,
}
