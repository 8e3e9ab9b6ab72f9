"""Functions of Pulumi's SDK that come to the same as its own, sooner: they were a third of a run of the program."""

from __future__ import annotations

import functools
import importlib
import inspect
import itertools
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from types import FrameType
from typing import Any, cast

import pulumi
from pulumi.output import Unknown
from pulumi.runtime import resource, resource_cycle_breaker, rpc
from pulumi.runtime.proto import source_pb2

CREATE_URN: Callable[..., pulumi.Output[str]] = resource.create_urn
DECLARE: Callable[[pulumi.Resource, pulumi.Resource], bool] = resource_cycle_breaker.declare_dependency
CONTAINS_UNKNOWNS: Callable[[Any], bool] = rpc.contains_unknowns
SERIALIZE: Callable[..., Coroutine[Any, Any, Any]] = rpc.serialize_property
ELEMENT_TYPE: Callable[[Any], Any] = rpc._get_list_element_type  # pyright: ignore[reportPrivateUsage]
DESERIALIZE: Callable[..., Any] = rpc.deserialize_property
TRANSLATE: Callable[..., Any] = rpc.translate_output_properties
STACK_TRACE: Callable[[], source_pb2.StackTrace] = resource._get_stack_trace  # pyright: ignore[reportPrivateUsage]
"""The SDK's own."""
TYPES: Any = importlib.import_module("pulumi._types")
"""What the SDK knows of the types of properties; it has no public names for it."""
OF_A_TYPE = (
    *("resource_types", "resource_pulumi_to_py_names", "resource_py_to_pulumi_names"),
    *("unwrap_type", "unwrap_optional_type"),
)
"""Functions of it that say the same of a type each time; what they say is looked at and not changed."""
FRAMES = 9
"""The innermost frames: six are the SDK's own constructors, the rest say where a component declares
the resource, and what called that."""
NEEDS = resource_cycle_breaker._DEPENDENCIES_PROPERTY  # pyright: ignore[reportPrivateUsage]
"""The property in which the SDK notes what a resource needs."""
PLAIN = frozenset({str, int, float, bool, type(None)})
"""What nothing unknown can be in."""
IS_NEEDED = "_alphintra_is_needed"
"""The property in which it is noted here that something needs a resource."""


def install() -> None:
    """Has the SDK call them from now on, where it calls its own."""
    cast("Any", resource).create_urn = create_urn
    cast("Any", rpc).declare_dependency = declare_dependency
    cast("Any", resource)._get_stack_trace = stack_trace
    cast("Any", rpc).contains_unknowns = contains_unknowns
    cast("Any", rpc).serialize_property = serialize_property
    cast("Any", rpc).deserialize_property = deserialize_property
    cast("Any", rpc).translate_output_properties = translate_output_properties
    for name in OF_A_TYPE:
        if not hasattr(getattr(TYPES, name), "cache_info"):
            setattr(TYPES, name, functools.cache(getattr(TYPES, name)))


def create_urn(
    name: pulumi.Input[str],
    type_: pulumi.Input[str],
    parent: pulumi.Resource | pulumi.Input[str] | None = None,
    project: str | None = None,
    stack: str | None = None,
) -> pulumi.Output[str]:
    """The name of a resource.

    The SDK makes one up for each that it registers, in case nobody answers who knows a better one, out of seven outputs. From
    text it is text.
    """
    if isinstance(name, str) and isinstance(type_, str) and isinstance(parent, str):
        return pulumi.Output.from_input(f"{parent[: parent.rfind('::')]}${type_}::{name}")
    return CREATE_URN(name, type_, parent, project, stack)


def declare_dependency(from_resource: pulumi.Resource, to_resource: pulumi.Resource) -> bool:
    """Notes that a resource needs another; False where that would be a circle.

    The SDK looks through all that the other needs, each time. What is noted already is no circle, and neither can be what
    nothing needs so far.
    """
    if to_resource in getattr(from_resource, NEEDS, ()):
        return True
    if from_resource is to_resource or getattr(from_resource, IS_NEEDED, False):
        noted = DECLARE(from_resource, to_resource)
    else:
        setattr(from_resource, NEEDS, {*getattr(from_resource, NEEDS, ()), to_resource})
        noted = True
    if noted:
        setattr(to_resource, IS_NEEDED, True)
    return noted


