"""Service connection policies: who may make Private Service Connect endpoints in a network."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any

from ...errors import Refusal
from ...store import Row
from ...values import at, every
from ..naming import last, path_of
from ..view import Request, View, invalid
from . import rule
from .network import SUBNETWORK

POLICY = "gcp:networkconnectivity/serviceConnectionPolicy:ServiceConnectionPolicy"
DOCS = "https://cloud.google.com/vpc/docs/configure-service-connection-policies"


def policy_for(cloud: View, network: str, region: str, service_class: str) -> Row | None:
    """The policy that lets a class of services into a network, in a region."""
    for row in cloud.all(POLICY):
        same = row.config.get("location") == region and row.config.get("serviceClass") == service_class
        if same and path_of(str(row.config.get("network"))) == path_of(network):
            return cloud.named(POLICY, row.name.split("/", 3)[-1])
    return None


def addresses_of(cloud: View, policy: Row) -> list[ipaddress.IPv4Address]:
    """The addresses that endpoints under a policy can take, last one first: a subnetwork keeps two at each of its ends."""
    found: list[ipaddress.IPv4Address] = []
    for name in every(policy.config, "pscConfig.subnetworks[]"):
        row = cloud.named(SUBNETWORK, path_of(str(name)))
        if row:
            subnet = ipaddress.IPv4Network(str(row.config["ipCidrRange"]))
            found += [subnet[-1 - n] for n in range(2, min(subnet.num_addresses - 2, 1024))]
    return found


@rule(
    "one-connection-policy",
    POLICY,
    verbs=("create",),
    source="https://github.com/terraform-google-modules/terraform-google-memorystore/issues/212",
    numbers=(19,),
)
def one_connection_policy(request: Request) -> Refusal | None:
    """A network has one service connection policy for each class of services in a region."""
    service_class, region = str(request.get("serviceClass")), str(request.get("location"))
    other = policy_for(request.cloud, str(request.get("network")), region, service_class)
    if other is None:
        return None
    return Refusal(
        409,
        f"A service connection policy for service class {service_class} already exists for network "
        f"{request.get('network')} in region {region}: {last(other.name)}.",
        "alreadyExists",
    )


@rule("connection-policy-subnets", POLICY, source=DOCS)
def connection_policy_subnets(request: Request) -> Refusal | None:
    """A policy's subnetworks lie in its own region and network."""
    for name in request.every("pscConfig.subnetworks[]"):
        row = request.cloud.named(SUBNETWORK, path_of(str(name)))
        if row and not _inside(row.properties, request):
            return invalid(
                f"Subnetwork {name} is not in network {request.get('network')} and region {request.get('location')}.",
                "failedPrecondition",
            )
    return None


def _inside(subnet: Mapping[str, Any], request: Request) -> bool:
    same_network = path_of(str(at(subnet, "network"))) == path_of(str(request.get("network")))
    return same_network and subnet.get("region") == request.get("location")
