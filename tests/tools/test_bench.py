"""The benchmark: its arithmetic, and a step of it on the real engine."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from localcloud.state.stacks import Stack
from localcloud.store import Store
from tools.bench import STEPS, SUBJECTS, Timings, program_lines, table
from tools.recorder import ROOT


def test_ratios_are_taken_round_by_round() -> None:
    timings = Timings()
    for step in STEPS:
        for subject, seconds in zip(SUBJECTS, ((3.0, 30.0, 6.0), (2.0, 15.0, 5.0), (1.0, 10.0, 1.0)), strict=True):
            for value in seconds:
                timings.add(subject, step, value)
    assert timings.ratio("up", "trivial") == 1.5, "of 1.5, 2 and 1.2"
    assert timings.ratio("up", "one") == 3.0
    text = table(timings, 103)
    assert "prod has 103 resources" in text
    assert "| up | 1.50 | 1.5 | 3.00 | 6.00 s | 5.00 s | 1.00 s |" in text
    assert "| destroy | 1.50 |  | 3.00 |" in text


def test_the_program_alone_is_told_in_medians() -> None:
    assert "imports 2.00 s (4.00 times" in program_lines([[1, 1], [2, 0.5], [9, 9]], [[0.5]])
    assert "together 3.00 s of at most 3 s" in program_lines([[1, 1], [2, 0.5], [9, 9]], [[0.5]])


def test_a_round_that_measures_nothing_is_refused() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tools.bench", "--rounds", "0"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "--rounds must be 1 or more" in done.stderr


@pytest.mark.engine
def test_the_trivial_stack_has_as_many_resources(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tools.bench", "--step", "trivial", "up", str(tmp_path), "5"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    state = Stack(tmp_path / "state", "alphintra", "prod").load("")["deployment"]["resources"]
    assert [one["type"] for one in state].count("random:index/randomId:RandomId") == 4, "and their provider"
    store = Store(tmp_path / "cloud" / "cloud.db")
    with store.transaction():
        assert not store.all(), "none of it is at the cloud"
    store.close()
