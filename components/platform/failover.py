"""Automatic failover of the main database, where it is wanted."""

from __future__ import annotations

from ipaddress import IPv4Network

from settings.database import WATCHER

from ..cloud_sql import CloudSql, server_ca
from ..cloud_storage import CloudStorage
from ..failover_watcher import FailoverWatcher, FailoverWatcherArgs, Side, Watched
from ..firewall import PRIVATE_GOOGLE_RANGE
from .clusters import Clusters
from .foundation import PROJECT_API, Foundation

PRIORITY = "alphintra-path"


def automatic_failover(base: Foundation, on: Clusters, database: CloudSql, storage: CloudStorage) -> None:
    """Declares it in the secondary region, which is there when the other one is lost."""
    settings, region = base.settings, base.regions["secondary"]
    known = settings.database.failover
    if known.mode == "manual":
        return
    known_as = settings.identities.workloads[WATCHER].kubernetes or ""
    FailoverWatcher(
        f"failover-watcher-{region}",
        FailoverWatcherArgs(
            settings=known,
            project=base.project,
            region=region,
            watched=_watched(base, on, database) if known.may_take_over else None,
            member=base.identities.accounts[WATCHER].member,
            bucket=settings.storage.bucket_name("failover"),
            key=base.encryption.key_for("objects", region),
            access_logs=storage.buckets[settings.storage.access_log_bucket].name,
            protect=base.protect,
            requires=base.enabled(PROJECT_API, "sqladmin.googleapis.com", *CloudStorage.APIS),
        ),
        opts=on.running_in(base, region, known_as.partition("/")[0]),
    )


def _watched(base: Foundation, on: Clusters, database: CloudSql) -> Watched:
    settings, region = base.settings, base.regions["secondary"]
    spaces, names = on.namespaces[region], settings.database_instances
    account = spaces.accounts[settings.identities.workloads[WATCHER].kubernetes or ""]
    cluster = settings.kubernetes.cluster_name(base.primary)

    def side(region: str) -> Side:
        instance = database.instances[region]
        return Side(instance=names[region], host=instance.private_ip_address, ca=server_ca(instance))

    return Watched(
        old=side(base.primary),
        new=side(region),
        database=settings.migrations.database,
        rpo_minutes=settings.objectives.database_rpo_minutes,
        server_range=str(settings.network.managed_services),
        zone=base.network.dns_zone.name,
        host=database.hosts["primary"],
        cluster=f"projects/{base.project}/locations/{base.primary}/clusters/{cluster}",
        endpoint=on.by_region[base.primary].endpoint,
        edge=str(IPv4Network(PRIVATE_GOOGLE_RANGE)[0]),
        email=base.identities.accounts[WATCHER].email,
        account=account.metadata.name,
        namespace=account.metadata.namespace,
        priority=spaces.priorities[PRIORITY].metadata.name,
        image=on.images.own(settings.images.jobs or ""),
        command=f"make failover STORE=main-database ENV={settings.environment} CLOUD=gcp",
    )
