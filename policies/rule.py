"""What a policy is: a pure function of a resource, and what a person needs to know about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cached_property
from typing import Any, Literal, get_args

from .resources import Resource, Stack

Level = Literal["mandatory", "advisory", "disabled", "remediate"]
LEVELS: tuple[Level, ...] = get_args(Level)
LETTERS: Mapping[str, Level] = {"M": "mandatory", "A": "advisory", "D": "disabled"}
ENVIRONMENTS = ("prod", "staging", "dev")
"""In the order of a rule's letters."""

EVERYWHERE = "MMM"
NOT_DEV = "MMD"

Check = Callable[[Mapping[str, Any]], str | None]
"""From a resource's properties to what is wrong, or None. It looks at one property: a value that a preview does not know
makes the whole check undecided, and must not hide another finding."""
Remedy = Callable[[Mapping[str, Any], Mapping[str, Any]], Mapping[str, Any]]
"""From the properties of a resource, and those of its provider, to what puts it right: values by dotted path."""
Relation = Callable[[Resource, Stack], str | None]
"""From a resource and the stack around it to what is wrong, or None. It is undecided for one resource at a time."""
Severity = Literal["low", "medium", "high", "critical"]


@dataclass(frozen=True, kw_only=True)
class About:
    """What a person needs to know of a policy."""

    id: str
    types: tuple[str, ...]
    """Tokens of resource types; `*` in one stands for anything."""
    title: str
    why: str
    fix: str
    severity: Severity
    levels: str = NOT_DEV
    """How it is enforced in prod, staging and dev: M(andatory), A(dvisory) or D(isabled)."""
    is_guard: bool = False
    """A guard against deletion, which `protection.tear_down` takes off when an environment is meant to go."""
    frameworks: tuple[str, ...] = ()
    """The numbers under which scanners and benchmarks know it."""

    def level(self, environment: str) -> Level:
        """How it is enforced where nothing else is configured."""
        return LETTERS[self.levels[ENVIRONMENTS.index(environment)]]

    @cached_property
    def environments(self) -> tuple[str, ...]:
        """Where it is not disabled."""
        return tuple(name for name in ENVIRONMENTS if self.level(name) != "disabled")

    def is_about(self, type_: str) -> bool:
        """Whether it looks at resources of the type."""
        return any(fnmatchcase(type_, pattern) for pattern in self.types)


@dataclass(frozen=True, kw_only=True)
class Rule(About):
    """A policy on one resource at a time."""

    check: Check
    remedy: Remedy | None = None
    """What puts it right at the level `remediate`, which no environment has by itself."""


@dataclass(frozen=True, kw_only=True)
class StackRule(About):
    """A policy on a resource and those around it."""

    check: Relation
