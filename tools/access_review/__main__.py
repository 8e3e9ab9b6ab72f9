"""Who may do what in an environment, without an engine: `python -m tools.access_review --env prod`.

Lists every grant that the program declares: roles at Google, logins to the main database, roles on the clusters. With --against,
what was granted and what was taken away since another revision, which is what a regular review of access looks at. What people
were granted outside the program is not here: an organisation's own report has it.
"""

from __future__ import annotations

import argparse
import csv
import json
import signal
import sys
from collections.abc import Callable, Sequence
from io import StringIO

from settings import SettingsError

from ..inventory import inventory
from ..revision import RevisionError, inventory_at
from .grants import COLUMNS, Grant, grants, remarkable

Changes = Sequence[tuple[str, Grant]]
"""Each with its sign: + granted, - taken away, or nothing where all are listed."""


def main() -> int:
    """Prints them."""
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `… | head` ends quietly
    parser = argparse.ArgumentParser(prog="python -m tools.access_review", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--env", default="dev", help="the environment: Pulumi.<env>.yaml (default: %(default)s)")
    parser.add_argument("--against", metavar="REVISION", help="a revision of git to tell the change from")
    parser.add_argument("--format", choices=FORMATS, default="text", help="for people or for machines (default: %(default)s)")
    arguments = parser.parse_args()
    try:
        now = grants(inventory(arguments.env))
        before = grants(inventory_at(arguments.against, arguments.env)) if arguments.against else None
    except (RevisionError, SettingsError) as error:
        print(error, file=sys.stderr)
        return 1
    print(FORMATS[arguments.format](now, changes(now, before)))
    return 0


def changes(now: Sequence[Grant], before: Sequence[Grant] | None) -> Changes:
    """All grants, or those that differ."""
    if before is None:
        return [("", one) for one in now]
    given = [("+", one) for one in now if one not in before]
    return [*given, *(("-", one) for one in before if one not in now)]


def as_text(now: Sequence[Grant], listed: Changes) -> str:
    """For people: who, and what each may do; then what to look at first."""
    if not listed:
        return "nobody was granted anything, and nothing was taken away"
    lines: list[str] = []
    last = ""
    for sign, one in listed:
        if last != (last := f"{one.kind} {one.who}"):
            lines += ["", last]
        only = f", only where {one.only}" if one.only else ""
        lines.append(f"  {sign}{' ' if sign else ''}{one.may} on {one.on}{only}")
    for why, which in remarkable(list(now)):
        lines += ["", f"{why}: {len(which) or 'nobody'}", *(f"  {one.who}: {one.may} on {one.on}" for one in which)]
    return "\n".join(lines).lstrip()


def as_csv(_now: Sequence[Grant], listed: Changes) -> str:
    """For a spreadsheet, with a column in which a reviewer says yes or no."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["change", *COLUMNS, "still needed"])
    writer.writerows([sign, *one.cells, ""] for sign, one in listed)
    return text.getvalue().rstrip()


def as_json(_now: Sequence[Grant], listed: Changes) -> str:
    """For machines."""
    return json.dumps([{"change": sign, **dict(zip(COLUMNS, one.cells, strict=True))} for sign, one in listed], indent=2)


FORMATS: dict[str, Callable[[Sequence[Grant], Changes], str]] = {"text": as_text, "csv": as_csv, "json": as_json}

if __name__ == "__main__":
    sys.exit(main())
