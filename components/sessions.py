"""The session store: Valkey without cluster mode, with the stores in other regions that follow the one that serves, or Redis in
the literal version, which nothing can follow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_gcp as gcp

import settings.cache as spec

from .cache_connection import ConnectionArgs, Endpoint, Surroundings, connect
from .durations import days
from .redis_cluster import SNAPSHOTS, objective

CLIENT_ROLE = "roles/memorystore.dbConnectionUser"
WRITES, READS = "CONNECTION_TYPE_PRIMARY", "CONNECTION_TYPE_READER"
FSYNC = {"always": "ALWAYS", "everysec": "EVERY_SEC", "no": "NEVER"}


@dataclass(frozen=True, kw_only=True)
class SessionsArgs:
    """What `Sessions` takes."""

    settings: spec.Sessions
    region: str
    """The region of the store that the settings describe; `secondaries` say what differs in others."""
    names: Mapping[str, str]
    """The physical name of each region's store."""
    serving: str
    """The region whose store is written to. A failover exchanges roles; a store keeps its name, and is never replaced."""
    keys: Mapping[str, pulumi.Input[str] | None]
    """The id of each region's key, or None for Google's own."""
    address_range: pulumi.Input[str]
    """The name of the range that private addresses come from, for the form that is behind private services access."""
    clients: Mapping[str, pulumi.Input[str]]
    """The IAM members of the workloads that connect, by service account id."""
    surroundings: Surroundings
    requires: Sequence[pulumi.Resource] = ()
    """What must be there first: the enabled APIs and the service connection policies; for the form redis also private services
    access and the other stores of its API, which refuses creations that run at the same time."""


