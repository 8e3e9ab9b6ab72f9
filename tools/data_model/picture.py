"""Tables as an entity-relationship diagram, with crow's feet, in SVG, for light and dark."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

from .layout import Item, Lane, columns_of
from .model import Column, Model, Reference, Table

MARGIN, GUTTER, GAP, HEAD, ROW, LANE, TOP = 16, 84, 22, 26, 17, 10, 44
LETTER = 6.6
"""The width of a letter, about."""
NARROWEST, LONGEST_TYPE = 150, 18
SHORT = {
    "character varying": "varchar",
    "timestamp with time zone": "timestamptz",
    "timestamp without time zone": "timestamp",
    "double precision": "float8",
}
STYLE = """
text{font:11px system-ui,sans-serif;fill:#1f2328}.title{font-size:15px;font-weight:600}.head{font-size:12px;font-weight:600}
.key{font-weight:600}.type,.small{fill:#59636e}.type{text-anchor:end}.box{fill:#fff;stroke:#d1d9e0}.top{fill:#ddf4ff;stroke:#d1d9e0}
.other{fill:#f6f8fa;stroke:#d1d9e0;stroke-dasharray:4 3}.edge{fill:none;stroke:#59636e;stroke-width:1.2}.edge circle{fill:#fff}
@media (prefers-color-scheme:dark){text{fill:#f0f6fc}.type,.small{fill:#9198a1}.box{fill:#0d1117;stroke:#3d444d}
.top{fill:#121d2f;stroke:#3d444d}.other{fill:#151b23;stroke:#3d444d}.edge{stroke:#9198a1}.edge circle{fill:#0d1117}}
"""


@dataclass(frozen=True)
class Place:
    """Where a table or a lane is."""

    x: float
    y: float
    width: float
    height: float


def short(kind: str) -> str:
    """A type as people write it."""
    for long, known in SHORT.items():
        kind = kind.replace(long, known)
    return kind


def diagram(model: Model, names: Sequence[str], title: str) -> str:
    """The tables of a subject with their columns, and those of others that they refer to by name only."""
    places = places_of(model, names)
    width = max(place.x + place.width for place in places.values()) + MARGIN
    height = max(place.y + place.height for place in places.values()) + MARGIN
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}" height="{height:g}" viewBox="0 0 {width:g} {height:g}"',
            f' role="img" aria-label="{escape(title)}">',
            f"<style>{STYLE}</style>",
            f'<text class="title" x="{MARGIN}" y="26">{escape(title)}</text>',
            *(part for name in names for part in _edges(model, name, places)),
            *(part for item in places if isinstance(item, str) for part in _box(model.table(item), places[item], item in names)),
            "</svg>",
            "",
        ]
    )


def places_of(model: Model, names: Sequence[str]) -> dict[Item, Place]:
    """Where everything is."""
    columns = columns_of(model, names)
    heights = [[_height(model, item, names) for item in column] for column in columns]
    highest = max(sum(each) + GAP * (len(each) - 1) for each in heights)
    found: dict[Item, Place] = {}
    x = float(MARGIN)
    for column, tall in zip(columns, heights, strict=True):
        width = max((_width(model, item, names) for item in column if isinstance(item, str)), default=NARROWEST)
        y = TOP + (highest - sum(tall) - GAP * (len(tall) - 1)) / 2
        for item, height in zip(column, tall, strict=True):
            found[item] = Place(x, round(y, 1), round(width, 1), height)
            y += height + GAP
        x = round(x + width + GUTTER, 1)
    return found


# -- inside


def _height(model: Model, item: Item, names: Sequence[str]) -> float:
    if isinstance(item, Lane):
        return LANE
    return HEAD + (ROW * len(model.table(item).columns) + 6 if item in names else 0)


def _width(model: Model, name: str, names: Sequence[str]) -> float:
    rows = [(column.name, _type(column)) for column in model.table(name).columns] if name in names else []
    longest = max([len(name) + 2, *(len(title) + len(kind) + 3 for title, kind in rows)])
    return max(NARROWEST, longest * LETTER + 16)


def _type(column: Column) -> str:
    kind = short(column.type)
    return f"{kind if len(kind) <= LONGEST_TYPE else kind[: LONGEST_TYPE - 1] + '…'}{'?' if column.nullable else ''}"


def _box(table: Table, place: Place, own: bool) -> Iterator[str]:
    where = f'x="{place.x:g}" y="{place.y:g}" width="{place.width:g}"'
    if own:
        yield f'<rect class="box" {where} height="{place.height:g}" rx="4"/>'
    yield f'<rect class="{"top" if own else "other"}" {where} height="{HEAD}" rx="4"/>'
    yield f'<text class="head" x="{place.x + 8:g}" y="{place.y + 17:g}">{escape(table.name)}</text>'
    for number, column in enumerate(table.columns if own else ()):
        y = place.y + HEAD + ROW * number + 14
        mark = ' class="key"' if column.name in table.key else ""
        yield f'<text{mark} x="{place.x + 8:g}" y="{y:g}">{escape(column.name)}</text>'
        yield f'<text class="type" x="{place.x + place.width - 8:g}" y="{y:g}">{escape(_type(column))}</text>'


def _edges(model: Model, name: str, places: dict[Item, Place]) -> Iterator[str]:
    table, child = model.table(name), places[name]
    for reference in table.references:
        number = [column.name for column in table.columns].index(reference.columns[0])
        y = child.y + HEAD + ROW * number + ROW / 2 + 1
        said = f"{name} ({', '.join(reference.columns)}) → {reference.table} ({', '.join(reference.to)})"
        yield f'<g class="edge"><title>{escape(said)}</title>'
        if places[reference.table].x >= child.x:  # to itself, or closing a circle
            yield f'<path d="M{child.x:g} {y:g}h-18V{child.y + 12:g}h18"/>'
        else:
            lanes = sorted(
                (item for item in places if isinstance(item, Lane) and item.to == reference.table), key=lambda lane: -lane.rank
            )
            way = [places[lane] for lane in lanes if places[lane].x < child.x]
            yield f'<path d="{_way(child.x, y, way, places[reference.table])}"/>'
            parent = places[reference.table]
            yield f'<path d="M{parent.x + parent.width + 6:g} {parent.y + HEAD / 2 - 5:g}v10"/>'
        yield from _many(table, reference, child.x, y)
        yield "</g>"


def _way(x: float, y: float, lanes: Sequence[Place], parent: Place) -> str:
    path = f"M{x:g} {y:g}"
    for place in lanes:
        middle, level = (x + place.x + place.width) / 2, place.y + place.height / 2
        path += f"C{middle:g} {y:g} {middle:g} {level:g} {place.x + place.width:g} {level:g}H{place.x:g}"
        x, y = place.x, level
    end, level = parent.x + parent.width, parent.y + HEAD / 2
    middle = (x + end) / 2
    return f"{path}C{middle:g} {y:g} {middle:g} {level:g} {end:g} {level:g}"


def _many(table: Table, reference: Reference, x: float, y: float) -> Iterator[str]:
    """At the child's end: any number, or one at most where the columns are unique."""
    if any(set(unique) <= set(reference.columns) for unique in (table.key, *table.unique)):
        yield f'<path d="M{x - 6:g} {y - 5:g}v10"/>'
    else:
        yield f'<path d="M{x:g} {y - 5:g}L{x - 10:g} {y:g}L{x:g} {y + 5:g}"/>'
    yield f'<circle cx="{x - 14:g}" cy="{y:g}" r="4"/>'
