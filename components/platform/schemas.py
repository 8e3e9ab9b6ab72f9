"""The schemas: migrations of the databases, before anything that reads them."""

from __future__ import annotations

from settings import Environment
from settings.migrations import PASSWORDS, WORKLOADS

from ..allowed_traffic import Traffic
from ..cloud_sql import CloudSql, server_ca
from ..migration_files import Login
from ..migrations import LOGIN, Migrations, MigrationsArgs, Server
from ..pgbouncer_files import SERVER_PORT
from .clusters import Clusters
from .foundation import Foundation
from .stores import MAIN_DATABASE_USERS, REPLICA_USERS

PRIORITY = "alphintra-batch"


def main_schema(base: Foundation, on: Clusters, database: CloudSql) -> Migrations:
    """The main database's, in the primary region: replicas follow it."""
    settings, region = base.settings, base.primary
    spaces, known = on.namespaces[region], settings.migrations
    account = spaces.accounts[settings.identities.workloads[WORKLOADS["main"]].kubernetes or ""]
    return Migrations(
        f"migrations-main-{region}",
        MigrationsArgs(
            settings=known,
            project="main",
            server=Server(
                identity=settings.named(settings.database.name),
                host=database.hosts["primary"],
                port=SERVER_PORT,
                database=known.database,
                traffic=Traffic(ports=[SERVER_PORT], cidrs=[str(settings.network.managed_services)]),
                ca=server_ca(database.primary),
            ),
            logins=main_logins(settings),
            password=base.secrets.credentials[PASSWORDS["main"]].secret.id,
            image=on.images.pull(known.image),
            namespace=account.metadata.namespace,
            account=account.metadata.name,
            priority=spaces.priorities[PRIORITY].metadata.name,
        ),
        opts=on.running_on(base, region, database),
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
