"""The time series: the sites in both regions, their backups, and the jobs that prove them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from settings.timeseries import PASSWORDS, Members, Role

from ..cloud_storage import CloudStorage
from ..migrations import Migrations
from ..mounted_secrets import MountedSecrets, MountedSecretsArgs
from ..timescaledb import (
    ACCOUNT,
    JOBS,
    NAMESPACE,
    TimescaleDb,
    TimescaleDbAccess,
    TimescaleDbAccessArgs,
    TimescaleDbArgs,
    TimescaleDbBackups,
    TimescaleDbBackupsArgs,
    TimescaleDbProofs,
    TimescaleDbProofsArgs,
)  # fmt: skip
from .clusters import Clusters
from .foundation import Foundation
from .schemas import timeseries_schema


@dataclass(frozen=True, kw_only=True)
class TimeSeries:
    """The sites, and what brings their schema up to date."""

    contract: dict[str, dict[str, Any]]
    """What clients need of each site, by region."""
    schema: Migrations


JOBS_NAMESPACE = "jobs"
STORE, BATCH = "alphintra-store", "alphintra-batch"


def timeseries(base: Foundation, on: Clusters, storage: CloudStorage) -> TimeSeries:
    """Declares them."""
    members = base.settings.timeseries_members
    sites = {base.regions[role]: _site(base, on, role, has, storage) for role, has in members.items()}
    schema = timeseries_schema(base, on, sites[base.regions[base.settings.timeseries.leader]][0])
    _proofs(base, on, storage, [site for site, _ in sites.values()])
    return TimeSeries(contract={region: contract for region, (_, contract) in sites.items()}, schema=schema)


def _site(
    base: Foundation, on: Clusters, role: Role, members: Members, storage: CloudStorage
) -> tuple[TimescaleDb, dict[str, Any]]:
    region, known = base.regions[role], base.settings.timeseries
    site = known.sites[role]
    opts, spaces = on.on(base, region), on.namespaces[region]
    namespace, account = spaces.namespaces[NAMESPACE].metadata.name, spaces.accounts[f"{NAMESPACE}/{ACCOUNT}"].metadata.name
    name, image = f"timeseries-{region}", on.images.pull(known.image)
    passwords = {
        kind: _mounted(base, f"{name}-{kind}", namespace, files, opts)
        for kind, files in (("members", list(PASSWORDS)), ("monitoring", ["monitoring"]))
    }
    access = TimescaleDbAccess(
        f"{name}-access",
        TimescaleDbAccessArgs(
            scope=site.name,
            namespace=namespace,
            account=account,
            clients=spaces.named(known.clients),
            nodes=str(getattr(base.settings.network, role).nodes),
        ),
        opts=opts,
    )
    made = TimescaleDb(
        name,
        TimescaleDbArgs(
            settings=known,
            site=site,
            members=members,
            follows=None if role == known.leader else known.sites[known.leader],
            namespace=namespace,
            account=account,
            store_priority=spaces.priorities[STORE].metadata.name,
            batch_priority=spaces.priorities[BATCH].metadata.name,
            image=image,
            exporter_image=on.images.pull(known.exporter_image),
            storage_class=on.classes[region].ssd.metadata.name,
            bucket=base.settings.storage.bucket_name(known.bucket),
            access=access,
            passwords=passwords["members"],
            monitoring=passwords["monitoring"],
            protect=base.protect,
        ),
        opts=on.running_in(base, region, NAMESPACE, *storage.usable(known.bucket)),
    )
    TimescaleDbBackups(
        f"{name}-backups",
        TimescaleDbBackupsArgs(
            settings=known.repository,
            site=site,
            namespace=namespace,
            account=account,
            priority=spaces.priorities[BATCH].metadata.name,
            image=image,
            passwords=passwords["members"],
        ),
        opts=on.running_in(base, region, NAMESPACE, made.settled),
    )
    service = access.services["leader"].metadata.name
    return made, {
        "leads": role == known.leader,
        "host": pulumi.Output.concat(service, ".", namespace, ".svc.cluster.local"),
        "standbys": pulumi.Output.concat(service, "-repl.", namespace, ".svc.cluster.local"),
        "database": known.database,
        "members": made.stateful_set.spec.apply(lambda spec: spec.replicas),
    }


def _proofs(base: Foundation, on: Clusters, storage: CloudStorage, sites: Sequence[TimescaleDb]) -> None:
    known, buckets = base.settings.timeseries, base.settings.storage
    region = base.regions[known.leader]
    spaces, opts = on.namespaces[region], on.on(base, region)
    namespace = spaces.namespaces[JOBS_NAMESPACE].metadata.name
    TimescaleDbProofs(
        f"timeseries-proofs-{region}",
        TimescaleDbProofsArgs(
            settings=known,
            leader=known.sites[known.leader],
            namespace=namespace,
            accounts={kind: spaces.accounts[f"{JOBS_NAMESPACE}/{account}"].metadata.name for kind, account in JOBS.items()},
            priority=spaces.priorities[BATCH].metadata.name,
            image=on.images.pull(known.image),
            scratch_class=on.classes[region].scratch.metadata.name,
            repository_bucket=buckets.bucket_name(known.bucket),
            export_bucket=buckets.bucket_name(known.export_bucket),
            passwords={kind: _mounted(base, f"timeseries-{kind}-{region}", namespace, [kind], opts) for kind in JOBS},
        ),
        opts=on.running_in(
            base,
            region,
            JOBS_NAMESPACE,
            *storage.usable(known.bucket),
            *storage.usable(known.export_bucket),
            *(site.settled for site in sites),
        ),
    )


def _mounted(
    base: Foundation, name: str, namespace: pulumi.Input[str], files: list[str], opts: pulumi.ResourceOptions
) -> MountedSecrets:
    secrets = {file: base.secrets.credentials[PASSWORDS[file]] for file in files}
    return MountedSecrets(f"{name}-passwords", MountedSecretsArgs(namespace=namespace, secrets=secrets), opts=opts)
