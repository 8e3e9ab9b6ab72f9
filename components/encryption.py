"""Customer-managed keys: a ring in each region, a key for each class of data, and who may use it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

import settings.encryption as spec

from .durations import days
from .looked_up import needing

USER_ROLE = "roles/cloudkms.cryptoKeyEncrypterDecrypter"


def _agent_of_compute(opts: pulumi.InvokeOutputOptions) -> pulumi.Output[str]:
    """It comes with the API, and asking for it is refused; its name has the project's number."""
    number = gcp.organizations.get_project_output(opts=opts).number
    return number.apply(lambda known: f"serviceAccount:service-{known}@compute-system.iam.gserviceaccount.com")


ASKED_FOR: Mapping[str, Callable[[pulumi.InvokeOutputOptions], pulumi.Output[str]]] = {
    "bigquery.googleapis.com": lambda opts: gcp.bigquery.get_default_service_account_output(opts=opts).member,
    "compute.googleapis.com": _agent_of_compute,
    "storage.googleapis.com": lambda opts: gcp.storage.get_project_service_account_output(opts=opts).member,
}
"""The services whose agents no resource can make: looking them up does, or they are there already."""


@dataclass(frozen=True, kw_only=True)
class EncryptionArgs:
    """What `Encryption` takes."""

    settings: spec.Encryption
    regions: Mapping[str, str]
    """The regions by role: `primary` and `secondary`."""
    key_ring: str
    """The rings' physical name, with the generation."""
    protect: bool
    """Whether keys refuse to be destroyed."""
    requires: Sequence[pulumi.Resource] = ()
    """What must be there first: the enabled APIs."""


class Encryption(pulumi.ComponentResource):
    """Keys under our own control, or none: `key_for` then answers None, and Google's own keys are used."""

    APIS = ("cloudkms.googleapis.com",)

    keys: dict[tuple[str, str], gcp.kms.CryptoKey]
    """Keys by (class of data, region)."""
    agents: dict[str, pulumi.Output[str]]
    """The IAM member of each service's agent that was made here, because it uses a key; made in one place only."""

    def __init__(self, name: str, args: EncryptionArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("alphintra:security:Encryption", name, {}, opts)
        classes = args.settings.keys if args.settings.customer_managed else {}
        kept = pulumi.ResourceOptions(parent=self, protect=args.protect)
        needed = [role for role in args.regions if any(role in key.regions for key in classes.values())]
        rings = {
            role: gcp.kms.KeyRing(
                f"{name}-ring-{args.regions[role]}",
                name=args.key_ring,
                location=args.regions[role],
                opts=pulumi.ResourceOptions(parent=self, protect=args.protect, depends_on=args.requires),
            )
            for role in needed
        }
        self.keys = {
            (class_name, args.regions[role]): self._key(name, class_name, args.regions[role], rings[role], args, kept)
            for class_name, key in classes.items()
            for role in key.regions
        }
        self._grants = self._granted(name, classes, args)
        self.register_outputs({"keys": {f"{c}-{region}": key.id for (c, region), key in self.keys.items()}})

    def key_for(self, data_class: str, region: str) -> pulumi.Output[str] | None:
        """The id of the key for a class of data in a region, which is known only once its users are granted its use.

        A consumer that takes this id depends on the grants, and cannot be created before them.
        """
        key = self.keys.get((data_class, region))
        if key is None:
            return None
        grants = [grant.id for grant in self._grants[data_class, region]]
        return pulumi.Output.all(key.id, *grants).apply(lambda ids: str(ids[0]))

    def _key(
        self,
        name: str,
        class_name: str,
        region: str,
        ring: gcp.kms.KeyRing,
        args: EncryptionArgs,
        opts: pulumi.ResourceOptions,
    ) -> gcp.kms.CryptoKey:
        return gcp.kms.CryptoKey(
            f"{name}-key-{class_name}-{region}",
            name=class_name,
            key_ring=ring.id,
            rotation_period=days(args.settings.rotation_days),
            destroy_scheduled_duration=days(args.settings.destroy_delay_days),
            version_template=gcp.kms.CryptoKeyVersionTemplateArgs(
                algorithm="GOOGLE_SYMMETRIC_ENCRYPTION",
                protection_level=args.settings.keys[class_name].protection_level,
            ),
            deletion_policy="PREVENT" if args.protect else "DELETE",
            opts=opts,
        )

    def _granted(
        self, name: str, classes: Mapping[str, spec.KeyClass], args: EncryptionArgs
    ) -> dict[tuple[str, str], list[gcp.kms.CryptoKeyIAMMember]]:
        services = sorted({service for key in classes.values() for service in key.used_by})
        self.agents = {service: self._agent(name, service, args) for service in services}
        return {
            (class_name, region): [
                gcp.kms.CryptoKeyIAMMember(
                    f"{name}-key-{class_name}-{region}-{service.removesuffix('.googleapis.com')}",
                    crypto_key_id=key.id,
                    role=USER_ROLE,
                    member=self.agents[service],
                    opts=pulumi.ResourceOptions(parent=self),
                )
                for service in classes[class_name].used_by
            ]
            for (class_name, region), key in self.keys.items()
        }

    def _agent(self, name: str, service: str, args: EncryptionArgs) -> pulumi.Output[str]:
        """The IAM member of a service's agent, which exists from then on."""
        if service in ASKED_FOR:
            asked = pulumi.InvokeOutputOptions(parent=self, depends_on=args.requires)
            return needing(args.requires, ASKED_FOR[service](asked))
        return gcp.projects.ServiceIdentity(
            f"{name}-agent-{service.removesuffix('.googleapis.com')}",
            service=service,
            opts=pulumi.ResourceOptions(parent=self, depends_on=args.requires),
        ).member
