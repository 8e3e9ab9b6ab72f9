"""The bill of a month: what is declared times what it costs, in decimal dollars, and what is not on it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from ..homes import Inventory
from .declared import Declared, Resource
from .table import Standing, Table
from .uses import CATEGORIES, CHARGES, Category, Use

CENT = Decimal("0.01")
ZERO = Decimal("0.00")


@dataclass(frozen=True)
class Line:
    """A resource's use of one price."""

    component: str
    resource: str
    category: Category
    price: str
    region: str
    quantity: Decimal
    unit: str
    amount: Decimal
    """What a unit costs, in US dollars."""
    month: Decimal
    """What the line costs a month, to the cent: totals add up what is shown."""


@dataclass(frozen=True)
class NotPriced:
    """Something that costs, and nobody knows how much."""

    component: str
    what: str
    why: str


@dataclass(frozen=True)
class Bill:
    """What an environment costs a month, as far as it is known."""

    lines: Sequence[Line]
    not_priced: Mapping[NotPriced, int]
    """With how many resources it is true of."""
    by_use: Mapping[tuple[str, str], int]
    """Types that are billed by what will pass through them, and how; with how many there are."""
    free: Mapping[str, int]
    """Resources that cost nothing, by type."""

    @property
    def total(self) -> Decimal:
        """A month, in US dollars."""
        return sum((line.month for line in self.lines), ZERO)

    def by_component(self) -> Mapping[str, Decimal]:
        """The total of each component, the dearest first."""
        sums: dict[str, Decimal] = {}
        for line in self.lines:
            sums[line.component] = sums.get(line.component, ZERO) + line.month
        return dict(sorted(sums.items(), key=lambda item: (-item[1], item[0])))

    def of(self, component: str, category: Category) -> Decimal:
        """What a component costs in one category."""
        return sum((line.month for line in self.lines if (line.component, line.category) == (component, category)), ZERO)

    def categories(self) -> list[Category]:
        """Those that something is in, in their order."""
        return [name for name in CATEGORIES if any(line.category == name for line in self.lines)]


def bill(inventory: Inventory, table: Table) -> Bill:
    """The bill of what an inventory declares."""
    declared = Declared(inventory)
    lines: list[Line] = []
    unknown: Counter[NotPriced] = Counter()
    by_use: Counter[tuple[str, str]] = Counter()
    free: Counter[str] = Counter()
    for resource in declared.resources:
        charge = CHARGES.get(resource.type)
        for use in charge(resource, declared, table.assumptions) if charge else ():
            line = _line(resource, use, table)
            if line:
                lines.append(line)
            else:
                unknown[_no_price(resource, use)] += 1
        if charge is None:
            standing, why = standing_of(resource.type, table)
            if standing == "not_priced":
                unknown[NotPriced(resource.component, _kind(resource), why)] += 1
            elif standing == "by_use":
                by_use[_kind(resource), why] += 1
            else:
                free[resource.type] += 1
    return Bill(lines, unknown, by_use, free)


def standing_of(type_: str, table: Table) -> tuple[Standing, str]:
    """What is known of a type that nothing is charged for, and why; one that nobody has looked at is not priced."""
    found = table.standing(type_)
    return (found[0], found[1].why) if found else ("not_priced", f"nobody has looked at what {type_} costs")


def _line(resource: Resource, use: Use, table: Table) -> Line | None:
    price = table.price(use.price, use.region)
    if price is None:
        return None
    hours = table.assumptions.hours_per_month if price.hourly else Decimal(1)
    month = (price.amount * use.quantity * hours).quantize(CENT, ROUND_HALF_UP)
    return Line(
        resource.component, resource.name, use.category, use.price, use.region, use.quantity, price.unit, price.amount, month
    )


def _no_price(resource: Resource, use: Use) -> NotPriced:
    return NotPriced(
        resource.component, f"{use.quantity.normalize():f} of {use.price} in {use.region}", "no source was found for its price"
    )


def _kind(resource: Resource) -> str:
    return resource.type.rpartition(":")[2]


@dataclass(frozen=True)
class Change:
    """What a component costs before and after."""

    component: str
    before: Decimal
    after: Decimal

    @property
    def difference(self) -> Decimal:
        """More is positive."""
        return self.after - self.before


def changes(before: Bill, after: Bill) -> Iterator[Change]:
    """The components whose cost differs, the largest difference first."""
    old, new = before.by_component(), after.by_component()
    found = [Change(name, old.get(name, ZERO), new.get(name, ZERO)) for name in {*old, *new}]
    yield from sorted((each for each in found if each.difference), key=lambda each: (-abs(each.difference), each.component))
