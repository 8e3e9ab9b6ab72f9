"""The program is loaded for commands that run it, and for no others."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tools.recorder import ROOT

LOOKED_AT = """
import pathlib, sys
from tools.lifecycle.workspace import Workspace
from tools import preload

workspace = Workspace("dev", "local", pathlib.Path(sys.argv[1]))
workspace.exported()
print("components.platform" in sys.modules)
workspace.expect_program()
preload.start().join()
print("components.platform" in sys.modules)
"""


@pytest.mark.engine
def test_a_look_at_the_state_does_not_load_the_program(tmp_path: Path) -> None:
    command = [sys.executable, "-c", LOOKED_AT, str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.split()) == (0, ["False", "True"]), done.stderr


LOADED_LATER = """
import sys
from tools import preload
from tools.inventory import recorded

preload.start().join()
before = set(sys.modules)
recorded("prod")
print(*(name for name in set(sys.modules) - before if name.startswith(("pulumi_gcp", "pulumi_kubernetes"))))
"""


def test_nothing_of_the_sdks_is_left_to_load_for_the_program() -> None:
    done = subprocess.run([sys.executable, "-c", LOADED_LATER], cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.split()) == (0, []), done.stderr
