"""The identities that workloads act under."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

import settings.identity as spec


@dataclass(frozen=True, kw_only=True)
class IdentitiesArgs:
    """What `Identities` takes."""

    settings: spec.Identities
    requires: Sequence[pulumi.Resource] = ()
    """What must be there first: the enabled APIs."""


class Identities(pulumi.ComponentResource):
    """A service account for each workload. What it may do is granted where the thing is: database, secret, key."""

    accounts: dict[str, gcp.serviceaccount.Account]
    """Service accounts by their id."""

    def __init__(self, name: str, args: IdentitiesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("alphintra:security:Identities", name, {}, opts)
        self.accounts = {
            account_id: gcp.serviceaccount.Account(
                f"{name}-{account_id}",
                account_id=account_id,
                display_name=account_id,
                description=workload.purpose,
                opts=pulumi.ResourceOptions(parent=self, depends_on=args.requires),
            )
            for account_id, workload in args.settings.workloads.items()
        }
        self.register_outputs({"accounts": {account_id: account.email for account_id, account in self.accounts.items()}})
