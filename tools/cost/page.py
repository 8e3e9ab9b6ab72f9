"""The page on costs: each environment's bill, what is not on it, and every price with its source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from .bill import Bill
from .formats import money, sentences
from .table import Price, Table

Part = str | tuple[Sequence[str], list[Sequence[str]]]
"""A paragraph, or a table: its head and its rows."""
INTRODUCTION = """What each environment costs a month at list prices, from what the program declares. `make cost ENV=prod`
shows the same, `AGAINST=main` what changes since another revision, `FORMAT=json` every line. Prices are what a public source
said on the day that the last table names; the command tells which are older than a year. What no source was found for is named,
and in no total."""


def parts(bills: Mapping[str, Bill], table: Table) -> Iterator[Part]:
    """The page, from its beginning.

    Args:
        bills: the bill of each environment.
        table: the prices they are made with.
    """
    yield INTRODUCTION
    yield "\n".join(f"- {sentence}" for sentence in sentences(table.assumptions))
    for environment, bill in bills.items():
        yield f"## {environment}: {money(bill.total)} USD a month, and what is not priced"
        picture = f"../pictures/{environment}-cost.svg"
        yield f"[![What the dearest components of {environment} cost]({picture})]({picture})"
        yield _components(bill)
        yield "Not priced, and not in the total:"
        yield ("component", "what", "why", "of them"), _not_priced(bill)
    yield "## By use"
    yield "What depends on use, and is in no total."
    yield (
        ("type", "how it is billed"),
        [[f"`{name}`", f"{kind.why} ([link]({kind.source}))"] for name, kind in table.by_use.items()],
    )
    yield "## Free"
    yield "`*` stands for anything; volumes of Kubernetes are billed all the same."
    yield ("type", "what is free"), [[f"`{name}`", f"{kind.why} ([link]({kind.source}))"] for name, kind in table.free.items()]
    yield "## Prices"
    yield (
        ("price", "what Google calls it", "US dollars", "a", "in", "day", "source"),
        [_price(name, price, table) for name, price in table.prices.items()],
    )


def _components(bill: Bill) -> Part:
    categories = bill.categories()
    rows: list[Sequence[str]] = [
        [name, *(money(amount) if (amount := bill.of(name, category)) else "" for category in categories), money(total)]
        for name, total in bill.by_component().items()
    ]
    return ("component", *categories, "total"), rows


def _not_priced(bill: Bill) -> list[Sequence[str]]:
    found = sorted(bill.not_priced.items(), key=lambda item: (item[0].component, item[0].what))
    return [[known.component, known.what, known.why, str(count)] for known, count in found]


def _price(name: str, price: Price, table: Table) -> Sequence[str]:
    source = table.sources[price.source]
    where = ", ".join(price.regions)
    return [f"`{name}`", price.sku, str(price.amount), price.unit, where, str(source.date), f"[{source.title}]({source.url})"]
