"""The schemas: migrations of the databases, before anything that reads them."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi

from settings import Environment
from settings.migrations import PASSWORDS, WORKLOADS
from settings.timeseries import READERS

from ..allowed_traffic import Traffic
from ..cloud_sql import CloudSql, server_ca
from ..migration_files import Login, Project
from ..migrations import LOGIN, Migrations, MigrationsArgs, Server
from ..pgbouncer_files import SERVER_PORT
from ..timescaledb import NAMESPACE, PORT, TimescaleDb
from .clusters import Clusters
from .foundation import Foundation
from .stores import MAIN_DATABASE_USERS, REPLICA_USERS

PRIORITY = "alphintra-batch"


def main_schema(base: Foundation, on: Clusters, database: CloudSql) -> Migrations:
    """The main database's, in the primary region: replicas follow it."""
    settings, region = base.settings, base.primary
    server = Server(
        identity=settings.named(settings.database.name),
        host=database.hosts["primary"],
        port=SERVER_PORT,
        database=settings.migrations.database,
        traffic=Traffic(ports=[SERVER_PORT], cidrs=[str(settings.network.managed_services)]),
        ca=server_ca(database.primary),
    )
    return _migrations(base, on, "main", region, server, main_logins(settings), database)


def timeseries_schema(base: Foundation, on: Clusters, leader: TimescaleDb) -> Migrations:
    """The time series', where it takes writes: other sites follow."""
    known = base.settings.timeseries
    site = known.sites[known.leader]
    server = Server(
        identity=site.name,
        host=f"{site.name}.{NAMESPACE}.svc.cluster.local",
        port=PORT,
        database=known.database,
        traffic=Traffic(ports=[PORT], namespace=NAMESPACE),
    )
    logins = [Login(workload, login) for workload, login in READERS.items()]
    return _migrations(base, on, "timeseries", base.regions[known.leader], server, logins, leader.settled)


def _migrations(
    base: Foundation,
    on: Clusters,
    project: Project,
    region: str,
    server: Server,
    logins: Sequence[Login],
    after: pulumi.Resource,
) -> Migrations:
    settings, spaces = base.settings, on.namespaces[region]
    known_as = settings.identities.workloads[WORKLOADS[project]].kubernetes or ""
    account = spaces.accounts[known_as]
    return Migrations(
        f"migrations-{project}-{region}",
        MigrationsArgs(
            settings=settings.migrations,
            project=project,
            server=server,
            logins=logins,
            password=base.secrets.credentials[PASSWORDS[project]],
            image=on.images.pull(settings.migrations.image),
            namespace=account.metadata.namespace,
            account=account.metadata.name,
            priority=spaces.priorities[PRIORITY].metadata.name,
        ),
        opts=on.running_in(base, region, known_as.partition("/")[0], after),
    )


def main_logins(settings: Environment) -> list[Login]:
    """Who signs in to the main database, and is no administrator of it: by IAM, by password, and people."""
    identities = settings.identities
    by_password = {*MAIN_DATABASE_USERS, *settings.pooling.clients, *(REPLICA_USERS if settings.database.replicas else ())}
    return [
        *(
            Login(name, f"{name}@{settings.project.id}.iam")
            for name, workload in identities.workloads.items()
            if workload.database
        ),
        *(Login(name, name) for name in by_password - {"postgres", LOGIN}),
        *(Login(name, identities.email(name)) for name, group in identities.groups.items() if group.database == "sign-in"),
    ]
