"""Checks of firewalls, addresses and load balancers."""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_network
from typing import Any

from .properties import at

WIDEST_PREFIX = 8
"""10.0.0.0/8 is the largest range that is private."""


def no_open_ingress(properties: Mapping[str, Any]) -> str | None:
    """No rule lets the internet in."""
    if at(properties, "direction") != "INGRESS" or at(properties, "action") != "allow":
        return None
    ranges = [str(part) for part in at(properties, "match.srcIpRanges") or ["0.0.0.0/0"]]
    # Shorter than any range that somebody was given: half of the internet is the internet too.
    wide = [part for part in ranges if ip_network(part, strict=False).prefixlen < WIDEST_PREFIX]
    return f"match.srcIpRanges has {', '.join(wide)}: the whole internet, or a large part of it" if wide else None