def contains_unknowns(value: Any) -> bool:
    """Whether something unknown is in a value. The SDK asks that of each output several times; nearly all are plain."""
    if type(value) in PLAIN:
        return False
    seen: set[int] = set()
    left = [value]
    while left:
        inner = left.pop()
        if type(inner) in PLAIN or id(inner) in seen:
            continue
        if isinstance(inner, Unknown):
            return True
        seen.add(id(inner))
        if isinstance(inner, dict):
            known = cast("dict[Any, Any]", inner)
            left.extend(known[key] for key in known)  # not `values`: a dictionary of the SDK's gives other values for its keys
        elif isinstance(inner, list):
            left.extend(cast("list[Any]", inner))
    return False


async def serialize_property(
    value: Any,
    deps: Any,
    property_key: str | None,
    resource_obj: pulumi.Resource | None = None,
    input_transformer: Callable[[str], str] | None = None,
    typ: Any = None,
    *how: Any,
    **named: Any,
) -> Any:
    """A value as the engine takes it. The SDK asks each whether it is one of many things; nearly all are plain, and stay so, or
    lists and arguments of such."""
    kind = cast("type[Any]", type(value))

    async def inside(value: Any, typ: Any) -> Any:
        if type(value) in PLAIN:
            return value
        return await serialize_property(value, deps, property_key, resource_obj, input_transformer, typ, *how, **named)

    if named.get("return_protobuf_value"):
        pass
    elif kind in PLAIN:
        return value
    elif kind is list:
        known = TYPES.unwrap_type(typ) if typ else typ
        of = ELEMENT_TYPE(None if known is Any else known)
        return [await inside(item, of) for item in value]
    elif TYPES.is_input_type(kind):
        types = TYPES.input_type_types(kind)
        given: dict[str, Any] = TYPES.input_type_to_dict(value)
        return {name: await inside(item, types.get(name)) for name, item in given.items()}
    return await SERIALIZE(value, deps, property_key, resource_obj, input_transformer, typ, *how, **named)


def deserialize_property(value: Any, *args: Any, **named: Any) -> Any:
    """A value as Python has it, of one that the engine gave: what is plain stays so, too."""
    if type(value) in PLAIN and value != rpc.UNKNOWN:
        return value
    return DESERIALIZE(value, *args, **named)


def translate_output_properties(
    output: Any, output_transformer: Callable[[str], str], typ: Any = None, *args: Any, **named: Any
) -> Any:
    """The same with the names and of the types that the SDK's classes have: what is plain and of its type stays so."""
    if type(output) in PLAIN and (typ is None or typ is type(output)):
        return output
    return TRANSLATE(output, output_transformer, typ, *args, **named)


def stack_trace() -> source_pb2.StackTrace:
    """Where a resource is declared, as the SDK notes it: what is outside of three constructors, of which the first are its own.

    The SDK goes down to the first frame of the process, and asks the disk about each. It is written into the state with every
    resource, of which it would be half, and those below the program say nothing: they are the same for all.
    """
    frames = itertools.islice(_outwards(inspect.currentframe()), FRAMES)
    constructors = 0
    for frame in frames:
        constructors += frame.f_code.co_name == "__init__"
        if constructors == 3:  # a resource's, a custom or component resource's, and that of its own class
            break
    return source_pb2.StackTrace(frames=[source_pb2.StackFrame(pc=_position(frame)) for frame in frames])


def _outwards(frame: FrameType | None) -> Iterator[FrameType]:
    while frame:
        yield frame
        frame = frame.f_back


def _position(frame: FrameType) -> source_pb2.SourcePosition | None:
    uri = _uri(frame.f_code.co_filename)
    return source_pb2.SourcePosition(uri=uri, line=frame.f_lineno) if uri else None


@functools.cache
def _uri(filename: str) -> str | None:
    path = Path(filename)
    return path.as_uri() if path.is_absolute() else None  # code that was made up is in no file
