"""What only Google's API says: the requests that it refuses although their shape is right; see `localcloud/rulebook.py`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ...rulebook import EVERY_TYPE, Rule, Rulebook
from ..view import Request

__all__ = ["COMPUTED", "EVERY_TYPE", "REPLACES", "RULES", "Rule", "check", "computed", "replaces", "rule"]

Computed = Callable[[Request], Mapping[str, Any]]
Replaces = Callable[[Mapping[str, Any], Mapping[str, Any]], list[str]]

_BOOK = Rulebook[Request]()
RULES = _BOOK.rules
rule = _BOOK.rule
check = _BOOK.check
COMPUTED: dict[str, list[Computed]] = {}
REPLACES: dict[str, list[Replaces]] = {}


def computed(*types: str) -> Callable[[Computed], Computed]:
    """Registers what the cloud adds to a new resource where a template cannot say it."""

    def register(function: Computed) -> Computed:
        for token in types:
            COMPUTED.setdefault(token, []).append(function)
        return function

    return register


def replaces(*types: str) -> Callable[[Replaces], Replaces]:
    """Registers a change that needs a new resource although no single property says so."""

    def register(function: Replaces) -> Replaces:
        for token in types:
            REPLACES.setdefault(token, []).append(function)
        return function

    return register
