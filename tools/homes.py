"""Which component each resource belongs to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

PLATFORM = "alphintra:platform:DataPlatform"

Inventory = Sequence[Mapping[str, Any]]


def components(inventory: Inventory) -> dict[str, str]:
    """The component that each resource belongs to, by URN: the outermost one below the platform."""
    by_urn = {entry["urn"]: entry for entry in inventory}
    platforms = {urn for urn, entry in by_urn.items() if entry["type"] == PLATFORM}
    homes: dict[str, str] = {}
    for urn in by_urn:
        step = urn
        while step and by_urn[step]["parent"] not in platforms:
            step = by_urn[step]["parent"]
        if step:
            homes[urn] = by_urn[step]["name"]
    return homes
