"""The data platform: the only place where components are put together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi

from settings import Environment

from .alert_channels import AlertChannels, AlertChannelsArgs
from .alerts import Alerts, AlertsArgs
from .analytics import Analytics, AnalyticsArgs, ReplicaArgs
from .audit_logs import AuditLogs, AuditLogsArgs
from .bigtable import Bigtable, BigtableArgs
from .budget import BudgetAlert, BudgetAlertArgs
from .cache_archive import CacheArchive, CacheArchiveArgs
from .cache_connection import Surroundings
from .cloud_sql import ADMINISTRATOR_ROLES, CLIENT_ROLES, CloudSql, CloudSqlArgs, Group
from .cloud_storage import CloudStorage, CloudStorageArgs
from .cluster_backups import ClusterBackups, ClusterBackupsArgs
from .dashboards import Dashboards, DashboardsArgs
from .encryption import Encryption, EncryptionArgs
from .firestore import Firestore, FirestoreArgs
from .identities import Identities, IdentitiesArgs
from .images import Images, ImagesArgs
from .kubernetes_cluster import KubernetesCluster, KubernetesClusterArgs
from .namespaces import Namespaces, NamespacesArgs
from .network import Network, NetworkArgs
from .object_events import ObjectEvents, ObjectEventsArgs
from .observed import observed
from .organization_policies import OrganizationPolicies, OrganizationPoliciesArgs
from .people import People, PeopleArgs
from .redis_cluster import RedisCluster, RedisClusterArgs
from .secrets import Secrets, SecretsArgs
from .security_findings import SecurityFindings, SecurityFindingsArgs
from .service_connections import ServiceConnections, ServiceConnectionsArgs
from .service_levels import ServiceLevels, ServiceLevelsArgs
from .service_perimeter import ServicePerimeter, ServicePerimeterArgs
from .services import ProjectServices, ProjectServicesArgs
from .sessions import Sessions, SessionsArgs
from .static_assets import StaticAssets, StaticAssetsArgs
from .url_signing import UrlSigning, UrlSigningArgs
from .workload_identity import WorkloadIdentity, WorkloadIdentityArgs

MAIN_DATABASE_USERS = {"postgres": "main-db-postgres", "pgbouncer": "main-db-pgbouncer"}
"""The main database's built-in users, and the credential of each."""
GROUP_ROLES = {"sign-in": CLIENT_ROLES, "administer": ADMINISTRATOR_ROLES}
"""What groups may do with the main database."""
REPLICA_USERS = {"bigquery": "main-db-bigquery"}
"""Those that read a replica, and are there where there is one."""


