"""Checks of firewalls, addresses and load balancers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from ipaddress import ip_network
from typing import Any

from ..resources import Resource, Stack
from ..tokens import FIREWALL_RULE, HTTP_PROXY, NETWORK_ASSOCIATION, URL_MAP
from .properties import at, is_private, items_at

WIDEST_PREFIX = 8
"""10.0.0.0/8 is the largest range that is private."""
EVERYBODY = "0.0.0.0/0"
HEALTH_CHECKS = ("35.191.0.0/16", "130.211.0.0/22")
"""https://cloud.google.com/load-balancing/docs/health-check-concepts#ip-ranges"""
WIDE_PORTS = ("11000-13047", "9101-9199")
"""Redis Cluster's nodes (https://cloud.google.com/memorystore/docs/cluster/networking) and exporters of metrics."""
WIDEST_PORTS = 10
PORTS = "match.layer4Configs"


def no_open_ingress(properties: Mapping[str, Any]) -> str | None:
    """No rule lets the internet in."""
    if not _allows(properties, "INGRESS"):
        return None
    ranges = [str(part) for part in at(properties, "match.srcIpRanges") or [EVERYBODY]]
    # Shorter than any range that somebody was given: half of the internet is the internet too.
    wide = [part for part in ranges if ip_network(part, strict=False).prefixlen < WIDEST_PREFIX]
    return f"match.srcIpRanges has {', '.join(wide)}: the whole internet, or a large part of it" if wide else None


def sources_are_ours(properties: Mapping[str, Any]) -> str | None:
    """What is let in comes from private addresses, or from Google's health checks."""
    if not _allows(properties, "INGRESS"):
        return None
    ranges = [str(part) for part in items_at(properties, "match.srcIpRanges")]
    strange = [part for part in ranges if part not in HEALTH_CHECKS and not is_private(part)]
    return f"match.srcIpRanges has {', '.join(strange)}, which are not ours" if strange else None


def egress_to_the_internet_is_https(properties: Mapping[str, Any]) -> str | None:
    """What leaves for anywhere is HTTPS."""
    if not _allows(properties, "EGRESS") or EVERYBODY not in list(items_at(properties, "match.destIpRanges")):
        return None
    other = sorted(set(_ports(properties)) - {"tcp 443"})
    return f"{PORTS} lets {', '.join(other)} out to everywhere" if other else None


def ports_are_few(properties: Mapping[str, Any]) -> str | None:
    """No rule opens a wide range of ports, but for those of products that need it."""
    if at(properties, "action") != "allow":
        return None
    wide = [port for port in _ports(properties) if _width(port) > WIDEST_PORTS and port.split()[1] not in WIDE_PORTS]
    return f"{PORTS} opens {', '.join(wide)}" if wide else None


def _allows(properties: Mapping[str, Any], direction: str) -> bool:
    return at(properties, "direction") == direction and at(properties, "action") == "allow"


def _ports(properties: Mapping[str, Any]) -> Iterator[str]:
    for config in items_at(properties, PORTS):
        for port in items_at(config, "ports") or ("0-65535",):
            yield f"{at(config, 'ipProtocol')} {port}"


def _width(port: str) -> int:
    first, _, last = port.split()[1].partition("-")
    return int(last or first) - int(first) + 1


def denials_are_logged(properties: Mapping[str, Any]) -> str | None:
    """What is turned away is logged."""
    if at(properties, "action") != "deny":
        return None
    return None if at(properties, "enableLogging") is True else "enableLogging is not true"


def ssh_is_closed(properties: Mapping[str, Any]) -> str | None:
    """No machine takes logins: there is nobody to log in."""
    if not _allows(properties, "INGRESS"):
        return None
    ports = [port for port in _ports(properties) if re.search(r" (22|3389|20|21|3306|80|0-65535)$", port)]
    return f"{PORTS} lets {', '.join(ports)} in" if ports else None


# -- relations


def denies_by_default(policy: Resource, stack: Stack) -> str | None:
    """What no rule of the policy allows is denied, in both directions."""
    rules = [rule.properties for rule, _ in stack.pointing_at(policy, FIREWALL_RULE)]
    for direction, path in (("INGRESS", "match.srcIpRanges"), ("EGRESS", "match.destIpRanges")):
        mine = [rule for rule in rules if at(rule, "direction") == direction]
        last: Mapping[str, Any] = max(mine, key=lambda rule: float(at(rule, "priority"))) if mine else {}
        if at(last, "action") != "deny" or EVERYBODY not in list(items_at(last, path)):
            return f"{direction.lower()} is not denied by the last of its rules"
    return None


def has_a_firewall(network: Resource, stack: Stack) -> str | None:
    """A policy is attached to the network."""
    attached = any(property_ == "attachmentTarget" for _, property_ in stack.pointing_at(network, NETWORK_ASSOCIATION))
    return None if attached else "no firewall policy is attached to the network"


def http_only_redirects(rule: Resource, stack: Stack) -> str | None:
    """What listens without TLS sends everybody on to where there is."""
    maps = [
        known.properties for proxy in stack.linked(rule, "target", HTTP_PROXY) for known in stack.linked(proxy, "urlMap", URL_MAP)
    ]
    bare = [known for known in maps if at(known, "defaultUrlRedirect.httpsRedirect") is not True]
    return "target is an HTTP proxy that serves, and does not redirect to HTTPS" if bare else None
