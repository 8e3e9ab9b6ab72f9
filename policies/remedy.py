"""What a rule can put right by itself, where somebody asks for it. Only what changes in place and takes nothing from anybody."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.rpc import _special_sig_key  # pyright: ignore[reportPrivateUsage]

from .checks.properties import at, is_object
from .rule import Remedy


def set_to(path: str, value: Any) -> Remedy:
    """The property gets the value."""
    return lambda _properties, _provider: {path: value}


def labelled_as_its_provider(path: str) -> Remedy:
    """The object at the path gets the labels that it lacks of those that the provider gives to what it reaches."""

    def remedy(properties: Mapping[str, Any], provider: Mapping[str, Any]) -> Mapping[str, Any]:
        found = at(provider, "defaultLabels") or "{}"
        # A provider's configuration is flat: the engine writes what is nested as JSON.
        labels: Mapping[str, Any] = found if is_object(found) else json.loads(found)
        return {f"{path}.{name}": labels[name] for name in list(labels) if at(properties, f"{path}.{name}") is None}

    return remedy


def applied(properties: Struct, changes: Mapping[str, Any]) -> Struct:
    """A resource's properties with the changes; the rest is as the engine sent it, secrets among it."""
    mended = Struct()
    mended.CopyFrom(properties)
    for path, value in changes.items():
        *outer, last = path.split(".")
        where = mended
        for name in outer:
            where = where.fields[name].struct_value
        # A whole object that is secret is wrapped in another, and is left to whoever wrote it.
        if _special_sig_key not in where.fields:
            where[last] = value
    return mended
