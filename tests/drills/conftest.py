"""What the drills share: Patroni, as pinned, and a site of three members."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from tempfile import mkdtemp

import pytest

from ..database.timescale import need_timescaledb
from . import programs
from .cluster import Cluster


@pytest.fixture(scope="session")
def workplace() -> Generator[Path]:
    """A folder of the servers' own, with Patroni in it."""
    if why := programs.missing():
        pytest.skip(why)
    folder = programs.workplace()
    programs.install(folder)
    yield folder
    programs.clean(folder)


@pytest.fixture
def timescaledb() -> None:
    """Skips what plain PostgreSQL cannot show."""
    need_timescaledb()


@pytest.fixture
def site(workplace: Path) -> Generator[Cluster]:
    """Three members that serve."""
    python = programs.interpreter()
    assert python
    folder = Path(mkdtemp(dir=workplace, prefix=""))  # short: a socket's path has at most 107 letters
    programs.own(folder)
    running = Cluster(folder, workplace / "patroni", python)
    try:
        running.start()
        yield running
    finally:
        running.stop()
