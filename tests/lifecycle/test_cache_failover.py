"""A region is lost under a store in Memorystore, and comes back: the real engine, the real commands, a small program."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pulumi
import pulumi_gcp as gcp
import pytest

from components.cache_connection import Surroundings
from components.configuration import current
from components.redis_cluster import RedisCluster, RedisClusterArgs
from components.sessions import Sessions, SessionsArgs
from localcloud.values import at
from settings import Environment
from tools.lifecycle import commands
from tools.lifecycle.errors import CommandError

from .failing_over import AWAY, HOME, Ground, Scene, ground, yes

pytestmark = pytest.mark.engine
PARTS = {
    "cache": ("cluster", "alphintra-redis-cluster", "Cluster", "crossClusterReplicationConfig.clusterRole"),
    "sessions": ("sessions", "alphintra-redis-sessions", "Instance", "crossInstanceReplicationConfig.instanceRole"),
}
"""Of each store its part of the settings, its name, the type of what it is made of, and where one of those says what it is."""


def cache() -> None:
    """The cache and what it stands on."""
    settings = current()
    on = ground(settings, "networkconnectivity", "redis", "secretmanager")
    made = RedisCluster(
        "cache",
        RedisClusterArgs(
            settings=settings.cache.cluster,
            region=HOME,
            names=settings.cache_clusters,
            serving=settings.cache_region,
            keys={HOME: None, AWAY: None},
            clients={},
            surroundings=around(settings, on),
            requires=[*on.apis, *policies(on, RedisCluster.SERVICE_CLASS)],
        ),
        opts=pulumi.ResourceOptions(providers=[on.google]),
    )
    pulumi.export("hosts", made.hosts)


def sessions() -> None:
    """The session store and what it stands on."""
    settings = current()
    on = ground(settings, "networkconnectivity", "memorystore", "secretmanager")
    made = Sessions(
        "sessions",
        SessionsArgs(
            settings=settings.cache.sessions,
            region=HOME,
            names=settings.session_stores,
            serving=settings.sessions_region,
            keys={HOME: None, AWAY: None},
            address_range="",
            clients={},
            surroundings=around(settings, on),
            requires=[*on.apis, *policies(on, Sessions.SERVICE_CLASS)],
        ),
        opts=pulumi.ResourceOptions(providers=[on.google]),
    )
    pulumi.export("hosts", made.hosts)


def policies(on: Ground, service_class: str) -> list[pulumi.Resource]:
    """What lets the stores have addresses in each region."""
    found: list[pulumi.Resource] = []
    for number, region in enumerate((HOME, AWAY)):
        subnet = gcp.compute.Subnetwork(
            f"subnet-{region}", name=region, network=on.network.id, region=region, ip_cidr_range=f"10.{number}.0.0/24",
            opts=on.ready,
        )  # fmt: skip
        found.append(
            gcp.networkconnectivity.ServiceConnectionPolicy(
                f"policy-{region}",
                name=region,
                location=region,
                network=on.network.id,
                service_class=service_class,
                psc_config={"subnetworks": [subnet.id]},
                opts=on.ready,
            )
        )
    return found


def around(settings: Environment, on: Ground) -> Surroundings:
    return Surroundings(
        project=settings.project.id,
        network=on.network.id,
        dns_zone=on.zone.name,
        dns_domain="test.internal.",
        dns_ttl_seconds=60,
        secret_keys={HOME: None, AWAY: None},
        secret_destroy_delay_days=7,
        protect=True,
    )


def serving(scene: Scene) -> str:
    """The one that the store's name leads to."""
    address = scene.leads_to(scene.store)
    return next(name for name, row in stores(scene).items() if f'"{address}"' in json.dumps(row))


def secret(scene: Scene) -> object:
    """The version of what the connection's secret says."""
    (row,) = scene.rows("SecretVersion").values()
    return row.config["secretDataWoVersion"]


def stores(scene: Scene) -> dict[str, dict[str, object]]:
    """What the cloud says of each."""
    rows = scene.rows(PARTS[scene.store][2]).values()
    return {row.config.get("instanceId") or row.config["name"]: row.properties for row in rows}


@pytest.mark.parametrize("program", [cache, sessions], ids=lambda program: program.__name__)
def test_a_region_is_lost_and_comes_back(program: Callable[[], None], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    part, first, _, role = PARTS[program.__name__]
    second = f"{first}-{AWAY}"
    over = {"cache": {part: {"zone": None, "secondaries": {AWAY: {"replicas": 0}}}}}
    scene = Scene(tmp_path, program, program.__name__, over)
    assert serving(scene) == first
    said = secret(scene)
    with pytest.raises(CommandError, match=f"{first} answers and is ACTIVE"):
        scene.run("failover")
    scene.tell("region", HOME, "lost")
    scene.tell("replica-lag", second, "40")
    scene.run("failover")
    told = capsys.readouterr().out
    assert "Lost is what the replica lacks, 40 s" in told
    assert f"what waits for {HOME} to answer" in told
    assert serving(scene) == second
    assert secret(scene) != said, "the secret with the connection moved"
    with pytest.raises(CommandError, match="a failover was begun and is not done"):
        scene.run("failback")

    scene.tell("region", HOME, "there")
    scene.run("failover")
    assert at(stores(scene)[first], role) == "SECONDARY"
    assert at(stores(scene)[second], role) is None

    scene.run("failback")
    assert commands.drift(scene.workspace, yes) == 0
    assert serving(scene) == first
    assert at(stores(scene)[second], role) == "SECONDARY"
    assert not scene.deleted()
