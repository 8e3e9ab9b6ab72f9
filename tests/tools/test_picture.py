"""The picture of what depends on what."""

from __future__ import annotations

from typing import Any

from tools.picture import components, picture

PLATFORM = "alphintra:platform:DataPlatform"


def _entry(name: str, type_: str, parent: str, *, needs: tuple[str, ...] = ()) -> dict[str, Any]:
    custom = not type_.startswith("alphintra:")
    return {"urn": name, "name": name, "type": type_, "parent": parent, "custom": custom, "dependencies": list(needs)}


INVENTORY = [
    _entry("platform", PLATFORM, "stack"),
    _entry("stack", "pulumi:pulumi:Stack", ""),
    _entry("network", "alphintra:network:Network", "platform"),
    _entry("vpc", "gcp:compute/network:Network", "network"),
    *[_entry(f"subnet-{n}", "gcp:compute/subnetwork:Subnetwork", "network", needs=("vpc",)) for n in range(2)],
    *[_entry(f"kind-{n}", f"gcp:compute/x:Kind{n}", "network") for n in range(3)],
    _entry("main-db", "alphintra:data:CloudSql", "platform"),
    _entry("users", "alphintra:data:Users", "main-db"),
    _entry("user", "gcp:sql/user:User", "users", needs=("vpc",)),
]


def test_what_is_inside_belongs_to_the_outermost_component() -> None:
    homes = components(INVENTORY)
    assert homes["user"] == "main-db"
    assert homes["subnet-1"] == "network"
    assert "stack" not in homes


def test_boxes_count_and_arrows_point_to_what_is_needed() -> None:
    assert picture(INVENTORY).splitlines() == [
        "```mermaid",
        "flowchart BT",
        '  main_db["<b>main-db</b><br/>1 User"]',
        '  network["<b>network</b><br/>2 Subnetwork<br/>1 Kind0<br/>1 Kind1<br/>and 2 more"]',
        "  main_db --> network",
        "```",
    ]
