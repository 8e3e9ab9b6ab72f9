"""The schedule as a Gantt chart: a line for each component, and the longest chain through them, in SVG, for light and dark."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

from ..homes import Inventory, components
from .schedule import Schedule, schedule
from .text import minutes, name

WIDTH, MARGIN, LABELS, ROW, HEAD = 1200, 16, 230, 22, 72
SHORT = 60
"""Components that take less than so many seconds are not drawn; how many they are is said."""
LETTER = 6.4
"""The width of a letter of the small text, about."""
STYLE = """
text{font:12px system-ui,sans-serif;fill:#1f2328}.title{font-size:15px;font-weight:600}.small{font-size:11px;fill:#59636e}
.grid{stroke:#d1d9e0}.bar{fill:#afb8c1}.chain{fill:#bc4c00}.name{text-anchor:end}.within{font-size:11px;fill:#fff}
@media (prefers-color-scheme:dark){text{fill:#f0f6fc}.small{fill:#9198a1}.grid{stroke:#3d444d}
.bar{fill:#656c76}.chain{fill:#9e4c1c}.within{fill:#fff}}
"""


@dataclass(frozen=True)
class Row:
    """A component on the time axis."""

    title: str
    begins: float
    ends: float
    chain: tuple[tuple[str, float, float], ...]
    """The resources of it that are on the longest chain: name, begin and end."""


def gantt(inventory: Inventory, environment: str) -> str:
    """The chart of an environment."""
    found = schedule(inventory)
    rows = rows_of(inventory, found)
    shown = [row for row in rows if row.ends - row.begins >= SHORT or row.chain]
    height = HEAD + ROW * len(shown) + MARGIN + ROW
    scale = (WIDTH - LABELS - 2 * MARGIN) / max(found.seconds, 1)
    title = f"{environment} from nothing: about {minutes(found.seconds)} at Google"
    left_out = f"{len(rows) - len(shown)} components that take less than a minute are not shown"
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}"',
            f' role="img" aria-label="{escape(title)}">',
            f"<style>{STYLE}</style>",
            f'<text class="title" x="{MARGIN}" y="24">{escape(title)}</text>',
            f'<rect class="chain" x="{WIDTH - 340}" y="14" width="28" height="10"/>',
            f'<text x="{WIDTH - 304}" y="24">the longest chain</text>',
            f'<rect class="bar" x="{WIDTH - 180}" y="14" width="28" height="10"/>',
            f'<text x="{WIDTH - 144}" y="24">all of a component</text>',
            *_axis(found.seconds, scale, height),
            *(part for number, row in enumerate(shown) for part in _row(row, HEAD + ROW * number, scale)),
            f'<text class="small" x="{MARGIN}" y="{height - 12}">{escape(left_out)}</text>',
            "</svg>",
            "",
        ]
    )


def rows_of(inventory: Inventory, found: Schedule) -> list[Row]:
    """The components, by when they begin."""
    homes = components(inventory)
    chain = {bar.urn for bar in found.path if bar.seconds}
    inside: dict[str, list[str]] = {}
    for entry in inventory:
        if entry["custom"] and entry["urn"] in homes:
            inside.setdefault(homes[entry["urn"]], []).append(entry["urn"])
    rows: list[Row] = []
    for title, urns in inside.items():
        bars = [found.bars[urn] for urn in urns]
        on = sorted((bar for bar in bars if bar.urn in chain), key=lambda bar: bar.begins)
        steps = tuple((name(bar.urn), bar.begins, bar.ends) for bar in on)
        rows.append(Row(title, min(bar.begins for bar in bars), max(bar.ends for bar in bars), steps))
    return sorted(rows, key=lambda row: (row.begins, row.ends, row.title))


# -- inside


def _axis(seconds: float, scale: float, height: float) -> Iterator[str]:
    step = 300 if seconds > 900 else 60
    for second in range(0, int(seconds) + 1, step):
        x = MARGIN + LABELS + second * scale
        yield f'<path class="grid" d="M{x:g} {HEAD - 14}V{height - MARGIN - ROW:g}"/>'
        yield f'<text class="small" x="{x + 3:g}" y="{HEAD - 18}">{second // 60} min</text>'


def _row(row: Row, top: float, scale: float) -> Iterator[str]:
    start = MARGIN + LABELS
    yield f'<text class="name" x="{start - 8}" y="{top + 14:g}">{escape(_fitting(row.title, LABELS - 8))}</text>'
    width = max((row.ends - row.begins) * scale, 1)
    yield f'<rect class="bar" x="{start + row.begins * scale:g}" y="{top + 8:g}" width="{width:g}" height="4" rx="2"/>'
    for title, begins, ends in row.chain:
        x, width = start + begins * scale, max((ends - begins) * scale, 2)
        yield f'<rect class="chain" x="{x:g}" y="{top + 3:g}" width="{width:g}" height="14" rx="2">'
        yield f"<title>{escape(title)}: {minutes(ends - begins)}</title></rect>"
        if len(title) * LETTER + 8 <= width:
            yield f'<text class="within" x="{x + 6:g}" y="{top + 14:g}">{escape(title)}</text>'


def _fitting(text: str, width: float) -> str:
    room = int(width / LETTER)
    return text if len(text) <= room else f"{text[: room - 1]}…"
