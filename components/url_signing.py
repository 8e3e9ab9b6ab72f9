"""Identities that sign URLs for objects, who may sign under their names, and what the URLs may do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

import settings.url_signing as spec

from .cloud_storage import grant_folder

SIGN_AS = "roles/iam.serviceAccountTokenCreator"


@dataclass(frozen=True, kw_only=True)
class UrlSigningArgs:
    """What `UrlSigning` takes."""

    settings: spec.UrlSigning
    buckets: Mapping[str, gcp.storage.Bucket]
    """Buckets by their name in the settings."""
    bucket_names: Mapping[str, str]
    """Their physical names."""
    members: Mapping[str, pulumi.Input[str]]
    """The IAM member of each workload."""
    requires: Sequence[pulumi.Resource] = ()
    """What must be there first: the enabled APIs."""


class UrlSigning(pulumi.ComponentResource):
    """A service account for each purpose. A URL may do what its signer may: create or read objects in one folder."""

    APIS = ("iam.googleapis.com", "iamcredentials.googleapis.com")

    signers: dict[str, gcp.serviceaccount.Account]
    """Service accounts by their id."""

    def __init__(self, name: str, args: UrlSigningArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("alphintra:security:UrlSigning", name, {}, opts)
        self.signers = {}
        for signer_id, signer in args.settings.signers.items():
            account = gcp.serviceaccount.Account(
                f"{name}-{signer_id}",
                account_id=signer_id,
                display_name=signer_id,
                description=signer.purpose,
                opts=pulumi.ResourceOptions(parent=self, depends_on=args.requires),
            )
            self.signers[signer_id] = account
            for issuer in signer.issuers:
                gcp.serviceaccount.IAMMember(
                    f"{name}-{signer_id}-{issuer}",
                    service_account_id=account.name,
                    role=SIGN_AS,
                    member=args.members[issuer],
                    opts=pulumi.ResourceOptions(parent=self),
                )
            for label, access in signer.access.items():
                grant_folder(
                    f"{name}-{signer_id}-{label}",
                    bucket=args.buckets[access.bucket],
                    bucket_name=args.bucket_names[access.bucket],
                    folder=access.folder,
                    role=access.role,
                    lists=False,  # a URL for one object must not tell the names of the others
                    member=account.member,
                    parent=self,
                )
        self.register_outputs({"signers": {signer_id: account.email for signer_id, account in self.signers.items()}})
