"""What an object will look like, told from its inputs alone: for inventories, recovery and tests, without a store."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..values import Props, at, merge
from .kinds import assumed, complete, kinds
from .view import namespace_of


def is_object_type(token: str) -> bool:
    """Whether a type is one of the objects that clusters hold."""
    return token.startswith("kubernetes:") and bool(kinds().get(token) or assumed(token))


def create_seconds(token: str) -> float:
    """The typical duration of creating an object."""
    known = kinds().get(token)
    return float(known.seconds.get("create", 0)) if known else 0.0


def id_of(token: str, inputs: Mapping[str, Any]) -> str | None:
    """The id of an object; None where its name is made up."""
    kind, name = kinds().get(token) or assumed(token), at(inputs, "metadata.name")
    if kind is None or not isinstance(name, str):
        return None
    return f"{namespace_of(inputs)}/{name}" if kind.namespaced else name


def foresee(token: str, name: str, inputs: Mapping[str, Any]) -> tuple[str, Props]:
    """The id and the outputs of an object to be. What only its cluster can tell stands as `<name.property>`."""
    kind = kinds().get(token)
    metadata = {"name": f"<{name}.metadata.name>", "uid": f"<{name}.metadata.uid>"}
    return id_of(token, inputs) or f"<{name}.id>", merge({"metadata": metadata}, complete(kind, inputs) if kind else inputs)
