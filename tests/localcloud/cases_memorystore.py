"""Cases about Memorystore, service connection policies and Cloud Scheduler: for every rule a program that breaks it, and its twin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .parts import ACCOUNT, PROJECT_GRANT, SUBNET, Case, api, net, network, private_services, project_of, subnet
from .world import REGION, Res

CLUSTER = "gcp:redis/cluster:Cluster"
REDIS = "gcp:redis/instance:Instance"
VALKEY = "gcp:memorystore/instance:Instance"
CONNECTION_POLICY = "gcp:networkconnectivity/serviceConnectionPolicy:ServiceConnectionPolicy"
JOB = "gcp:cloudscheduler/job:Job"
CUSTOM_ROLE = "gcp:projects/iAMCustomRole:IAMCustomRole"
DAY = 86400
SUBNETWORK = "10.0.0.0/24"
GB = 2**30


def policy(project: str, service_class: str = "gcp-memorystore-redis", region: str = REGION, **extra: Any) -> Res:
    """A policy; the subnetwork is `s-<region>`."""
    subnets = [f"projects/{project}/regions/{region}/subnetworks/s-{region}"]
    name = extra.pop("name", f"{service_class}-{region}")
    inputs = {"location": region, "network": net(project), "serviceClass": service_class, "pscConfig": {"subnetworks": subnets}}
    return Res(name, CONNECTION_POLICY, {"name": name, **inputs, **extra})


def around(project: str, *, subnets: Sequence[tuple[str, str]] = ((REGION, SUBNETWORK),)) -> list[Res]:
    """What a store needs: APIs, a network with a subnetwork in each region, and policies for both products."""
    places = [subnet(project, f"s-{region}", cidr, region=region) for region, cidr in subnets]
    classes = ("gcp-memorystore-redis", "gcp-memorystore")
    policies = [policy(project, kind, region) for region, _ in subnets for kind in classes]
    return [*network(project), *places, api("networkconnectivity"), api("redis"), api("memorystore"), *policies]


def cluster(project: str, name: str = "cluster", **extra: Any) -> Res:
    base = {"name": name, "region": REGION, "shardCount": 3, "pscConfigs": [{"network": net(project)}]}
    return Res(name, CLUSTER, {**base, "deletionProtectionEnabled": False, **extra})


def valkey(project: str, name: str = "valkey", **extra: Any) -> Res:
    endpoints = [{"network": net(project), "projectId": project}]
    base = {"instanceId": name, "location": REGION, "shardCount": 1, "desiredAutoCreatedEndpoints": endpoints}
    return Res(name, VALKEY, {**base, "deletionProtectionEnabled": False, **extra})


def redis(name: str = "redis", **extra: Any) -> Res:
    return Res(name, REDIS, {"name": name, "region": REGION, "memorySizeGb": 5, "deletionProtection": False, **extra})


def secondary(project: str, primary: str = "cluster", **extra: Any) -> Res:
    """A secondary of a cluster, in another region."""
    of = f"projects/{project}/locations/{REGION}/clusters/{primary}"
    config = {"clusterRole": "SECONDARY", "primaryCluster": {"cluster": of}}
    return cluster(project, "second", region="us-east1", crossClusterReplicationConfig=config, **extra)


def valkey_secondary(project: str, primary: str = "valkey", **extra: Any) -> Res:
    """A secondary of a Valkey instance, in another region."""
    of = f"projects/{project}/locations/{REGION}/instances/{primary}"
    config = {"instanceRole": "SECONDARY", "primaryInstance": {"instance": of}}
    return valkey(project, "second", location="us-east1", crossInstanceReplicationConfig=config, **extra)


def backups(retention: str, hours: int = 3) -> dict[str, Any]:
    return {"automatedBackupConfig": {"retention": retention, "fixedFrequencySchedule": {"startTime": {"hours": hours}}}}


def job(**extra: Any) -> Res:
    return Res("job", JOB, {"name": "job", "region": REGION, "schedule": "0 */6 * * *", **extra})


def target(uri: str, account: str = "") -> dict[str, Any]:
    token = {"oauthToken": {"serviceAccountEmail": account}} if account else {}
    return {"httpTarget": {"uri": uri, "httpMethod": "POST", **token}}


def _stores() -> list[Case]:
    """Rules about one store's settings: what is wrong, and what is right."""
    found: list[tuple[str, str, str, dict[str, Any], dict[str, Any]]] = [
        ("memorystore-name", "valkey", "Invalid resource id: 'abc'", {"instanceId": "abc"}, {"instanceId": "abcd"}),
        ("memorystore-size", "valkey", "exactly one shard", {"mode": "CLUSTER_DISABLED", "shardCount": 3}, {"mode": "CLUSTER_DISABLED"}),
        ("memorystore-zones", "cluster", "mode SINGLE_ZONE, zone none given", {"zoneDistributionConfig": {"mode": "SINGLE_ZONE"}},
         {"zoneDistributionConfig": {"mode": "SINGLE_ZONE", "zone": "us-central1-a"}}),
        ("memorystore-configs", "cluster", "Unsupported configuration parameter: requirepass", {"redisConfigs": {"requirepass": "x"}},
         {"redisConfigs": {"maxmemory-policy": "allkeys-lru"}}),
        ("memorystore-persistence", "valkey", "EVERYSEC; allowed are NEVER, EVERY_SEC, ALWAYS",
         {"persistenceConfig": {"mode": "AOF", "aofConfig": {"appendFsync": "EVERYSEC"}}},
         {"persistenceConfig": {"mode": "AOF", "aofConfig": {"appendFsync": "EVERY_SEC"}}}),
        ("memorystore-backups", "cluster", "between 1 and 365 days", backups(f"{400 * DAY}s"), backups(f"{30 * DAY}s")),
        ("valkey-values", "valkey", "Invalid value for nodeType: REDIS_STANDARD_SMALL", {"nodeType": "REDIS_STANDARD_SMALL"},
         {"nodeType": "STANDARD_SMALL"}),
    ]  # fmt: skip
    cases: list[Case] = []
    for rule, kind, says, wrong, right in found:
        p = project_of(rule)
        make = cluster if kind == "cluster" else valkey
        setup = around(p)
        bad, good = ([*setup, make(p, **extra)] for extra in (wrong, right))
        cases.append(Case(rule=rule, project=p, setup=setup, bad=bad, good=good, says=says))
    return cases


