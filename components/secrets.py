"""Generated credentials in Secret Manager."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp
import pulumi_random as random

import settings.secret as spec

from .durations import days

READER_ROLE = "roles/secretmanager.secretAccessor"
SPECIAL = "-_.~"
"""Characters that need no escaping in a URL, an ini file or a shell (RFC 3986, section 2.3)."""


@dataclass(frozen=True, kw_only=True)
class SecretsArgs:
    """What `Secrets` takes."""

    settings: spec.Secrets
    keys: Mapping[str, pulumi.Input[str] | None]
    """The regions that secrets are kept in, each with its key's id, or None for Google's own keys."""
    protect: bool
    """Whether secrets refuse to be deleted."""
    readers: Mapping[str, Mapping[str, pulumi.Input[str]]]
    """For each secret the members that may read it, by a short name of each."""
    requires: Sequence[pulumi.Resource] = ()
    """What must be there first: the enabled APIs."""


@dataclass(frozen=True)
class Credential:
    """A generated password and where it is kept."""

    value: pulumi.Output[str]
    """The password; a Pulumi secret."""
    version: int
    """Counts rotations; users of write-only arguments pass it on."""
    secret: gcp.secretmanager.Secret
    readable: Sequence[pulumi.Resource]
    """What must be there before a pod can read it: its version, and the grants of who may."""


class Secrets(pulumi.ComponentResource):
    """Passwords made by pulumi-random, kept in Secret Manager in both regions, readable by who is named and nobody else."""

    APIS = ("secretmanager.googleapis.com",)

    credentials: dict[str, Credential]
    """Credentials by the id of their secret."""

    def __init__(self, name: str, args: SecretsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("alphintra:security:Secrets", name, {}, opts)
        self.credentials = {
            secret_id: self._credential(name, secret_id, credential, args)
            for secret_id, credential in args.settings.credentials.items()
        }
        self.register_outputs({"secrets": {secret_id: c.secret.id for secret_id, c in self.credentials.items()}})

    def _credential(
        self,
        name: str,
        secret_id: str,
        credential: spec.Credential,
        args: SecretsArgs,
    ) -> Credential:
        password = random.RandomPassword(
            f"{name}-{secret_id}",
            length=credential.length,
            override_special=SPECIAL,
            min_lower=2,
            min_upper=2,
            min_numeric=2,
            min_special=2,
            keepers={"version": str(credential.version)},
            opts=pulumi.ResourceOptions(parent=self),
        )
        secret = gcp.secretmanager.Secret(
            f"{name}-{secret_id}",
            secret_id=secret_id,
            replication=replication(args.keys),
            version_destroy_ttl=days(args.settings.destroy_delay_days),
            deletion_protection=args.protect,
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect, depends_on=args.requires),
        )
        version = gcp.secretmanager.SecretVersion(
            f"{name}-{secret_id}",
            secret=secret.id,
            # Write-only: the provider sends it and keeps it neither in its outputs nor in what it reads back.
            secret_data_wo=password.result,
            secret_data_wo_version=str(credential.version),
            opts=pulumi.ResourceOptions(parent=self),
        )
        grants = [
            gcp.secretmanager.SecretIamMember(
                f"{name}-{secret_id}-{reader}",
                secret_id=secret.secret_id,
                role=READER_ROLE,
                member=member,
                opts=pulumi.ResourceOptions(parent=self),
            )
            for reader, member in args.readers.get(secret_id, {}).items()
        ]
        return Credential(password.result, credential.version, secret, readable=[version, *grants])


def replication(keys: Mapping[str, pulumi.Input[str] | None]) -> gcp.secretmanager.SecretReplicationArgs:
    """A copy of a secret in each region, under that region's key where there is one."""
    return gcp.secretmanager.SecretReplicationArgs(
        user_managed=gcp.secretmanager.SecretReplicationUserManagedArgs(
            replicas=[_replica(region, key) for region, key in keys.items()]
        )
    )


def _replica(region: str, key: pulumi.Input[str] | None) -> gcp.secretmanager.SecretReplicationUserManagedReplicaArgs:
    encryption = (
        None
        if key is None
        else gcp.secretmanager.SecretReplicationUserManagedReplicaCustomerManagedEncryptionArgs(kms_key_name=key)
    )
    return gcp.secretmanager.SecretReplicationUserManagedReplicaArgs(location=region, customer_managed_encryption=encryption)
