"""The report of drift, in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..lifecycle.events import kind_of, name_of
from .authors import Author


@dataclass(frozen=True, kw_only=True)
class Drifted:
    """A resource that is not as it was deployed."""

    urn: str
    gone: bool
    details: Sequence[str] = ()
    """Its properties: as deployed, and as found."""
    author: Author | None = None
    unnamed: str = ""
    """Why nobody is named, where nobody is."""
    adopt: Sequence[str] = ()
    """How it becomes what is declared."""


def lines(found: Sequence[Drifted], environment: str) -> Iterator[str]:
    """The report, a part for each resource."""
    for one in found:
        yield f"{name_of(one.urn)} ({kind_of(one.urn)}) was {'deleted' if one.gone else 'changed'}"
        yield from (f"    {detail}" for detail in one.details)
        yield f"    {one.author.line if one.author else one.unnamed}"
        yield from (f"    adopt: {how}" for how in one.adopt)
        yield f"    revert: make refresh ENV={environment} && make up ENV={environment}"
