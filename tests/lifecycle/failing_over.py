"""A small stack that fails over: the real engine, the real commands, a program of a test's own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pulumi
import pulumi_gcp as gcp

from localcloud.store import Row, Store
from settings import Environment
from tests.localcloud.program import stage
from tools.failover.cloud import LocalCloud
from tools.failover.command import Asked, run
from tools.lifecycle import commands
from tools.lifecycle.engine import Engine
from tools.lifecycle.workspace import Workspace
from tools.review.difference import STATEFUL

from .scene import Hasty

HOME, AWAY = "us-central1", "us-east1"


@dataclass(frozen=True)
class Ground:
    """What every store stands on."""

    google: gcp.Provider
    network: gcp.compute.Network
    zone: gcp.dns.ManagedZone
    ready: pulumi.ResourceOptions
    """Of what comes after the APIs."""
    apis: list[pulumi.Resource]


def ground(settings: Environment, *more: str) -> Ground:
    """Declares APIs, a network and a private zone."""
    google = gcp.Provider("google", project=settings.project.id, region=settings.regions.primary)
    opts = pulumi.ResourceOptions(provider=google)
    apis: list[pulumi.Resource] = [
        gcp.projects.Service(api, service=f"{api}.googleapis.com", disable_on_destroy=False, opts=opts)
        for api in ("compute", "dns", "cloudresourcemanager", "iam", *more)
    ]
    ready = pulumi.ResourceOptions(provider=google, depends_on=apis)
    network = gcp.compute.Network("network", name="network", auto_create_subnetworks=False, opts=ready)
    zone = gcp.dns.ManagedZone("zone", name="zone", dns_name="test.internal.", visibility="private", opts=ready)
    return Ground(google, network, zone, ready, apis)


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

    def __init__(self, home: Path, program: Callable[[], None], store: str, over: dict[str, Any]) -> None:
        self.home, self.program, self.store = home, program, store
        self.workspace.override(over)
        assert commands.up(self.workspace, yes) == 0

    @property
    def workspace(self) -> Workspace:
        """As a new process has it."""
        return Small("dev", "local", self.home, program=self.program)

    def run(self, command: Any, **how: bool) -> None:
        workspace = self.workspace
        cloud = LocalCloud(workspace.store, workspace.settings.project.id, self.store)
        assert run(workspace, cloud, Asked(command=command, store=self.store, **how), yes) == 0

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

    def leads_to(self, name: str) -> str:
        """The address that a name leads to."""
        store = Store(self.workspace.store / "cloud.db")
        with store.transaction():
            (record,) = [row for row in store.all() if row.config.get("name") == f"{name}.test.internal."]
        store.close()
        return record.config["rrdatas"][0]
