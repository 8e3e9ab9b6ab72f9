"""Objects: the buckets, who signs URLs to them, who is told of new ones, what is served, and what is analysed."""

from __future__ import annotations

from dataclasses import dataclass

from ..analytics import Analytics, AnalyticsArgs, ReplicaArgs
from ..cloud_sql import CloudSql
from ..cloud_storage import CloudStorage, CloudStorageArgs
from ..object_events import ObjectEvents, ObjectEventsArgs
from ..static_assets import StaticAssets, StaticAssetsArgs
from ..url_signing import UrlSigning, UrlSigningArgs
from .foundation import PROJECT_API, Foundation
from .stores import REPLICA_USERS


@dataclass(frozen=True, kw_only=True)
class Objects:
    """The buckets and what is around them."""

    storage: CloudStorage
    signing: UrlSigning
    events: ObjectEvents
    assets: StaticAssets


def objects(base: Foundation) -> Objects:
    """Declares them."""
    settings = base.settings
    storage = CloudStorage(
        "storage",
        CloudStorageArgs(
            settings=settings.storage,
            regions=base.regions,
            keys=base.keys("objects"),
            members=base.members,
            protect=base.protect,
            requires=base.enabled(*CloudStorage.APIS),
        ),
        opts=base.inside,
    )
    signing = UrlSigning(
        "url-signing",
        UrlSigningArgs(
            settings=settings.url_signing,
            buckets=storage.buckets,
            bucket_names={bucket: settings.storage.bucket_name(bucket) for bucket in settings.storage.buckets},
            members=base.workloads,
            requires=base.enabled(*UrlSigning.APIS),
        ),
        opts=base.inside,
    )
    events = ObjectEvents(
        "object-events",
        ObjectEventsArgs(
            settings=settings.object_events,
            buckets=storage.buckets,
            regions=list(base.regions.values()),
            key=base.encryption.key_for("objects", base.primary),
            agent=base.encryption.agents.get("pubsub.googleapis.com"),
            members=base.workloads,
            labels=base.labels,
            requires=base.enabled(*ObjectEvents.APIS),
        ),
        opts=base.inside,
    )
    assets = StaticAssets(
        "static-assets",
        StaticAssetsArgs(
            settings=settings.static_assets,
            bucket=storage.buckets[settings.static_assets.bucket],
            releaser=base.workloads[settings.static_assets.released_by],
            labels=base.labels,
            protect=base.protect,
            requires=base.enabled(*StaticAssets.APIS),
        ),
        opts=base.inside,
    )
    return Objects(storage=storage, signing=signing, events=events, assets=assets)


def analytics(base: Foundation, database: CloudSql, storage: CloudStorage) -> Analytics:
    """BigQuery, which reads the replica of its region where there is one, and takes in the audit logs."""
    settings = base.settings
    region = base.regions[settings.analytics.region]
    replica = database.instances[region] if region in settings.database.replicas else None
    reader = base.secrets.credentials.get(REPLICA_USERS["bigquery"])
    return Analytics(
        "analytics",
        AnalyticsArgs(
            settings=settings.analytics,
            project=base.project,
            region=region,
            key=base.encryption.key_for("analytics", region),
            members=base.groups,
            buckets={bucket: made.name for bucket, made in storage.buckets.items()},
            replica=ReplicaArgs(
                instance=settings.database_instances[region],
                connection_name=replica.connection_name,
                user=database.users["bigquery"].name,
                password=reader.value,
                password_version=reader.version,
            )
            if replica and reader
            else None,
            protect=base.protect,
            requires=base.enabled(*Analytics.APIS, PROJECT_API, "logging.googleapis.com"),
        ),
        opts=base.inside,
    )
