"""Connection pooling: poolers in each cluster that has room for them, before the main database's instance of that region."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from settings.images import PROGRAMS
from settings.pooling import POD
from settings.section import Role

from ..allowed_traffic import Traffic
from ..cloud_sql import CloudSql, server_ca
from ..migrations import Migrations
from ..own_program import labelled
from ..pgbouncer import PgBouncer, PgBouncerArgs
from ..pgbouncer_files import PORT, USER
from .clusters import Clusters
from .foundation import Foundation
from .stores import MAIN_DATABASE_USERS

PRIORITY = "alphintra-path"


def pooling(base: Foundation, on: Clusters, database: CloudSql, schema: Migrations) -> dict[str, PgBouncer]:
    """Declares them, by region."""
    return {base.regions[role]: _poolers(base, on, role, database, schema) for role in base.settings.poolers}


def found_at(poolers: Mapping[str, PgBouncer]) -> dict[str, dict[str, Any]]:
    """Where clients find them, by region."""
    return {region: {"host": known.host, "port": PORT} for region, known in poolers.items()}


def _poolers(base: Foundation, on: Clusters, role: Role, database: CloudSql, schema: Migrations) -> PgBouncer:
    settings, region = base.settings, base.regions[role]
    spaces, known = on.namespaces[region], settings.pooling
    # Those of the primary region write, wherever the database is; others use the instance beside them, which may have taken over.
    beside = region if role != "primary" and region in database.hosts else "primary"
    instance = database.primary if beside == "primary" else database.instances[region]
    credential = base.secrets.credentials[MAIN_DATABASE_USERS[USER]]
    spaces_of = {client: (settings.identities.workloads[client].kubernetes or "").partition("/")[0] for client in known.clients}
    services = {namespace for client, namespace in spaces_of.items() if client not in PROGRAMS}
    programs = {client: spaces_of[client] for client in PROGRAMS} if role == "primary" else {}
    return PgBouncer(
        f"pgbouncer-{region}",
        PgBouncerArgs(
            settings=known,
            pods=settings.poolers[role],
            images={
                "pgbouncer": on.images.pull(known.image),
                "exporter": on.images.pull(known.exporter_image),
                "preparation": on.images.pull(known.preparation_image),
            },
            namespace=spaces.namespaces[POD].metadata.name,
            account=spaces.accounts[f"{POD}/{USER}"].metadata.name,
            priority=spaces.priorities[PRIORITY].metadata.name,
            password=credential,
            host=database.hosts[beside],
            databases=settings.database.databases,
            server_ca=server_ca(instance),
            server_range=str(settings.network.managed_services),
            clients=spaces.named(sorted(services)),
            programs=[
                Traffic(ports=[PORT], namespace=namespace, labels=labelled(program)) for program, namespace in programs.items()
            ],
            requires=[schema.job],  # which makes the function that passwords are looked up with, once the users are there
        ),
        opts=on.running_in(base, region, POD),
    )
