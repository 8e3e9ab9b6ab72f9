"""What the stack tells others: references, never values of secrets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi

from settings import Environment

from ..analytics import Analytics
from ..cloud_sql import CloudSql
from ..dashboards import Dashboards
from .clusters import Clusters
from .foundation import Foundation
from .objects import Objects
from .stores import Caches


def exports(
    base: Foundation,
    *,
    database: CloudSql,
    caches: Caches,
    objects: Objects,
    analytics: Analytics,
    clusters: Clusters,
    on_clusters: Mapping[str, Any],
    dashboards: Dashboards,
) -> dict[str, pulumi.Output[Any]]:
    """The outputs of the stack, by name."""
    settings, cluster, sessions = base.settings, caches.cluster, caches.sessions
    told: dict[str, Any] = {
        "project": base.project,
        "network": base.network.vpc.id,
        "mainDatabase": {
            "instance": database.primary.name,
            "connectionName": database.primary.connection_name,
            "host": database.hosts["primary"],
            "replicas": {region: database.hosts[region] for region in database.replicas},
            "region": settings.serving_region,
            "failedOver": settings.database.failover.serving != "primary",
        },
        **on_clusters,
        "caches": {
            "cluster": {
                "name": cluster.primary.id,
                "region": settings.cache_region,
                "failedOver": settings.cache.cluster.serving != "primary",
                "hosts": cluster.hosts,
                "connection": cluster.connection.id,
                "memoryGb": settings.cache.cluster.memory_gb,
            },
            "sessions": {
                "name": sessions.store.id,
                "region": settings.sessions_region,
                "failedOver": settings.cache.sessions.serving != "primary",
                "hosts": sessions.hosts,
                "connection": sessions.connection.id,
            },
        },
        "buckets": objects.storage.contract,
        "analytics": {
            "datasets": {dataset: made.id for dataset, made in analytics.datasets.items()},
            "connection": analytics.connection.id if analytics.connection else None,
        },
        "images": clusters.images.repository.id,
        "clusters": {region: cluster.contract for region, cluster in clusters.by_region.items()},
        "urlSigners": {signer: account.email for signer, account in objects.signing.signers.items()},
        "objectEvents": {label: found.id for label, found in objects.events.subscriptions.items()},
        "staticAssets": objects.assets.contract,
        "secrets": {secret: known.secret.id for secret, known in base.secrets.credentials.items()},
        "serviceAccounts": {name: account.email for name, account in base.identities.accounts.items()},
        "alertChannels": {channel: known.ready for channel, known in settings.monitoring.channels.items()},
        "dashboards": {dashboard: made.id for dashboard, made in dashboards.dashboards.items()},
        "groups": {group: settings.identities.email(group) for group in settings.identities.groups},
        "objectives": _objectives(settings),
        "keys": {f"{data_class}-{region}": key.id for (data_class, region), key in base.encryption.keys.items()},
    }
    return {name: pulumi.Output.from_input(value) for name, value in told.items()}


def _objectives(settings: Environment) -> dict[str, dict[str, int | None]]:
    """What is promised of each store, for policies to compare with what is declared."""
    promised, cache = settings.objectives, settings.cache
    return {
        "database": {"rpoMinutes": promised.database_rpo_minutes, "rtoMinutes": promised.database_rto_minutes},
        "cache": {"rpoMinutes": cache.cluster.rpo_minutes, "rtoMinutes": promised.cache_rto_minutes},
        "sessions": {"rpoMinutes": cache.sessions.rpo_minutes, "rtoMinutes": promised.cache_rto_minutes},
    }
