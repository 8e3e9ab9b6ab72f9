"""The schedule, in words."""

from __future__ import annotations

from collections.abc import Iterator

from ..homes import Inventory
from . import known
from .schedule import avoidable, schedule


def name(urn: str) -> str:
    """A resource's logical name."""
    return urn.rpartition("::")[2]


def minutes(seconds: float) -> str:
    """A duration as people say it."""
    whole, rest = divmod(round(seconds), 60)
    return f"{whole} min {rest} s" if whole and rest else f"{whole} min" if whole else f"{rest} s"


def lines(inventory: Inventory, environment: str) -> Iterator[str]:
    """How long an `up` from nothing takes, the longest chain with how well each duration is known, and what is not known."""
    types = {entry["urn"]: entry["type"] for entry in inventory}
    found = schedule(inventory)
    yield f"'{environment}' from nothing: about {minutes(found.seconds)} at Google"
    yield ""
    yield "The longest chain:"
    steps = [bar for bar in found.path if bar.seconds]
    width = max((len(name(bar.urn)) for bar in steps), default=0)
    for bar in steps:
        how = known.of(types[bar.urn])
        when, takes = f"{minutes(bar.begins):>12}", f"{minutes(bar.seconds):>12}"
        yield f"  {when}  {name(bar.urn):<{width}}  {takes}  {how.how}: {how.says or how.because}"
    if waits := avoidable(inventory):
        yield ""
        yield "On it, dependencies that are said and carry no value; without one, it would be shorter by so much:"
        yield from (f"  {minutes(w.saves):>12}  {name(w.edge[0])} waits for {name(w.edge[1])}" for w in waits)
    if nowhere := known.unknown(entry["type"] for entry in inventory if entry["custom"]):
        yield ""
        yield "Not known, and counted as nothing:"
        yield from (f"  {sum(t == type_ for t in types.values()):>4}  {type_}" for type_ in nowhere)
