"""Sample data: dice that fall the same for the same seed, and the rows that were thrown."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

Row = dict[str, Any]
One = TypeVar("One")
DAYS = 60
"""How far back it goes: less than the 90 days that notifications are kept."""


@dataclass(frozen=True)
class Secret:
    """A value that is stored sealed, in the three columns of its field."""

    value: str


class Sample:
    """Rows by table, in an order in which parents come before their children."""

    def __init__(self, users: int, seed: int, moment: datetime) -> None:
        if users < 0:
            raise ValueError(f"users is {users}; none or more are possible")
        self.size = users
        self.moment = moment
        self.tables: dict[str, list[Row]] = {}
        # One course for each table, so that a change in one leaves the others as they were.
        self._seed = seed

    def dice(self, what: str) -> Dice:
        """Dice for one kind of rows."""
        return Dice(f"{self._seed}/{what}", self.moment)

    def add(self, table: str, **row: Any) -> Row:
        """One more row."""
        self.tables.setdefault(table, []).append(row)
        return row

    def __getitem__(self, table: str) -> list[Row]:
        return self.tables.setdefault(table, [])


class Dice(random.Random):
    """What is thrown."""

    def __init__(self, seed: str, moment: datetime) -> None:
        super().__init__(seed)
        self._moment = moment

    def uuid(self) -> UUID:
        """An id."""
        return UUID(int=self.getrandbits(128), version=4)

    def one(self, of: Sequence[One]) -> One:
        """One of them."""
        return of[self.randrange(len(of))]

    def some(self, of: Sequence[One], most: int) -> list[One]:
        """Different ones of them, at most so many."""
        return self.sample(of, min(len(of), most))

    def often(self, chance: float) -> bool:
        """True that often."""
        return self.random() < chance

    def amount(self, low: int, high: int, decimals: int = 2) -> Decimal:
        """An amount between two, with so many decimals."""
        return Decimal(self.randint(low * 10**decimals, high * 10**decimals)).scaleb(-decimals)

    def time(self, after: datetime | None = None) -> datetime:
        """A time of the last days, or after another one; never in the future."""
        begin = after or self._moment - timedelta(days=DAYS)
        return begin + timedelta(seconds=self.randint(0, max(0, int((self._moment - begin).total_seconds()))))
