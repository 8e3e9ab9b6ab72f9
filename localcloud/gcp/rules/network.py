"""The network: address ranges, NAT, firewall policies, private services access, DNS."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from typing import Any

from ...errors import Refusal
from ...values import at, every
from ..naming import path_of
from ..view import Request, invalid
from . import replaces, rule

NETWORK = "gcp:compute/network:Network"
SUBNETWORK = "gcp:compute/subnetwork:Subnetwork"
ADDRESS = "gcp:compute/globalAddress:GlobalAddress"
NAT = "gcp:compute/routerNat:RouterNat"
ASSOCIATION = "gcp:compute/networkFirewallPolicyAssociation:NetworkFirewallPolicyAssociation"
CONNECTION = "gcp:servicenetworking/connection:Connection"
RECORD_SET = "gcp:dns/recordSet:RecordSet"
ZONE = "gcp:dns/managedZone:ManagedZone"
INSTANCE = "gcp:sql/databaseInstance:DatabaseInstance"
REDIS = "gcp:redis/instance:Instance"
MANAGED_BY_CONNECTION = {INSTANCE: "settings.ipConfiguration.privateNetwork", REDIS: "authorizedNetwork"}
"""Types of managed services that live behind private services access, and the property that names their network."""


def ranges_of(properties: Mapping[str, Any]) -> Iterator[str]:
    """Every address range that a subnetwork or a reserved range takes."""
    if properties.get("ipCidrRange"):
        yield str(properties["ipCidrRange"])
    yield from every(properties, "secondaryIpRanges[].ipCidrRange")
    if properties.get("purpose") == "VPC_PEERING" and properties.get("address"):
        yield f"{properties['address']}/{properties.get('prefixLength')}"


@rule("subnet-overlap", SUBNETWORK, source="https://cloud.google.com/vpc/docs/subnets#subnet-ranges")
def subnet_overlap(request: Request) -> Refusal | None:
    """Address ranges of one network must not overlap."""
    network = path_of(str(request.get("network")))
    for mine in ranges_of(request.new):
        try:
            wanted = ipaddress.ip_network(mine)
        except ValueError as error:
            return invalid(f"Invalid value for field 'resource.ipCidrRange': '{mine}'. {error}")
        for row in [*request.cloud.all(SUBNETWORK, request.project), *request.cloud.all(ADDRESS, request.project)]:
            if row.name == request.name or path_of(str(row.config.get("network", ""))) != network:
                continue
            if any(wanted.overlaps(ipaddress.ip_network(taken)) for taken in ranges_of(row.properties)):
                return invalid(f"Invalid IPCidrRange: {mine} conflicts with existing subnetwork '{row.name.rsplit('/', 1)[-1]}'.")
    return None


@rule("peering-range-overlap", ADDRESS, source="https://cloud.google.com/vpc/docs/configure-private-services-access")
def peering_range_overlap(request: Request) -> Refusal | None:
    """A range reserved for managed services must not overlap the network's subnetworks."""
    network = path_of(str(request.get("network", "")))
    for mine in ranges_of(request.new):
        for row in request.cloud.all(SUBNETWORK, request.project):
            if path_of(str(row.config.get("network", ""))) != network:
                continue
            if any(ipaddress.ip_network(mine).overlaps(ipaddress.ip_network(taken)) for taken in ranges_of(row.config)):
                return invalid(
                    "Invalid value for field 'resource.address': the requested range conflicts with other resources: "
                    f"{mine} and subnetwork '{row.name.rsplit('/', 1)[-1]}'."
                )
    return None


