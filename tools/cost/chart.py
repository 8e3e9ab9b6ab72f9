"""A bill as a chart: a bar for each of the dearest components, in the colours of what it pays for, in SVG, for light and dark."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from html import escape

from .bill import Bill
from .formats import money
from .uses import CATEGORIES, Category

WIDTH, MARGIN, LABELS, AMOUNTS, ROW, HEAD = 1200, 16, 230, 110, 30, 76
BARS = WIDTH - 2 * MARGIN - LABELS - AMOUNTS
"""How long the longest bar is."""
LETTER = 7.2
"""The width of a letter, about."""
NAMED = 8
"""The components that have a bar of their own; the rest share one."""
REST = "others"
STYLE = """
text{font:12px system-ui,sans-serif;fill:#1f2328}.title{font-size:15px;font-weight:600}.name{text-anchor:end}
.compute{fill:#0969da}.storage{fill:#1a7f37}.network{fill:#8250df}.replicas{fill:#bc4c00}.backups{fill:#9a6700}.other{fill:#59636e}
@media (prefers-color-scheme:dark){text{fill:#f0f6fc}.compute{fill:#4493f8}.storage{fill:#3fb950}.network{fill:#ab7df8}
.replicas{fill:#f0883e}.backups{fill:#d29922}.other{fill:#9198a1}}
"""
Shares = Mapping[Category, Decimal]


def chart(bill: Bill, environment: str) -> str:
    """The chart of an environment's bill."""
    rows = rows_of(bill)
    longest = max((sum(shares.values(), Decimal(0)) for _, shares in rows), default=Decimal(1))
    height = HEAD + ROW * len(rows) + MARGIN
    title = f"{environment}: {money(bill.total)} US dollars a month, and what is not priced"
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}"',
            f' role="img" aria-label="{escape(title)}">',
            f"<style>{STYLE}</style>",
            f'<text class="title" x="{MARGIN}" y="24">{escape(title)}</text>',
            *_legend(bill),
            *(part for number, row in enumerate(rows) for part in _row(*row, HEAD + ROW * number, BARS / float(longest))),
            "</svg>",
            "",
        ]
    )


def rows_of(bill: Bill) -> list[tuple[str, Shares]]:
    """What each of the dearest components pays for, and last what all others do."""
    rows = [(name, _shares(bill, [name])) for name in bill.by_component()]
    return rows[:NAMED] + ([(REST, _shares(bill, [name for name, _ in rows[NAMED:]]))] if rows[NAMED:] else [])


# -- inside


def _shares(bill: Bill, components: Sequence[str]) -> Shares:
    return {each: sum((bill.of(name, each) for name in components), Decimal(0)) for each in bill.categories()}


def _legend(bill: Bill) -> Iterator[str]:
    x = float(MARGIN + LABELS)
    for category in (each for each in CATEGORIES if each in bill.categories()):
        yield f'<rect class="{category}" x="{x:g}" y="44" width="12" height="12" rx="2"/>'
        yield f'<text x="{x + 18:g}" y="54">{category}</text>'
        x += 40 + LETTER * len(category)


def _row(name: str, shares: Shares, top: float, scale: float) -> Iterator[str]:
    x, total = float(MARGIN + LABELS), sum(shares.values(), Decimal(0))
    yield f'<text class="name" x="{x - 8:g}" y="{top + 15:g}">{escape(name)}</text>'
    for category, amount in shares.items():
        if amount:
            width = round(float(amount) * scale, 2)
            yield f'<rect class="{category}" x="{x:g}" y="{top:g}" width="{width:g}" height="20">'
            yield f"<title>{escape(name)}, {category}: {money(amount)}</title></rect>"
            x = round(x + width, 2)
    yield f'<text x="{x + 8:g}" y="{top + 15:g}">{money(total)}</text>'
