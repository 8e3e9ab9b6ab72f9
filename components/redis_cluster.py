"""The cache: a Redis Cluster, and the clusters in other regions that follow the one that serves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

import settings.cache as spec

from .cache_connection import Connection, ConnectionArgs, Endpoint, Surroundings, connect
from .durations import days

CLIENT_ROLE = "roles/redis.dbConnectionUser"


@dataclass(frozen=True, kw_only=True)
class RedisClusterArgs:
    """What `RedisCluster` takes."""

    settings: spec.Cluster
    region: str
    """The region of the cluster that the settings describe; `secondaries` say what differs in others."""
    names: Mapping[str, str]
    """The physical name of each region's cluster."""
    serving: str
    """The region whose cluster is written to. A failover exchanges roles; a cluster keeps its name, and is never replaced."""
    keys: Mapping[str, pulumi.Input[str] | None]
    """The id of each region's key, or None for Google's own."""
    clients: Mapping[str, pulumi.Input[str]]
    """The IAM members of the workloads that connect, by service account id."""
    surroundings: Surroundings
    requires: Sequence[pulumi.Resource] = ()
    """What must be there first: the enabled APIs and the service connection policies."""


class RedisCluster(pulumi.ComponentResource):
    """A sharded cache on private addresses, with TLS and IAM authentication, and its followers in other regions."""

    APIS = ("redis.googleapis.com",)
    SERVICE_CLASS = "gcp-memorystore-redis"
    """What a service connection policy must let in."""

    primary: gcp.redis.Cluster
    """The one that is written to."""
    secondaries: dict[str, gcp.redis.Cluster]
    """The clusters that follow it, by region."""
    hosts: dict[str, str]
    """The DNS names: `primary`, and a name for each region beside the first."""
    connection: gcp.secretmanager.Secret
    """What a client needs to connect."""
    connected: Connection
    """The same, with what has to be there first."""

    def __init__(self, name: str, args: RedisClusterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("alphintra:data:RedisCluster", name, {}, opts)
        serves = self._cluster(name, args, args.serving, None, args.requires)
        clusters = {args.serving: serves}
        for region in (region for region in args.names if region != args.serving):
            # One after the other: Memorystore refuses creations that run at the same time.
            clusters[region] = self._cluster(name, args, region, serves.id, [*args.requires, *clusters.values()])
        self.primary = serves
        self.secondaries = {region: cluster for region, cluster in clusters.items() if region != args.serving}
        beside = {region: clusters[region] for region in args.settings.secondaries}
        connection = self.connected = connect(
            name,
            ConnectionArgs(
                store=args.settings.name,
                label="cache",
                endpoints={role: _endpoint(cluster) for role, cluster in {"primary": serves, **beside}.items()},
                password=None,
                role=CLIENT_ROLE,
                resources=[
                    f"projects/{args.surroundings.project}/locations/{region}/clusters/{cluster}"
                    for region, cluster in args.names.items()
                ],
                clients=args.clients,
                surroundings=args.surroundings,
                requires=args.requires,
            ),
            parent=self,
        )
        self.hosts, self.connection = connection.hosts, connection.secret
        self.register_outputs(
            {
                "clusters": {role: cluster.id for role, cluster in {"primary": serves, **self.secondaries}.items()},
                "hosts": self.hosts,
                "connection": self.connection.id,
            }
        )

    def _cluster(
        self,
        name: str,
        args: RedisClusterArgs,
        region: str,
        follows: pulumi.Input[str] | None,
        requires: Sequence[pulumi.Resource],
    ) -> gcp.redis.Cluster:
        """A region's cluster. Its resource is named after what it was made as, and keeps that name whatever it becomes."""
        home = region == args.region
        own = args.settings if home else args.settings.secondaries[region]
        made = _ClusterArgs(
            settings=args.settings,
            name=args.names[region],
            region=region,
            replicas=own.replicas,
            maintenance=own.maintenance,
            backups=own.backups,
            primary=follows,
            key=args.keys[region],
            surroundings=args.surroundings,
        )
        opts = pulumi.ResourceOptions(parent=self, protect=args.surroundings.protect, depends_on=requires)
        resource_name = f"{name}-primary" if home else f"{name}-secondary-{region}"
        return gcp.redis.Cluster(resource_name, _cluster_args(made), opts=opts)


@dataclass(frozen=True, kw_only=True)
class _ClusterArgs:
    """A cluster. Secondaries differ from their primary in what stands beside `settings` alone."""

    settings: spec.Cluster
    name: str
    region: str
    replicas: int
    maintenance: spec.Window
    backups: spec.ManagedBackups | None
    primary: pulumi.Input[str] | None
    """The id of the cluster to follow; None for the one that serves, whose role is left to Google: a switchover writes it."""
    key: pulumi.Input[str] | None
    surroundings: Surroundings


def _cluster_args(args: _ClusterArgs) -> gcp.redis.ClusterArgs:
    """One function for primary and secondaries, so that they cannot drift apart."""
    spec_ = args.settings
    return gcp.redis.ClusterArgs(
        name=args.name,
        region=args.region,
        shard_count=spec_.shards,
        replica_count=args.replicas,
        node_type=f"REDIS_{spec_.node_type}",
        authorization_mode="AUTH_MODE_IAM_AUTH",
        transit_encryption_mode="TRANSIT_ENCRYPTION_MODE_SERVER_AUTHENTICATION",
        kms_key=args.key,
        psc_configs=[gcp.redis.ClusterPscConfigArgs(network=args.surroundings.network)],
        zone_distribution_config=gcp.redis.ClusterZoneDistributionConfigArgs(
            mode="SINGLE_ZONE" if spec_.zone else "MULTI_ZONE", zone=spec_.zone
        ),
        redis_configs={"maxmemory": str(int(spec_.maxmemory_gb * 2**30)), "maxmemory-policy": spec_.eviction},
        persistence_config=_persistence(spec_.persistence),
        automated_backup_config=_backups(args.backups),
        maintenance_policy=gcp.redis.ClusterMaintenancePolicyArgs(
            weekly_maintenance_windows=[
                gcp.redis.ClusterMaintenancePolicyWeeklyMaintenanceWindowArgs(
                    day=args.maintenance.day,
                    start_time=gcp.redis.ClusterMaintenancePolicyWeeklyMaintenanceWindowStartTimeArgs(
                        hours=args.maintenance.hour
                    ),
                )
            ]
        ),
        cross_cluster_replication_config=None
        if args.primary is None
        else gcp.redis.ClusterCrossClusterReplicationConfigArgs(
            cluster_role="SECONDARY",
            primary_cluster=gcp.redis.ClusterCrossClusterReplicationConfigPrimaryClusterArgs(cluster=args.primary),
        ),
        labels=objective(spec_.rpo_minutes),
        deletion_protection_enabled=args.surroundings.protect,
    )


def objective(rpo_minutes: int | None) -> dict[str, str]:
    """The label that says what may be lost; the provider adds those of every resource."""
    return {} if rpo_minutes is None else {"rpo-minutes": str(rpo_minutes)}


def _persistence(persistence: spec.Persistence) -> gcp.redis.ClusterPersistenceConfigArgs:
    aof, rdb = persistence.mode == "AOF", persistence.mode == "RDB"
    return gcp.redis.ClusterPersistenceConfigArgs(
        mode=persistence.mode,
        aof_config=gcp.redis.ClusterPersistenceConfigAofConfigArgs(append_fsync=persistence.fsync.upper()) if aof else None,
        rdb_config=gcp.redis.ClusterPersistenceConfigRdbConfigArgs(rdb_snapshot_period=SNAPSHOTS[persistence.snapshot_hours])
        if rdb
        else None,
    )


SNAPSHOTS = {1: "ONE_HOUR", 6: "SIX_HOURS", 12: "TWELVE_HOURS", 24: "TWENTY_FOUR_HOURS"}


def _backups(backups: spec.ManagedBackups | None) -> gcp.redis.ClusterAutomatedBackupConfigArgs | None:
    if backups is None:
        return None
    return gcp.redis.ClusterAutomatedBackupConfigArgs(
        retention=days(backups.retention_days),
        fixed_frequency_schedule=gcp.redis.ClusterAutomatedBackupConfigFixedFrequencyScheduleArgs(
            start_time=gcp.redis.ClusterAutomatedBackupConfigFixedFrequencyScheduleStartTimeArgs(hours=backups.hour)
        ),
    )


def _endpoint(cluster: gcp.redis.Cluster) -> Endpoint:
    listens = cluster.discovery_endpoints[0]
    return Endpoint(
        address=listens.address,
        port=listens.port,
        certificates=cluster.managed_server_cas[0].ca_certs[0].certificates,
    )
