"""When jobs run: the part of cron's notation that section 12.2 uses."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property

SCHEDULE = {
    "market_data": "*/1 * * * *",
    "portfolio_data": "*/5 * * * *",
    "strategy_metrics": "*/15 * * * *",
    "marketplace_data": "0 */1 * * *",
}
"""§12.2."""
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Schedule:
    """A minute and an hour in cron's notation, each `*`, `*/n` or a number, in UTC; every day."""

    cron: str

    @cached_property
    def _minutes(self) -> list[int]:
        """The minutes of a day."""
        parts = self.cron.split()
        if len(parts) != 5 or parts[2:] != ["*", "*", "*"]:
            raise ValueError(f"{self.cron!r} is not `minute hour * * *`")
        return [hour * 60 + minute for hour in self._values(parts[1], 24) for minute in self._values(parts[0], 60)]

    def _values(self, part: str, end: int) -> list[int]:
        found = re.fullmatch(r"\*(?:/(\d+))?|(\d+)", part)
        if not found or found[1] == "0" or (found[2] and int(found[2]) >= end):
            raise ValueError(f"{self.cron!r}: {part!r} is not *, */n or a number below {end}")
        return [int(found[2])] if found[2] else list(range(0, end, int(found[1] or 1)))

    def next_after(self, moment: datetime) -> datetime:
        """The first time after a moment."""
        day = moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        times = [day + minutes * MINUTE for minutes in self._minutes]
        return next((time for time in times if time > moment), times[0] + timedelta(days=1))

    def last_before(self, moment: datetime) -> datetime:
        """The last time that is not after a moment."""
        day = moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        times = [day + minutes * MINUTE for minutes in self._minutes]
        return next((time for time in reversed(times) if time <= moment), times[-1] - timedelta(days=1))
