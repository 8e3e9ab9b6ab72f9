"""A region is lost under the main database, and comes back: the real engine, the real commands, a small program."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pulumi
import pulumi_gcp as gcp
import pytest

from components.cloud_sql import CloudSql, CloudSqlArgs
from components.configuration import current
from tools.lifecycle import commands
from tools.lifecycle.errors import CommandError

from .failing_over import AWAY, HOME, Scene, ground, yes

pytestmark = pytest.mark.engine
OVER: dict[str, Any] = {
    "database": {"replicas": {"us-east1": {"zone": "us-east1-b"}}},
    "secrets": {"credentials": {"main-db-bigquery": {}}},
}


def program() -> None:
    """The main database and what it stands on."""
    settings = current()
    on = ground(settings, "servicenetworking", "sqladmin")
    reserved = gcp.compute.GlobalAddress(
        "range", name="range", purpose="VPC_PEERING", address_type="INTERNAL", prefix_length=16, network=on.network.id,
        opts=on.ready,
    )  # fmt: skip
    peering = gcp.servicenetworking.Connection(
        "peering",
        network=on.network.id,
        service="servicenetworking.googleapis.com",
        reserved_peering_ranges=[reserved.name],
        opts=on.ready,
    )
    database = CloudSql(
        "main-db",
        CloudSqlArgs(
            settings=settings.database,
            project=settings.project.id,
            region=HOME,
            names=settings.database_instances,
            serving=settings.serving_region,
            rebuilds={getattr(settings.regions, role): n for role, n in settings.database.failover.rebuilds.items()},
            backup_locations={HOME: AWAY, AWAY: HOME},
            network=on.network.id,
            address_range=reserved.name,
            dns_zone=on.zone.name,
            dns_domain="test.internal.",
            dns_ttl_seconds=60,
            keys={HOME: None, AWAY: None},
            passwords={"postgres": (pulumi.Output.secret("p" * 20), 1), "pgbouncer": (pulumi.Output.secret("q" * 20), 1)},
            clients={},
            groups={},
            labels={},
            protect=True,
            requires=[*on.apis, peering],
        ),
        opts=pulumi.ResourceOptions(providers=[on.google]),
    )
    pulumi.export("host", database.hosts["primary"])


def serving(scene: Scene) -> str:
    """The instance that the name `main-db` leads to."""
    address = scene.leads_to("main-db")
    return next(name for name, row in scene.rows("DatabaseInstance").items() if row.computed["privateIpAddress"] == address)


def test_a_region_is_lost_and_comes_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scene = Scene(tmp_path, program, "main-database", OVER)
    with pytest.raises(CommandError, match="alphintra-main-db answers and is RUNNABLE"):
        scene.run("failover")
    scene.tell("region", HOME, "lost")
    scene.tell("replica-lag", "instances/alphintra-read-replica-us-east1", "40")
    scene.run("failover")
    told = capsys.readouterr().out
    assert "Lost is what the replica lacks, 40 s" in told
    assert f"what waits for {HOME} to answer" in told
    assert serving(scene) == "alphintra-read-replica-us-east1"
    assert not scene.deleted()

    with pytest.raises(CommandError, match="a failover was begun and is not done"):
        scene.run("failback")
    scene.tell("region", HOME, "there")
    scene.run("failover")
    instances = scene.rows("DatabaseInstance")
    assert instances["alphintra-main-db"].config["settings"]["activationPolicy"] == "NEVER"
    assert instances["alphintra-read-replica-us-east1"].config["settings"]["backupConfiguration"]["location"] == HOME
    assert commands.drift(scene.workspace, yes) == 0
    capsys.readouterr()
    scene.run("failover")
    assert "it has already happened" in capsys.readouterr().out

    scene.run("failback")
    assert commands.drift(scene.workspace, yes) == 0
    assert serving(scene) == "alphintra-main-db-r1"
    instances = scene.rows("DatabaseInstance")
    assert {name: row.config.get("masterInstanceName") for name, row in instances.items()} == {
        "alphintra-main-db-r1": None, "alphintra-read-replica-us-east1-r1": "alphintra-main-db-r1",
    }  # fmt: skip
    assert "alphintra-main-db-r1/databases/alphintra" in scene.rows("Database")
    assert "alphintra-main-db-r1/users/pgbouncer" in scene.rows("User")
    assert scene.deleted() == ["alphintra-main-db", "alphintra-read-replica-us-east1"], "what was fenced, and nothing else"
    state = scene.workspace.exported()["deployment"]["resources"]
    kept = {r["urn"].rpartition("::")[2]: r["id"] for r in state if r["type"] == "gcp:sql/database:Database"}
    assert kept == {"main-db-database-alphintra": "projects/alphintra-dev/instances/alphintra-main-db-r1/databases/alphintra"}
