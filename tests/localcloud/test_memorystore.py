"""Memorystore on the local cloud: addresses, followers, operations under way, and what is replaced."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Any

import pytest

from localcloud.errors import Refusal, TimedOut
from localcloud.plugin import State
from localcloud.values import at

from .cases_memorystore import (
    CLUSTER,
    REDIS,
    SUBNETWORK,
    VALKEY,
    around,
    cluster,
    job,
    policy,
    redis,
    secondary,
    valkey,
    valkey_secondary,
)
from .parts import api, net, private_services
from .program import stage
from .world import REGION, Res, World

P = "case-project"
REGIONS = ((REGION, "10.0.0.0/24"), ("us-east1", "10.1.0.0/24"))


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path, P)


def outputs(world: World, name: str) -> dict[str, Any]:
    return world.states[name][1].outputs


def test_a_cluster_listens_in_the_policys_subnetwork_and_goes_on_listening_there(world: World) -> None:
    program = [*around(P), cluster(P), cluster(P, "another")]
    world.apply(program)
    found = [outputs(world, name)["discoveryEndpoints"][0] for name in ("cluster", "another")]
    assert len({one["address"] for one in found}) == 2
    for one in found:
        assert ipaddress.ip_address(one["address"]) in ipaddress.ip_network(SUBNETWORK)
        assert one["port"] == 6379
    before = {key: outputs(world, "cluster")[key] for key in ("discoveryEndpoints", "managedServerCas", "uid")}
    world.apply([*program[:-2], cluster(P, replicaCount=1), program[-1]])
    assert {key: outputs(world, "cluster")[key] for key in before} == before


def test_stores_of_two_products_in_one_subnetwork_have_addresses_of_their_own(world: World) -> None:
    world.apply([*around(P), cluster(P), valkey(P, mode="CLUSTER_DISABLED", replicaCount=1)])
    written = [one["address"] for one in outputs(world, "cluster")["pscConnections"]]
    written += [at(c, "pscAutoConnection.ipAddress") for c in outputs(world, "valkey")["endpoints"][0]["connections"]]
    assert len(set(written)) == len(written) == 4


def test_valkey_without_cluster_mode_has_an_address_to_write_to_and_one_to_read_from(world: World) -> None:
    world.apply([*around(P), valkey(P, mode="CLUSTER_DISABLED", replicaCount=1), valkey(P, "sharded", shardCount=3)])
    kinds = {
        name: [at(c, "pscAutoConnection.connectionType") for c in outputs(world, name)["endpoints"][0]["connections"]]
        for name in ("valkey", "sharded")
    }
    assert kinds == {
        "valkey": ["CONNECTION_TYPE_PRIMARY", "CONNECTION_TYPE_READER"],
        "sharded": ["CONNECTION_TYPE_DISCOVERY"],
    }


@pytest.mark.parametrize(("first", "second", "refused"), [("a", "b", True), ("a", "valkey", False)])
def test_a_store_waits_for_the_one_before_it(world: World, first: str, second: str, refused: bool) -> None:
    ready = around(P)
    world.apply(ready)
    stage(world.store, [("fault", "create", CLUSTER, "1", "hang")])
    with pytest.raises(TimedOut):
        world.apply([*ready, cluster(P, first)])
    next_one = [*ready, valkey(P) if second == "valkey" else cluster(P, second)]
    if not refused:
        world.apply(next_one)  # another API
        return
    with pytest.raises(Refusal, match=f"Invalid project resource name projects/{P}") as caught:
        world.apply(next_one)
    assert caught.value.rule == "memorystore-one-at-a-time"
    stage(world.store, [("clock", "--advance", "1h")])
    world.apply(next_one)


@pytest.mark.parametrize(
    ("first", "second", "called"), [(cluster(P), secondary(P), "clusters"), (valkey(P), valkey_secondary(P), "instances")]
)
def test_a_primary_stays_while_something_follows_it(world: World, first: Res, second: Res, called: str) -> None:
    program = [*around(P, subnets=REGIONS), first, second]
    world.apply(program)
    with pytest.raises(Refusal, match=f"is already being used by 'projects/.*/{called}/second'"):
        world.apply([*program[:-2], program[-1]])
    world.apply(program[:-2])


@pytest.mark.parametrize(
    "own",
    [
        {"mode": "CLUSTER_DISABLED"},
        {"nodeType": "STANDARD_SMALL"},
        {"engineVersion": "VALKEY_7_2"},
        {"engineConfigs": {"maxmemory-policy": "noeviction"}},
        {"persistenceConfig": {"mode": "AOF", "aofConfig": {"appendFsync": "EVERY_SEC"}}},
        {"authorizationMode": "IAM_AUTH"},
    ],
    ids=lambda own: next(iter(own)),
)
def test_a_valkey_instance_that_follows_has_what_the_other_has_when_it_is_made_and_afterwards(
    world: World, own: dict[str, Any]
) -> None:
    base = [*around(P, subnets=REGIONS), valkey(P)]
    with pytest.raises(Refusal, match=f"Invalid value for {next(iter(own))}: .* A secondary has what its primary has"):
        world.apply([*base, valkey_secondary(P, **own)])
    both = [*around(P, subnets=REGIONS), valkey(P, **own), valkey_secondary(P, **own, replicaCount=2)]
    world.apply(both)
    if "authorizationMode" not in own:  # a change of it is another instance
        with pytest.raises(Refusal, match=f"Invalid value for {next(iter(own))}"):
            world.apply([*both[:-1], valkey_secondary(P, replicaCount=2)])


def test_a_valkey_instance_that_is_there_does_not_begin_to_follow(world: World) -> None:
    base = [*around(P, subnets=REGIONS), valkey(P)]
    world.apply([*base, valkey(P, "second", location="us-east1")])
    with pytest.raises(Refusal, match="exists already and cannot become a secondary"):
        world.apply([*base, valkey_secondary(P)])


def test_a_primary_follows_the_secondary_that_took_over_from_it(world: World) -> None:
    base = around(P, subnets=REGIONS)
    world.apply([*base, cluster(P), secondary(P)])
    second = f"projects/{P}/locations/us-east1/clusters/second"
    first = f"projects/{P}/locations/{REGION}/clusters/cluster"
    took_over = {"clusterRole": "PRIMARY", "secondaryClusters": [{"cluster": first}]}
    leader = cluster(P, "second", region="us-east1", crossClusterReplicationConfig=took_over)
    follows = {"clusterRole": "SECONDARY", "primaryCluster": {"cluster": second}}
    follower = cluster(P, crossClusterReplicationConfig=follows)
    world.apply([*base, leader, follower])
    roles = {
        name: at(world.states[name][1].outputs, "crossClusterReplicationConfig.clusterRole")
        for name in (leader.name, follower.name)
    }
    assert roles == {leader.name: "PRIMARY", follower.name: "SECONDARY"}


def test_the_same_settings_are_compared_with_their_defaults(world: World) -> None:
    """What nobody said is the same on both sides."""
    base = around(P, subnets=REGIONS)
    world.apply([*base, cluster(P, authorizationMode="AUTH_MODE_DISABLED"), secondary(P)])
    with pytest.raises(Refusal, match="Invalid value for shardCount: 5"):
        world.apply([*base, cluster(P, authorizationMode="AUTH_MODE_DISABLED"), secondary(P, shardCount=5)])


def test_private_services_access_stays_while_an_instance_uses_it(world: World) -> None:
    access = [*private_services(P), api("redis")]
    behind = redis(authorizedNetwork=net(P), connectMode="PRIVATE_SERVICE_ACCESS", reservedIpRange="psa")
    world.apply([*access, behind])
    without = [res for res in access if res.name != "connection"]
    with pytest.raises(Refusal, match="Producer services .* are still using this connection"):
        world.apply([*without, behind])


@pytest.mark.parametrize(
    ("res", "guard"),
    [
        (cluster(P, deletionProtectionEnabled=True), "deletionProtectionEnabled"),
        (valkey(P, deletionProtectionEnabled=True), "deletionProtectionEnabled"),
        (redis(deletionProtection=True), "deletionProtection"),
    ],
)
def test_a_guarded_store_is_not_deleted(world: World, res: Res, guard: str) -> None:
    world.apply([*around(P), res])
    with pytest.raises(Refusal, match=f"without setting {guard}=false"):
        world.apply(around(P))


@pytest.mark.parametrize(
    ("token", "before", "after", "replaced"),
    [
        (CLUSTER, cluster(P), cluster(P, shardCount=5), []),
        (CLUSTER, cluster(P), cluster(P, replicaCount=2), []),
        (CLUSTER, cluster(P), cluster(P, nodeType="REDIS_HIGHMEM_XLARGE"), []),
        (CLUSTER, cluster(P), cluster(P, redisConfigs={"maxmemory-policy": "noeviction"}), []),
        (CLUSTER, cluster(P), cluster(P, zoneDistributionConfig={"mode": "SINGLE_ZONE", "zone": "us-central1-a"}), ["zoneDistributionConfig"]),
        (CLUSTER, cluster(P), cluster(P, authorizationMode="AUTH_MODE_IAM_AUTH"), ["authorizationMode"]),
        (CLUSTER, cluster(P), cluster(P, region="us-east1"), ["region"]),
        (VALKEY, valkey(P), valkey(P, nodeType="STANDARD_SMALL", replicaCount=1), []),
        (VALKEY, valkey(P), valkey(P, kmsKey="k"), ["kmsKey"]),
        (REDIS, redis(), redis(memorySizeGb=8), []),
        (REDIS, redis(), redis(tier="STANDARD_HA"), ["tier"]),
    ],
)  # fmt: skip
def test_what_is_replaced(world: World, token: str, before: Res, after: Res, replaced: list[str]) -> None:
    difference = world.provider.diff(token, State("id", dict(before.inputs), {}), dict(after.inputs), [])
    assert difference.changes, "every pair differs"
    assert [path.split(".")[0] for path, change in difference.changes.items() if change.replaces] == replaced


@pytest.mark.parametrize(
    ("extra", "says"),
    [
        ({"replicaCount": 6}, "0 to 5 replicas"),
        ({"shardCount": 0}, "at least 1 shard"),
        ({"zoneDistributionConfig": {"mode": "SINGLE_ZONE", "zone": "us-east1-b"}}, "zone us-east1-b, region us-central1"),
        ({"zoneDistributionConfig": {"mode": "MULTI_ZONE", "zone": "us-central1-a"}}, "mode MULTI_ZONE"),
        ({"redisConfigs": {"maxmemory-policy": "lru"}}, "Invalid value for maxmemory-policy"),
        ({"redisConfigs": {"maxmemory": "15gb"}}, "It is in bytes"),
        ({"redisConfigs": {"maxmemory": str(14 * 2**30)}}, "node type HIGHMEM_MEDIUM has 13958643712"),
        ({"persistenceConfig": {"mode": "RDB", "aofConfig": {"appendFsync": "EVERYSEC"}}}, "aofConfig cannot be set in mode RDB"),
    ],
)
def test_other_settings_that_google_refuses(world: World, extra: dict[str, Any], says: str) -> None:
    with pytest.raises(Refusal, match=says):
        world.apply([*around(P), cluster(P, **extra)])


def test_a_policy_of_a_class_in_another_region_is_no_second_one(world: World) -> None:
    world.apply([*around(P, subnets=REGIONS)])
    assert len([name for name in world.names() if "serviceConnectionPolicies" in name]) == 4
    with pytest.raises(Refusal, match="already exists for network"):
        world.apply([*around(P, subnets=REGIONS), policy(P, name="third")])


@pytest.mark.parametrize("schedule", ["0 1,7,13,19 * * *", "*/5 * * * *", "0 9-17 1 JAN-MAR MON", "every 6 hours"])
def test_schedules(world: World, schedule: str) -> None:
    target = {"httpTarget": {"uri": "https://example.com/"}}
    world.apply([api("cloudscheduler"), job(schedule=schedule, **target)])
    assert outputs(world, "job")["state"] == "ENABLED"
