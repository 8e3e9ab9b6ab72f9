"""What is quicker than the SDK says the same."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Callable
from enum import StrEnum
from pathlib import Path
from typing import Any, cast

import pulumi
import pulumi_gcp as gcp
import pytest
from google.protobuf.struct_pb2 import Struct
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
    sdks = cast("Any", resource), cast("Any", rpc)

    def program() -> None:
        seen.extend(
            [
                getattr(sdk, name)
                for sdk in sdks
                for name in ("create_urn", "_get_stack_trace", "declare_dependency")
                if hasattr(sdk, name)
            ]
        )
        seen.extend([rpc.contains_unknowns, rpc.serialize_property, rpc.deserialize_property, rpc.translate_output_properties])

    record(program, stack="dev", config={}, project="alphintra-dev", region="us-central1")
    ours = [quick_sdk.create_urn, quick_sdk.stack_trace, quick_sdk.declare_dependency]
    values = [quick_sdk.serialize_property, quick_sdk.deserialize_property, quick_sdk.translate_output_properties]
    assert seen == [*ours, quick_sdk.contains_unknowns, *values]


VALUES: list[Any] = [None, True, 7, 1.5, "x", "", b"x", ["x", 1, None], {"a": {"b": [1, {"c": None}]}}, float("inf")]


WRAPS: dict[str, Callable[[Any], Any]] = {
    "it": lambda value: value,
    "secret": pulumi.Output.secret,
    "list": lambda value: [value],
    "arguments": lambda value: gcp.storage.BucketCorArgs(origins=[value, "x", pulumi.Output.secret("y")], max_age_seconds=value),
    "lists of arguments": lambda value: [[gcp.storage.BucketCorArgs(methods=value)], [{"method": [value]}]],
}


@pytest.mark.parametrize("value", VALUES, ids=repr)
@pytest.mark.parametrize("wrap", WRAPS)
@pytest.mark.parametrize("how", [{}, {"return_protobuf_value": True}, {"typ": str}, {"typ": pulumi.Input[str]}], ids=repr)
def test_values_are_sent_as_the_sdk_sends_them(value: Any, wrap: str, how: dict[str, Any]) -> None:
    sent: list[str] = []

    def program() -> None:
        async def send() -> None:
            for serialize in (quick_sdk.serialize_property, quick_sdk.SERIALIZE):
                try:
                    sent.append(repr(await serialize(WRAPS[wrap](value), [], "key", **how)))
                except Exception as error:
                    sent.append(repr(error))

        pulumi.Output.from_input(asyncio.ensure_future(send()))

    record(program, stack="dev", config={}, project="alphintra-dev", region="us-central1")
    assert sent[0] == sent[1]


class Colour(StrEnum):
    """A type that has few values."""

    RED = "red"


RECEIVED: list[Any] = [*VALUES, rpc.UNKNOWN, "red", 7.0, [7.0, "red"], {"secret": rpc.UNKNOWN}, rpc.wrap_rpc_secret("red")]


@pytest.mark.parametrize("value", [value for value in RECEIVED if not isinstance(value, bytes)], ids=repr)
def test_values_are_received_as_the_sdk_receives_them(value: Any) -> None:
    message = Struct()
    message["it"] = value

    def received(deserialize: Callable[..., Any]) -> str:
        found = deserialize(message["it"], True)
        return re.sub(" at 0x[0-9a-f]+", "", f"{type(found)} {found!r}")

    assert received(quick_sdk.deserialize_property) == received(quick_sdk.DESERIALIZE)


@pytest.mark.parametrize("value", RECEIVED, ids=repr)
@pytest.mark.parametrize("typ", [None, Any, str, int, float, bool, Colour, Colour | None, list[int], dict[str, str]], ids=repr)
def test_values_are_given_names_and_types_as_by_the_sdk(value: Any, typ: Any) -> None:
    def translated(translate: Callable[..., Any]) -> str:
        try:
            found = translate(value, str.upper, typ)
        except Exception as error:
            return repr(error)
        return f"{type(found)} {found!r}"

    assert translated(quick_sdk.translate_output_properties) == translated(quick_sdk.TRANSLATE)


class Declared(pulumi.CustomResource):
    """A resource that notes where it is declared."""

    def __init__(self, note: Callable[[], None]) -> None:
        self._noted(note)
        super().__init__("a:b:Thing", "thing")

    def _noted(self, note: Callable[[], None]) -> None:
        class Custom:
            def __init__(self) -> None:
                Inner()

        class Inner:
            def __init__(self) -> None:
                note()

        Custom()


def test_it_is_noted_where_a_resource_is_declared_as_the_sdk_notes_it_but_for_what_called_that() -> None:
    noted: list[Any] = []

    def program() -> None:
        def deeper(more: int) -> None:
            if more:
                deeper(more - 1)
            else:
                Declared(lambda: noted.extend([quick_sdk.stack_trace(), quick_sdk.STACK_TRACE()]))

        deeper(40)

    record(program, stack="dev", config={}, project="alphintra-dev", region="us-central1")
    ours, sdks = noted
    assert 0 < len(ours.frames) < quick_sdk.FRAMES < len(sdks.frames)
    assert [frame.pc.uri for frame in ours.frames] == [Path(__file__).as_uri()] * len(ours.frames)
    assert [frame.pc.line for frame in ours.frames] == [frame.pc.line for frame in sdks.frames[: len(ours.frames)]]


def test_code_that_was_made_up_is_in_no_file() -> None:
    found: list[Any] = []
    made_up = {"stack_trace": quick_sdk.stack_trace, "found": found}
    exec("class A:\n def __init__(self, more): A(more - 1) if more else found.append(stack_trace())\nA(5)", made_up)  # noqa: S102
    assert [frame.HasField("pc") for frame in found[0].frames][:3] == [False, False, False]


@pytest.mark.parametrize("name", quick_sdk.OF_A_TYPE)
def test_what_is_kept_of_a_type_is_what_the_sdk_says_of_it(name: str) -> None:
    quick_sdk.install()
    kept = getattr(quick_sdk.TYPES, name)
    about: list[Any] = [str, int | None, pulumi.Output[str], list[str], pulumi.Input[int]]
    if name.startswith("resource"):
        about = [gcp.storage.Bucket, pulumi.ComponentResource, Declared]
    for _ in range(2):
        assert [kept(one) for one in about] == [kept.__wrapped__(one) for one in about]


def test_a_circle_is_told() -> None:
    def program() -> None:
        group = pulumi.ComponentResource("a:b:Group", "group")
        pulumi.CustomResource("a:b:Thing", "thing", {}, pulumi.ResourceOptions(parent=group, depends_on=[group]))

    with pytest.raises(RuntimeError, match="circular dependency"):
        record(program, stack="dev", config={}, project="alphintra-dev", region="us-central1")
