"""The command line of `database.partition`, with MAIN_DATABASE_URL in the environment: never PgBouncer's address."""

from __future__ import annotations

import argparse
import os
import sys

import psycopg
from psycopg.rows import dict_row

from .rewrite import How, partition
from .table import Connection, RefusedError


def main() -> int:
    """Partitions a table, and says what it did."""
    parser = argparse.ArgumentParser(prog="python -m database.partition", description="Makes a plain table a partitioned one.")
    parser.add_argument("table", help="its name in public")
    parser.add_argument("--by", required=True, help="the column of time that says where a row lives")
    parser.add_argument("--period", required=True, choices=["month", "quarter"], help="how long a partition is")
    parser.add_argument("--batch", type=int, default=5000, help="rows copied at once (default: %(default)s)")
    parser.add_argument("--tries", type=int, default=30, help="how often a lock is asked for (default: %(default)s)")
    arguments = parser.parse_args()
    url = os.environ.get("MAIN_DATABASE_URL")
    if not url:
        parser.error("MAIN_DATABASE_URL must be in the environment")
    if arguments.batch < 1 or arguments.tries < 1:
        parser.error("--batch and --tries are 1 or more")
    how = How(by=arguments.by, period=arguments.period, batch=arguments.batch, tries=arguments.tries)
    try:
        with Connection.connect(url, autocommit=True, connect_timeout=10, row_factory=dict_row) as connection:
            partition(connection, arguments.table, how, lambda step: print(step, flush=True))  # noqa: T201
    except (RefusedError, TimeoutError, psycopg.Error) as error:
        print(f"partition: {str(error).splitlines()[0]}", file=sys.stderr)  # noqa: T201
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
