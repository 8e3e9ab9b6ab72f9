"""Properties as Pulumi sends them, and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from google.protobuf import struct_pb2

from .values import UNKNOWN, Secret

SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - a marker of the protocol, not a secret
UNKNOWN_STRING = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


MASK = "[secret]"


def receive(message: struct_pb2.Struct, *, mask: bool = False) -> dict[str, Any]:
    """Properties as Python values; internal ones (`__…`) are left out, secrets are unwrapped or masked."""
    return {key: _receive(value, mask) for key, value in message.fields.items() if not key.startswith("__")}


def send(properties: Mapping[str, Any]) -> struct_pb2.Struct:
    """Properties as a message."""
    return struct_pb2.Struct(fields={key: _send(value) for key, value in properties.items()})


def _receive(value: struct_pb2.Value, mask: bool) -> Any:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        fields = value.struct_value.fields
        if SIGNATURE in fields and fields[SIGNATURE].string_value == SECRET:
            return MASK if mask else _receive(fields["value"], mask)
        return receive(value.struct_value, mask=mask)
    if kind == "list_value":
        return [_receive(item, mask) for item in value.list_value.values]
    if kind == "number_value":
        number = value.number_value
        return int(number) if number.is_integer() else number
    if kind == "string_value":
        return UNKNOWN if value.string_value == UNKNOWN_STRING else value.string_value
    return value.bool_value if kind == "bool_value" else None


def _send(value: Any) -> struct_pb2.Value:
    for kind, encode in _ENCODERS:
        if isinstance(value, kind):
            return encode(value)
    return (
        struct_pb2.Value(string_value=UNKNOWN_STRING) if value is UNKNOWN else struct_pb2.Value(null_value=struct_pb2.NULL_VALUE)
    )


_ENCODERS: tuple[tuple[Any, Callable[[Any], struct_pb2.Value]], ...] = (
    (bool, lambda value: struct_pb2.Value(bool_value=value)),  # before numbers: a bool is an int too
    (int | float, lambda value: struct_pb2.Value(number_value=value)),
    (str, lambda value: struct_pb2.Value(string_value=value)),
    (Mapping, lambda value: struct_pb2.Value(struct_value=send(value))),
    (Secret, lambda value: _send({SIGNATURE: SECRET, "value": value.value})),
    (list, lambda value: struct_pb2.Value(list_value=struct_pb2.ListValue(values=[_send(item) for item in value]))),
)
