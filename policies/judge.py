"""Runs rules over resources. What one rule finds, does not know, or breaks on never hides what another finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from typing import Literal, TypeVar

from pulumi_policy.proxy import UnknownValueError

from .enforcement import Enforcement
from .resources import STACK, Resource, Stack
from .rule import About, Level, Rule, StackRule
from .waivers import Waiver

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
    waiver: Waiver | None = None
    """What excuses it, where something does."""

    @property
    def message(self) -> str:
        """What is wrong, why that matters, and what to do."""
        if self.outcome == "violation":
            return f"{self.what}. Why: {self.rule.why} Fix: {self.rule.fix}"
        return self.what

    @property
    def stops(self) -> bool:
        """Whether nothing may go on."""
        if self.outcome == "violation":
            return self.level in ("mandatory", "remediate") and self.waiver is None
        return self.outcome == "broken"


class Judge:
    """The rules of a run. Which of them are about a type is found out once for each type."""

    def __init__(
        self, rules: Sequence[About], enforcement: Enforcement, waivers: Sequence[Waiver] = (), today: date | None = None
    ) -> None:
        self._environment, self._today = enforcement.environment, today or datetime.now(tz=UTC).date()
        self._waivers = [known for known in waivers if enforcement.environment in known.environments]
        self._matched: set[Waiver] = set()
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
        # The root comes last: what was not excused by then is not there.
        for resource in sorted(stack.resources, key=lambda known: known.type == STACK):
            if resource.type == STACK:
                stack.waivers_in_vain = self._in_vain()
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
            waiver = self._waiver(rule, resource.urn)
            if waiver and waiver.expires < self._today:
                what, waiver = f"{what} (the waiver of {waiver.owner} expired on {waiver.expires})", None
            yield Verdict(
                rule=rule, urn=resource.urn, outcome=outcome, what=what, level=self._levels[rule.id],
                waiver=waiver if outcome == "violation" else None,
            )  # fmt: skip

    def _waiver(self, rule: About, urn: str) -> Waiver | None:
        found = next((known for known in self._waivers if known.excuses(rule.id, urn, self._environment)), None)
        if found:
            self._matched.add(found)
        return found

    def _in_vain(self) -> list[str]:
        """The waivers that excuse nothing."""
        active = [known for known in self._waivers if self._levels.get(known.rule) not in (None, "disabled")]
        return [f"{known.rule} of {known.resource}" for known in active if known not in self._matched]


def _by_type(rules: Sequence[Kind]) -> Callable[[str], tuple[Kind, ...]]:
    """The rules about a type, looked for once."""

    @cache
    def about(type_: str) -> tuple[Kind, ...]:
        return tuple(rule for rule in rules if rule.is_about(type_))

    return about
