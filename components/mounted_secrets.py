"""Secrets of Secret Manager as files in pods: nothing of them is in Kubernetes, nor in this program."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import pulumi
import pulumi_gcp as gcp
import pulumi_kubernetes as k8s

DRIVER = "secrets-store-gke.csi.k8s.io"
"""GKE's Secret Manager add-on (https://cloud.google.com/secret-manager/docs/secret-manager-managed-csi-component)."""


class Kept(Protocol):
    """What is kept in Secret Manager: a generated credential, or what a client needs to connect."""

    @property
    def secret(self) -> gcp.secretmanager.Secret: ...

    @property
    def readable(self) -> Sequence[pulumi.Resource]:
        """What must be there before a pod can read it: its version, and the grants of who may."""
        ...


@dataclass(frozen=True, kw_only=True)
class MountedSecretsArgs:
    """What `MountedSecrets` takes."""

    namespace: pulumi.Input[str]
    secrets: Mapping[str, Kept]
    """The files, by name. The pod's identity must be among each secret's readers."""


class MountedSecrets(pulumi.ComponentResource):
    """Which secrets a pod gets as which files. They are read when the pod starts: a new version needs a restart.

    The class is made once all of them can be read, so a pod that mounts it waits for what it reads and for no other secret.
    """

    provider_class: pulumi.Output[str]
    """The name of the class, for volumes."""

    def __init__(self, name: str, args: MountedSecretsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("alphintra:security:MountedSecrets", name, {}, opts)
        files = pulumi.Output.all(**{file: known.secret.id for file, known in args.secrets.items()}).apply(
            lambda ids: json.dumps(
                [{"resourceName": f"{id_}/versions/latest", "path": file} for file, id_ in sorted(ids.items())]
            )
        )
        made = k8s.apiextensions.CustomResource(
            f"{name}-class",
            api_version="secrets-store.csi.x-k8s.io/v1",
            kind="SecretProviderClass",
            metadata=k8s.meta.v1.ObjectMetaArgs(name=name, namespace=args.namespace),
            spec={"provider": "gke", "parameters": {"secrets": files}},
            opts=pulumi.ResourceOptions(
                parent=self, depends_on=[needed for known in args.secrets.values() for needed in known.readable]
            ),
        )
        self.provider_class = made.id.apply(lambda id_: id_.rsplit("/", 1)[-1])
        self.register_outputs({"class": self.provider_class})

    def volume(self, name: str) -> k8s.core.v1.VolumeArgs:
        """A volume with the files."""
        c = k8s.core.v1
        return c.VolumeArgs(
            name=name,
            csi=c.CSIVolumeSourceArgs(
                driver=DRIVER,
                read_only=True,
                volume_attributes={"secretProviderClass": self.provider_class},
            ),
        )