class Sessions(pulumi.ComponentResource):
    """A small store that loses nothing, on private addresses, with TLS."""

    APIS = ("memorystore.googleapis.com", "redis.googleapis.com")
    SERVICE_CLASS = "gcp-memorystore"
    """What a service connection policy must let in."""

    store: gcp.memorystore.Instance | gcp.redis.Instance
    """The one that is written to."""
    secondaries: dict[str, gcp.memorystore.Instance]
    """The stores that follow it, by region."""
    hosts: dict[str, str]
    """The DNS names: `primary`, `read` where replicas answer by themselves, and a name for each region beside the first."""
    connection: gcp.secretmanager.Secret
    """What a client needs to connect."""

    def __init__(self, name: str, args: SessionsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("alphintra:data:Sessions", name, {}, opts)
        around = args.surroundings
        password: pulumi.Input[str] | None = None
        self.secondaries = {}
        if args.settings.form == "valkey":
            stores = self._valkeys(name, args)
            store = self.store = stores[args.serving]
            self.secondaries = {region: known for region, known in stores.items() if region != args.serving}
            endpoints = _valkey_endpoints(store, with_readers=args.settings.replicas > 0)
            endpoints |= {region: _valkey_endpoint(stores[region], WRITES) for region in args.settings.secondaries}
        else:
            kept = pulumi.ResourceOptions(parent=self, protect=around.protect, depends_on=args.requires)
            store = self.store = gcp.redis.Instance(f"{name}-store", _redis(args), opts=kept)
            password = store.auth_string
            certificates = store.server_ca_certs.apply(lambda found: [str(ca.cert) for ca in found])
            endpoints = {"primary": Endpoint(address=store.host, port=store.port, certificates=certificates)}
        connection = connect(
            name,
            ConnectionArgs(
                store=args.settings.name,
                label="sessions",
                endpoints=endpoints,
                password=password,
                role=CLIENT_ROLE if password is None else None,
                resources=[
                    f"projects/{around.project}/locations/{region}/instances/{known}" for region, known in args.names.items()
                ],
                clients=args.clients,
                surroundings=around,
                requires=args.requires,
            ),
            parent=self,
        )
        self.hosts, self.connection = connection.hosts, connection.secret
        self.register_outputs(
            {
                "stores": {role: known.id for role, known in {"primary": store, **self.secondaries}.items()},
                "hosts": self.hosts,
                "connection": self.connection.id,
            }
        )

    def _valkeys(self, name: str, args: SessionsArgs) -> dict[str, gcp.memorystore.Instance]:
        """The stores by region, the one that serves first. A resource is named after what it was made as, and keeps that name
        whatever it becomes."""
        stores: dict[str, gcp.memorystore.Instance] = {}
        for region in (args.serving, *(region for region in args.names if region != args.serving)):
            # One after the other: Memorystore refuses creations that run at the same time.
            follows = stores[args.serving].id if stores else None
            opts = pulumi.ResourceOptions(
                parent=self, protect=args.surroundings.protect, depends_on=[*args.requires, *stores.values()]
            )
            resource_name = f"{name}-store" if region == args.region else f"{name}-secondary-{region}"
            stores[region] = gcp.memorystore.Instance(resource_name, _valkey(args, region, follows), opts=opts)
        return stores


def _valkey(args: SessionsArgs, region: str, follows: pulumi.Input[str] | None) -> gcp.memorystore.InstanceArgs:
    """A region's store, which differs from others in `own`, name and key alone. The one that serves follows None, and its role is
    left to Google: a switchover writes it."""
    spec_, around = args.settings, args.surroundings
    own = spec_ if region == args.region else spec_.secondaries[region]
    aof, rdb = spec_.persistence.mode == "AOF", spec_.persistence.mode == "RDB"
    return gcp.memorystore.InstanceArgs(
        instance_id=args.names[region],
        location=region,
        mode="CLUSTER_DISABLED",
        engine_version=spec_.valkey_version,
        shard_count=1,
        replica_count=own.replicas,
        node_type=spec_.node_type,
        authorization_mode="IAM_AUTH",
        transit_encryption_mode="SERVER_AUTHENTICATION",
        kms_key=args.keys[region],
        desired_auto_created_endpoints=[
            gcp.memorystore.InstanceDesiredAutoCreatedEndpointArgs(network=around.network, project_id=around.project)
        ],
        zone_distribution_config=gcp.memorystore.InstanceZoneDistributionConfigArgs(
            mode="SINGLE_ZONE" if spec_.zone else "MULTI_ZONE", zone=spec_.zone
        ),
        engine_configs={"maxmemory": str(spec_.memory_gb * 2**30), "maxmemory-policy": spec_.eviction},
        persistence_config=gcp.memorystore.InstancePersistenceConfigArgs(
            mode=spec_.persistence.mode,
            aof_config=gcp.memorystore.InstancePersistenceConfigAofConfigArgs(append_fsync=FSYNC[spec_.persistence.fsync])
            if aof
            else None,
            rdb_config=gcp.memorystore.InstancePersistenceConfigRdbConfigArgs(
                rdb_snapshot_period=SNAPSHOTS[spec_.persistence.snapshot_hours]
            )
            if rdb
            else None,
        ),
        automated_backup_config=None
        if own.backups is None
        else gcp.memorystore.InstanceAutomatedBackupConfigArgs(
            retention=days(own.backups.retention_days),
            fixed_frequency_schedule=gcp.memorystore.InstanceAutomatedBackupConfigFixedFrequencyScheduleArgs(
                start_time=gcp.memorystore.InstanceAutomatedBackupConfigFixedFrequencyScheduleStartTimeArgs(
                    hours=own.backups.hour
                )
            ),
        ),
        maintenance_policy=gcp.memorystore.InstanceMaintenancePolicyArgs(
            weekly_maintenance_windows=[
                gcp.memorystore.InstanceMaintenancePolicyWeeklyMaintenanceWindowArgs(
                    day=own.maintenance.day,
                    start_time=gcp.memorystore.InstanceMaintenancePolicyWeeklyMaintenanceWindowStartTimeArgs(
                        hours=own.maintenance.hour
                    ),
                )
            ]
        ),
        cross_instance_replication_config=None
        if follows is None
        else gcp.memorystore.InstanceCrossInstanceReplicationConfigArgs(
            instance_role="SECONDARY",
            primary_instance=gcp.memorystore.InstanceCrossInstanceReplicationConfigPrimaryInstanceArgs(instance=follows),
        ),
        labels=objective(spec_.rpo_minutes),
        deletion_protection_enabled=around.protect,
    )


def _redis(args: SessionsArgs) -> gcp.redis.InstanceArgs:
    spec_, around = args.settings, args.surroundings
    rdb = spec_.persistence.mode == "RDB"
    return gcp.redis.InstanceArgs(
        name=spec_.name,
        region=args.region,
        location_id=spec_.zone,
        tier="STANDARD_HA" if spec_.replicas else "BASIC",
        memory_size_gb=spec_.memory_gb,
        redis_version=spec_.redis_version,
        auth_enabled=True,
        transit_encryption_mode="SERVER_AUTHENTICATION",
        customer_managed_key=args.keys[args.region],
        connect_mode="PRIVATE_SERVICE_ACCESS",
        authorized_network=around.network,
        reserved_ip_range=args.address_range,
        redis_configs={"maxmemory-policy": spec_.eviction},
        persistence_config=gcp.redis.InstancePersistenceConfigArgs(
            persistence_mode=spec_.persistence.mode,
            rdb_snapshot_period=SNAPSHOTS[spec_.persistence.snapshot_hours] if rdb else None,
        ),
        maintenance_policy=gcp.redis.InstanceMaintenancePolicyArgs(
            weekly_maintenance_windows=[
                gcp.redis.InstanceMaintenancePolicyWeeklyMaintenanceWindowArgs(
                    day=spec_.maintenance.day,
                    start_time=gcp.redis.InstanceMaintenancePolicyWeeklyMaintenanceWindowStartTimeArgs(
                        hours=spec_.maintenance.hour
                    ),
                )
            ]
        ),
        labels=objective(spec_.rpo_minutes),
        deletion_protection=around.protect,
    )


def _valkey_endpoints(store: gcp.memorystore.Instance, *, with_readers: bool) -> dict[str, Endpoint]:
    """The address that is written to, and the one that replicas answer at."""
    kinds = {"primary": WRITES, **({"read": READS} if with_readers else {})}
    return {role: _valkey_endpoint(store, kind) for role, kind in kinds.items()}


def _valkey_endpoint(store: gcp.memorystore.Instance, kind: str) -> Endpoint:
    """An address of a store, by the type of its connection."""
    listens: pulumi.Output[Any] = store.endpoints.apply(
        lambda endpoints: next(
            connection.psc_auto_connection
            for endpoint in endpoints
            for connection in endpoint.connections or []
            if connection.psc_auto_connection and connection.psc_auto_connection.connection_type == kind
        )
    )
    certificates = store.managed_server_cas[0].ca_certs[0].certificates
    return Endpoint(address=listens.ip_address, port=listens.port, certificates=certificates)
