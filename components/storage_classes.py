"""What volumes on a cluster are made from."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as k8s

SSD = "alphintra-ssd"
"""The class of the stores' volumes."""
SCRATCH = "alphintra-scratch"
"""The class of volumes that go with their pod."""
DRIVER = "pd.csi.storage.gke.io"


@dataclass(frozen=True, kw_only=True)
class StorageClassesArgs:
    """What `StorageClasses` takes."""

    key: pulumi.Input[str] | None
    """The id of the region's key for disks; None for Google's own."""
    protect: bool
    """Whether the class, without which no volume grows, refuses to be deleted."""


class StorageClasses(pulumi.ComponentResource):
    """Disks under our own key, made in the zone of the pod that first wants one, that grow in place."""

    ssd: k8s.storage.v1.StorageClass
    """For stores: a disk stays when its claim goes."""
    scratch: k8s.storage.v1.StorageClass
    """For what is tried: a disk goes with its claim."""

    def __init__(self, name: str, args: StorageClassesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("alphintra:platform:StorageClasses", name, {}, opts)
        self._name, self._args = name, args
        self.ssd = self._class("ssd", SSD, disk="pd-ssd", reclaim="Retain")
        self.scratch = self._class("scratch", SCRATCH, disk="pd-balanced", reclaim="Delete")
        self.register_outputs({"ssd": self.ssd.metadata.name, "scratch": self.scratch.metadata.name})

    def _class(self, role: str, class_name: str, *, disk: str, reclaim: str) -> k8s.storage.v1.StorageClass:
        key = self._args.key
        return k8s.storage.v1.StorageClass(
            f"{self._name}-{role}",
            metadata=k8s.meta.v1.ObjectMetaArgs(name=class_name),
            provisioner=DRIVER,
            parameters={"type": disk, **({} if key is None else {"disk-encryption-kms-key": key})},
            volume_binding_mode="WaitForFirstConsumer",
            allow_volume_expansion=True,
            reclaim_policy=reclaim,
            opts=pulumi.ResourceOptions(parent=self, protect=self._args.protect),
        )
