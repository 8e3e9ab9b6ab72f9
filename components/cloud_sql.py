"""The main database: a primary, its read replicas, and who may sign in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

import settings.database as spec

from .cloud_sql_instance import InstanceArgs, database_instance

CLIENT_ROLES = ("roles/cloudsql.client", "roles/cloudsql.instanceUser")
"""To connect, and to sign in with IAM authentication."""
ADMINISTRATOR_ROLES = (*CLIENT_ROLES, "roles/cloudsql.viewer")
"""Also to look at instances, backups and operations."""


def server_ca(instance: gcp.sql.DatabaseInstance) -> pulumi.Output[str]:
    """The certificates that sign an instance's, in PEM: secret to the provider, though every client is shown them."""
    return pulumi.Output.unsecret(instance.server_ca_certs).apply(lambda known: "\n".join(ca["cert"] or "" for ca in known))


@dataclass(frozen=True)
class Group:
    """A Google group, and what it may do with instances."""

    email: str
    roles: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class CloudSqlArgs:
    """What `CloudSql` takes."""

    settings: spec.Database
    project: str
    """The project's id."""
    region: str
    """The home region: where the instance serves that was made to."""
    names: Mapping[str, str]
    """The physical names of the instances, by region: of the one of the home region, and of those made as its replicas."""
    serving: str
    """The region whose instance takes writes."""
    rebuilds: Mapping[str, int]
    """How often the instance of a region was built anew, by region."""
    backup_locations: Mapping[str, str]
    """The region that backups are kept in, by the instance's."""
    network: pulumi.Input[str]
    """The network's id."""
    address_range: pulumi.Input[str]
    """The name of the range that private addresses come from."""
    dns_zone: pulumi.Input[str]
    """The name of the private DNS zone."""
    dns_domain: str
    """The domain of that zone, with a dot at its end."""
    dns_ttl_seconds: int
    keys: Mapping[str, pulumi.Input[str] | None]
    """The id of each region's key, or None for Google's own."""
    passwords: Mapping[str, tuple[pulumi.Input[str], int]]
    """Built-in users with their passwords and the passwords' versions; `postgres` must be among them."""
    clients: Mapping[str, tuple[pulumi.Input[str], pulumi.Input[str]]]
    """Workloads that sign in with IAM authentication: e-mail and IAM member, by service account id."""
    groups: Mapping[str, Group]
    """Google groups whose members sign in with IAM authentication, by a short name of each."""
    labels: Mapping[str, str]
    protect: bool
    """Whether instances and databases refuse to be deleted."""
    requires: Sequence[pulumi.Resource] = ()
    """What must be there first: the enabled APIs and private services access."""


