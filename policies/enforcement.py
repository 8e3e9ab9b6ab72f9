"""How strictly each rule is enforced: by its own letters, and by what the configuration says over them."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

from .rule import ENVIRONMENTS, LEVELS, About, Level, Rule

ALL = "all"
"""Stands for every rule in a configuration, as it does in Pulumi's."""


class PolicyError(Exception):
    """The pack is given something that it cannot work with; the message says what."""


@dataclass(frozen=True)
class Enforcement:
    """The levels of a run."""

    environment: str
    tearing_down: bool = False
    configured: Mapping[str, Level] = field(default_factory=dict[str, Level])

    def level(self, rule: About) -> Level:
        """How the rule is enforced."""
        if rule.is_guard and self.tearing_down:
            return "disabled"
        own = rule.level(self.environment)
        if rule.id in self.configured or own == "disabled":
            return self.configured.get(rule.id, own)
        of_all = self.configured.get(ALL, own)
        return own if of_all == "remediate" and not has_remedy(rule) else of_all


def has_remedy(rule: About) -> bool:
    """Whether the rule can put right what it finds."""
    return isinstance(rule, Rule) and rule.remedy is not None


def environment_of(name: str) -> str:
    """The profile of a stack; production's rules apply where nobody says, or says something else."""
    return name if name in ENVIRONMENTS else "prod"


def levels_in(file: Path, rules: Iterable[About]) -> dict[str, Level]:
    """The levels that a file gives, as `pulumi --policy-pack-config` takes them.

    Raises:
        PolicyError: it cannot be read, or is no configuration of these rules.
    """
    try:
        given = json.loads(file.read_text())
    except (OSError, ValueError) as error:
        raise PolicyError(f"{file}: {error}") from None
    return configured(given, rules, str(file))


def configured(given: object, rules: Iterable[About], source: str) -> dict[str, Level]:
    """Levels by rule, as a configuration gives them: a level, or an object with `enforcementLevel`.

    Raises:
        PolicyError: it names a rule or a level that does not exist, or asks a rule for a remedy that has none.
    """
    if not isinstance(given, Mapping):
        raise PolicyError(f"{source}: must be an object of rules and levels, and is {given!r}")
    known = {rule.id: rule for rule in rules}
    levels: dict[str, Level] = {
        str(name): _level(str(name), value, [ALL, *known], source) for name, value in cast("Mapping[Any, Any]", given).items()
    }
    for name, level in levels.items():
        if level == "remediate" and name != ALL and not has_remedy(known[name]):
            able = ", ".join(sorted(rule.id for rule in known.values() if has_remedy(rule)))
            raise PolicyError(f"{source}: {name}: it has no remedy; those that have one are {able}")
    return levels


def _level(name: str, value: Any, known: Iterable[str], source: str) -> Level:
    if name not in known:
        near = difflib.get_close_matches(name, list(known), n=1)
        raise PolicyError(f"{source}: there is no rule {name!r}" + (f"; did you mean {near[0]!r}?" if near else ""))
    level = cast("Mapping[str, Any]", value).get("enforcementLevel") if isinstance(value, Mapping) else value
    if level not in LEVELS:
        raise PolicyError(f"{source}: {name}: {level!r} is not a level; it must be one of {', '.join(LEVELS)}")
    return level
