"""What a resource needs, in a state that an update leaves it out of, and in the state after that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tools.failover.state import bound, unbound

BEFORE = {
    "resources": [
        {"urn": "store"},
        {"urn": "name", "dependencies": ["store"], "propertyDependencies": {"address": ["store"]}},
        {
            "urn": "job",
            "parent": "jobs",
            "dependencies": ["name", "store"],
            "propertyDependencies": {"host": ["name"], "port": ["store"], "plain": None},
        },
        {"urn": "jobs", "dependencies": ["name"]},
    ]
}


def found(state: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    return {known["urn"]: known for known in state["resources"]}


def test_what_is_left_out_needs_its_parent_only() -> None:
    state = found(unbound(BEFORE, {"job"}))
    assert state["job"] == {"urn": "job", "parent": "jobs", "dependencies": [], "propertyDependencies": {}}
    assert {urn: known for urn, known in state.items() if urn != "job"} == {
        known["urn"]: known for known in BEFORE["resources"] if known["urn"] != "job"
    }


def test_and_then_what_it_needed_before_where_that_is_still_there() -> None:
    assert found(bound(unbound(BEFORE, {"job"}), BEFORE, {"job"}))["job"] == {
        **BEFORE["resources"][2], "propertyDependencies": {"host": ["name"], "port": ["store"], "plain": []},
    }  # fmt: skip
    without_name = {"resources": [known for known in unbound(BEFORE, {"job"})["resources"] if known["urn"] != "name"]}
    job = found(bound(without_name, BEFORE, {"job"}))["job"]
    assert (job["dependencies"], job["propertyDependencies"]) == (["store"], {"host": [], "port": ["store"], "plain": []})


def test_but_nothing_that_needs_it_by_now_not_even_by_others() -> None:
    now = unbound(BEFORE, {"job", "other"})["resources"]
    after = {"resources": [*now, {"urn": "other"}, {"urn": "name-2", "dependencies": ["job"]}]}
    after["resources"][0] = {"urn": "store", "dependencies": ["name-2"]}
    after["resources"][3] = {"urn": "jobs"}
    state = bound(after, BEFORE, {"job"})
    assert found(state)["job"]["dependencies"] == []
    assert found(state)["store"] == {"urn": "store", "dependencies": ["name-2"]}


def test_two_of_them_make_no_circle_together() -> None:
    before = {"resources": [{"urn": "a"}, {"urn": "b"}, {"urn": "x", "dependencies": ["a"]}, {"urn": "y", "dependencies": ["b"]}]}
    after = {"resources": [{"urn": "x"}, {"urn": "y"}, {"urn": "a", "dependencies": ["y"]}, {"urn": "b", "dependencies": ["x"]}]}
    state = found(bound(after, before, {"x", "y"}))
    assert (state["x"]["dependencies"], state["y"]["dependencies"]) == (["a"], [])


def test_each_stands_after_what_it_needs() -> None:
    after = {"resources": [{"urn": "jobs"}, {"urn": "job", "parent": "jobs"}, {"urn": "name"}, {"urn": "store"}]}
    order = [known["urn"] for known in bound(after, BEFORE, {"job"})["resources"]]
    assert order.index("job") > max(order.index(urn) for urn in ("store", "name", "jobs"))


def test_what_is_replaced_and_not_deleted_yet_stays_in_the_state() -> None:
    """An update that leaves something out keeps the old one of what it replaces, beside the new one, under the same URN."""
    new, old = {"urn": "name", "id": "new", "dependencies": ["store"]}, {"urn": "name", "id": "old", "delete": True}
    replaced = {"resources": [BEFORE["resources"][0], new, *BEFORE["resources"][2:], {**old, "dependencies": ["store"]}]}
    state = bound(unbound(replaced, {"job", "name"}), replaced, {"job", "name"})["resources"]
    kept = [known for known in state if known["urn"] == "name"]
    assert kept == [{**new, "propertyDependencies": {}}, replaced["resources"][-1]]
    assert len(state) == len(replaced["resources"])
