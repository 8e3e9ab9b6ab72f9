"""What an environment costs a month at list prices, without an engine: `python -m tools.cost --env prod`.

Prices what the program declares: a table by component, what is not priced, and what is assumed. With --against, what changes
since another revision. Prices whose source is older than a year are told on stderr.
"""

from __future__ import annotations

import argparse
import signal
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime

from settings import SettingsError

from ..inventory import inventory
from ..revision import RevisionError, inventory_at
from .bill import bill
from .formats import as_json, as_text
from .table import TableError, table

FORMATS: dict[str, Callable[..., str]] = {"text": as_text, "json": as_json}


def main() -> int:
    """Prints the bill."""
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `… | head` ends quietly
    parser = argparse.ArgumentParser(prog="python -m tools.cost", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--env", default="dev", help="the environment: Pulumi.<env>.yaml (default: %(default)s)")
    parser.add_argument("--against", metavar="REVISION", help="a revision of git to tell the change from")
    parser.add_argument("--format", choices=FORMATS, default="text", help="for people or for machines (default: %(default)s)")
    parser.add_argument("--date", type=_day, default=datetime.now(tz=UTC).date(), help="today (default: %(default)s)")
    arguments = parser.parse_args()
    try:
        prices = table()
        now = bill(inventory(arguments.env), prices)
        before = bill(inventory_at(arguments.against, arguments.env), prices) if arguments.against else None
    except (RevisionError, SettingsError, TableError) as error:
        print(error, file=sys.stderr)
        return 1
    print(FORMATS[arguments.format](arguments.env, now, prices, before, arguments.against or ""))
    for sentence in prices.out_of_date(arguments.date):
        print(f"out of date: {sentence}", file=sys.stderr)
    return 0


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"is {text}; give a day such as 2026-11-28") from None


if __name__ == "__main__":
    sys.exit(main())
