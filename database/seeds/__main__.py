"""The command line of `database.seeds`.

MAIN_DATABASE_URL         postgresql://…, of a login that is a member of alphintra_owner
TIMESERIES_DATABASE_URL   the same of the time-series database; `sample` fills it too where it is there
FIELD_KEY                 optional, for `sample`: 64 hexadecimal digits, the local key that fields are sealed under
"""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
from collections.abc import Mapping
from datetime import UTC, datetime

import psycopg
from psycopg.rows import dict_row

from . import load, series
from .anonymise import CLASSIFICATION, SERIES, Classification, Connection, NotACopyError, UnclassifiedError, anonymise

DEV_KEY = hashlib.sha256(b"alphintra dev: protects nothing").digest()
"""What fields of a sample are sealed under, where nothing else is said."""


def main() -> int:
    """Does what it is told, and says what came of it."""
    parser = argparse.ArgumentParser(
        prog="python -m database.seeds", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="command", required=True)
    sample = commands.add_parser("sample", help="sample data into an empty database")
    sample.add_argument("--users", type=int, default=100, help="how many users; the rest follows (default: 100)")
    sample.add_argument("--seed", type=int, default=1, help="the same seed gives the same rows (default: 1)")
    sample.add_argument("--until", type=datetime.fromisoformat, help="the day it ends with, as YYYY-MM-DD (default: today)")
    copy = commands.add_parser("anonymise", help="a copy of production, in place")
    copy.add_argument("--database", required=True, help="the name of the copy: says that it is one")
    copy.add_argument("--timeseries", action="store_true", help="it is a copy of the time series")
    arguments = parser.parse_args()
    series_alone = arguments.command == "anonymise" and arguments.timeseries
    variable, classification = ("TIMESERIES_DATABASE_URL", SERIES) if series_alone else ("MAIN_DATABASE_URL", CLASSIFICATION)
    url = os.environ.get(variable)
    if not url:
        parser.error(f"{variable} must be in the environment")
    try:
        if arguments.command == "anonymise":
            with _open(url) as connection:
                _say(anonymise(connection, arguments.database, Classification.read(classification)))
        else:
            _sample(url, arguments)
    except (
        load.NotEmptyError,
        series.NotEmptyError,
        NotACopyError,
        UnclassifiedError,
        ValueError,
        psycopg.OperationalError,
    ) as error:
        print(f"seeds: {error}", file=sys.stderr)  # noqa: T201
        return 1
    return 0


def _sample(main_url: str, arguments: argparse.Namespace) -> None:
    day = arguments.until or datetime.now(UTC)
    moment = day.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=UTC)
    key = bytes.fromhex(os.environ["FIELD_KEY"]) if os.environ.get("FIELD_KEY") else DEV_KEY
    made = load.generate(arguments.users, arguments.seed, moment)
    with _open(main_url) as connection:
        _say(load.load(connection, made, key))
    if url := os.environ.get("TIMESERIES_DATABASE_URL"):
        with _open(url) as connection:
            _say(series.load_series(connection, made))


def _open(url: str) -> Connection:
    return Connection.connect(url, autocommit=True, connect_timeout=10, row_factory=dict_row)


def _say(counts: Mapping[str, int]) -> None:
    for table, count in counts.items():
        print(f"{count:>10,}  {table}")  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
