"""What the tests on the real engine share."""

from __future__ import annotations

import fcntl
import os
import shutil
from pathlib import Path

import pytest

from .checkout import Checkout
from .harness import Lifecycle, Standing, wait_for


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """A copy of this checkout, set up, on a cloud of its own."""
    return Checkout(tmp_path)


@pytest.fixture
def standing(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Standing:
    """An environment that is up, on a cloud of the test's own: built once a run, and copied."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:  # each worker has a folder in the run's
        shared = shared.parent

    def copy(environment: str) -> Lifecycle:
        original = shared / f"standing-{environment}"
        with (shared / f"{original.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not (original / "up.log").exists():
                _build(Lifecycle(original, environment))
        shutil.copytree(original, tmp_path, dirs_exist_ok=True)
        return Lifecycle(tmp_path, environment)

    return copy


def _build(cloud: Lifecycle) -> None:
    shutil.rmtree(cloud.home, ignore_errors=True)  # what an attempt that failed has left
    answer = cloud.run("up")
    assert answer.code == 0, answer.err

    def at_rest() -> bool:
        cloud.store().close()  # the last to close the store folds its log into it
        return not (cloud.home / "cloud" / "cloud.db-wal").exists()

    wait_for(at_rest)
    (cloud.home / "up.log").write_text(answer.out + answer.err)
