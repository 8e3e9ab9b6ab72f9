"""A region is lost under the main database, and comes back: the real engine, the real commands, a small program."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pulumi
import pulumi_gcp as gcp
import pytest

from components.cloud_sql import CloudSql, CloudSqlArgs
from components.configuration import current
from localcloud.store import Row, Store
from tests.localcloud.program import stage
from tools.failover.cloud import LocalCloud
from tools.failover.command import Asked, run
from tools.lifecycle import commands
from tools.lifecycle.engine import Engine
from tools.lifecycle.errors import CommandError
from tools.lifecycle.workspace import Workspace
from tools.review.difference import STATEFUL

from .scene import Hasty

pytestmark = pytest.mark.engine
OVER: dict[str, Any] = {
    "database": {"replicas": {"us-east1": {"zone": "us-east1-b"}}},
    "secrets": {"credentials": {"main-db-bigquery": {}}},
}
HOME, AWAY = "us-central1", "us-east1"


def program() -> None:
    """The main database and what it stands on."""
    settings = current()
    google = gcp.Provider("google", project=settings.project.id, region=settings.regions.primary)
    opts = pulumi.ResourceOptions(provider=google)
    apis = [
        gcp.projects.Service(api, service=f"{api}.googleapis.com", disable_on_destroy=False, opts=opts)
        for api in ("compute", "servicenetworking", "sqladmin", "dns", "cloudresourcemanager", "iam")
    ]
    ready = pulumi.ResourceOptions(provider=google, depends_on=apis)
    network = gcp.compute.Network("network", name="network", auto_create_subnetworks=False, opts=ready)
    reserved = gcp.compute.GlobalAddress(
        "range", name="range", purpose="VPC_PEERING", address_type="INTERNAL", prefix_length=16, network=network.id, opts=ready
    )
    peering = gcp.servicenetworking.Connection(
        "peering",
        network=network.id,
        service="servicenetworking.googleapis.com",
        reserved_peering_ranges=[reserved.name],
        opts=ready,
    )
    zone = gcp.dns.ManagedZone("zone", name="zone", dns_name="test.internal.", visibility="private", opts=ready)
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
            network=network.id,
            address_range=reserved.name,
            dns_zone=zone.name,
            dns_domain="test.internal.",
            dns_ttl_seconds=60,
            keys={HOME: None, AWAY: None},
            passwords={"postgres": (pulumi.Output.secret("p" * 20), 1), "pgbouncer": (pulumi.Output.secret("q" * 20), 1)},
            clients={},
            groups={},
            labels={},
            protect=True,
            requires=[*apis, peering],
        ),
        opts=pulumi.ResourceOptions(providers=[google]),
    )
    pulumi.export("host", database.hosts["primary"])


@dataclass(frozen=True)
class Small(Workspace):
    """A workspace whose program is not the platform's, and which its policies know nothing of."""

    @property
    def policy_packs(self) -> list[str]:
        return []

    @cached_property
    def engine(self) -> Engine:
        """One that does not preview once more what the commands have previewed."""
        return Hasty()


def yes(_what: str) -> bool:
    return True


class Scene:
    """The stack of the test, and its cloud."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.workspace.override(OVER)
        assert commands.up(self.workspace, yes) == 0

    @property
    def workspace(self) -> Workspace:
        """As a new process has it."""
        return Small("dev", "local", self.home, program=program)

    def run(self, command: Any, **how: bool) -> None:
        workspace = self.workspace
        cloud = LocalCloud(workspace.store, workspace.settings.project.id)
        assert run(workspace, cloud, Asked(command=command, store="main-database", **how), yes) == 0

    def tell(self, *words: str) -> None:
        store = Store(self.workspace.store / "cloud.db")
        stage(store, [words])
        store.close()

    def rows(self, kind: str) -> dict[str, Row]:
        store = Store(self.workspace.store / "cloud.db")
        with store.transaction():
            found = {row.name.rpartition("/instances/")[2]: row for row in store.all() if row.type.endswith(f":{kind}")}
        store.close()
        return found

    def deleted(self) -> list[str]:
        """What was deleted that holds data, by the ends of the names."""
        store = Store(self.workspace.store / "cloud.db")
        with store.transaction():
            found = [op["name"] for op in store.operations() if op["verb"] == "delete" and op["type"] in STATEFUL]
        store.close()
        return [name.rpartition("/")[2] for name in found]

    def serving(self) -> str:
        """The instance that the name `main-db` leads to."""
        store = Store(self.workspace.store / "cloud.db")
        with store.transaction():
            (record,) = [row for row in store.all() if row.config.get("name") == "main-db.test.internal."]
        store.close()
        address = record.config["rrdatas"][0]
        return next(name for name, row in self.rows("DatabaseInstance").items() if row.computed["privateIpAddress"] == address)


def test_a_region_is_lost_and_comes_back(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    scene = Scene(tmp_path)
    with pytest.raises(CommandError, match="alphintra-main-db answers and is RUNNABLE"):
        scene.run("failover")
    scene.tell("region", HOME, "lost")
    scene.tell("replica-lag", "instances/alphintra-read-replica-us-east1", "40")
    scene.run("failover")
    told = capsys.readouterr().out
    assert "Lost is what the replica lacks, 40 s" in told
    assert f"what waits for {HOME} to answer" in told
    assert scene.serving() == "alphintra-read-replica-us-east1"
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
    assert scene.serving() == "alphintra-main-db-r1"
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
