"""The stores that Google runs: where they are, what they are called, who signs in, what reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..migrations import PASSWORDS
from ..pooling import login_secret
from ..section import zone_region
from .known import known_bucket, require_known

if TYPE_CHECKING:
    from ..environment import Environment

NAME_LENGTH = 97
"""Cloud SQL counts the project's id, a colon and the instance's name together."""


def places(env: Environment) -> None:
    primary, secondary = env.regions.primary, env.regions.secondary
    if zone_region(env.database.zone) != primary:
        raise ValueError(f"database.zone is {env.database.zone}, which is not in the primary region {primary}")
    for region in env.database.replicas:
        if region == primary:
            raise ValueError(f"database.replicas.{region} is in the primary's own region; it would be lost with it")
        if region != secondary:
            raise ValueError(f"database.replicas.{region} is in a region without network and keys; there is {secondary}")


def names(env: Environment) -> None:
    for name in env.database_instances.values():
        whole = f"{env.project.id}:{name}"
        if len(whole) > NAME_LENGTH:
            raise ValueError(
                f"database name {whole} has {len(whole)} characters; Cloud SQL takes {NAME_LENGTH} with the project's id"
            )


def credentials(env: Environment) -> None:
    readers = {
        **{f"workloads.{account}": workload.secrets for account, workload in env.identities.workloads.items()},
        **{f"groups.{name}": group.secrets for name, group in env.identities.groups.items()},
    }
    for reader, secrets in readers.items():
        for secret in secrets:
            if secret not in env.secrets.credentials:
                known = ", ".join(env.secrets.credentials)
                raise ValueError(f"identities.{reader}.secrets names '{secret}', which is not generated; there are {known}")
        if secrets and reader.startswith("groups.") and env.environment == "prod":
            raise ValueError(
                f"identities.{reader}.secrets is {list(secrets)}, but in prod no person reads a secret's value; set it to []"
            )
    pooled = [login_secret(client) for client in env.pooling.clients]
    replica_users = ["main-db-bigquery"] if env.database.replicas else []
    for needed in ("main-db-postgres", "main-db-pgbouncer", PASSWORDS["main"], *pooled, *replica_users):
        if needed not in env.secrets.credentials:
            raise ValueError(f"secrets.credentials.{needed} is missing: the main database's user needs it")
        if env.secrets.credentials[needed].length < env.database.passwords.min_length:
            raise ValueError(
                f"secrets.credentials.{needed}.length is below "
                f"database.passwords.min_length ({env.database.passwords.min_length})"
            )


def analytics(env: Environment) -> None:
    analytics = env.analytics
    region = getattr(env.regions, analytics.region)
    if env.database.replicas and region not in env.database.replicas:
        raise ValueError(
            f"analytics.region is {analytics.region} ({region}), but BigQuery reads a replica in its own region only; "
            f"there is one in {', '.join(env.database.replicas)}"
        )
    if analytics.federation.database not in env.database.databases:
        raise ValueError(
            f"analytics.federation.database is {analytics.federation.database}, which is none of database.databases: "
            f"{', '.join(env.database.databases)}"
        )
    for group in analytics.federation.users:
        require_known("analytics.federation.users", group, env.identities.groups, "group")
    for dataset, known in analytics.datasets.items():
        for group in known.readers:
            require_known(f"analytics.datasets.{dataset}.readers", group, env.identities.groups, "group")
    for name, sink in analytics.sinks.items():
        if sink.bucket is not None:
            known_bucket(env, f"analytics.sinks.{name}.bucket", sink.bucket)


def caches(env: Environment) -> None:
    cluster, sessions = env.cache.cluster, env.cache.sessions
    for name, zone in (("cluster", cluster.zone), ("sessions", sessions.zone)):
        if zone is not None and zone_region(zone) != env.regions.primary:
            raise ValueError(f"cache.{name}.zone is {zone}, which is not in the primary region {env.regions.primary}")
    for name, store in (("cluster", cluster), ("sessions", sessions)):
        for region in store.secondaries:
            if region != env.regions.secondary:
                raise ValueError(
                    f"cache.{name}.secondaries.{region} is not in the secondary region, where network and keys are: "
                    f"{env.regions.secondary}"
                )
    if cluster.archive:
        require_known("cache.cluster.archive.workload", cluster.archive.workload, env.identities.workloads, "workload")


def optional_stores(env: Environment) -> None:
    primary, people = env.regions.primary, {*env.identities.workloads, *env.identities.groups}
    named = {
        "images.readers": (env.images.readers, people),
        "images.writers": (env.images.writers, people),
        "bigtable.users": (env.bigtable.users if env.bigtable.enabled else (), {*env.identities.workloads}),
        "firestore.users": (env.firestore.users if env.firestore.enabled else (), {*env.identities.workloads}),
    }
    for key, (names, known) in named.items():
        for name in names:
            if name not in known:
                raise ValueError(f"{key} names '{name}', which is not among identities; there are {', '.join(sorted(known))}")
    if env.bigtable.enabled and any(zone_region(zone) != primary for zone in env.bigtable.zones):
        raise ValueError(f"bigtable.zones is {', '.join(env.bigtable.zones)}, which are not in the primary region, {primary}")
