"""Draws what depends on what, from what the program declares: Mermaid, which code hosts show as a picture."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

PLATFORM = "alphintra:platform:DataPlatform"
MOST_KINDS = 3
"""Kinds of resources that a box names; the rest are counted."""

Inventory = Sequence[Mapping[str, Any]]


def picture(inventory: Inventory) -> str:
    """A box for each component with what is in it, an arrow from each component to what it needs."""
    homes = components(inventory)
    inside: dict[str, Counter[str]] = {}
    needs: set[tuple[str, str]] = set()
    for entry in inventory:
        home = homes.get(entry["urn"])
        if home is None or not entry["custom"]:
            continue
        inside.setdefault(home, Counter())[entry["type"].rsplit(":", 1)[-1]] += 1
        needs |= {(home, homes[urn]) for urn in entry["dependencies"] if homes.get(urn, home) != home}
    return "\n".join(["```mermaid", "flowchart BT", *_boxes(inside), *_arrows(needs), "```"])


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


def _boxes(inside: Mapping[str, Counter[str]]) -> Iterator[str]:
    for name, kinds in sorted(inside.items()):
        named = [f"{count} {kind}" for kind, count in sorted(kinds.items(), key=lambda item: (-item[1], item[0]))]
        more = sum(kinds.values()) - sum(int(text.split()[0]) for text in named[:MOST_KINDS])
        listed = "<br/>".join([*named[:MOST_KINDS], *([f"and {more} more"] if more else [])])
        yield f'  {_id(name)}["<b>{name}</b><br/>{listed}"]'


def _arrows(needs: set[tuple[str, str]]) -> Iterator[str]:
    for source, target in sorted(needs):
        yield f"  {_id(source)} --> {_id(target)}"


def _id(name: str) -> str:
    return name.replace("-", "_")
