"""Real members of the time series under Patroni that are stopped, killed, frozen and restored while rows are written."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path

from tools import programs
from tools.bootstrap.console import say

from .table import table

HEADINGS = ("event", "longest write gap", "acknowledged rows lost", "time to rejoin")


def told(lines: list[str]) -> str:
    """Results, each a line of JSON, as a table."""
    rows: list[tuple[str, ...]] = []
    for line in lines:
        found = json.loads(line)
        seconds = [f"{found[key]:.1f} s" if found[key] is not None else "-" for key in ("gap", "rejoined")]
        lost = "-" if found["lost"] is None else str(found["lost"])
        rows.append((found["event"], seconds[0], lost, seconds[1]))
    return table(HEADINGS, rows)


def run() -> int:
    """Runs them, and prints what they measured."""
    programs.ensure()
    import pytest  # noqa: PLC0415 - only here: `--help` needs no tests

    with tempfile.TemporaryDirectory() as folder:
        results = Path(folder) / "results"
        results.touch()
        os.environ["DRILL_RESULTS"] = str(results)
        say("this takes some ten minutes")
        code = pytest.main(["-q", "-rs", "-m", "drill or database", "tests/drills"])
        print(told(results.read_text().splitlines()))
    return int(code)
