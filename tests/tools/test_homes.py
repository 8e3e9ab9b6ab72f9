"""Which component each resource belongs to."""

from __future__ import annotations

from typing import Any

from tools.homes import components

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