class DataPlatform(pulumi.ComponentResource):
    """Everything the Alphintra trading platform stores data in."""

    exports: Mapping[str, pulumi.Output[Any]]
    """What the stack tells others: references, never values of secrets."""

    def __init__(self, name: str, settings: Environment, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("alphintra:platform:DataPlatform", name, {}, opts)
        inside = pulumi.ResourceOptions(parent=self)
        regions = {"primary": settings.regions.primary, "secondary": settings.regions.secondary}
        protect = settings.protected

        apis = [
            *Network.APIS,
            *Secrets.APIS,
            *CloudSql.APIS,
            *CloudStorage.APIS,
            *Analytics.APIS,
            *ServiceConnections.APIS,
            *RedisCluster.APIS,
            *Sessions.APIS,
            *CacheArchive.APIS,
            *Images.APIS,
            *(Bigtable.APIS if settings.bigtable.enabled else ()),
            *(Firestore.APIS if settings.firestore.enabled else ()),
            *(BudgetAlert.APIS if settings.budget.billing_account else ()),
            *(OrganizationPolicies.APIS if settings.governance.policies.enabled else ()),
            *(SecurityFindings.APIS if settings.governance.findings.enabled else ()),
            *(ServicePerimeter.APIS if settings.governance.perimeter.enabled else ()),
            *KubernetesCluster.APIS,
            *UrlSigning.APIS,
            *ObjectEvents.APIS,
            *StaticAssets.APIS,
            *(Encryption.APIS if settings.encryption.customer_managed else ()),
        ]
        services = ProjectServices("services", ProjectServicesArgs(apis=apis), opts=inside)
        network = Network(
            "network",
            NetworkArgs(
                settings=settings.network,
                regions=regions,
                protect=protect,
                requires=[services[api] for api in Network.APIS],
            ),
            opts=inside,
        )
        encryption = Encryption(
            "encryption",
            EncryptionArgs(
                settings=settings.keys_in_use,
                regions=regions,
                key_ring=settings.named(settings.encryption.key_ring),
                protect=protect,
                requires=[
                    services[api]
                    for api in (
                        *Encryption.APIS,
                        *Secrets.APIS,
                        *CloudSql.APIS,
                        *CloudStorage.APIS,
                        *Analytics.APIS,
                        *RedisCluster.APIS,
                        *Sessions.APIS,
                        *Images.APIS,
                        *Bigtable.APIS,
                        *Firestore.APIS,
                        *KubernetesCluster.APIS,
                        "cloudresourcemanager.googleapis.com",  # the project's number
                        "compute.googleapis.com",
                        *ObjectEvents.APIS,
                    )
                    if api in services.enabled
                ],
            ),
            opts=inside,
        )
        identities = Identities(
            "identities",
            IdentitiesArgs(settings=settings.identities, requires=[services["iam.googleapis.com"]]),
            opts=inside,
        )
        workloads, groups = settings.identities.workloads, settings.identities.groups
        group_members = {group: f"group:{settings.identities.email(group)}" for group in groups}
        People(
            "people",
            PeopleArgs(
                settings=settings.identities,
                project=settings.project.id,
                requires=[services[api] for api in ("cloudresourcemanager.googleapis.com", "logging.googleapis.com")],
            ),
            opts=inside,
        )
        AuditLogs(
            "audit-logs",
            AuditLogsArgs(
                settings=settings.audit,
                project=settings.project.id,
                requires=[services["cloudresourcemanager.googleapis.com"]],
            ),
            opts=inside,
        )
        users = {**MAIN_DATABASE_USERS, **(REPLICA_USERS if settings.database.replicas else {})}
        secrets = Secrets(
            "secrets",
            SecretsArgs(
                settings=settings.secrets,
                keys={region: encryption.key_for("secrets", region) for region in regions.values()},
                protect=protect,
                readers={
                    secret: {
                        **{a: identities.accounts[a].member for a, workload in workloads.items() if secret in workload.secrets},
                        **{group: group_members[group] for group, known in groups.items() if secret in known.secrets},
                    }
                    for secret in settings.secrets.credentials
                },
                requires=[services[api] for api in Secrets.APIS],
            ),
            opts=inside,
        )
        database = CloudSql(
            "main-db",
            CloudSqlArgs(
                settings=settings.database,
                project=settings.project.id,
                primary_name=settings.named(settings.database.name),
                replica_names={
                    region: settings.named(f"{settings.database.replica_name}-{region}") for region in settings.database.replicas
                },
                region=regions["primary"],
                backup_location=regions["secondary"],
                network=network.vpc.id,
                address_range=network.managed_services_range.name,
                dns_zone=network.dns_zone.name,
                dns_domain=settings.network.dns_zone,
                dns_ttl_seconds=settings.network.dns_ttl_seconds,
                keys={region: encryption.key_for("database", region) for region in regions.values()},
                passwords={
                    user: (secrets.credentials[secret].value, secrets.credentials[secret].version)
                    for user, secret in users.items()
                },
                clients={
                    a: (identities.accounts[a].email, identities.accounts[a].member) for a, w in workloads.items() if w.database
                },
                groups={
                    group: Group(settings.identities.email(group), GROUP_ROLES[known.database])
                    for group, known in groups.items()
                    if known.database != "none"
                },
                labels=labels(settings),
                protect=protect,
                requires=[
                    *(services[api] for api in (*CloudSql.APIS, "cloudresourcemanager.googleapis.com")),
                    network.private_services,
                ],
            ),
            opts=inside,
        )
        storage = CloudStorage(
            "storage",
            CloudStorageArgs(
                settings=settings.storage,
                regions=regions,
                keys={region: encryption.key_for("objects", region) for region in regions.values()},
                members={**{a: account.member for a, account in identities.accounts.items()}, **group_members},
                protect=protect,
                requires=[services[api] for api in CloudStorage.APIS],
            ),
            opts=inside,
        )
        reading = regions[settings.analytics.region]
        replica = database.replicas.get(reading)
        reader = secrets.credentials.get(REPLICA_USERS["bigquery"])
        analytics = Analytics(
            "analytics",
            AnalyticsArgs(
                settings=settings.analytics,
                project=settings.project.id,
                region=reading,
                key=encryption.key_for("analytics", reading),
                members=group_members,
                buckets={bucket: made.name for bucket, made in storage.buckets.items()},
                replica=ReplicaArgs(
                    instance=settings.named(f"{settings.database.replica_name}-{reading}"),
                    connection_name=replica.connection_name,
                    user=database.users["bigquery"].name,
                    password=reader.value,
                    password_version=reader.version,
                )
                if replica and reader
                else None,
                protect=protect,
                requires=[services[api] for api in Analytics.APIS],
            ),
            opts=inside,
        )
        connections = ServiceConnections(
            "service-connections",
            ServiceConnectionsArgs(
                classes=[RedisCluster.SERVICE_CLASS, Sessions.SERVICE_CLASS],
                network=network.vpc.id,
                network_name=settings.network.name,
                subnets={region: subnet.id for region, subnet in network.subnets.items()},
                requires=[services[api] for api in ServiceConnections.APIS],
            ),
            opts=inside,
        )
        surroundings = Surroundings(
            project=settings.project.id,
            network=network.vpc.id,
            dns_zone=network.dns_zone.name,
            dns_domain=settings.network.dns_zone,
            dns_ttl_seconds=settings.network.dns_ttl_seconds,
            secret_keys={region: encryption.key_for("secrets", region) for region in regions.values()},
            secret_destroy_delay_days=settings.secrets.destroy_delay_days,
            protect=protect,
        )
        for_stores = [
            *(
                services[api]
                for api in (*RedisCluster.APIS, *Sessions.APIS, *Secrets.APIS, "cloudresourcemanager.googleapis.com")
            ),
            *connections.policies.values(),
            network.private_services,
        ]
        cache = RedisCluster(
            "redis-cluster",
            RedisClusterArgs(
                settings=settings.cache.cluster,
                region=regions["primary"],
                keys={region: encryption.key_for("cache", region) for region in regions.values()},
                clients={a: identities.accounts[a].member for a, w in workloads.items() if "cluster" in w.caches},
                surroundings=surroundings,
                requires=for_stores,
            ),
            opts=inside,
        )
        if settings.cache.cluster.archive is not None:
            archivist = identities.accounts[settings.cache.cluster.archive.workload]
            CacheArchive(
                "cache-archive",
                CacheArchiveArgs(
                    settings=settings.cache.cluster.archive,
                    project=settings.project.id,
                    region=regions["primary"],
                    cluster=cache.primary.id,
                    cluster_name=settings.cache.cluster.name,
                    account=(archivist.email, archivist.member),
                    requires=[services[api] for api in (*CacheArchive.APIS, "iam.googleapis.com")],
                ),
                opts=inside,
            )
        sessions = Sessions(
            "redis-sessions",
            SessionsArgs(
                settings=settings.cache.sessions,
                region=regions["primary"],
                key=encryption.key_for("cache", regions["primary"]),
                address_range=network.managed_services_range.name,
                clients={a: identities.accounts[a].member for a, w in workloads.items() if "sessions" in w.caches},
                surroundings=surroundings,
                requires=[*for_stores, cache.primary, *cache.secondaries.values()],
            ),
            opts=inside,
        )
        members = {**{a: account.member for a, account in identities.accounts.items()}, **group_members}
        if settings.bigtable.enabled:
            Bigtable(
                "bigtable",
                BigtableArgs(
                    settings=settings.bigtable,
                    instance=settings.named(settings.bigtable.instance),
                    key=encryption.key_for("bigtable", regions["primary"]),
                    users={name: members[name] for name in settings.bigtable.users},
                    protect=protect,
                    requires=[services[api] for api in Bigtable.APIS],
                ),
                opts=inside,
            )
        if settings.firestore.enabled:
            Firestore(
                "firestore",
                FirestoreArgs(
                    settings=settings.firestore,
                    project=settings.project.id,
                    database=settings.named(settings.firestore.database),
                    region=regions["primary"],
                    key=encryption.key_for("firestore", regions["primary"]),
                    users={name: members[name] for name in settings.firestore.users},
                    protect=protect,
                    requires=[services[api] for api in (*Firestore.APIS, "cloudresourcemanager.googleapis.com")],
                ),
                opts=inside,
            )
        if settings.budget.billing_account:
            BudgetAlert(
                "budget",
                BudgetAlertArgs(
                    settings=settings.budget,
                    billing_account=settings.budget.billing_account,
                    project=settings.project.id,
                    requires=[services[api] for api in (*BudgetAlert.APIS, "cloudresourcemanager.googleapis.com")],
                ),
                opts=inside,
            )
        clusters = {
            regions[role]: KubernetesCluster(
                f"cluster-{regions[role]}",
                KubernetesClusterArgs(
                    settings=known,
                    release_channel=settings.kubernetes.release_channel,
                    cluster_name=settings.kubernetes.cluster_name(regions[role]),
                    project=settings.project.id,
                    region=regions[role],
                    network=network.vpc.id,
                    subnetwork=network.subnets[regions[role]].id,
                    key=encryption.key_for("cluster", regions[role]),
                    labels=labels(settings),
                    protect=protect,
                    requires=[
                        services[api]
                        for api in (*KubernetesCluster.APIS, "compute.googleapis.com", "cloudresourcemanager.googleapis.com")
                    ],
                ),
                opts=inside,
            )
            for role, known in settings.kubernetes.clusters.items()
        }
        images = Images(
            "images",
            ImagesArgs(
                settings=settings.images,
                region=regions["primary"],
                key=encryption.key_for("images", regions["primary"]),
                readers={
                    **{name: members[name] for name in settings.images.readers},
                    **{f"nodes-{region}": cluster.node_account.member for region, cluster in clusters.items()},
                },
                writers={name: members[name] for name in settings.images.writers},
                protect=protect,
                requires=[services[api] for api in Images.APIS],
            ),
            opts=inside,
        )
        WorkloadIdentity(
            "workload-identity",
            WorkloadIdentityArgs(
                project=settings.project.id,
                accounts={a: account.name for a, account in identities.accounts.items()},
                bound_to={a: workload.kubernetes for a, workload in workloads.items() if workload.kubernetes},
                requires=[cluster.cluster for cluster in clusters.values()],
            ),
            opts=inside,
        )
        for role in settings.kubernetes.clusters:
            Namespaces(
                f"namespaces-{regions[role]}",
                NamespacesArgs(
                    namespaces=settings.workspaces.within(role),
                    priorities=settings.workspaces.priorities,
                    accounts={w.kubernetes: identities.accounts[a].email for a, w in workloads.items() if w.kubernetes},
                    protect=protect,
                ),
                opts=pulumi.ResourceOptions(parent=self, providers=[clusters[regions[role]].access]),
            )
        for region, cluster in clusters.items():
            is_primary = region == regions["primary"]
            elsewhere = regions["secondary" if is_primary else "primary"]
            ClusterBackups(
                f"cluster-backups-{region}",
                ClusterBackupsArgs(
                    settings=settings.kubernetes.backups,
                    plan_name=settings.kubernetes.cluster_name(region),
                    cluster=cluster.cluster.id,
                    location=elsewhere,
                    key=encryption.key_for("backups", elsewhere),
                    # The standby can take over what the primary ran; never the other way round.
                    restore_into={r: c.cluster.id for r, c in clusters.items() if is_primary or r == region},
                    protect=protect,
                    requires=[services[api] for api in KubernetesCluster.APIS],
                ),
                opts=inside,
            )
        signing = UrlSigning(
            "url-signing",
            UrlSigningArgs(
                settings=settings.url_signing,
                buckets=storage.buckets,
                bucket_names={bucket: settings.storage.bucket_name(bucket) for bucket in settings.storage.buckets},
                members={a: account.member for a, account in identities.accounts.items()},
                requires=[services[api] for api in UrlSigning.APIS],
            ),
            opts=inside,
        )
        events = ObjectEvents(
            "object-events",
            ObjectEventsArgs(
                settings=settings.object_events,
                buckets=storage.buckets,
                regions=list(regions.values()),
                key=encryption.key_for("objects", regions["primary"]),
                agent=encryption.agents.get("pubsub.googleapis.com"),
                members={a: account.member for a, account in identities.accounts.items()},
                labels=labels(settings),
                requires=[services[api] for api in ObjectEvents.APIS],
            ),
            opts=inside,
        )
        assets = StaticAssets(
            "static-assets",
            StaticAssetsArgs(
                settings=settings.static_assets,
                bucket=storage.buckets[settings.static_assets.bucket],
                labels=labels(settings),
                protect=protect,
                requires=[services[api] for api in StaticAssets.APIS],
            ),
            opts=inside,
        )
        dashboards = _observability(
            settings,
            services,
            keys={region: encryption.key_for("secrets", region) for region in regions.values()},
            stores=[
                *(database.primary, *database.replicas.values()),
                *(cache.primary, *cache.secondaries.values(), sessions.store),
            ],
            inside=inside,
        )
        _governance(settings, services, encryption, inside)
        self.exports = {
            "project": pulumi.Output.from_input(settings.project.id),
            "network": network.vpc.id,
            "mainDatabase": pulumi.Output.from_input(
                {
                    "instance": database.primary.name,
                    "connectionName": database.primary.connection_name,
                    "host": database.hosts["primary"],
                    "replicas": {region: database.hosts[region] for region in database.replicas},
                }
            ),
            "caches": pulumi.Output.from_input(
                {
                    "cluster": {
                        "name": cache.primary.id,
                        "hosts": cache.hosts,
                        "connection": cache.connection.id,
                        "memoryGb": settings.cache.cluster.memory_gb,
                    },
                    "sessions": {"name": sessions.store.id, "hosts": sessions.hosts, "connection": sessions.connection.id},
                }
            ),
            "buckets": pulumi.Output.from_input(storage.contract),
            "analytics": pulumi.Output.from_input(
                {
                    "datasets": {dataset: made.id for dataset, made in analytics.datasets.items()},
                    "connection": analytics.connection.id if analytics.connection else None,
                }
            ),
            "images": images.repository.id,
            "clusters": pulumi.Output.from_input({region: cluster.contract for region, cluster in clusters.items()}),
            "urlSigners": pulumi.Output.from_input({signer: account.email for signer, account in signing.signers.items()}),
            "objectEvents": pulumi.Output.from_input({label: found.id for label, found in events.subscriptions.items()}),
            "staticAssets": pulumi.Output.from_input(assets.contract),
            "secrets": pulumi.Output.from_input({i: c.secret.id for i, c in secrets.credentials.items()}),
            "serviceAccounts": pulumi.Output.from_input({a: account.email for a, account in identities.accounts.items()}),
            "alertChannels": pulumi.Output.from_input(
                {channel: known.ready for channel, known in settings.monitoring.channels.items()}
            ),
            "dashboards": pulumi.Output.from_input({dashboard: made.id for dashboard, made in dashboards.dashboards.items()}),
            "groups": pulumi.Output.from_input({group: settings.identities.email(group) for group in groups}),
            "keys": pulumi.Output.from_input({f"{c}-{region}": key.id for (c, region), key in encryption.keys.items()}),
        }
        self.register_outputs(dict(self.exports))


def _governance(settings: Environment, services: ProjectServices, encryption: Encryption, inside: pulumi.ResourceOptions) -> None:
    """What the organisation around the project adds, where it is wanted."""
    known = settings.governance
    regions = [settings.regions.primary, settings.regions.secondary]
    if known.policies.enabled:
        OrganizationPolicies(
            "organization-policies",
            OrganizationPoliciesArgs(
                settings=known.policies,
                project=settings.project.id,
                regions=regions,
                keyed_services=settings.keyed_services,
                requires=[services[api] for api in OrganizationPolicies.APIS],
            ),
            opts=inside,
        )
    findings = (
        SecurityFindings(
            "security-findings",
            SecurityFindingsArgs(
                settings=known.findings,
                regions=regions,
                key=encryption.key_for("objects", settings.regions.primary),
                labels=labels(settings),
                requires=[services[api] for api in SecurityFindings.APIS],
            ),
            opts=inside,
        )
        if known.findings.enabled
        else None
    )
    if known.perimeter.enabled:
        ServicePerimeter(
            "service-perimeter",
            ServicePerimeterArgs(
                settings=known.perimeter,
                project=settings.project.id,
                services=known.perimeter.restricted(services.enabled),
                publishers=[findings.publisher] if findings else [],
                requires=[services[api] for api in (*ServicePerimeter.APIS, "cloudresourcemanager.googleapis.com")],
            ),
            opts=inside,
        )


def _observability(
    settings: Environment,
    services: ProjectServices,
    keys: Mapping[str, pulumi.Input[str] | None],
    stores: Sequence[pulumi.Resource],
    inside: pulumi.ResourceOptions,
) -> Dashboards:
    """What watches the stores, and whom it tells."""
    told = AlertChannels(
        "alert-channels",
        AlertChannelsArgs(
            settings=settings.monitoring.channels,
            keys=keys,
            labels=labels(settings),
            protect=settings.protected,
            requires=[*(services[api] for api in AlertChannels.APIS), *stores],
        ),
        opts=inside,
    )
    watched = observed(settings)
    channels = {channel: made.name for channel, made in told.channels.items()}
    # After what they watch: a metric that was never measured may not be known yet. It also keeps what Google alone numbers, and
    # nobody finds again after an interruption (ADR 6), at the end of an update.
    after = [*(services[api] for api in Alerts.APIS), *stores]
    Alerts(
        "alerts",
        AlertsArgs(
            settings=settings.monitoring,
            definitions=watched.definitions,
            counted=watched.counted,
            channels=channels,
            labels=labels(settings),
            requires=after,
        ),
        opts=inside,
    )
    ServiceLevels(
        "service-levels",
        ServiceLevelsArgs(
            settings=settings.monitoring,
            promises=watched.promises,
            services=watched.services,
            channels=channels,
            labels=labels(settings),
            requires=after,
        ),
        opts=inside,
    )
    return Dashboards(
        "dashboards",
        DashboardsArgs(
            settings=settings.monitoring,
            dashboards=watched.dashboards,
            definitions=watched.definitions,
            requires=after,
        ),
        opts=inside,
    )


def labels(settings: Environment) -> dict[str, str]:
    """The labels of everything that takes labels."""
    return {
        "application": "alphintra",
        "environment": settings.environment,
        "managed-by": "pulumi",
        "owner": settings.labels.owner,
        "cost-center": settings.labels.cost_center,
    }