def _redis() -> list[Case]:
    """Rules about instances of the older kind, which connect by direct peering here."""
    replicas = {"readReplicasMode": "READ_REPLICAS_ENABLED", "tier": "STANDARD_HA"}
    found: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
        ("redis-replica-count", "Invalid replica count: 2", {"tier": "STANDARD_HA", "replicaCount": 2}, {**replicas, "replicaCount": 2}),
        ("redis-read-replica-range", "/28 or larger", {**replicas, "reservedIpRange": "10.9.0.0/29"},
         {**replicas, "reservedIpRange": "10.9.0.0/28"}),
        ("redis-read-replica-tier", "at least 5 GB", {**replicas, "memorySizeGb": 4}, replicas),
        ("redis-memory", "between 1 and 300 GB", {"memorySizeGb": 301}, {"memorySizeGb": 300}),
        ("redis-version", "Invalid Redis version: REDIS_8_0", {"redisVersion": "REDIS_8_0"}, {"redisVersion": "REDIS_7_0"}),
        ("redis-configs", "Invalid value for maxmemory-policy", {"redisConfigs": {"maxmemory-policy": "lru"}},
         {"redisConfigs": {"maxmemory-policy": "noeviction"}}),
    ]  # fmt: skip
    setup = [api("redis")]
    cases = [
        Case(rule=r, project=project_of(r), setup=setup, bad=[*setup, redis(**w)], good=[*setup, redis(**g)], says=s)
        for r, s, w, g in found
    ]
    rule = "redis-private-services-access"
    p = project_of(rule)
    own = redis(authorizedNetwork=net(p), connectMode="PRIVATE_SERVICE_ACCESS", reservedIpRange="psa")
    setup = [*network(p), api("servicenetworking"), api("redis")]
    good = [*setup, *private_services(p)[3:], own]
    says = "private service access is not enabled"
    cases.append(Case(rule=rule, project=p, setup=setup, bad=[*setup, own], good=good, says=says))
    return cases


