"""The virtual private cloud: subnetworks, NAT, private services access, firewall policy and private DNS."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network

import pulumi
import pulumi_gcp as gcp

import settings.network as spec

from .firewall import PRIVATE_GOOGLE_RANGE, firewall_rule, traffic

PRIVATE_GOOGLE_ADDRESSES = [str(address) for address in IPv4Network(PRIVATE_GOOGLE_RANGE)]
PRIVATE_DOMAINS = {
    "googleapis.com.": ("private.googleapis.com.", "*.googleapis.com."),
    "pkg.dev.": ("pkg.dev.", "*.pkg.dev."),
}
"""Domains that resolve to the private range: (the name with the addresses, the names that follow it)."""


@dataclass(frozen=True, kw_only=True)
class NetworkArgs:
    """What `Network` takes."""

    settings: spec.Network
    regions: Mapping[str, str]
    """The regions by role: `primary` and `secondary`."""
    protect: bool
    """Whether the network, its subnetworks and the reserved range refuse to be deleted."""
    requires: Sequence[pulumi.Resource] = ()
    """What must be there first: the enabled APIs."""


class Network(pulumi.ComponentResource):
    """A network that reaches the internet through NAT only, and is reached by nobody."""

    APIS = ("compute.googleapis.com", "dns.googleapis.com", "servicenetworking.googleapis.com")

    vpc: gcp.compute.Network
    subnets: dict[str, gcp.compute.Subnetwork]
    """Subnetworks by region; secondary ranges `pods` and `services`."""
    managed_services_range: gcp.compute.GlobalAddress
    private_services: gcp.servicenetworking.Connection
    """Private services access; what lives behind it depends on it."""
    dns_zone: gcp.dns.ManagedZone

    def __init__(self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("alphintra:platform:Network", name, {}, opts)
        spec_ = args.settings
        kept = pulumi.ResourceOptions(parent=self, protect=args.protect)
        plain = pulumi.ResourceOptions(parent=self)
        self.vpc = gcp.compute.Network(
            f"{name}-vpc",
            name=spec_.name,
            auto_create_subnetworks=False,
            routing_mode="GLOBAL",
            # GKE's own rules are classic ones; evaluated first, they keep clusters working under the default deny.
            network_firewall_policy_enforcement_order="AFTER_CLASSIC_FIREWALL",
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect, depends_on=args.requires),
        )
        ranges = {"primary": spec_.primary, "secondary": spec_.secondary}
        self.subnets = {region: self._subnet(name, region, ranges[role], spec_, kept) for role, region in args.regions.items()}
        for region in args.regions.values():
            self._nat(name, region, spec_, plain)

        self.managed_services_range = gcp.compute.GlobalAddress(
            f"{name}-managed-services",
            name=f"{spec_.name}-managed-services",
            purpose="VPC_PEERING",
            address_type="INTERNAL",
            address=str(spec_.managed_services.network_address),
            prefix_length=spec_.managed_services.prefixlen,
            network=self.vpc.id,
            opts=kept,
        )
        self.private_services = gcp.servicenetworking.Connection(
            f"{name}-private-services",
            network=self.vpc.id,
            service="servicenetworking.googleapis.com",
            reserved_peering_ranges=[self.managed_services_range.name],
            opts=kept,
        )
        self._firewall(name, args, plain)
        self.dns_zone = self._dns(name, spec_, plain)
        self.register_outputs(
            {
                "network": self.vpc.id,
                "subnets": {region: subnet.id for region, subnet in self.subnets.items()},
                "managed_services_range": self.managed_services_range.name,
                "dns_zone": self.dns_zone.name,
            }
        )

    def _subnet(
        self, name: str, region: str, ranges: spec.SubnetRanges, spec_: spec.Network, opts: pulumi.ResourceOptions
    ) -> gcp.compute.Subnetwork:
        secondary = {"pods": ranges.pods, "services": ranges.services}
        return gcp.compute.Subnetwork(
            f"{name}-subnet-{region}",
            name=f"{spec_.name}-{region}",
            region=region,
            network=self.vpc.id,
            ip_cidr_range=str(ranges.nodes),
            secondary_ip_ranges=[
                gcp.compute.SubnetworkSecondaryIpRangeArgs(range_name=kind, ip_cidr_range=str(cidr))
                for kind, cidr in secondary.items()
            ],
            private_ip_google_access=True,
            log_config=gcp.compute.SubnetworkLogConfigArgs(
                aggregation_interval=spec_.flow_logs.interval,
                flow_sampling=spec_.flow_logs.sampling,
                metadata="INCLUDE_ALL_METADATA",
            ),
            opts=opts,
        )

    def _nat(self, name: str, region: str, spec_: spec.Network, opts: pulumi.ResourceOptions) -> None:
        router = gcp.compute.Router(
            f"{name}-router-{region}", name=f"{spec_.name}-{region}", region=region, network=self.vpc.id, opts=opts
        )
        gcp.compute.RouterNat(
            f"{name}-nat-{region}",
            name=f"{spec_.name}-{region}",
            region=region,
            router=router.name,
            nat_ip_allocate_option="AUTO_ONLY",
            source_subnetwork_ip_ranges_to_nat="ALL_SUBNETWORKS_ALL_IP_RANGES",
            enable_dynamic_port_allocation=True,
            enable_endpoint_independent_mapping=False,
            min_ports_per_vm=spec_.nat.min_ports_per_vm,
            max_ports_per_vm=spec_.nat.max_ports_per_vm,
            log_config=gcp.compute.RouterNatLogConfigArgs(enable=True, filter="ERRORS_ONLY"),
            opts=opts,
        )

    def _firewall(self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions) -> None:
        spec_ = args.settings
        policy = gcp.compute.NetworkFirewallPolicy(
            f"{name}-firewall",
            name=spec_.name,
            description="Denies what no rule allows",
            opts=pulumi.ResourceOptions(parent=self, depends_on=args.requires),
        )
        for rule in traffic(spec_):
            firewall_rule(f"{name}-firewall-{rule.name}", rule, policy.name, opts)
        gcp.compute.NetworkFirewallPolicyAssociation(
            f"{name}-firewall-association",
            name=spec_.name,
            firewall_policy=policy.name,
            attachment_target=self.vpc.id,
            opts=opts,
        )

    def _dns(self, name: str, spec_: spec.Network, opts: pulumi.ResourceOptions) -> gcp.dns.ManagedZone:
        gcp.dns.Policy(
            f"{name}-dns-logging",
            name=f"{spec_.name}-logging",
            enable_logging=True,
            networks=[gcp.dns.PolicyNetworkArgs(network_url=self.vpc.id)],
            opts=opts,
        )
        for domain, (holder, followers) in PRIVATE_DOMAINS.items():
            short = domain.rstrip(".").replace(".", "-")
            zone = self._zone(f"{name}-dns-{short}", short, domain, "Google's APIs without the internet", opts)
            for kind, record, values in (("A", holder, PRIVATE_GOOGLE_ADDRESSES), ("CNAME", followers, [holder])):
                gcp.dns.RecordSet(
                    f"{name}-dns-{short}-{kind.lower()}",
                    managed_zone=zone.name,
                    name=record,
                    type=kind,
                    ttl=300,
                    rrdatas=values,
                    opts=opts,
                )
        internal = spec_.dns_zone.rstrip(".").replace(".", "-")
        return self._zone(f"{name}-dns-internal", internal, spec_.dns_zone, "Names of the data stores", opts)

    def _zone(self, name: str, zone: str, domain: str, description: str, opts: pulumi.ResourceOptions) -> gcp.dns.ManagedZone:
        return gcp.dns.ManagedZone(
            name,
            name=zone,
            dns_name=domain,
            description=description,
            visibility="private",
            private_visibility_config=gcp.dns.ManagedZonePrivateVisibilityConfigArgs(
                networks=[gcp.dns.ManagedZonePrivateVisibilityConfigNetworkArgs(network_url=self.vpc.id)]
            ),
            opts=opts,
        )
