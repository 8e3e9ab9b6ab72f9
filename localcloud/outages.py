"""Regions that are lost, because somebody staged it: what is in them answers nobody."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .store import Store


def lose(store: Store, region: str, *, lost: bool) -> None:
    """A region is lost, or is there again."""
    store.set_meta(f"region:{region}", "lost" if lost else "there")


def lost_region(store: Store, properties: Mapping[str, Any]) -> str | None:
    """The lost region that a resource of such properties is in."""
    for name in ("region", "location", "zone"):
        place = str(properties.get(name) or "").lower()
        for region in (place, place.rpartition("-")[0]):
            if region and store.meta(f"region:{region}") == "lost":
                return region
    return None
