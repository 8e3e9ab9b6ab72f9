"""A perimeter of VPC Service Controls around the project."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

import settings.governance as spec

from .looked_up import needing

PUBSUB, PUBLISH = "pubsub.googleapis.com", "google.pubsub.v1.Publisher.Publish"
PUBLISHED = "findings"
Inside = list[pulumi.Output[str]]


@dataclass(frozen=True, kw_only=True)
class ServicePerimeterArgs:
    """What `ServicePerimeter` takes."""

    settings: spec.Perimeter
    project: str
    """The project's id."""
    services: Sequence[str]
    """The services that it is about."""
    publishers: Sequence[pulumi.Input[str]]
    """The IAM members that publish findings from outside: none where none are sent."""
    requires: Sequence[pulumi.Resource] = ()
    """What must be there first: the enabled APIs."""


class ServicePerimeter(pulumi.ComponentResource):
    """In a dry run it logs what it would refuse; enforced, it refuses."""

    APIS = ("accesscontextmanager.googleapis.com",)

    def __init__(self, name: str, args: ServicePerimeterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("alphintra:security:ServicePerimeter", name, {}, opts)
        known = args.settings
        policy = f"accessPolicies/{known.access_policy}"
        found = gcp.organizations.get_project_output(
            project_id=args.project, opts=pulumi.InvokeOutputOptions(parent=self, depends_on=args.requires)
        )
        number = needing(args.requires, found.number)
        inside = [pulumi.Output.format("projects/{0}", number)]  # a perimeter knows no ids
        levels = [f"{policy}/accessLevels/{level}" for level in known.access_levels]
        perimeter = gcp.accesscontextmanager.ServicePerimeter(
            f"{name}-project",
            parent=policy,
            name=f"{policy}/servicePerimeters/{args.project.replace('-', '_')}",  # it takes no hyphens
            title=args.project,
            description="Data leaves the platform's stores for nobody outside",
            use_explicit_dry_run_spec=not known.enforced,
            status=_enforced(args, inside, levels) if known.enforced else None,
            spec=None if known.enforced else _dry_run(args, inside, levels),
            opts=pulumi.ResourceOptions(parent=self, depends_on=args.requires),
        )
        self.register_outputs({"perimeter": perimeter.name})


# The SDK has classes of their own for the two forms. In both, findings are published from outside, and may come in.


def _enforced(
    args: ServicePerimeterArgs, inside: Inside, levels: list[str]
) -> gcp.accesscontextmanager.ServicePerimeterStatusArgs:
    operation = gcp.accesscontextmanager.ServicePerimeterStatusIngressPolicyIngressToOperationArgs(
        service_name=PUBSUB,
        method_selectors=[
            gcp.accesscontextmanager.ServicePerimeterStatusIngressPolicyIngressToOperationMethodSelectorArgs(method=PUBLISH)
        ],
    )
    return gcp.accesscontextmanager.ServicePerimeterStatusArgs(
        resources=inside,
        restricted_services=args.services,
        access_levels=levels,
        ingress_policies=[
            gcp.accesscontextmanager.ServicePerimeterStatusIngressPolicyArgs(
                title=PUBLISHED,
                ingress_from=gcp.accesscontextmanager.ServicePerimeterStatusIngressPolicyIngressFromArgs(
                    identities=[publisher],
                    sources=[gcp.accesscontextmanager.ServicePerimeterStatusIngressPolicyIngressFromSourceArgs(access_level="*")],
                ),
                ingress_to=gcp.accesscontextmanager.ServicePerimeterStatusIngressPolicyIngressToArgs(
                    resources=inside, operations=[operation]
                ),
            )
            for publisher in args.publishers
        ],
    )


def _dry_run(args: ServicePerimeterArgs, inside: Inside, levels: list[str]) -> gcp.accesscontextmanager.ServicePerimeterSpecArgs:
    operation = gcp.accesscontextmanager.ServicePerimeterSpecIngressPolicyIngressToOperationArgs(
        service_name=PUBSUB,
        method_selectors=[
            gcp.accesscontextmanager.ServicePerimeterSpecIngressPolicyIngressToOperationMethodSelectorArgs(method=PUBLISH)
        ],
    )
    return gcp.accesscontextmanager.ServicePerimeterSpecArgs(
        resources=inside,
        restricted_services=args.services,
        access_levels=levels,
        ingress_policies=[
            gcp.accesscontextmanager.ServicePerimeterSpecIngressPolicyArgs(
                title=PUBLISHED,
                ingress_from=gcp.accesscontextmanager.ServicePerimeterSpecIngressPolicyIngressFromArgs(
                    identities=[publisher],
                    sources=[gcp.accesscontextmanager.ServicePerimeterSpecIngressPolicyIngressFromSourceArgs(access_level="*")],
                ),
                ingress_to=gcp.accesscontextmanager.ServicePerimeterSpecIngressPolicyIngressToArgs(
                    resources=inside, operations=[operation]
                ),
            )
            for publisher in args.publishers
        ],
    )
