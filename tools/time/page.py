"""The page on time: each environment's longest chain, and where the durations are from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from localcloud.catalog import create_seconds

from ..homes import Inventory
from . import known
from .text import lines, minutes

Part = str | tuple[Sequence[str], list[Sequence[str]]]
"""A paragraph, or a table: its head and its rows."""
INTRODUCTION = """How long an `up` of each environment takes at Google from nothing, from what the program declares. `make time
ENV=prod` shows the same, and `make review` how long a change takes. Everything begins as soon as what it waits for is there. A
duration is published, with what a source says, or assumed, with what from. What is not known is named, and counted as nothing. So
this is an estimate: it compares one program with another, and promises nothing."""


def parts(inventories: Mapping[str, Inventory]) -> Iterator[Part]:
    """The page, from its beginning."""
    yield INTRODUCTION
    for environment, inventory in inventories.items():
        yield f"## {environment}"
        chart = f"../pictures/{environment}-time.svg"
        yield f"[![When each component of {environment} is made]({chart})]({chart})"
        yield "```\n" + "\n".join(lines(inventory, environment)) + "\n```"
    yield "## Durations"
    yield ("type", "seconds", "how it is known", "which says"), list(_rows())


def _rows() -> Iterator[Sequence[str]]:
    for entry in known.table():
        for type_ in entry.types:
            source = f"{minutes(entry.low)} to {minutes(entry.high)}: {entry.says} ([{entry.day}]({entry.source}))"
            yield f"`{type_}`", f"{create_seconds(type_):g}", entry.how, source if entry.source else entry.because
