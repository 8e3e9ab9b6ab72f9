"""Signed URLs: a browser's way to one object, for a while, without an account."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from .identity import AccountId
from .section import ResourceName, Section, setting
from .storage import Folder

SIGNING = "https://cloud.google.com/storage/docs/access-control/signed-urls"


class SignedAccess(Section):
    """What a URL of a signer may do: no more than the signer itself may."""

    bucket: ResourceName = Field(json_schema_extra={"source": "§7.1"})
    """The bucket, one of `storage.buckets`."""
    role: Literal["create", "read"] = Field(json_schema_extra={"source": SIGNING})
    """create: upload what is not there yet, and replace nothing. read: download."""
    folder: Folder = Field(json_schema_extra={"source": "§7.1"})
    """The folder, one of the bucket's `folders`."""


class Signer(Section):
    """An identity that does nothing but sign URLs. It has no key: workloads sign through IAM, under its name."""

    purpose: Annotated[str, StringConstraints(min_length=5, max_length=100)]
    """What its URLs are for; becomes the service account's description."""
    issuers: tuple[str, ...] = Field(min_length=1, json_schema_extra={"source": "§7.2, §9.2"})
    """The workloads, of `identities.workloads`, that may sign under its name."""
    access: dict[ResourceName, SignedAccess] = Field(min_length=1, json_schema_extra={"source": "§7.2, §9.2"})
    """What its URLs may do, by a short name of each grant."""


def _default_signers() -> dict[str, Signer]:
    def both(bucket: str, folder: str) -> dict[str, SignedAccess]:
        return {
            "upload": SignedAccess(bucket=bucket, role="create", folder=folder),
            "download": SignedAccess(bucket=bucket, role="read", folder=folder),
        }

    return {
        "kyc-url-signer": Signer(
            purpose="URLs for identity documents", issuers=("compliance-service",), access=both("documents", "kyc-documents/")
        ),
        "uploads-url-signer": Signer(
            purpose="URLs for what users upload", issuers=("marketplace-service",), access=both("uploads", "uploads/")
        ),
    }


class UrlSigning(Section):
    """Who signs URLs for objects."""

    signers: dict[AccountId, Signer] = setting(_default_signers(), f"§7.2, {SIGNING}")
    """Service accounts that sign, by their id. One for each purpose: who may sign for one of them may do all that it may."""
