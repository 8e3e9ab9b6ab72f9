"""Where the tables of a diagram stand: from left to right by what refers to what, and lanes for what passes a column of tables.

Sugiyama's method, as far as a few tables need it: ranks by the longest way, lanes for long edges, an order in which neighbours
are near.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import mean

from .model import Model

SWEEPS = 8


@dataclass(frozen=True)
class Lane:
    """Where all edges to a table pass a rank that is not theirs."""

    to: str
    rank: int


Item = str | Lane
"""A table, or a lane."""


def ranks_of(model: Model, names: Sequence[str]) -> Mapping[str, int]:
    """How many steps each table, and what it refers to, is from one that refers to nothing; a circle is cut where it closes."""
    ranks: dict[str, int] = {}

    def rank(name: str, above: tuple[str, ...]) -> int:
        if name not in ranks:
            parents = {reference.table for reference in model.table(name).references} if name in names else set[str]()
            ranks[name] = max((rank(parent, (*above, name)) + 1 for parent in sorted(parents - {*above, name})), default=0)
        return ranks[name]

    for name in names:
        rank(name, ())
    return ranks


def columns_of(model: Model, names: Sequence[str]) -> list[list[Item]]:
    """The tables and lanes of each rank, from above."""
    ranks = ranks_of(model, names)
    edges = {
        (child, reference.table)
        for child in names
        for reference in model.table(child).references
        if ranks[reference.table] < ranks[child]
    }
    steps: set[tuple[Item, Item]] = set()
    for child, parent in sorted(edges):
        way: list[Item] = [parent, *(Lane(parent, rank) for rank in range(ranks[parent] + 1, ranks[child])), child]
        steps |= set(pairwise(way))
    columns: list[list[Item]] = [[] for _ in range(max(ranks.values(), default=0) + 1)]
    for name in sorted(ranks, key=lambda name: (name in names, name)):
        columns[ranks[name]].append(name)
    for lane in sorted(
        {item for step in steps for item in step if isinstance(item, Lane)}, key=lambda lane: (lane.rank, lane.to)
    ):
        columns[lane.rank].append(lane)
    return _ordered(columns, steps)


def _ordered(columns: list[list[Item]], steps: set[tuple[Item, Item]]) -> list[list[Item]]:
    """The columns, so that neighbours are near each other."""
    for sweep in range(SWEEPS):
        forth = sweep % 2 == 0
        towards: dict[Item, list[Item]] = {}
        for left, right in steps:
            towards.setdefault(right if forth else left, []).append(left if forth else right)
        places = {item: float(place) for column in columns for place, item in enumerate(column)}
        for column in columns if forth else reversed(columns):
            wanted = {item: mean([places[near] for near in towards.get(item, [item])]) for item in column}
            column.sort(key=wanted.__getitem__)
            places |= {item: float(place) for place, item in enumerate(column)}
    return columns
