"""A region is lost under the cache, and comes back: the real engine, the real commands, a small program."""

from __future__ import annotations

from pathlib import Path

import pulumi
import pulumi_gcp as gcp
import pytest

from components.cache_connection import Surroundings
from components.configuration import current
from components.redis_cluster import RedisCluster, RedisClusterArgs
from localcloud.values import at
from tools.lifecycle import commands
from tools.lifecycle.errors import CommandError

from .failing_over import AWAY, HOME, Scene, ground, yes

pytestmark = pytest.mark.engine
OVER = {"cache": {"cluster": {"zone": None, "secondaries": {AWAY: {"replicas": 0}}}}}
FIRST, SECOND = "alphintra-redis-cluster", f"alphintra-redis-cluster-{AWAY}"


def program() -> None:
    """The cache and what it stands on."""
    settings = current()
    on = ground(settings, "networkconnectivity", "redis", "secretmanager")
    policies: list[pulumi.Resource] = []
    for number, region in enumerate((HOME, AWAY)):
        subnet = gcp.compute.Subnetwork(
            f"subnet-{region}", name=region, network=on.network.id, region=region, ip_cidr_range=f"10.{number}.0.0/24",
            opts=on.ready,
        )  # fmt: skip
        policies.append(
            gcp.networkconnectivity.ServiceConnectionPolicy(
                f"policy-{region}",
                name=region,
                location=region,
                network=on.network.id,
                service_class=RedisCluster.SERVICE_CLASS,
                psc_config={"subnetworks": [subnet.id]},
                opts=on.ready,
            )
        )
    cache = RedisCluster(
        "cache",
        RedisClusterArgs(
            settings=settings.cache.cluster,
            region=HOME,
            names=settings.cache_clusters,
            serving=settings.cache_region,
            keys={HOME: None, AWAY: None},
            clients={},
            surroundings=Surroundings(
                project=settings.project.id,
                network=on.network.id,
                dns_zone=on.zone.name,
                dns_domain="test.internal.",
                dns_ttl_seconds=60,
                secret_keys={HOME: None, AWAY: None},
                secret_destroy_delay_days=7,
                protect=True,
            ),
            requires=[*on.apis, *policies],
        ),
        opts=pulumi.ResourceOptions(providers=[on.google]),
    )
    pulumi.export("hosts", cache.hosts)


def serving(scene: Scene) -> str:
    """The cluster that the name `cache` leads to."""
    address = scene.leads_to("cache")
    return next(name for name, row in clusters(scene).items() if at(row, "discoveryEndpoints")[0]["address"] == address)


def secret(scene: Scene) -> object:
    """The version of what the connection's secret says."""
    (row,) = scene.rows("SecretVersion").values()
    return row.config["secretDataWoVersion"]


def clusters(scene: Scene) -> dict[str, dict[str, object]]:
    """What the cloud says of each."""
    return {row.config["name"]: row.properties for row in scene.rows("Cluster").values()}


def test_a_region_is_lost_and_comes_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scene = Scene(tmp_path, program, "cache", OVER)
    assert serving(scene) == FIRST
    said = secret(scene)
    with pytest.raises(CommandError, match=f"{FIRST} answers and is ACTIVE"):
        scene.run("failover")
    scene.tell("region", HOME, "lost")
    scene.tell("replica-lag", f"clusters/{SECOND}", "40")
    scene.run("failover")
    told = capsys.readouterr().out
    assert "Lost is what the replica lacks, 40 s" in told
    assert f"what waits for {HOME} to answer" in told
    assert serving(scene) == SECOND
    assert secret(scene) != said, "the secret with the connection moved"
    with pytest.raises(CommandError, match="a failover was begun and is not done"):
        scene.run("failback")

    scene.tell("region", HOME, "there")
    scene.run("failover")
    assert at(clusters(scene)[FIRST], "crossClusterReplicationConfig.clusterRole") == "SECONDARY"
    assert at(clusters(scene)[SECOND], "crossClusterReplicationConfig.clusterRole") is None

    scene.run("failback")
    assert commands.drift(scene.workspace, yes) == 0
    assert serving(scene) == FIRST
    assert at(clusters(scene)[SECOND], "crossClusterReplicationConfig.clusterRole") == "SECONDARY"
    assert not scene.deleted()
