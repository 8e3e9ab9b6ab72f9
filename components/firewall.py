"""The network's firewall policy: what the settings allow, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

import settings.network as spec

PRIVATE_GOOGLE_RANGE = "199.36.153.8/30"
"""private.googleapis.com: Google's APIs without the internet
(https://cloud.google.com/vpc/docs/configure-private-google-access#domain-options)."""
HEALTH_CHECK_RANGES = ("35.191.0.0/16", "130.211.0.0/22")
"""Where Google's load balancers probe from (https://cloud.google.com/load-balancing/docs/health-check-concepts#ip-ranges)."""
ANYWHERE = "0.0.0.0/0"
DENY_PRIORITY = {"INGRESS": 65000, "EGRESS": 65001}
"""Last in the policy: what no rule allowed is denied, and logged."""


@dataclass(frozen=True, kw_only=True)
class Traffic:
    """A firewall rule."""

    name: str
    direction: str
    action: str
    priority: int
    ranges: Sequence[str]
    """The addresses at the other end."""
    ports: Sequence[str] = ()
    """TCP ports; none for everything."""
    udp_ports: Sequence[str] = ()
    description: str


def traffic(settings: spec.Network) -> list[Traffic]:
    """What is allowed, in the order of the settings, and the denial of the rest."""
    allowed = [
        Traffic(
            name=name,
            direction=rule.direction,
            action="allow",
            priority=rule.priority,
            ranges=[address for peer in rule.peers for address in peer_ranges(settings, peer)],
            ports=rule.ports,
            udp_ports=rule.udp_ports,
            description=rule.purpose,
        )
        for name, rule in settings.firewall.items()
    ]
    denied = [
        Traffic(
            name=f"deny-{direction.lower()}",
            direction=direction,
            action="deny",
            priority=priority,
            ranges=[ANYWHERE],
            description="Everything else",
        )
        for direction, priority in DENY_PRIORITY.items()
    ]
    return [*allowed, *denied]


def peer_ranges(settings: spec.Network, peer: str) -> Sequence[str]:
    """The address ranges of one of a firewall rule's peers."""
    return {
        "platform": settings.platform_ranges,
        "managed-services": (str(settings.managed_services),),
        "google-apis": (PRIVATE_GOOGLE_RANGE,),
        "health-checks": HEALTH_CHECK_RANGES,
        "internet": (ANYWHERE,),
    }[peer]


def firewall_rule(
    resource_name: str, rule: Traffic, policy: pulumi.Input[str], opts: pulumi.ResourceOptions
) -> gcp.compute.NetworkFirewallPolicyRule:
    """Declares a rule of a policy."""
    incoming = rule.direction == "INGRESS"
    protocols = [
        gcp.compute.NetworkFirewallPolicyRuleMatchLayer4ConfigArgs(ip_protocol=protocol, ports=list(ports))
        for protocol, ports in (("tcp", rule.ports), ("udp", rule.udp_ports))
        if ports
    ] or [gcp.compute.NetworkFirewallPolicyRuleMatchLayer4ConfigArgs(ip_protocol="all")]
    return gcp.compute.NetworkFirewallPolicyRule(
        resource_name,
        rule_name=rule.name,
        firewall_policy=policy,
        direction=rule.direction,
        action=rule.action,
        priority=rule.priority,
        description=rule.description,
        enable_logging=rule.action == "deny",
        match=gcp.compute.NetworkFirewallPolicyRuleMatchArgs(
            src_ip_ranges=list(rule.ranges) if incoming else None,
            dest_ip_ranges=None if incoming else list(rule.ranges),
            layer4_configs=protocols,
        ),
        opts=opts,
    )
