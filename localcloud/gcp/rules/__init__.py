"""What only the real API says: the requests that Google refuses although their shape is right.

A rule is a function from a request to a refusal or nothing. It is registered with an id, the types and verbs it looks
at, and where the behaviour is written down; `python -m localcloud rules` lists them all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ...errors import Refusal
from ..view import Request, Verb

Check = Callable[[Request], Refusal | None]
Computed = Callable[[Request], Mapping[str, Any]]
Replaces = Callable[[Mapping[str, Any], Mapping[str, Any]], list[str]]

EVERY_TYPE = "*"


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One rule: `number` is its number in the list of what mocks never catch, where it has one."""

    id: str
    check: Check
    types: tuple[str, ...]
    verbs: tuple[Verb, ...]
    source: str
    numbers: tuple[int, ...] = ()

    @property
    def says(self) -> str:
        """What the rule refuses, in a sentence."""
        return (self.check.__doc__ or "").partition("\n")[0]


RULES: dict[str, Rule] = {}
COMPUTED: dict[str, list[Computed]] = {}
REPLACES: dict[str, list[Replaces]] = {}


def rule(
    id_: str, *types: str, source: str, verbs: tuple[Verb, ...] = ("create", "update"), numbers: tuple[int, ...] = ()
) -> Callable[[Check], Check]:
    """Registers a rule."""

    def register(check: Check) -> Check:
        RULES[id_] = Rule(id=id_, check=check, types=types, verbs=verbs, source=source, numbers=numbers)
        return check

    return register


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


def check(request: Request) -> None:
    """Applies every rule to a request: those for every type first, then in the order of their registration.

    Raises:
        Refusal: the first rule that refuses.
    """
    for known in sorted(RULES.values(), key=lambda rule: EVERY_TYPE not in rule.types):
        if request.verb in known.verbs and (request.type.type in known.types or EVERY_TYPE in known.types):
            refusal = known.check(request)
            if refusal:
                refusal.rule = known.id
                raise refusal
