"""The weekly proof that backups in Memorystore can be brought back: a job that does it, its identity's rights, its alerts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pulumi
import pulumi_kubernetes as k8s

import settings.verification as spec

from .allowed_traffic import Traffic, allow
from .firewall import PRIVATE_GOOGLE_RANGE
from .job_alerts import Scheduled
from .own_role import Worker
from .pods import NOBODY, RunsAs, amounts, environment, working_pod
from .proof_schedule import proof_schedule

NAMESPACE = "jobs"
RESTORES = "Brings a backup back into a store of its own"
PORTS = (6379, (11000, 13047))
"""Where a store is found, and where a cluster's nodes are
(https://cloud.google.com/memorystore/docs/cluster/networking#reserved_network_ports)."""
Store = Literal["cluster", "sessions"]


@dataclass(frozen=True, kw_only=True)
class Product:
    """How a product of Memorystore is called."""

    service: str
    """What its permissions begin with."""
    many: str
    name: str
    """What roles and alerts are called after."""
    title: str

    @property
    def begins(self) -> list[str]:
        """To list, to wait, and to make a store, which changes none that there is: a list and a creation are asked of the place,
        not of what is in it, so a condition on names would refuse them. Unconfirmed for creations; Google's pages are silent."""
        return [
            *(f"{self.service}.{self.many}.{verb}" for verb in ("create", "list")),
            f"{self.service}.backupCollections.list",
            *(f"{self.service}.backups.{verb}" for verb in ("get", "list")),
            f"{self.service}.operations.get",
        ]

    @property
    def reads(self) -> list[str]:
        """What it may do with the original."""
        return [f"{self.service}.{self.many}.get"]

    @property
    def ends(self) -> list[str]:
        """What it may do with throw-away stores."""
        return [f"{self.service}.{self.many}.{verb}" for verb in ("connect", "delete", "get")]


PRODUCTS: dict[Store, Product] = {
    "cluster": Product(service="redis", many="clusters", name="cache", title="Cache"),
    "sessions": Product(service="memorystore", many="instances", name="sessions", title="Session store"),
}
"""https://cloud.google.com/iam/docs/roles-permissions/redis, https://cloud.google.com/iam/docs/roles-permissions/memorystore. The
narrowest roles of Google's own may change every store."""


@dataclass(frozen=True, kw_only=True)
class CacheVerificationArgs:
    """What `CacheVerification` takes."""

    settings: spec.CacheVerification
    store: Store
    project: str
    """The project's id."""
    region: str
    instance: str
    """The store whose backups are brought back."""
    network: pulumi.Input[str]
    """The network's id."""
    range: str
    """The range that stores' addresses are in."""
    bucket: str
    """What evidence is kept in, by its name."""
    folder: str
    member: pulumi.Input[str]
    """The identity, as an IAM member."""
    account: pulumi.Input[str]
    """The Kubernetes account that the job runs as."""
    namespace: pulumi.Input[str]
    priority: pulumi.Input[str]
    image: pulumi.Input[str]
    """Our own."""
    requires: Sequence[pulumi.Resource] = ()
    """What must be there first: the enabled APIs."""


class CacheVerification(pulumi.ComponentResource):
    """A job that makes a store of the newest backup, counts its keys and takes it away; under an identity that can take away
    stores of such names, and no other."""

    schedule: k8s.batch.v1.CronJob

    def __init__(self, name: str, args: CacheVerificationArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("alphintra:data:CacheVerification", name, {}, opts)
        inside = pulumi.ResourceOptions(parent=self)
        product, called = PRODUCTS[args.store], job_name(args.store)
        source = f"projects/{args.project}/locations/{args.region}/{product.many}/{args.instance}"
        worker = Worker(
            parent=self,
            name=name,
            role_id=f"{product.name}Verifier",
            title=f"{product.title} verifier",
            project=args.project,
            member=args.member,
            about=args.instance,
            requires=args.requires,
        )
        worker.may("begins", RESTORES, product.begins)
        worker.may("reads", RESTORES, product.reads, f'resource.name == "{source}"')
        worker.may("ends", RESTORES, product.ends, f'resource.name.startsWith("{source}-verify-")')
        labels = {"app": called}
        self.schedule = proof_schedule(
            f"{name}-schedule",
            called,
            namespace=args.namespace,
            schedule=args.settings.schedule,
            hours=args.settings.hours,
            pod=_pod(args),
            labels=labels,
            opts=inside,
        )
        allow(
            f"{name}-traffic",
            called,
            namespace=args.namespace,
            labels=labels,
            outgoing=[Traffic(ports=[443], cidrs=[PRIVATE_GOOGLE_RANGE]), Traffic(ports=PORTS, cidrs=[args.range])],
            opts=inside,
        )
        self.register_outputs({"schedule": self.schedule.metadata.name})


def _pod(args: CacheVerificationArgs) -> k8s.core.v1.PodSpecArgs:
    return working_pod(
        args.image,
        ["python", "-m", "database.cache.verify", args.store],
        runs_as=RunsAs(user=NOBODY, account=args.account, priority=args.priority),
        resources=amounts(0.1, 256),
        variables=environment(
            PROJECT=args.project,
            REGION=args.region,
            INSTANCE=args.instance,
            NETWORK=args.network,
            NEWEST_HOURS=str(args.settings.newest_hours),
            SECONDS=str(args.settings.hours * 3600),
            BUCKET=args.bucket,
            FOLDER=args.folder,
        ),
        reads={},
    )


def job_name(store: Store) -> str:
    """What the job of a store is called."""
    return f"{PRODUCTS[store].name}-verification"


def cache_restore_test(store: Store) -> Scheduled:
    """The job, for those who watch it."""
    product = PRODUCTS[store]
    return Scheduled(
        store=product.name, store_title=product.title, runbook="cache", what="restore-test", title="restore test",
        namespace=NAMESPACE, jobs=(job_name(store),),
    )  # fmt: skip
