"""kill -9 of the engine, of a plugin, and of both, in the middle of an `up`."""

from __future__ import annotations

import contextlib
import os
import signal
from itertools import takewhile
from pathlib import Path

import pytest

from localcloud.catalog import is_kept
from localcloud.serve import STORE_VARIABLE
from tools.recorder import ROOT

from .harness import Lifecycle, wait_for

VICTIMS = ("engine", "plugin", "both")


def creations(environment: str) -> int:
    """How many resources an `up` creates on the local cloud."""
    listed = (ROOT / "tests" / "inventory" / f"{environment}.yaml").read_text().partition("counts:\n")[2].splitlines()
    counts = (line.strip().rsplit(": ", 1) for line in takewhile(lambda line: line.startswith("  "), listed))
    return sum(int(count) for token, count in counts if is_kept(token))


def points(environment: str) -> list[int]:
    """Twenty points, spread evenly over an `up`."""
    return [round((point + 0.5) * creations(environment) / 20) for point in range(20)]


SAMPLE = list(zip(VICTIMS, points("dev")[6::5], strict=True))
"""What `make test` kills, in dev; `make chaos` kills all three at all twenty points of production."""


def _when(point: int) -> str:
    """Before the operation is carried out or after: both leave the engine without an answer."""
    return "before" if point % 2 else "after"


def kill_and_resume(folder: Path, environment: str, victim: str, point: int) -> Lifecycle:
    """The environment after an `up` that was killed at a point, and one more `up`."""
    cloud, planned = Lifecycle(folder, environment), creations(environment)
    cloud.store().close()
    cloud.fault("create", point, f"kill-{victim}:{_when(point)}")
    crashed = cloud.run("up")
    assert crashed.code == 1
    assert not cloud.faults(), "the point was reached"
    made = len(cloud.rows())
    assert 0 < made + 1 < planned
    cloud.ok("up")
    cloud.assert_true_to_state()
    assert len(cloud.rows()) == planned
    created = [operation["name"] for operation in cloud.operations() if operation["verb"] == "create"]
    grants = [name for name in created if "/iam/" in name or "/services/" in name]
    assert len(created) - len(grants) == len(set(created) - set(grants)), "nothing was created twice"
    return cloud


only_linux = pytest.mark.skipif(
    not Path("/proc/self/environ").exists(), reason="only Linux tells what a process was started for: no /proc"
)


@only_linux
@pytest.mark.engine
def test_nothing_outlives_a_killed_engine(tmp_path: Path) -> None:
    cloud = Lifecycle(tmp_path, "dev")
    cloud.store().close()
    cloud.fault("create", 10, "kill-engine:after")
    assert cloud.run("up").code == 1
    wait_for(lambda: not _processes(cloud), 10)


@only_linux
@pytest.mark.engine
@pytest.mark.parametrize("victim", ["tools.lifecycle", "localcloud.state"])
def test_the_next_up_completes_whoever_else_was_killed(victim: str, tmp_path: Path) -> None:
    """The command itself, whose engine is left alone, and what keeps the state, whose engine cannot write any more."""
    cloud = Lifecycle(tmp_path, "dev")
    cloud.store().close()
    with cloud.start("up") as first:
        wait_for(lambda: len(cloud.rows()) > 20)
        killed = [process for process, command in _processes(cloud).items() if f"-m {victim} " in command]
        assert len(killed) == 1
        os.kill(killed[0], signal.SIGKILL)
        _, err = first.communicate(timeout=120)
    assert "Traceback" not in err
    assert len(cloud.rows()) < creations("dev")
    wait_for(lambda: not _processes(cloud), 30)
    cloud.ok("up")
    cloud.assert_true_to_state()
    assert len(cloud.rows()) == creations("dev")
    assert cloud.run("drift").code == 0


def _processes(cloud: Lifecycle) -> dict[int, str]:
    """The command lines of what works on a local cloud, by their numbers."""
    found: dict[int, str] = {}
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it has ended meanwhile, or is somebody else's
            command = (process / "cmdline").read_text().replace("\0", " ")
            works = f"{STORE_VARIABLE}={cloud.home}/" in (process / "environ").read_text() or f" {cloud.home}" in command
            if works and command:
                found[int(process.name)] = command
    return found


@pytest.mark.engine
@pytest.mark.parametrize(("victim", "point"), SAMPLE)
def test_the_next_up_completes(victim: str, point: int, tmp_path: Path) -> None:
    assert kill_and_resume(tmp_path, "dev", victim, point).run("drift").code == 0


@pytest.mark.engine
@pytest.mark.chaos
@pytest.mark.parametrize("point", points("prod"))
@pytest.mark.parametrize("victim", VICTIMS)
def test_the_next_up_completes_at_every_point(victim: str, point: int, tmp_path: Path) -> None:
    assert kill_and_resume(tmp_path, "prod", victim, point).run("drift").code == 0
