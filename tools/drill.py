"""The drills: real members under Patroni that are stopped, killed, frozen and restored while rows are written.

Run with `python -m tools.drill`; prints a table, and exits with 0 where every bar is met."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path

from . import programs
from .bootstrap.console import say

HEADINGS = ("event", "longest write gap", "acknowledged rows lost", "time to rejoin")


def table(lines: list[str]) -> str:
    """Results, each a line of JSON, as a table."""
    rows: list[tuple[str, ...]] = [HEADINGS]
    for line in lines:
        found = json.loads(line)
        seconds = [f"{found[key]:.1f} s" if found[key] is not None else "-" for key in ("gap", "rejoined")]
        lost = "-" if found["lost"] is None else str(found["lost"])
        rows.append((found["event"], seconds[0], lost, seconds[1]))
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    lines_of = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join([lines_of[0], "  ".join("-" * width for width in widths), *lines_of[1:]])


def main() -> int:
    """Runs them."""
    programs.ensure()
    import pytest  # noqa: PLC0415 - only here: `--help` needs no tests

    with tempfile.TemporaryDirectory() as folder:
        results = Path(folder) / "results"
        results.touch()
        os.environ["DRILL_RESULTS"] = str(results)
        say("this takes some ten minutes")
        code = pytest.main(["-q", "-rs", "-m", "drill or database", "tests/drills"])
        print(table(results.read_text().splitlines()))
    return int(code)


if __name__ == "__main__":
    sys.exit(main())
