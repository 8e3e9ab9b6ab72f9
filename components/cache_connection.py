"""How clients find a Memorystore store, and who may: names, a secret with what a client needs, and grants."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

from .durations import days
from .secrets import READER_ROLE, replication


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What a store connects to; the same for every store."""

    project: str
    """The project's id."""
    network: pulumi.Input[str]
    """The network's id."""
    dns_zone: pulumi.Input[str]
    """The name of the private DNS zone."""
    dns_domain: str
    """The domain of that zone, with a dot at its end."""
    dns_ttl_seconds: int
    secret_keys: Mapping[str, pulumi.Input[str] | None]
    """The regions that secrets are kept in, each with its key's id, or None for Google's own keys."""
    secret_destroy_delay_days: int
    protect: bool
    """Whether stores and secrets refuse to be deleted."""


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """Where a store listens."""

    address: pulumi.Input[str]
    port: pulumi.Input[int]
    certificates: pulumi.Input[Sequence[str]]
    """The authorities that sign its certificate, in PEM."""


@dataclass(frozen=True, kw_only=True)
class ConnectionArgs:
    """What `connect` takes."""

    store: str
    """The store's physical name."""
    label: str
    """What its DNS names begin with."""
    endpoints: Mapping[str, Endpoint]
    """Where it listens, by role: `primary`, and others such as a region."""
    password: pulumi.Input[str] | None
    """The password; None where IAM authenticates."""
    role: str | None
    """The role that lets a client in; None where a password does."""
    resources: Sequence[str]
    """Google's names of the store and of those that follow it."""
    clients: Mapping[str, pulumi.Input[str]]
    """The IAM members of the workloads that connect, by a short name of each."""
    surroundings: Surroundings
    requires: Sequence[pulumi.Resource]


@dataclass(frozen=True)
class Connection:
    """How clients find a store."""

    hosts: dict[str, str]
    """DNS names by role."""
    secret: gcp.secretmanager.Secret
    """Hosts, addresses, ports and certificates, as JSON."""
    version: pulumi.Output[str]
    """Another one where any of these is another."""
    readable: Sequence[pulumi.Resource]
    """What must be there before a client can read it and connect: its version, and the grants."""


def connect(name: str, args: ConnectionArgs, parent: pulumi.Resource) -> Connection:
    """Declares the names, the secret and the grants of a store."""
    around = args.surroundings
    plain = pulumi.ResourceOptions(parent=parent)
    hosts: dict[str, str] = {}
    for role, endpoint in args.endpoints.items():
        host = f"{args.label}.{around.dns_domain}" if role == "primary" else f"{args.label}-{role}.{around.dns_domain}"
        hosts[role] = host.rstrip(".")
        gcp.dns.RecordSet(
            f"{name}-dns-{role}",
            managed_zone=around.dns_zone,
            name=host,
            type="A",
            ttl=around.dns_ttl_seconds,
            rrdatas=[endpoint.address],
            opts=plain,
        )
    secret, version = _secret(name, hosts, args, parent)
    readable: list[pulumi.Resource] = [version]
    for client, member in args.clients.items():
        readable.append(
            gcp.secretmanager.SecretIamMember(
                f"{name}-{client}-connection", secret_id=secret.secret_id, role=READER_ROLE, member=member, opts=plain
            )
        )
        if args.role is not None:
            readable.append(
                gcp.projects.IAMMember(
                    f"{name}-{client}-connect",
                    project=around.project,
                    role=args.role,
                    member=member,
                    condition=only(args.store, args.resources),
                    opts=plain,
                )
            )
    told = pulumi.Output.from_input(version.secret_data_wo_version).apply(str)
    return Connection(hosts, secret, told, readable)


def only(store: str, resources: Sequence[str]) -> gcp.projects.IAMMemberConditionArgs:
    """The condition that narrows a grant to these: Memorystore has no grants on a store, only on the project."""
    return gcp.projects.IAMMemberConditionArgs(
        title=f"only-{store}",
        description=f"{store} and what follows it",
        expression=" || ".join(f'resource.name == "{resource}"' for resource in resources),
    )


def _secret(
    name: str, hosts: Mapping[str, str], args: ConnectionArgs, parent: pulumi.Resource
) -> tuple[gcp.secretmanager.Secret, gcp.secretmanager.SecretVersion]:
    around = args.surroundings
    secret = gcp.secretmanager.Secret(
        f"{name}-connection",
        secret_id=f"{args.store}-connection",
        replication=replication(around.secret_keys),
        version_destroy_ttl=days(around.secret_destroy_delay_days),
        deletion_protection=around.protect,
        opts=pulumi.ResourceOptions(parent=parent, protect=around.protect, depends_on=args.requires),
    )
    document = pulumi.Output.json_dumps(contents(hosts, args.endpoints, args.password), sort_keys=True)
    version = gcp.secretmanager.SecretVersion(
        f"{name}-connection",
        secret=secret.id,
        secret_data_wo=document,
        # A new authority or address is a new version.
        secret_data_wo_version=document.apply(lambda text: hashlib.sha256(text.encode()).hexdigest()[:12]),
        opts=pulumi.ResourceOptions(parent=parent),
    )
    return secret, version


def contents(
    hosts: Mapping[str, str], endpoints: Mapping[str, Endpoint], password: pulumi.Input[str] | None
) -> dict[str, object]:
    """What the secret says: a host, address, port and the authorities for each role, and the password where there is one."""
    found = {
        role: {
            "host": hosts[role],
            "address": endpoint.address,
            "port": endpoint.port,
            "certificates": endpoint.certificates,
        }
        for role, endpoint in endpoints.items()
    }
    return {"endpoints": found, **({} if password is None else {"password": password})}
