"""Which Kubernetes service account acts as which of Google's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

ROLE = "roles/iam.workloadIdentityUser"


@dataclass(frozen=True, kw_only=True)
class WorkloadIdentityArgs:
    """What `WorkloadIdentity` takes."""

    project: str
    """The id of the project whose clusters the Kubernetes accounts are in."""
    accounts: Mapping[str, pulumi.Input[str]]
    """The full names of the service accounts, by their id: `projects/…/serviceAccounts/…`."""
    bound_to: Mapping[str, str]
    """The Kubernetes service account of each, as namespace/name."""
    requires: Sequence[pulumi.Resource] = ()
    """What must be there first: a cluster with workload identity, which makes the project's pool of identities."""


class WorkloadIdentity(pulumi.ComponentResource):
    """One Kubernetes service account for each service account, named to the letter. There are no keys to steal."""

    def __init__(self, name: str, args: WorkloadIdentityArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("alphintra:security:WorkloadIdentity", name, {}, opts)
        for account, kubernetes in args.bound_to.items():
            gcp.serviceaccount.IAMMember(
                f"{name}-{account}",
                service_account_id=args.accounts[account],
                role=ROLE,
                member=f"serviceAccount:{args.project}.svc.id.goog[{kubernetes}]",
                opts=pulumi.ResourceOptions(parent=self, depends_on=args.requires),
            )
        self.register_outputs({"bound_to": dict(args.bound_to)})
