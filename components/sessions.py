"""The session store: Valkey without cluster mode, or Redis in the literal version."""

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
FSYNC = {"always": "ALWAYS", "everysec": "EVERY_SEC", "no": "NEVER"}


@dataclass(frozen=True, kw_only=True)
class SessionsArgs:
    """What `Sessions` takes."""

    settings: spec.Sessions
    region: str
    key: pulumi.Input[str] | None
    """The id of the region's key, or None for Google's own."""
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
    hosts: dict[str, str]
    """The DNS names: `primary`, and `read` where replicas answer by themselves."""
    connection: gcp.secretmanager.Secret
    """What a client needs to connect."""

    def __init__(self, name: str, args: SessionsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("alphintra:data:Sessions", name, {}, opts)
        around = args.surroundings
        kept = pulumi.ResourceOptions(parent=self, protect=around.protect, depends_on=args.requires)
        password: pulumi.Input[str] | None = None
        if args.settings.form == "valkey":
            store = self.store = gcp.memorystore.Instance(f"{name}-store", _valkey(args), opts=kept)
            endpoints = _valkey_endpoints(store, with_readers=args.settings.replicas > 0)
        else:
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
                resources=[f"projects/{around.project}/locations/{args.region}/instances/{args.settings.name}"],
                clients=args.clients,
                surroundings=around,
                requires=args.requires,
            ),
            parent=self,
        )
        self.hosts, self.connection = connection.hosts, connection.secret
        self.register_outputs({"store": self.store.id, "hosts": self.hosts, "connection": self.connection.id})


def _valkey(args: SessionsArgs) -> gcp.memorystore.InstanceArgs:
    spec_, around = args.settings, args.surroundings
    aof, rdb = spec_.persistence.mode == "AOF", spec_.persistence.mode == "RDB"
    return gcp.memorystore.InstanceArgs(
        instance_id=spec_.name,
        location=args.region,
        mode="CLUSTER_DISABLED",
        engine_version=spec_.valkey_version,
        shard_count=1,
        replica_count=spec_.replicas,
        node_type=spec_.node_type,
        authorization_mode="IAM_AUTH",
        transit_encryption_mode="SERVER_AUTHENTICATION",
        kms_key=args.key,
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
        if spec_.backups is None
        else gcp.memorystore.InstanceAutomatedBackupConfigArgs(
            retention=days(spec_.backups.retention_days),
            fixed_frequency_schedule=gcp.memorystore.InstanceAutomatedBackupConfigFixedFrequencyScheduleArgs(
                start_time=gcp.memorystore.InstanceAutomatedBackupConfigFixedFrequencyScheduleStartTimeArgs(
                    hours=spec_.backups.hour
                )
            ),
        ),
        maintenance_policy=gcp.memorystore.InstanceMaintenancePolicyArgs(
            weekly_maintenance_windows=[
                gcp.memorystore.InstanceMaintenancePolicyWeeklyMaintenanceWindowArgs(
                    day=spec_.maintenance.day,
                    start_time=gcp.memorystore.InstanceMaintenancePolicyWeeklyMaintenanceWindowStartTimeArgs(
                        hours=spec_.maintenance.hour
                    ),
                )
            ]
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
        customer_managed_key=args.key,
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
    kinds = {"primary": "CONNECTION_TYPE_PRIMARY", **({"read": "CONNECTION_TYPE_READER"} if with_readers else {})}
    certificates = store.managed_server_cas[0].ca_certs[0].certificates

    def listens(kind: str) -> pulumi.Output[Any]:
        return store.endpoints.apply(
            lambda endpoints: next(
                connection.psc_auto_connection
                for endpoint in endpoints
                for connection in endpoint.connections or []
                if connection.psc_auto_connection and connection.psc_auto_connection.connection_type == kind
            )
        )

    return {
        role: Endpoint(address=listens(kind).ip_address, port=listens(kind).port, certificates=certificates)
        for role, kind in kinds.items()
    }
