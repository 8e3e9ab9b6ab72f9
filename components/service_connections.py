"""Service connection policies: which managed services may have addresses in the network's subnetworks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp


@dataclass(frozen=True, kw_only=True)
class ServiceConnectionsArgs:
    """What `ServiceConnections` takes."""

    classes: Sequence[str]
    """The classes of services, as Google names them: `gcp-memorystore`..."""
    network: pulumi.Input[str]
    """The network's id."""
    network_name: str
    subnets: Mapping[str, pulumi.Input[str]]
    """The subnetwork of each region that addresses are taken from, by its id."""
    requires: Sequence[pulumi.Resource] = ()
    """What must be there first: the enabled APIs."""


class ServiceConnections(pulumi.ComponentResource):
    """One policy for each class in each region: Google takes no second one. What connects this way is created after it."""

    APIS = ("networkconnectivity.googleapis.com", "serviceconsumermanagement.googleapis.com")

    policies: dict[tuple[str, str], gcp.networkconnectivity.ServiceConnectionPolicy]
    """Policies by (class, region)."""

    def __init__(self, name: str, args: ServiceConnectionsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("alphintra:platform:ServiceConnections", name, {}, opts)
        self.policies = {
            (service_class, region): gcp.networkconnectivity.ServiceConnectionPolicy(
                f"{name}-{service_class}-{region}",
                name=f"{args.network_name}-{service_class}",
                location=region,
                service_class=service_class,
                description=f"Addresses for {service_class} in {region}",
                network=args.network,
                psc_config=gcp.networkconnectivity.ServiceConnectionPolicyPscConfigArgs(subnetworks=[subnet]),
                opts=pulumi.ResourceOptions(parent=self, depends_on=args.requires),
            )
            for service_class in args.classes
            for region, subnet in args.subnets.items()
        }
        self.register_outputs({"policies": {f"{c}-{region}": policy.id for (c, region), policy in self.policies.items()}})
