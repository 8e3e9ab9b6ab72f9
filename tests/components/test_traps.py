"""The table of traps names tests that exist."""

from __future__ import annotations

import re

from tools.recorder import ROOT

ROWS = re.findall(r"^\| (\d+) \|.*\| ([^|]+) \|$", (ROOT / "docs" / "kubernetes-traps.md").read_text(), re.MULTILINE)


def test_there_are_thirty_five() -> None:
    assert [int(number) for number, _ in ROWS] == list(range(1, 36))


def test_every_row_names_tests_that_exist_or_is_open() -> None:
    for number, shown in ROWS:
        named = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", shown)
        assert bool(named) is not (shown == "open"), number
        for file, test in named:
            assert f"def {test}(" in (ROOT / file).read_text() if test else (ROOT / file).exists(), f"{number}: {file}::{test}"
