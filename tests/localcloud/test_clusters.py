"""Clusters and node pools on the local cloud: what Google adds, and what changes in place."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from localcloud.errors import Refusal
from localcloud.values import at

from .cases_clusters import cluster, ground, nodes, pool
from .parts import ENCRYPTER, IDENTITY, KEY_GRANT, agent, api, key, key_id
from .world import Res, World

P = "case-project"
GROUND = ground(P)


@pytest.fixture
def world(tmp_path: Path) -> World:
    made = World(tmp_path, P)
    made.apply([*GROUND, cluster(P), pool(P)])
    return made


def outputs(world: World, name: str) -> Any:
    return world.states[name][1].outputs


def test_a_cluster_has_a_name_and_an_address(world: World) -> None:
    found = outputs(world, "c")
    endpoint = at(found, "controlPlaneEndpointsConfig.dnsEndpointConfig.endpoint")
    assert endpoint.startswith("gke-")
    assert endpoint.endswith(".us-central1.gke.goog")
    assert found["endpoint"] == "10.0.0.2", "of its own subnetwork"
    assert b"BEGIN CERTIFICATE" in base64.b64decode(at(found, "masterAuth.clusterCaCertificate"))
    assert world.states["c"][1].id == f"projects/{P}/locations/us-central1/clusters/c"


def test_a_pool_is_resized_in_place_and_its_cluster_keeps_its_name(world: World) -> None:
    before = at(outputs(world, "c"), "controlPlaneEndpointsConfig.dnsEndpointConfig.endpoint")
    larger = pool(P, nodeCount=2, **nodes("n2-standard-4"))
    upgraded = cluster(P, releaseChannel={"channel": "STABLE"})
    world.apply([*GROUND, upgraded, larger])
    assert outputs(world, "pool")["nodeCount"] == 2
    assert at(outputs(world, "c"), "controlPlaneEndpointsConfig.dnsEndpointConfig.endpoint") == before


def test_nodes_of_other_pools_count_for_the_pods_range(tmp_path: Path) -> None:
    world = World(tmp_path, P)
    setup = [*ground(P, pods="10.4.0.0/22"), cluster(P), pool(P)]  # three zones of a /24 each, of four
    world.apply(setup)
    second = Res("second", pool(P).type, {**pool(P).inputs, "name": "second", "maxPodsPerNode": 64})
    with pytest.raises(Refusal, match="its nodes need 1152") as caught:
        world.apply([*setup, second])
    assert caught.value.rule == "node-addresses"
    one_zone = {"nodeLocations": ["us-central1-a"]}
    world.apply([*setup, Res("second", second.type, {**second.inputs, **one_zone})])


def test_the_agent_of_disks_is_there_with_its_api_and_cannot_be_asked_for(tmp_path: Path) -> None:
    world = World(tmp_path, P)
    parts = [part for part in key(P, granted=False) if part.name != "agent-sqladmin"]
    member = {"member": agent(P, "compute")}
    grant = Res("grant", KEY_GRANT, {"cryptoKeyId": key_id(P), "role": ENCRYPTER, **member})
    with pytest.raises(Refusal, match="does not exist"):
        world.apply([*parts, grant])
    world.apply([*parts, api("compute"), grant])
    with pytest.raises(Refusal, match="has no service identity"):
        world.apply([*parts, api("compute"), grant, Res("asked", IDENTITY, {"service": "compute.googleapis.com"})])


def test_a_cluster_takes_its_pools_with_it(world: World) -> None:
    res, state = world.states["c"]
    world.provider.delete(res.type, state, 0)
    assert not [name for name in world.names() if "/clusters/" in name]
