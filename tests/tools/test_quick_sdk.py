"""What is quicker than the SDK says the same."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any, cast

import pulumi
import pytest
from pulumi.runtime import resource, rpc

from tools import quick_sdk
from tools.recorder import record

PARENT = "urn:pulumi:dev::alphintra::a:b:Group::group"


@pytest.mark.parametrize("parent", [PARENT, "urn:pulumi:dev::alphintra::a:b:Group$a:b:Inner::inner::with::colons", "", None])
@pytest.mark.parametrize("wrapped", [False, True])
def test_names_are_those_of_the_sdk(parent: str | None, wrapped: bool) -> None:
    names: list[str | None] = []

    def program() -> None:
        name = pulumi.Output.from_input("x") if wrapped else "x"
        for create in (quick_sdk.create_urn, quick_sdk.CREATE_URN):
            create(name, "c:d:Thing", parent).apply(names.append)

    record(program, stack="dev", config={}, project="alphintra-dev", region="us-central1")
    assert len(names) == 2
    assert len(set(names)) == 1


@pytest.mark.parametrize("seed", range(30))
def test_circles_are_those_that_the_sdk_finds(seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 - a course that is the same each time
    edges = [(dice.randrange(12), dice.randrange(12)) for _ in range(60)]
    assert _declared(quick_sdk.declare_dependency, edges) == (found := _declared(quick_sdk.DECLARE, edges))
    assert {True, False} <= set(found)


def _declared(declare: Callable[[Any, Any], bool], edges: list[tuple[int, int]]) -> list[bool]:
    resources = [cast("Any", type("Resource", (), {})()) for _ in range(12)]
    return [declare(resources[start], resources[end]) for start, end in edges]


class Translating(dict[str, Any]):
    """A dictionary that has other values than it says."""

    def __getitem__(self, key: str) -> Any:
        return pulumi.UNKNOWN if key == "hidden" else super().__getitem__(key)


def _circle() -> list[Any]:
    circle: list[Any] = [1, {"x": "y"}]
    circle[1]["back"] = circle
    return circle


PUT: dict[str, Callable[[Any], Any]] = {
    "itself": lambda value: value,
    "in a list": lambda value: [1, "x", None, True, 1.5, value],
    "deep inside": lambda value: {"a": {"b": [{"c": value}]}},
    "beside a circle": lambda value: [value, *_circle()],
    "in a tuple": lambda value: (value,),
    "behind a key": lambda value: Translating(hidden=1, said=value),
}


@pytest.mark.parametrize("unknown", [False, True])
@pytest.mark.parametrize("put", PUT)
def test_what_is_unknown_is_found_where_the_sdk_finds_it(put: str, unknown: bool) -> None:
    value = PUT[put](pulumi.UNKNOWN if unknown else "known")
    assert quick_sdk.contains_unknowns(value) == quick_sdk.CONTAINS_UNKNOWNS(value)


def test_a_program_runs_with_them() -> None:
    seen: list[object] = []

    def program() -> None:
        seen.extend([cast("Any", resource).create_urn, cast("Any", rpc).declare_dependency, rpc.contains_unknowns])

    record(program, stack="dev", config={}, project="alphintra-dev", region="us-central1")
    assert seen == [quick_sdk.create_urn, quick_sdk.declare_dependency, quick_sdk.contains_unknowns]


def test_a_circle_is_told() -> None:
    def program() -> None:
        group = pulumi.ComponentResource("a:b:Group", "group")
        pulumi.CustomResource("a:b:Thing", "thing", {}, pulumi.ResourceOptions(parent=group, depends_on=[group]))

    with pytest.raises(RuntimeError, match="circular dependency"):
        record(program, stack="dev", config={}, project="alphintra-dev", region="us-central1")
