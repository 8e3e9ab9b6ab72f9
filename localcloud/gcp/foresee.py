"""What a resource will look like, told from its inputs alone: for inventories and tests, without a store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..values import Props, merge
from .catalog import types, with_place
from .naming import NotKnown, render, render_tree


def foresee(token: str, name: str, inputs: Mapping[str, Any], project: str, region: str) -> tuple[str, Props]:
    """The id and the outputs of a resource to be. What only Google can tell stands as `<name.property>`."""
    type_ = types()[token]
    first = 1 if type_.newest else f"<{name}>"  # the first of a series, or a number that Google makes up
    properties: Props = {**with_place(type_, inputs, project, region), "sequence": first}

    def make(what: str) -> str:
        return "1" * 19 if what == "uid" else f"<{what}>"

    unknown = {
        key: f"<{name}.{key}>"
        for key, known in type_.shape.properties.items()
        if known.computed and known.kind == "string" and key not in properties
    }
    try:
        properties["self"] = type_.path(properties)
        id_ = str(render(type_.id, properties))
    except NotKnown:
        id_ = f"<{name}.id>"
    outputs = merge(type_.server_defaults, render_tree(type_.outputs, properties, make))
    given = {key: value for key, value in type_.shape.with_defaults(properties).items() if key in type_.shape.properties}
    return id_, merge(merge(unknown, outputs), given)
