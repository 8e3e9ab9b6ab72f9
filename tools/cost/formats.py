"""A bill for people and for machines."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from decimal import Decimal

from .bill import Bill, Change, changes
from .table import Assumptions, Table

BAR = 30
"""The longest bar of the chart, in characters."""


def money(amount: Decimal) -> str:
    """Dollars and cents."""
    return f"{amount:,.2f}"


def signed(amount: Decimal) -> str:
    """A difference, with its sign."""
    return f"{amount:+,.2f}"


def sentences(assumed: Assumptions) -> Sequence[str]:
    """What is assumed, in words."""
    return (
        f"A month has {assumed.hours_per_month} hours.",
        "List prices in US dollars: no sustained-use or committed-use discounts, free tiers, credits or taxes.",
        "Node pools have as many nodes as they begin with, disks are as large as declared: neither has grown yet.",
        f"Backups of Cloud SQL keep {assumed.backup_share} times its disk.",
        f"A key has {assumed.key_versions} active version.",
        "Traffic, requests, logs and what buckets and datasets hold depend on use, and are not in the total.",
        "Licences cost nothing: PostgreSQL, TimescaleDB's community edition and Elastic's basic licence are free.",
    )


def as_text(environment: str, bill: Bill, table: Table, before: Bill | None = None, against: str = "") -> str:
    """A table by component, what is not in it, and what is assumed."""
    categories = bill.categories()
    head = ["US dollars a month", *categories, "total", ""]
    most = max(bill.by_component().values(), default=Decimal(1))
    rows = [
        [name, *(_cell(bill.of(name, category)) for category in categories), money(total), _bar(total, most)]
        for name, total in bill.by_component().items()
    ]
    last = ["total", *(money(sum((bill.of(name, each) for name in bill.by_component()), Decimal(0))) for each in categories)]
    parts = [
        f"{environment}: {money(bill.total)} USD a month, and what is not priced",
        _columns([head, *rows, [*last, money(bill.total), ""]]),
        *([_difference(list(changes(before, bill)), bill.total - before.total, against)] if before else []),
        "\n".join(["Not priced, and not in the total:", *not_priced(bill)]),
        "\n".join(["By use, and not in the total:", *by_use(bill)]),
        "\n".join(["Assumed:", *(f"  {sentence}" for sentence in sentences(table.assumptions))]),
    ]
    return "\n\n".join(parts)


def not_priced(bill: Bill) -> Iterator[str]:
    """What costs, and nobody knows how much, in a line each."""
    for known, count in sorted(bill.not_priced.items(), key=lambda item: (item[0].component, item[0].what)):
        yield f"  {known.component}: {known.what}{f' ({count})' if count > 1 else ''}: {known.why}"


def by_use(bill: Bill) -> Iterator[str]:
    """What is billed by use, in a line each."""
    for (kind, how), count in sorted(bill.by_use.items()):
        yield f"  {count} {kind}: {how}"


def as_json(environment: str, bill: Bill, table: Table, before: Bill | None = None, against: str = "") -> str:
    """The same for machines; amounts are decimal text."""
    change = {
        "against": against,
        "total": str(bill.total - before.total),
        "components": [{**_texts(asdict(each)), "difference": str(each.difference)} for each in changes(before, bill)],
    } if before else None  # fmt: skip
    told = {
        "environment": environment,
        "currency": "USD",
        "month": str(bill.total),
        "components": {name: str(total) for name, total in bill.by_component().items()},
        "lines": [_texts(asdict(line)) for line in bill.lines],
        "not_priced": [{**asdict(known), "count": count} for known, count in bill.not_priced.items()],
        "by_use": [{"what": kind, "how": how, "count": count} for (kind, how), count in bill.by_use.items()],
        "free": dict(bill.free),
        "assumptions": _texts(table.assumptions.model_dump()),
        "change": change,
    }
    return json.dumps(told, indent=2)


def _texts(known: dict[str, object]) -> dict[str, object]:
    return {name: str(value) if isinstance(value, Decimal) else value for name, value in known.items()}


def _difference(found: Sequence[Change], total: Decimal, against: str) -> str:
    if not found:
        return f"Against {against}: nothing changes."
    rows = [[f"  {each.component}", money(each.before), "→", money(each.after), signed(each.difference)] for each in found]
    return "\n".join([f"Against {against}: {signed(total)} USD a month", _columns(rows)])


def _cell(amount: Decimal) -> str:
    return money(amount) if amount else ""


def _bar(amount: Decimal, most: Decimal) -> str:
    return "█" * int(amount / most * BAR) if most else ""


def _columns(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ((cell.ljust(width) if at in {0, len(widths) - 1} else cell.rjust(width) for at, (cell, width) in
              enumerate(zip(row, widths, strict=True))) for row in rows)  # fmt: skip
    return "\n".join("  ".join(line).rstrip() for line in lines)
