"""Keys."""

from __future__ import annotations

from typing import Literal

from pydantic import model_validator

from .section import ResourceName, Section, setting

Service = Literal[
    "artifactregistry.googleapis.com",
    "bigquery.googleapis.com",
    "bigtableadmin.googleapis.com",
    "firestore.googleapis.com",
    "memorystore.googleapis.com",
    "redis.googleapis.com",
    "compute.googleapis.com",
    "container.googleapis.com",
    "gkebackup.googleapis.com",
    "pubsub.googleapis.com",
    "secretmanager.googleapis.com",
    "sqladmin.googleapis.com",
    "storage.googleapis.com",
]
"""A managed service whose agent can be granted the use of a key."""


class KeyClass(Section):
    """A class of data with a key of its own, in each of its regions."""

    regions: tuple[Literal["primary", "secondary"], ...] = setting(("primary", "secondary"), "§9.1", min_length=1)
    """Where the key exists: a key serves its own region only."""
    protection_level: Literal["SOFTWARE", "HSM"] = setting("SOFTWARE", "§9.1")
    """HSM: the key never leaves certified hardware."""
    used_by: tuple[Service, ...] = setting((), "§9.1")
    """The services whose agents may use the key; none where applications use it under their own identities."""


def _default_keys() -> dict[str, KeyClass]:
    return {
        "database": KeyClass(used_by=("sqladmin.googleapis.com",)),
        "secrets": KeyClass(used_by=("secretmanager.googleapis.com",)),
        "objects": KeyClass(used_by=("storage.googleapis.com", "pubsub.googleapis.com")),
        "analytics": KeyClass(regions=("secondary",), used_by=("bigquery.googleapis.com",)),
        "cache": KeyClass(used_by=("memorystore.googleapis.com", "redis.googleapis.com")),
        "images": KeyClass(regions=("primary",), used_by=("artifactregistry.googleapis.com",)),
        # Those of stores that are optional are made where the store is on.
        "bigtable": KeyClass(regions=("primary",), used_by=("bigtableadmin.googleapis.com",)),
        "firestore": KeyClass(regions=("primary",), used_by=("firestore.googleapis.com",)),
        # Kubernetes secrets, and the disks of nodes and volumes.
        "cluster": KeyClass(used_by=("container.googleapis.com", "compute.googleapis.com")),
        "backups": KeyClass(used_by=("gkebackup.googleapis.com",)),
        "pii": KeyClass(protection_level="HSM"),
    }


class Encryption(Section):
    """Customer-managed encryption keys in Cloud KMS."""

    customer_managed: bool = setting(True, "§9.1, §14.1: no customer-managed keys in dev")
    """Whether data at rest is encrypted under keys of our own; Google's keys otherwise."""
    key_ring: ResourceName = setting("alphintra-data", "design")
    """The name of the key ring in each region. Rings and keys can never be deleted: a new `generation` makes new ones."""
    rotation_days: int = setting(90, "§9.1, CIS GCP 1.10", unit="days", ge=1, le=365)
    """How often a key gets a new version."""
    destroy_delay_days: int = setting(30, "https://cloud.google.com/kms/docs/create-key#soft_delete", unit="days", ge=1, le=120)
    """How long a destroyed key version can be brought back."""
    keys: dict[ResourceName, KeyClass] = setting(_default_keys(), "§9.1: a key per class of data")
    """The classes of data."""

    @model_validator(mode="after")
    def _pii_in_hardware(self) -> Encryption:
        needed = (
            "database",
            "secrets",
            "objects",
            "analytics",
            "cache",
            "cluster",
            "backups",
            "images",
            "bigtable",
            "firestore",
            "pii",
        )
        for name in needed:
            if name not in self.keys:
                raise ValueError(f"keys.{name} is missing: data of that class is always there")
        if self.keys["pii"].protection_level != "HSM":
            raise ValueError("keys.pii.protection_level is SOFTWARE, but keys for personal data live in hardware: HSM")
        return self
