"""Command line: `python -m tools.drill [members] [region]`; without a name, all of them.

Prints a table for each, and exits with 0 where every bar is met."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from tools.lifecycle.__main__ import Parser, guarded

from . import members, region


def main() -> int:
    """Runs those that are asked for; the exit code is 0, 1 (a bar was missed, or a drill failed) or 64 (asked wrongly)."""
    parser = Parser(prog="python -m tools.drill", description="Rehearses what must not be tried for the first time at night.")
    parser.add_argument("drills", nargs="*", metavar="DRILL", help=f"{' or '.join(DRILLS)} (default: all)")
    parser.add_argument("--env", default="prod", help="the environment whose region is lost (default: %(default)s)")
    arguments = parser.parse_args()
    if unknown := [name for name in arguments.drills if name not in DRILLS]:
        parser.error(f"there is no drill '{unknown[0]}'; there are {', '.join(DRILLS)}")
    chosen = [name for name in DRILLS if name in arguments.drills or not arguments.drills]
    return max(guarded(lambda name=name: DRILLS[name](arguments.env)) for name in chosen)


def _region(environment: str) -> int:
    with tempfile.TemporaryDirectory(prefix="drill-") as home:
        return region.run(environment, Path(home))


DRILLS: Mapping[str, Callable[[str], int]] = {"members": lambda _: members.run(), "region": _region}

if __name__ == "__main__":
    sys.exit(main())
