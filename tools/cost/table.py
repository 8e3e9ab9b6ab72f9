"""The table of prices: prices.toml for amounts, types.toml for what is free, billed by use, or not priced."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

HERE = Path(__file__).parent
GOOD_FOR = timedelta(days=365)
"""A price is taken to be out of date when its source is older."""
REGIONS = ("us-central1", "us-east1")
"""What a price holds for where it does not say: most are for all of America, and these are the regions of the requirements."""


class TableError(Exception):
    """A table of prices that cannot be used. The message names the file, the key, and what is wrong."""


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Source(_Entry):
    """Where prices were read."""

    title: str
    url: str = Field(pattern="^https://")
    date: date
    """The day of the source."""


class Price(_Entry):
    """What one unit of something costs, in US dollars."""

    sku: str
    unit: str = Field(pattern=r"^.+ (hour|month)$")
    amount: Decimal = Field(gt=0)
    source: str
    regions: tuple[str, ...] = REGIONS

    @property
    def hourly(self) -> bool:
        """Whether it is billed by the hour; by the month otherwise."""
        return self.unit.endswith(" hour")


class Assumptions(_Entry):
    """What the declared state does not say."""

    hours_per_month: Decimal = Field(gt=0)
    """As Google's calculator has it: 365 days of 24 hours in twelve months."""
    key_versions: Decimal = Field(ge=0)
    """Active versions of a key. A rotation adds one, which costs as much again until an older one is destroyed."""
    backup_share: Decimal = Field(ge=0)
    """What is kept of backups, as a share of the disk: the first is whole, those after it hold what changed."""
    nat_machines_together: int = Field(gt=0)
    """From so many machines on, a NAT gateway costs no more."""
    forwarding_rules_together: int = Field(gt=0)
    """So many forwarding rules are billed as one."""


class Kind(_Entry):
    """A resource type that no amount is put on, and why."""

    why: str
    source: str = Field(pattern="^https://")


Standing = Literal["free", "by_use", "not_priced"]


class Table(_Entry):
    """Prices and what is known of resource types without one."""

    assumptions: Assumptions
    sources: Mapping[str, Source]
    prices: Mapping[str, Price]
    free: Mapping[str, Kind]
    by_use: Mapping[str, Kind]
    not_priced: Mapping[str, Kind]

    @model_validator(mode="after")
    def _sources_are_there(self) -> Table:
        for name, price in self.prices.items():
            if price.source not in self.sources:
                raise ValueError(f"prices.{name}.source is {price.source}; sources are {', '.join(self.sources)}")
        return self

    def price(self, name: str, region: str) -> Price | None:
        """The price of that name in a region; None where none was found."""
        known = self.prices.get(name)
        return known if known and (region in known.regions or "global" in known.regions) else None

    def standing(self, type_: str) -> tuple[Standing, Kind] | None:
        """What is known of a type that nothing is charged for; `*` in the table stands for anything."""
        groups: tuple[tuple[Standing, Mapping[str, Kind]], ...] = (
            ("free", self.free),
            ("by_use", self.by_use),
            ("not_priced", self.not_priced),
        )
        return next(((name, kinds[key]) for name, kinds in groups for key in kinds if fnmatchcase(type_, key)), None)

    def out_of_date(self, today: date) -> Iterator[str]:
        """The sources that are too old to be relied on, each with the number of prices it is of."""
        for name, source in self.sources.items():
            count = sum(price.source == name for price in self.prices.values())
            if today - source.date > GOOD_FOR:
                yield f"{count} price(s) are of {source.date}, more than {GOOD_FOR.days} days before {today}: {source.title}"


@functools.cache
def table() -> Table:
    """The table in this folder.

    Raises:
        TableError: it does not make sense.
    """
    return read(HERE / "prices.toml", HERE / "types.toml")


def read(*files: Path) -> Table:
    """A table from its files, whose keys are put together.

    Raises:
        TableError: a file is not TOML, or says something that is not allowed.
    """
    known: dict[str, object] = {}
    for file in files:
        try:
            known |= tomllib.loads(file.read_text())
        except (OSError, tomllib.TOMLDecodeError) as error:
            raise TableError(f"{file.name}: {error}") from None
    try:
        return Table.model_validate(known)
    except ValidationError as error:
        names = " and ".join(file.name for file in files)
        said = [f"{names}: {'.'.join(map(str, each['loc'])) or 'table'}: {each['msg']}" for each in error.errors()]
        raise TableError("\n".join(said)) from None
