"""What an update needs to be allowed, from what the program declares."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

PROJECT = "project"


@dataclass(frozen=True, kw_only=True)
class Need:
    """What a module's types need."""

    of: str
    """The module: `gcp:sql`, or `kubernetes` for all of that."""
    roles: list[str]
    """Roles that are enough to create, change and delete them."""
    permission: str
    """One that stands for them, where one asks in advance."""
    at: str = PROJECT
    """Where the roles are granted."""


class UnknownModuleError(Exception):
    """A module of which nobody has said what it needs."""


@functools.cache
def table() -> dict[str, Need]:
    """Every need by its module."""
    found = tomllib.loads((Path(__file__).parent / "roles.toml").read_text())
    return {entry["of"]: Need(**entry) for entry in found["needs"]}


def needs_of(types: Iterable[str]) -> list[Need]:
    """The needs of resource types, by module.

    Raises:
        UnknownModuleError: of one nothing is known.
    """
    modules = {_module(type_) for type_ in types if type_.startswith(("gcp:", "kubernetes:"))}
    if unknown := sorted(modules - table().keys()):
        raise UnknownModuleError(f"tools/access/roles.toml does not say what changing {', '.join(unknown)} needs")
    return [table()[module] for module in sorted(modules)]


def _module(type_: str) -> str:
    return "kubernetes" if type_.startswith("kubernetes:") else type_.partition("/")[0]
