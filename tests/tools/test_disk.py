"""A disk that fills up is told, whoever notices first."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest

from tools.lifecycle import disk
from tools.lifecycle.errors import CommandError


def free(monkeypatch: pytest.MonkeyPatch, megabytes: int) -> None:
    def usage(_: Path) -> SimpleNamespace:
        return SimpleNamespace(free=megabytes * disk.MEGABYTE)

    monkeypatch.setattr(shutil, "disk_usage", usage)


@pytest.mark.parametrize(("left", "told"), [(1, True), (100, False)])
def test_work_that_fails_before_the_next_look(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, left: int, told: bool) -> None:
    monkeypatch.setattr(disk, "LOOK_SECONDS", 60)
    free(monkeypatch, 100)

    def work() -> None:
        with disk.guarded(tmp_path, lambda: None):
            free(monkeypatch, left)
            raise CommandError("up failed")

    with pytest.raises(CommandError, match="up failed") as failed:
        work()
    assert (f"the disk that holds {tmp_path} is full" in str(failed.value)) == told
    assert not list(tmp_path.iterdir()), "what was set aside is given back"
