"""Where collections of garbage cost more than what they find."""

from __future__ import annotations

import gc
import subprocess
import sys
from pathlib import Path

import pytest

from tools.garbage import without_collections
from tools.lifecycle.workspace import ENGINE_GARBAGE, Workspace
from tools.recorder import ROOT

COMMAND = """
import atexit, gc, runpy, sys
atexit.register(lambda: print(gc.isenabled(), gc.get_freeze_count() > 10_000))
sys.argv = ["tools.lifecycle", "up", "--env", "nowhere"]
runpy.run_module("tools.lifecycle", run_name="__main__")
"""


def test_none_comes_inside_and_they_come_again_outside() -> None:
    assert gc.isenabled()
    with without_collections():
        with without_collections():
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()


def test_none_comes_in_a_command_nor_at_its_end() -> None:
    done = subprocess.run([sys.executable, "-c", COMMAND], cwd=ROOT, capture_output=True, text=True, check=False)
    assert "unknown environment 'nowhere'" in done.stderr
    assert done.stdout.split() == ["False", "True"]


@pytest.mark.parametrize("own", [None, "50"])
def test_the_local_clouds_engine_looks_seldom_unless_somebody_says_how_often(
    own: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GOGC", raising=False)
    if own:
        monkeypatch.setenv("GOGC", own)
    variables = Workspace("dev", "local", tmp_path)._variables  # pyright: ignore[reportPrivateUsage]
    assert variables["GOGC"] == (own or ENGINE_GARBAGE)
