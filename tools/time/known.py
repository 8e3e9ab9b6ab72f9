"""How well a type's duration is known."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

from localcloud.catalog import create_seconds

How = Literal["published", "assumed", "nothing", "unknown"]


@dataclass(frozen=True, kw_only=True)
class Known:
    """What is known of the duration of some types, and from where."""

    how: How
    types: list[str]
    because: str = ""
    says: str = ""
    source: str = ""
    day: date | None = None
    low: float = 0
    high: float = 0


UNKNOWN = Known(how="unknown", types=[])


@functools.cache
def table() -> tuple[Known, ...]:
    """Everything that is known, as the file has it."""
    found = tomllib.loads((Path(__file__).parent / "durations.toml").read_text())
    kinds: tuple[How, ...] = ("published", "assumed", "nothing")
    return tuple(Known(how=how, **entry) for how in kinds for entry in found[how])


def of(type_: str) -> Known:
    """What is known of a type's duration; one that the clock has no seconds for is unknown, whatever is written of it."""
    known = next((known for known in table() if type_ in known.types), UNKNOWN)
    return known if known.how == "nothing" or create_seconds(type_) else UNKNOWN


def unknown(types: Iterable[str]) -> list[str]:
    """The types of which nothing is known."""
    return sorted({type_ for type_ in types if of(type_).how == "unknown"})
