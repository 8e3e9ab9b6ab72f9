"""Proofs that backups can be brought back, of stores that Google runs."""

from __future__ import annotations

from settings.verification import CACHE_WORKLOAD, WORKLOAD

from ..backup_verification import BackupVerification, BackupVerificationArgs
from ..cache_verification import CacheVerification, CacheVerificationArgs
from .clusters import Clusters
from .foundation import PROJECT_API, Foundation

PRIORITY = "alphintra-batch"


def backup_verification(base: Foundation, on: Clusters) -> None:
    """Of the main database: the job in the primary region, the throw-away instance in the other, where the backups are."""
    settings, region = base.settings, base.primary
    spaces, elsewhere = on.namespaces[region], base.regions[settings.database.failover.standing_by]
    known_as = settings.identities.workloads[WORKLOAD].kubernetes or ""
    account = spaces.accounts[known_as]
    BackupVerification(
        f"verification-main-db-{region}",
        BackupVerificationArgs(
            settings=settings.verification,
            project=base.project,
            instance=settings.database_instances[settings.serving_region],
            database=settings.migrations.database,
            region=elsewhere,
            key=base.encryption.key_for("database", elsewhere),
            bucket=settings.storage.bucket_name(settings.verification.bucket),
            server_range=str(settings.network.managed_services),
            member=base.identities.accounts[WORKLOAD].member,
            account=account.metadata.name,
            namespace=account.metadata.namespace,
            priority=spaces.priorities[PRIORITY].metadata.name,
            image=on.images.pull(settings.timeseries.image),
            requires=base.enabled(PROJECT_API, "sqladmin.googleapis.com", "iam.googleapis.com"),
        ),
        opts=on.running_in(base, region, known_as.partition("/")[0]),
    )


def cache_verification(base: Foundation, on: Clusters) -> None:
    """Of the stores in Memorystore, in the primary region: a throw-away store stands where the backup is."""
    settings, region = base.settings, base.primary
    known_as = settings.identities.workloads[CACHE_WORKLOAD].kubernetes or ""
    account = on.namespaces[region].accounts[known_as]
    for store, (instance, known) in settings.verified_caches.items():
        CacheVerification(
            f"verification-{store}-{region}",
            CacheVerificationArgs(
                settings=known,
                store=store,
                project=base.project,
                region=region,
                instance=instance,
                network=base.network.vpc.id,
                range=str(settings.network.primary.nodes),
                bucket=settings.storage.bucket_name(settings.verification.bucket),
                folder=settings.verification.cache_folder,
                member=base.identities.accounts[CACHE_WORKLOAD].member,
                account=account.metadata.name,
                namespace=account.metadata.namespace,
                priority=on.namespaces[region].priorities[PRIORITY].metadata.name,
                image=on.images.own(settings.images.jobs or ""),
                requires=base.enabled(PROJECT_API, "redis.googleapis.com", "memorystore.googleapis.com", "iam.googleapis.com"),
            ),
            opts=on.running_in(base, region, known_as.partition("/")[0]),
        )