def _connections() -> list[Case]:
    """A policy before the store, one of a class, with subnetworks of its own place, and with room."""
    cases: list[Case] = []
    p = project_of("memorystore-connection-policy")
    whole = around(p)
    setup = [res for res in whole if res.type != CONNECTION_POLICY]
    bad, good = [*setup, cluster(p)], [*whole, cluster(p)]
    says = "No service connection policy is associated with project"
    cases.append(Case(rule="memorystore-connection-policy", project=p, setup=setup, bad=bad, good=good, says=says))

    p = project_of("one-connection-policy")
    setup = around(p)
    again, away = policy(p, name="again"), policy(p, "gcp-cloud-sql", name="again")
    says = "already exists for network"
    cases.append(Case(rule="one-connection-policy", project=p, setup=setup, bad=[*setup, again], good=[*setup, away], says=says))

    p = project_of("connection-policy-subnets")
    setup = [*network(p), subnet(p, f"s-{REGION}", "10.0.0.0/24"), api("networkconnectivity")]
    here = policy(p)
    east = Res("east", CONNECTION_POLICY, {**here.inputs, "location": "us-east1"})
    says = "is not in network .* and region us-east1"
    cases.append(
        Case(rule="connection-policy-subnets", project=p, setup=setup, bad=[*setup, east], good=[*setup, here], says=says)
    )

    p = project_of("memorystore-addresses")
    setup = [*around(p, subnets=((REGION, "10.0.0.0/29"),)), cluster(p), cluster(p, "another")]
    roomy = Res(f"s-{REGION}", SUBNET, {**subnet(p, f"s-{REGION}", "10.0.0.0/28").inputs})
    grown = [roomy if res.type == SUBNET else res for res in setup]
    third = cluster(p, "third")
    cases.append(
        Case(
            rule="memorystore-addresses",
            project=p,
            setup=setup,
            bad=[*setup, third],
            good=[*grown, third],
            says="have no addresses left",
        )
    )
    return cases


def _secondaries() -> list[Case]:
    """A secondary is created as one, and is like its primary."""
    cases: list[Case] = []
    regions = ((REGION, "10.0.0.0/24"), ("us-east1", "10.1.0.0/24"))
    lru: dict[str, Any] = {"redisConfigs": {"maxmemory-policy": "allkeys-lru"}}
    p = project_of("secondary-like-primary")
    setup = [*around(p, subnets=regions), cluster(p, **lru)]
    bad, good = [*setup, secondary(p)], [*setup, secondary(p, replicaCount=1, **lru)]
    says = "A secondary has what its primary has: .*allkeys-lru"
    cases.append(Case(rule="secondary-like-primary", project=p, setup=setup, bad=bad, good=good, says=says))

    p = project_of("secondary-is-new")
    alone = cluster(p, "second", region="us-east1")
    setup = [*around(p, subnets=regions), cluster(p), alone]
    changed = cluster(p, "second", region="us-east1", replicaCount=1)
    bad, good = [*setup[:-1], secondary(p)], [*setup[:-1], changed]
    says = "exists already and cannot become a secondary"
    cases.append(Case(rule="secondary-is-new", project=p, setup=setup, bad=bad, good=good, says=says))
    return cases


def _scheduler() -> list[Case]:
    cases: list[Case] = []
    there = target("https://redis.googleapis.com/v1/x:backup")
    for rule, says, wrong, right in (
        (
            "scheduler-schedule",
            "time zone is invalid",
            {"schedule": "daily", **there},
            {"schedule": "30 1,7 * * MON-FRI", **there},
        ),
        (
            "scheduler-deadline",
            "between 15s and 1800s",
            {"attemptDeadline": "3600s", **there},
            {"attemptDeadline": "60s", **there},
        ),
    ):
        setup = [api("cloudscheduler")]
        bad, good = ([*setup, job(**extra)] for extra in (wrong, right))
        cases.append(Case(rule=rule, project=project_of(rule), setup=setup, bad=bad, good=good, says=says))
    for rule, says, elsewhere in (
        ("scheduler-account", "nobody@.* was not found", None),
        ("scheduler-oauth-target", r"must be on \*.googleapis.com, got example.com", "https://example.com/"),
    ):
        p = project_of(rule)
        setup = [api("cloudscheduler"), api("iam"), Res("account", ACCOUNT, {"accountId": "archivist"})]
        known = f"archivist@{p}.iam.gserviceaccount.com"
        right = target("https://redis.googleapis.com/v1/x:backup", known)
        wrong = target(elsewhere, known) if elsewhere else target("https://redis.googleapis.com/", f"nobody@{p}.example.com")
        bad, good = ([*setup, job(**extra)] for extra in (wrong, right))
        cases.append(Case(rule=rule, project=p, setup=setup, bad=bad, good=good, says=says))
    return cases


def _roles() -> list[Case]:
    rule = "custom-role-exists"
    p = project_of(rule)
    setup = [api("iam"), api("cloudresourcemanager")]
    role = Res("role", CUSTOM_ROLE, {"roleId": "archivist", "title": "Archivist", "permissions": ["redis.clusters.backup"]})
    grant = Res(
        "grant", PROJECT_GRANT, {"project": p, "role": f"projects/{p}/roles/archivist", "member": "user:anna@example.com"}
    )
    says = "does not exist in the resource's hierarchy"
    return [Case(rule=rule, project=p, setup=setup, bad=[*setup, grant], good=[*setup, role, grant], says=says)]


MEMORYSTORE_CASES: tuple[Case, ...] = (*_stores(), *_redis(), *_connections(), *_secondaries(), *_scheduler(), *_roles())
