"""What policies cannot see because they look at one state: rules on the change itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from policies.enforcement import environment_of
from policies.rule import ENVIRONMENTS, EVERYWHERE, LETTERS, NOT_DEV

from .difference import Change


@dataclass(frozen=True, kw_only=True)
class ChangeRule:
    """A rule on changes."""

    id: str
    forbids: Callable[[Change], bool]
    says: str
    why: str
    fix: str
    levels: str
    """How it is enforced in prod, staging and dev, as policies say it."""


RULES = (
    ChangeRule(
        id="protected-stays",
        forbids=lambda change: change.protected and change.op in {"replace", "delete"},
        says="would be replaced or deleted although protected",
        why="Pulumi stops in the middle of the update when it comes to them.",
        fix="Take back what replaces them. If they are meant to go, take the protection off in a change of its own first.",
        levels=EVERYWHERE,
    ),
    ChangeRule(
        id="data-stays",
        forbids=lambda change: change.loses,
        says="would be replaced or deleted with all they hold",
        why="What a new one holds is nothing: data under a key that is gone cannot be read, by anybody, ever again.",
        fix="Change what can be changed in place, or move the data to a new resource beside the old one and retire that later.",
        levels=NOT_DEV,
    ),
)


@dataclass(frozen=True)
class Objection:
    """A rule and the changes that it forbids."""

    rule: ChangeRule
    changes: Sequence[Change]
    stops: bool


def objections(changes: Sequence[Change], environment: str) -> Iterator[Objection]:
    """What the rules have against a change of an environment."""
    position = ENVIRONMENTS.index(environment_of(environment))
    for rule in RULES:
        found = [change for change in changes if rule.forbids(change)]
        level = LETTERS[rule.levels[position]]
        if found and level != "disabled":
            yield Objection(rule, found, level == "mandatory")