class CloudSql(pulumi.ComponentResource):
    """A highly available PostgreSQL with replicas in other regions, on private addresses only.

    Which instance serves is an argument. A resource is named after where its instance was made, and keeps that name when the
    instance takes over, so that no plan replaces one; databases, users and the name `main-db` belong to whichever serves.
    """

    APIS = ("sqladmin.googleapis.com",)

    primary: gcp.sql.DatabaseInstance
    """The one that takes writes."""
    replicas: dict[str, gcp.sql.DatabaseInstance]
    """Those that follow it, by region."""
    instances: dict[str, gcp.sql.DatabaseInstance]
    """All, by region: also one that served before, and is kept out of service."""
    users: dict[str, gcp.sql.User]
    """Users with a password, by their name; not `postgres`, which belongs to the instance."""
    hosts: dict[str, str]
    """The DNS names: `primary`, and one for the region of each replica, and of one that was a replica and took over."""

    def __init__(self, name: str, args: CloudSqlArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("alphintra:data:CloudSql", name, {}, opts)
        self.instances = {args.serving: self._instance(name, args, args.serving)}
        self.primary = self.instances[args.serving]
        others = [region for region in args.names if region != args.serving]
        self.instances |= {region: self._instance(name, args, region) for region in others}
        follow = args.settings.failover.other == "replica"
        self.replicas = {region: self.instances[region] for region in others if follow}
        self._databases(name, args)
        self.users = self._users(name, args)
        self._grants(name, args)
        self.hosts = self._names(name, args)
        self.register_outputs(
            {
                "primary": self.primary.name,
                "connection_name": self.primary.connection_name,
                "replicas": {region: replica.name for region, replica in self.replicas.items()},
                "hosts": self.hosts,
            }
        )

    def _instance(self, name: str, args: CloudSqlArgs, region: str) -> gcp.sql.DatabaseInstance:
        """One that serves, one that served and is kept, or one that follows."""
        known, home = args.settings, region == args.region
        follows = region != args.serving and known.failover.other == "replica"
        password, version = args.passwords["postgres"]
        of_replicas = known.replicas.get(region) or next(iter(known.replicas.values()), None)
        made = InstanceArgs(
            settings=known,
            name=args.names[region],
            region=region,
            zone=known.zone if home or of_replicas is None else of_replicas.zone,
            # One that was made as a replica has a standby where Google puts it.
            secondary_zone=known.secondary_zone if home and not follows else None,
            availability=of_replicas.availability if follows and of_replicas else known.availability,
            primary=self.primary.name if follows else None,
            backup_location=args.backup_locations[region],
            network=args.network,
            address_range=args.address_range,
            key=args.keys[region],
            root_password=password,
            root_password_version=version,
            labels=args.labels,
            protect=args.protect,
            stopped=region != args.serving and not follows,
        )
        resource = f"{name}-primary" if home else f"{name}-replica-{region}"
        times = args.rebuilds.get(region, 0)
        return database_instance(
            f"{resource}-r{times}" if times else resource,
            made,
            pulumi.ResourceOptions(parent=self, protect=args.protect, depends_on=args.requires),
        )

    def _databases(self, name: str, args: CloudSqlArgs) -> None:
        for database in args.settings.databases:
            gcp.sql.Database(
                f"{name}-database-{database}",
                name=database,
                instance=self.primary.name,
                charset="UTF8",
                collation="en_US.UTF8",
                deletion_policy="ABANDON",  # it goes with its instance; alone it is never dropped
                opts=pulumi.ResourceOptions(parent=self, protect=args.protect),
            )

    def _users(self, name: str, args: CloudSqlArgs) -> dict[str, gcp.sql.User]:
        # A user that owns objects cannot be dropped; it goes with its instance.
        def user(label: str, opts: pulumi.ResourceOptions, **given: pulumi.Input[str] | pulumi.Input[int]) -> gcp.sql.User:
            return gcp.sql.User(
                f"{name}-user-{label}",
                gcp.sql.UserArgs(instance=self.primary.name, deletion_policy="ABANDON", **given),  # pyright: ignore[reportArgumentType]
                opts=opts,
            )

        plain = pulumi.ResourceOptions(parent=self)
        # A workload may have both: a login by IAM, and one by password for what cannot hand tokens on.
        named = {
            builtin: user(
                f"{builtin}-by-password" if builtin in args.clients else builtin,
                plain,
                name=builtin,
                type="BUILT_IN",
                password_wo=password,
                password_wo_version=version,
            )
            for builtin, (password, version) in args.passwords.items()
            if builtin != "postgres"  # the instance itself sets that one
        }
        for account, (email, _) in args.clients.items():
            short = pulumi.Output.from_input(email).apply(lambda address: address.removesuffix(".gserviceaccount.com"))
            user(account, plain, name=short, type="CLOUD_IAM_SERVICE_ACCOUNT")
        for label, group in args.groups.items():
            user(label, plain, name=group.email, type="CLOUD_IAM_GROUP")
        return named

    def _grants(self, name: str, args: CloudSqlArgs) -> None:
        """Cloud SQL has no grants on an instance; a condition on the project's narrows them to these instances."""
        names = [*args.names.values()]
        allowed = " || ".join(f'resource.name == "projects/{args.project}/instances/{instance}"' for instance in names)
        condition = gcp.projects.IAMMemberConditionArgs(
            # A part of the grant's id, which the expression is not: where that names others, this does.
            title="-".join(["only", args.names[args.region], *(str(times) for times in [sum(args.rebuilds.values())] if times)]),
            description="The main database and its replicas",
            expression=f'resource.type == "sqladmin.googleapis.com/Instance" && ({allowed})',
        )
        members: dict[str, tuple[pulumi.Input[str], Sequence[str]]] = {
            **{account: (member, CLIENT_ROLES) for account, (_, member) in args.clients.items()},
            **{label: (f"group:{group.email}", group.roles) for label, group in args.groups.items()},
        }
        for label, (member, roles) in members.items():
            for role in roles:
                gcp.projects.IAMMember(
                    f"{name}-{label}-{role.rpartition('.')[2]}",
                    project=args.project,
                    role=role,
                    member=member,
                    condition=condition,
                    opts=pulumi.ResourceOptions(parent=self, depends_on=args.requires),
                )

    def _names(self, name: str, args: CloudSqlArgs) -> dict[str, str]:
        took_over = {} if args.serving == args.region else {args.serving: self.primary}
        instances = {"primary": self.primary, **took_over, **self.replicas}
        hosts: dict[str, str] = {}
        for role, instance in instances.items():
            hosts[role] = f"main-db.{args.dns_domain}" if role == "primary" else f"main-db-{role}.{args.dns_domain}"
            gcp.dns.RecordSet(
                f"{name}-dns-{role}",
                managed_zone=args.dns_zone,
                name=hosts[role],
                type="A",
                ttl=args.dns_ttl_seconds,
                rrdatas=[instance.private_ip_address],
                opts=pulumi.ResourceOptions(parent=self),
            )
        return {role: host.rstrip(".") for role, host in hosts.items()}
