"""Rules of a cloud: the requests that only the real API refuses, although their shape is right.

A rule is a function from a request to a refusal or nothing. It is registered with an id, the types and verbs it looks
at, and where the behaviour is written down; `python -m localcloud rules` lists them all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from .errors import Refusal

EVERY_TYPE = "*"


class Asked(Protocol):
    """What a rulebook needs to know of a request."""

    @property
    def verb(self) -> str:
        """What is asked for: create, update, delete..."""
        ...

    @property
    def token(self) -> str:
        """The Pulumi token of the type that is asked about."""
        ...


R = TypeVar("R", bound=Asked)
Check = Callable[[R], Refusal | None]


@dataclass(frozen=True, kw_only=True)
class Rule(Generic[R]):
    """One rule: `numbers` are its numbers in the list of what mocks never catch, where it has any."""

    id: str
    check: Check[R]
    types: tuple[str, ...]
    verbs: tuple[str, ...]
    source: str
    numbers: tuple[int, ...] = ()

    @property
    def says(self) -> str:
        """What the rule refuses, in a sentence."""
        return (self.check.__doc__ or "").partition("\n")[0]


class Rulebook(Generic[R]):
    """The rules of one cloud."""

    def __init__(self) -> None:
        self.rules: dict[str, Rule[R]] = {}
        self._about: dict[tuple[str, str], list[Rule[R]]] = {}

    def rule(
        self, id_: str, *types: str, source: str, verbs: tuple[str, ...] = ("create", "update"), numbers: tuple[int, ...] = ()
    ) -> Callable[[Check[R]], Check[R]]:
        """Registers a rule."""

        def register(check: Check[R]) -> Check[R]:
            self.rules[id_] = Rule(id=id_, check=check, types=types, verbs=verbs, source=source, numbers=numbers)
            self._about.clear()
            return check

        return register

    def refusals(self, request: R) -> Iterator[Refusal]:
        """What the rules say against a request: those for every type first, then in the order of their registration."""
        for known in self._rules_about(request.verb, request.token):
            refusal = known.check(request)
            if refusal:
                refusal.rule = known.id
                yield refusal

    def check(self, request: R) -> None:
        """Applies the rules to a request.

        Raises:
            Refusal: the first rule that refuses.
        """
        for refusal in self.refusals(request):
            raise refusal

    def _rules_about(self, verb: str, token: str) -> list[Rule[R]]:
        if (verb, token) not in self._about:
            every = sorted(self.rules.values(), key=lambda rule: EVERY_TYPE not in rule.types)
            self._about[verb, token] = [rule for rule in every if verb in rule.verbs and {token, EVERY_TYPE} & {*rule.types}]
        return self._about[verb, token]