@replaces(SUBNETWORK)
def subnet_shrinks(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """A primary range can grow in place; any other change of it needs a new subnetwork."""
    before, after = old.get("ipCidrRange"), new.get("ipCidrRange")
    if not isinstance(before, str) or not isinstance(after, str) or before == after:
        return []
    grows = ipaddress.ip_network(before).subnet_of(ipaddress.ip_network(after))  # pyright: ignore[reportArgumentType]
    return [] if grows else ["ipCidrRange"]


@rule("nat-mapping", NAT, source="https://cloud.google.com/nat/docs/ports-and-addresses#dynamic-port", numbers=(48,))
def nat_mapping(request: Request) -> Refusal | None:
    """Dynamic port allocation and endpoint-independent mapping exclude each other."""
    if request.get("enableDynamicPortAllocation") and request.get("enableEndpointIndependentMapping"):
        return invalid(
            "Invalid value for field 'resource.nats[0].enableEndpointIndependentMapping': 'true'. Dynamic Port "
            "Allocation and Endpoint-Independent Mapping are mutually exclusive."
        )
    return None


@rule("nat-ports", NAT, source="https://cloud.google.com/nat/docs/ports-and-addresses#dynamic-port", numbers=(48,))
def nat_ports(request: Request) -> Refusal | None:
    """With dynamic port allocation the port numbers are powers of two, and the maximum is above the minimum."""
    if not request.get("enableDynamicPortAllocation"):
        return None
    low, high = int(request.get("minPortsPerVm", 32)), int(request.get("maxPortsPerVm", 65536))
    for name, value, least, most in (("minPortsPerVm", low, 32, 32768), ("maxPortsPerVm", high, 64, 65536)):
        if value & (value - 1) or not least <= value <= most:
            return invalid(
                f"Invalid value for field 'resource.nats[0].{name}': '{value}'. Value must be a power of 2 between "
                f"{least} and {most} when Dynamic Port Allocation is enabled."
            )
    if high <= low:
        return invalid(
            f"Invalid value for field 'resource.nats[0].maxPortsPerVm': '{high}'. Max ports must be greater than min "
            f"ports ({low})."
        )
    return None


@rule(
    "one-firewall-policy",
    ASSOCIATION,
    verbs=("create",),
    source="https://cloud.google.com/firewall/docs/network-firewall-policies",
)
def one_firewall_policy(request: Request) -> Refusal | None:
    """A network can have one global firewall policy."""
    target = path_of(str(request.get("attachmentTarget")))
    for row in request.cloud.all(ASSOCIATION, request.project):
        if path_of(str(row.config.get("attachmentTarget"))) == target:
            return invalid(f"Association already exists for the attachment target '{target}'.", "resourceInUseByAnotherResource")
    return None


@rule(
    "peering-in-use",
    CONNECTION,
    verbs=("delete",),
    source="https://github.com/hashicorp/terraform-provider-google/issues/19908",
    numbers=(47,),
)
def peering_in_use(request: Request) -> Refusal | None:
    """Private services access cannot be deleted while a managed service uses it."""
    network = path_of(str(request.get("network")))
    if request.get("deletionPolicy") == "ABANDON":
        return None
    for token, path in MANAGED_BY_CONNECTION.items():
        for row in request.cloud.all(token):
            directly = token == REDIS and row.config.get("connectMode") != "PRIVATE_SERVICE_ACCESS"
            if not directly and path_of(str(at(row.config, path))) == network:
                return invalid(
                    f"Failed to delete connection; Producer services (e.g. CloudSQL, Cloud Memstore, etc.) are still "
                    f"using this connection: {row.name.rsplit('/', 1)[-1]}.",
                    "flow-precondition-failed",
                )
    return None


@rule("record-in-zone", RECORD_SET, source="https://cloud.google.com/dns/docs/records")
def record_in_zone(request: Request) -> Refusal | None:
    """A record's name lies inside its zone."""
    reference = request.type.references[0]
    _, zone = request.target(reference, request.get("managedZone"))
    name, inside = str(request.get("name")), str(zone.config.get("dnsName")) if zone else ""
    if zone and not (name == inside or name.endswith(f".{inside}")):
        return invalid(f"Invalid value for 'entity.change.additions[0].name': '{name}'. It is not in zone '{inside}'.")
    return None
