"""What a key of the cache says about itself, and how its values are written."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, ClassVar, Literal
from uuid import UUID

StoreName = Literal["cluster", "sessions"]
"""cluster: three shards, which evict what was not used for longest. sessions: one store, which evicts nothing."""

FieldKind = Literal["text", "uuid", "decimal", "integer", "time", "json"]
"""How a field is written. decimal is a number as text, because money does not survive a float; time is RFC 3339 in UTC."""

_PLACE = re.compile(r"<(\w+)>")
_PART = re.compile(r"[^\s:{}\x00-\x1f\x7f]{1,200}")


class Shape(StrEnum):
    """The Redis type of a value."""

    HASH = "hash"
    STRING = "string"
    SORTED_SET = "sorted set"
    STREAM = "stream"


@dataclass(frozen=True, kw_only=True)
class Contract:
    """What holds for the keys of one pattern."""

    pattern: str
    """`<name>` is filled in. What stands in braces is the hash tag: keys with the same one are in one slot, so that one
    command or script may name several."""
    shape: Shape
    ttl_seconds: int | None
    """How long a value lives; None where the writer knows, as a revocation lives as long as its token."""
    fresh_seconds: int | None = None
    """How old a value may be and still be served; None where that is its life. What the warmer writes lives for longer than it is
    fresh, so that a round that is late or fails leaves an old value, and not a crowd in front of the database."""
    store: StoreName = "cluster"
    writers: tuple[str, ...]
    """The workloads that write it. Others read."""
    when_lost: str
    """What happens when it is evicted, or lost in a failover."""
    fields: Mapping[str, FieldKind] = field(default_factory=dict[str, FieldKind])
    """The fields of a hash, or of each entry of a list."""
    longest: int | None = None
    """How many entries it holds at most."""
    source: str
    """The section that asks for it."""

    @property
    def evicted(self) -> str:
        """What the store does with it when its memory is full."""
        return "never: writes are refused" if self.store == "sessions" else "when not used for longest"

    @property
    def milliseconds(self) -> int:
        """How long a value lives, where that is always the same."""
        if self.ttl_seconds is None:
            raise ValueError(f"how long {self.pattern} lives is up to who writes it")
        return self.ttl_seconds * 1000

    @property
    def hash_tag(self) -> str | None:
        """What decides on its slot, where that is not the whole key."""
        found = re.search(r"\{(.+?)\}", self.pattern)
        return found[1] if found else None


class Key:
    """A key of the cache. A subclass is one pattern of the contract; its fields are what is filled in; `str` of it is the key."""

    contract: ClassVar[Contract]

    def __str__(self) -> str:
        return _PLACE.sub(lambda place: self._part(place[1]), self.contract.pattern)

    def _part(self, name: str) -> str:
        text = str(getattr(self, name))
        if not _PART.fullmatch(text):
            raise ValueError(
                f"{type(self).__name__}.{name} is {text!r}; a part of a key has 1 to 200 characters, none of which is a space, "
                "a colon or a brace"
            )
        return text

    @classmethod
    def encode(cls, values: Mapping[str, Any]) -> dict[str, str]:
        """The fields of a value as Redis keeps them. Refuses one that is missing, unknown or of another kind."""
        kinds = cls.contract.fields
        if values.keys() != kinds.keys():
            odd = sorted(values.keys() ^ kinds.keys())
            raise ValueError(f"{cls.__name__} has the fields {', '.join(kinds)}; missing or unknown: {', '.join(odd)}")
        return {name: cls.encode_one(name, value) for name, value in values.items()}

    @classmethod
    def decode(cls, written: Mapping[str, str]) -> dict[str, Any]:
        """The value that was written. Fields that a newer writer added are left out."""
        return {name: _READ[kind](written[name]) for name, kind in cls.contract.fields.items()}

    @classmethod
    def encode_one(cls, name: str, value: Any) -> str:
        """One field as Redis keeps it."""
        kind = cls.contract.fields[name]
        if not isinstance(value, _TAKEN[kind]) or (isinstance(value, bool) and kind != "json"):
            taken = " or ".join(one.__name__ for one in _TAKEN[kind])
            raise TypeError(f"{cls.__name__}.{name} is {kind}, which is written from {taken}, not from {type(value).__name__}")
        if isinstance(value, datetime):
            if value.tzinfo is None:
                raise TypeError(f"{cls.__name__}.{name} is a time without a zone")
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        if isinstance(value, Decimal):
            if not value.is_finite():
                raise ValueError(f"{cls.__name__}.{name} is {value}")
            return f"{value:f}"
        return json.dumps(value, separators=(",", ":")) if kind == "json" else str(value)


_TAKEN: dict[FieldKind, tuple[type, ...]] = {
    "text": (str,),
    "uuid": (UUID,),
    "decimal": (Decimal, int),
    "integer": (int,),
    "time": (datetime,),
    "json": (dict, list),
}
_READ: dict[FieldKind, Callable[[str], Any]] = {
    "text": str,
    "uuid": UUID,
    "decimal": Decimal,
    "integer": int,
    "time": datetime.fromisoformat,
    "json": json.loads,
}
