"""Properties as Pulumi sends them, and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from google.protobuf import struct_pb2

from .values import UNKNOWN, Secret, is_list, is_object

SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - a marker of the protocol, not a secret
UNKNOWN_STRING = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"


MASK = "[secret]"


def receive(message: struct_pb2.Struct, *, mask: bool = False) -> dict[str, Any]:
    """Properties as Python values; internal ones (`__…`) are left out, secrets are unwrapped or masked."""
    return {key: _receive(value, mask) for key, value in message.fields.items() if not key.startswith("__")}


def send(properties: Mapping[str, Any]) -> struct_pb2.Struct:
    """Properties as a message."""
    message = struct_pb2.Struct()
    _write_fields(message, properties)
    return message


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


# A value is written where it stands in its message: one made apart is copied into what holds it, and again level by level.


def _write_fields(target: struct_pb2.Struct, value: Mapping[str, Any]) -> None:
    fields = target.fields
    for key, item in value.items():
        _write(fields[key], item)


def _write(target: struct_pb2.Value, value: Any) -> None:
    for kind, field in _SCALARS:
        if isinstance(value, kind):
            setattr(target, field, value)
            return
    if is_object(value):
        target.struct_value.SetInParent()  # an empty one is one, too
        _write_fields(target.struct_value, value)
    elif is_list(value):
        target.list_value.SetInParent()
        for item in value:
            _write(target.list_value.values.add(), item)
    elif isinstance(value, Secret):
        _write(target, {SIGNATURE: SECRET, "value": value.value})
    elif value is UNKNOWN:
        target.string_value = UNKNOWN_STRING
    else:
        target.null_value = struct_pb2.NULL_VALUE


_SCALARS = ((str, "string_value"), (bool, "bool_value"), (int, "number_value"), (float, "number_value"))
"""In this order: a bool is an int too."""
