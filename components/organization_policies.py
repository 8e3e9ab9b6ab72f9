"""Organisation policies on the project: what Google refuses there, whoever asks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

import settings.governance as spec

LOCATIONS, KEYS = "gcp.resourceLocations", "gcp.restrictNonCmekServices"


@dataclass(frozen=True, kw_only=True)
class OrganizationPoliciesArgs:
    """What `OrganizationPolicies` takes."""

    settings: spec.OrganizationPolicies
    project: str
    """The project's id; a policy on its number reads back as another."""
    regions: Sequence[str]
    """Where data may be."""
    keyed_services: Sequence[str]
    """The services that take nothing without a key of ours; none where Google's own keys are used."""
    requires: Sequence[pulumi.Resource] = ()
    """What must be there first: the enabled API."""


class OrganizationPolicies(pulumi.ComponentResource):
    """A policy for each constraint, on the project alone."""

    APIS = ("orgpolicy.googleapis.com",)

    def __init__(self, name: str, args: OrganizationPoliciesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("alphintra:security:OrganizationPolicies", name, {}, opts)
        known = args.settings
        enforced = gcp.orgpolicy.PolicySpecRuleArgs(enforce="TRUE")
        rules = dict.fromkeys(map(str, known.constraints), enforced)
        if known.regions_only:
            allowed = [f"in:{region}-locations" for region in args.regions]
            rules[LOCATIONS] = gcp.orgpolicy.PolicySpecRuleArgs(
                values=gcp.orgpolicy.PolicySpecRuleValuesArgs(allowed_values=allowed)
            )
        if args.keyed_services:
            # To deny a service here is to deny it anything without a key.
            denied = [f"is:{service}" for service in args.keyed_services]
            rules[KEYS] = gcp.orgpolicy.PolicySpecRuleArgs(values=gcp.orgpolicy.PolicySpecRuleValuesArgs(denied_values=denied))
        for constraint, rule in rules.items():
            gcp.orgpolicy.Policy(
                f"{name}-{constraint}",
                name=f"projects/{args.project}/policies/{constraint}",
                parent=f"projects/{args.project}",
                spec=gcp.orgpolicy.PolicySpecArgs(rules=[rule]),
                opts=pulumi.ResourceOptions(parent=self, depends_on=args.requires),
            )
        self.register_outputs({"constraints": sorted(rules)})
