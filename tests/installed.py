"""Programs of the operating system that tests start. A test whose programs are not there is skipped, says what to install, and counts."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from tools import programs

REDIS = ("redis-server", "util-linux")
POSTGRES = (
    *("postgresql-15", "postgresql-15-cron", "postgresql-15-hypopg", "pgbouncer", "openssl"),
    *("sqitch", "libdbd-pg-perl", "util-linux"),
)
PROMTOOL = ("prometheus",)
DRILLS = ("postgresql-15", "etcd-server", "pgbackrest", "openssl", "util-linux")


def lacking(packages: Iterable[str]) -> str | None:
    """What to install, or nothing where all is there."""
    missing = programs.missing({name: programs.PACKAGES[name] for name in packages})
    return f"needs {', '.join(missing)}; as root: {programs.advice(missing)}" if missing else None


def need(packages: Iterable[str]) -> None:
    """Skips the test where a package is missing: only root on Debian or Ubuntu can install it."""
    if why := lacking(packages):
        pytest.skip(why)
