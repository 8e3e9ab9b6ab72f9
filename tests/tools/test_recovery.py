"""Where a resource goes in the state that a run, cut off, has left."""

from __future__ import annotations

from typing import Any

from tools.lifecycle.recovery import enter


def resource(urn: str, id_: str, **more: Any) -> dict[str, Any]:
    return {"urn": urn, "id": id_, **more}


def test_a_new_resource_comes_last() -> None:
    deployment: dict[str, Any] = {"resources": [resource("a", "1")], "pending_operations": [{}]}
    assert enter(deployment, [resource("b", "2")]) == ["b"]
    assert deployment == {"resources": [resource("a", "1"), resource("b", "2")], "pending_operations": []}


def test_a_replacement_stands_before_all_that_depends_on_it() -> None:
    needs = resource("b", "3", dependencies=["a"])
    deployment: dict[str, Any] = {"resources": [resource("other", "0"), resource("a", "1"), needs]}
    assert enter(deployment, [resource("a", "2")]) == ["a"]
    assert [(known["urn"], known["id"], known.get("delete", False)) for known in deployment["resources"]] == [
        ("other", "0", False),
        ("a", "2", False),
        ("a", "1", True),
        ("b", "3", False),
    ]


def test_what_is_there_already_is_not_entered_again() -> None:
    deployment: dict[str, Any] = {"resources": [resource("a", "1")]}
    assert enter(deployment, [resource("a", "1")]) == []
    assert deployment["resources"] == [resource("a", "1")]
