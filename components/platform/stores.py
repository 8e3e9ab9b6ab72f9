"""The stores that Google runs: Cloud SQL, Memorystore, and those that one setting each turns on."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from settings.migrations import PASSWORDS
from settings.pooling import login_secret

from ..bigtable import Bigtable, BigtableArgs
from ..cache_archive import CacheArchive, CacheArchiveArgs
from ..cache_connection import Surroundings
from ..cloud_sql import ADMINISTRATOR_ROLES, CLIENT_ROLES, CloudSql, CloudSqlArgs, Group
from ..firestore import Firestore, FirestoreArgs
from ..migrations import LOGIN
from ..redis_cluster import RedisCluster, RedisClusterArgs
from ..service_connections import ServiceConnections, ServiceConnectionsArgs
from ..sessions import Sessions, SessionsArgs
from .foundation import PROJECT_API, Foundation

MAIN_DATABASE_USERS = {"postgres": "main-db-postgres", "pgbouncer": "main-db-pgbouncer", LOGIN: PASSWORDS["main"]}
"""The main database's built-in users, and the credential of each."""
REPLICA_USERS = {"bigquery": "main-db-bigquery"}
"""Those that read a replica, and are there where there is one."""
GROUP_ROLES = {"sign-in": CLIENT_ROLES, "administer": ADMINISTRATOR_ROLES}
"""What groups may do with the main database."""


@dataclass(frozen=True, kw_only=True)
class Caches:
    """The two stores in Memorystore."""

    cluster: RedisCluster
    sessions: Sessions

    @property
    def stores(self) -> list[pulumi.Resource]:
        """The stores themselves: those that are written to, and those that follow them."""
        return [
            self.cluster.primary, *self.cluster.secondaries.values(), self.sessions.store, *self.sessions.secondaries.values(),
        ]  # fmt: skip


def main_database(base: Foundation) -> CloudSql:
    """The main database, its replicas, users and clients."""
    settings, network, identities = base.settings, base.network, base.settings.identities
    accounts, credentials = base.identities.accounts, base.secrets.credentials
    users = {
        **MAIN_DATABASE_USERS,
        **{client: login_secret(client) for client in settings.pooling.clients},
        **(REPLICA_USERS if settings.database.replicas else {}),
    }
    return CloudSql(
        "main-db",
        CloudSqlArgs(
            settings=settings.database,
            project=base.project,
            region=base.primary,
            names=settings.database_instances,
            serving=settings.serving_region,
            rebuilds={base.regions[role]: times for role, times in settings.database.failover.rebuilds.items()},
            backup_locations={
                base.regions["primary"]: base.regions["secondary"],
                base.regions["secondary"]: base.regions["primary"],
            },
            network=network.vpc.id,
            address_range=network.managed_services_range.name,
            dns_zone=network.dns_zone.name,
            dns_domain=settings.network.dns_zone,
            dns_ttl_seconds=settings.network.dns_ttl_seconds,
            keys=base.keys("database"),
            passwords={user: (credentials[secret].value, credentials[secret].version) for user, secret in users.items()},
            clients={
                name: (accounts[name].email, accounts[name].member)
                for name, known in identities.workloads.items()
                if known.database
            },
            groups={
                group: Group(identities.email(group), GROUP_ROLES[known.database])
                for group, known in identities.groups.items()
                if known.database != "none"
            },
            labels=base.labels,
            protect=base.protect,
            requires=[*base.enabled(*CloudSql.APIS, PROJECT_API), network.private_services],
        ),
        opts=base.inside,
    )


