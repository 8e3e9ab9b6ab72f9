"""Exceptions from rules, as a reviewed file: what is excused, why, by whom, and until when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, cast

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from .enforcement import PolicyError
from .rule import ENVIRONMENTS, About

FILE = Path(__file__).with_name("waivers.yaml")
REQUIRED = ("rule", "resource", "reason", "owner", "expires")
KEYS = (*REQUIRED, "environments")
LONGEST_DAYS = 400
"""A waiver is looked at again within a year or so."""


@dataclass(frozen=True, kw_only=True)
class Waiver:
    """One exception."""

    rule: str
    resource: str
    """The logical name of a resource; `*` stands for anything."""
    reason: str
    owner: str
    expires: date
    environments: tuple[str, ...] = ENVIRONMENTS

    def excuses(self, rule: str, urn: str, environment: str) -> bool:
        """Whether it is about what a rule says of a resource."""
        name = urn.rpartition("::")[2]
        return self.rule == rule and environment in self.environments and fnmatchcase(name, self.resource)


def load(rules: Iterable[About], today: date, file: Path = FILE) -> tuple[Waiver, ...]:
    """The waivers of a file.

    Raises:
        PolicyError: it does not parse, or says something that makes no sense; the message names file, entry, key and value.
    """
    parser: Any = YAML(typ="safe", pure=True)
    try:
        found = parser.load(file.read_text())
    except YAMLError as error:
        raise PolicyError(f"{file.name}: {' '.join(str(error).split())}") from None
    if not isinstance(found, list):
        raise PolicyError(f"{file.name}: must be a list of waivers")
    known = {rule.id for rule in rules}
    entries = cast("list[Any]", found)
    return tuple(_waiver(entry, f"{file.name}: entry {number}", known, today) for number, entry in enumerate(entries, 1))


def _waiver(entry: Any, where: str, known: set[str], today: date) -> Waiver:
    if not isinstance(entry, Mapping):
        raise PolicyError(f"{where}: must be an object, and is {entry!r}")
    given = dict(cast("Mapping[str, Any]", entry))
    for key in given:
        if key not in KEYS:
            raise PolicyError(f"{where}: {key!r} is no key; there are {', '.join(KEYS)}")
    for key in REQUIRED:
        if not given.get(key):
            raise PolicyError(f"{where}: {key} is missing")
    if given["rule"] not in known:
        raise PolicyError(f"{where}: rule: there is no rule {given['rule']!r}")
    texts = {key: str(given[key]) for key in ("rule", "resource", "reason", "owner")}
    environments = _environments(given.get("environments", list(ENVIRONMENTS)), where)
    return Waiver(**texts, expires=_expiry(given["expires"], where, today), environments=environments)


def _expiry(value: Any, where: str, today: date) -> date:
    if not isinstance(value, date):
        raise PolicyError(f"{where}: expires: {value!r} is no date; write it as 2027-01-31")
    if (value - today).days > LONGEST_DAYS:
        raise PolicyError(f"{where}: expires: {value} is more than {LONGEST_DAYS} days away; choose an earlier date")
    return value


def _environments(value: Any, where: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not set(cast("list[Any]", value)) <= set(ENVIRONMENTS):
        raise PolicyError(f"{where}: environments: {value!r}; it must be a list of {', '.join(ENVIRONMENTS)}")
    return tuple(cast("list[str]", value))
