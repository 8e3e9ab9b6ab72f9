"""How long an `up` takes at Google: the longest chain of what waits for each other."""

from __future__ import annotations

from typing import Any

from localcloud.catalog import create_seconds
from tools.timing import critical_path

NETWORK = "gcp:compute/network:Network"
INSTANCE = "gcp:sql/databaseInstance:DatabaseInstance"
ZONE = "gcp:dns/managedZone:ManagedZone"


def _resource(name: str, type_: str, *needs: str, parent: str = "", provider: str = "") -> dict[str, Any]:
    return {
        "urn": f"urn::{name}",
        "type": type_,
        "parent": parent,
        "provider": provider,
        "dependencies": [f"urn::{n}" for n in needs],
    }


def test_the_slowest_chain_decides_and_what_takes_no_time_is_left_out() -> None:
    path = critical_path(
        [
            _resource("stack", "pulumi:pulumi:Stack"),
            _resource("network", NETWORK),
            _resource("zone", ZONE),
            _resource("main", INSTANCE, "network", "zone", parent="urn::stack"),
            _resource("replica", INSTANCE, "main"),
        ]
    )
    assert [name for name, _ in path.steps] == ["network", "main", "replica"]
    assert path.seconds == create_seconds(NETWORK) + 2 * create_seconds(INSTANCE)


def test_a_provider_is_waited_for_too() -> None:
    made = [_resource("network", NETWORK), _resource("zone", ZONE, provider="urn::network::some-id")]
    assert critical_path(made).seconds == create_seconds(NETWORK) + create_seconds(ZONE)


def test_an_empty_state_takes_no_time() -> None:
    assert critical_path([]).seconds == 0
    assert create_seconds("pulumi:pulumi:Stack") == 0