def caches(base: Foundation) -> Caches:
    """The cache cluster with its archive, and the session store."""
    settings, network = base.settings, base.network
    connections = ServiceConnections(
        "service-connections",
        ServiceConnectionsArgs(
            classes=[RedisCluster.SERVICE_CLASS, Sessions.SERVICE_CLASS],
            network=network.vpc.id,
            network_name=settings.network.name,
            subnets={region: subnet.id for region, subnet in network.subnets.items()},
            requires=base.enabled(*ServiceConnections.APIS),
        ),
        opts=base.inside,
    )
    surroundings = Surroundings(
        project=base.project,
        network=network.vpc.id,
        dns_zone=network.dns_zone.name,
        dns_domain=settings.network.dns_zone,
        dns_ttl_seconds=settings.network.dns_ttl_seconds,
        secret_keys=base.keys("secrets"),
        secret_destroy_delay_days=settings.secrets.destroy_delay_days,
        protect=base.protect,
    )
    before = [
        *base.enabled(*RedisCluster.APIS, *Sessions.APIS, "secretmanager.googleapis.com", PROJECT_API),
        *connections.policies.values(),
    ]
    cluster = RedisCluster(
        "redis-cluster",
        RedisClusterArgs(
            settings=settings.cache.cluster,
            region=base.primary,
            names=settings.cache_clusters,
            serving=settings.cache_region,
            keys=base.keys("cache"),
            clients=_clients(base, "cluster"),
            surroundings=surroundings,
            requires=before,
        ),
        opts=base.inside,
    )
    _archive(base, cluster)
    # Valkey has an API of its own, and comes by its service connection. Redis has that of the clusters, which makes one store at
    # a time, and comes by private services access.
    alike = [network.private_services, cluster.primary, *cluster.secondaries.values()]
    sessions = Sessions(
        "redis-sessions",
        SessionsArgs(
            settings=settings.cache.sessions,
            region=base.primary,
            names=settings.session_stores,
            serving=settings.sessions_region,
            keys=base.keys("cache"),
            address_range=network.managed_services_range.name,
            clients=_clients(base, "sessions"),
            surroundings=surroundings,
            requires=[*before, *(alike if settings.cache.sessions.form == "redis" else [])],
        ),
        opts=base.inside,
    )
    return Caches(cluster=cluster, sessions=sessions)


def _clients(base: Foundation, cache: str) -> dict[str, pulumi.Output[str]]:
    """The members that connect to a cache."""
    return {name: base.workloads[name] for name, known in base.settings.identities.workloads.items() if cache in known.caches}


def _archive(base: Foundation, cluster: RedisCluster) -> None:
    archive = base.settings.cache.cluster.archive
    if archive is None:
        return
    archivist = base.identities.accounts[archive.workload]
    CacheArchive(
        "cache-archive",
        CacheArchiveArgs(
            settings=archive,
            project=base.project,
            region=base.settings.cache_region,
            cluster=cluster.primary.id,
            cluster_name=base.settings.cache_clusters[base.settings.cache_region],
            account=(archivist.email, archivist.member),
            requires=base.enabled(*CacheArchive.APIS, "iam.googleapis.com"),
        ),
        opts=base.inside,
    )


def optional_stores(base: Foundation) -> None:
    """Bigtable and Firestore, where they are wanted."""
    settings = base.settings
    if settings.bigtable.enabled:
        Bigtable(
            "bigtable",
            BigtableArgs(
                settings=settings.bigtable,
                instance=settings.named(settings.bigtable.instance),
                key=base.encryption.key_for("bigtable", base.primary),
                users={name: base.members[name] for name in settings.bigtable.users},
                protect=base.protect,
                requires=base.enabled(*Bigtable.APIS),
            ),
            opts=base.inside,
        )
    if settings.firestore.enabled:
        Firestore(
            "firestore",
            FirestoreArgs(
                settings=settings.firestore,
                project=base.project,
                database=settings.named(settings.firestore.database),
                region=base.primary,
                key=base.encryption.key_for("firestore", base.primary),
                users={name: base.members[name] for name in settings.firestore.users},
                protect=base.protect,
                requires=base.enabled(*Firestore.APIS, PROJECT_API),
            ),
            opts=base.inside,
        )
