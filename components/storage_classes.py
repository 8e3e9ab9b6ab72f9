"""What volumes on a cluster are made from."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as k8s

SSD = "alphintra-ssd"
"""The class of the stores' volumes."""
DRIVER = "pd.csi.storage.gke.io"


@dataclass(frozen=True, kw_only=True)
class StorageClassesArgs:
    """What `StorageClasses` takes."""

    key: pulumi.Input[str] | None
    """The id of the region's key for disks; None for Google's own."""
    protect: bool
    """Whether the class, without which no volume grows, refuses to be deleted."""


class StorageClasses(pulumi.ComponentResource):
    """SSDs under our own key, made where the first pod that wants one runs, that grow, and that stay when their claim goes."""

    ssd: k8s.storage.v1.StorageClass

    def __init__(self, name: str, args: StorageClassesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("alphintra:platform:StorageClasses", name, {}, opts)
        self.ssd = k8s.storage.v1.StorageClass(
            f"{name}-ssd",
            metadata=k8s.meta.v1.ObjectMetaArgs(name=SSD),
            provisioner=DRIVER,
            parameters={"type": "pd-ssd", **({} if args.key is None else {"disk-encryption-kms-key": args.key})},
            volume_binding_mode="WaitForFirstConsumer",
            allow_volume_expansion=True,
            reclaim_policy="Retain",
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect),
        )
        self.register_outputs({"ssd": self.ssd.metadata.name})
