"""Runs rules over resources. What one rule finds, does not know, or breaks on never hides what another finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal, TypeVar

from pulumi_policy.proxy import UnknownValueError

from .enforcement import Enforcement
from .resources import Resource, Stack
from .rule import About, Level, Rule, StackRule

Kind = TypeVar("Kind", Rule, StackRule)
Outcome = Literal["violation", "undecided", "broken"]


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What a rule says of a resource that it does not accept."""

    rule: About
    urn: str
    outcome: Outcome
    what: str
    level: Level

    @property
    def message(self) -> str:
        """What is wrong, why that matters, and what to do."""
        if self.outcome == "violation":
            return f"{self.what}. Why: {self.rule.why} Fix: {self.rule.fix}"
        return self.what

    @property
    def stops(self) -> bool:
        """Whether nothing may go on."""
        return self.outcome == "broken" or (self.outcome == "violation" and self.level in ("mandatory", "remediate"))


class Judge:
    """The rules of a run. Which of them are about a type is found out once for each type."""

    def __init__(self, rules: Sequence[About], enforcement: Enforcement) -> None:
        self._levels: dict[str, Level] = {rule.id: enforcement.level(rule) for rule in rules}
        active = [rule for rule in rules if self._levels[rule.id] != "disabled"]
        self._alone = _by_type([rule for rule in active if isinstance(rule, Rule)])
        self._together = _by_type([rule for rule in active if isinstance(rule, StackRule)])

    def resource(self, resource: Resource) -> Iterator[Verdict]:
        """What the rules on single resources say."""
        for rule in self._alone(resource.type):
            yield from self._asked(rule, resource, lambda rule=rule: rule.check(resource.properties))

    def stack(self, stack: Stack) -> Iterator[Verdict]:
        """What the rules on a resource and those around it say."""
        for resource in stack.resources:
            for rule in self._together(resource.type):
                yield from self._asked(rule, resource, lambda rule=rule, resource=resource: rule.check(resource, stack))

    def _asked(self, rule: About, resource: Resource, ask: Callable[[], str | None]) -> Iterator[Verdict]:
        outcome: Outcome = "violation"
        try:
            what = ask()
        except UnknownValueError as error:
            outcome, what = "undecided", error.message
        except Exception as error:
            outcome, what = "broken", f"the rule {rule.id} itself failed: {type(error).__name__}: {error}"
        if what:
            yield Verdict(rule=rule, urn=resource.urn, outcome=outcome, what=what, level=self._levels[rule.id])


def _by_type(rules: Sequence[Kind]) -> Callable[[str], tuple[Kind, ...]]:
    """The rules about a type, looked for once."""

    @cache
    def about(type_: str) -> tuple[Kind, ...]:
        return tuple(rule for rule in rules if rule.is_about(type_))

    return about
