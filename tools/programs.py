"""Programs of the operating system that the tests run: PostgreSQL 15, pg_cron, hypopg, PgBouncer, sqitch, Redis 7, etcd,
pgBackRest, and Prometheus, of which the tests run promtool alone.

Where this may install packages (root on Debian or Ubuntu), it does, and says so; elsewhere it says what to install,
and the tests that need them are skipped and counted. What is installed stays, so this happens once.

Run with `python -m tools.programs`; exits with 0 even where something is missing, because no other test needs it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from collections.abc import Generator, Iterable
from pathlib import Path

from .bootstrap.console import SetupError, run, say

POSTGRES = Path("/usr/lib/postgresql/15/bin")
"""Where Debian's and PostgreSQL's own packages put the server's programs."""
PACKAGES = {
    "postgresql-15": POSTGRES / "postgres",
    "postgresql-15-cron": Path("/usr/share/postgresql/15/extension/pg_cron.control"),
    "postgresql-15-hypopg": Path("/usr/share/postgresql/15/extension/hypopg.control"),
    "pgbouncer": Path("/usr/sbin/pgbouncer"),
    "etcd-server": Path("/usr/bin/etcd"),
    "pgbackrest": Path("/usr/bin/pgbackrest"),
    "openssl": Path("/usr/bin/openssl"),
    "sqitch": Path("/usr/bin/sqitch"),
    "libdbd-pg-perl": Path("/usr/share/doc/libdbd-pg-perl"),
    "prometheus": Path("/usr/bin/promtool"),
    "redis-server": Path("/usr/bin/redis-server"),
    "util-linux": Path("/usr/bin/setpriv"),
}
"""Packages, each with a file that is there when it is installed."""
POLICY = Path("/usr/sbin/policy-rc.d")
"""While this script answers 101, Debian's packages start no service."""
INSTALL_SECONDS = 900


def missing(packages: dict[str, Path] = PACKAGES) -> list[str]:
    """The packages that are not installed."""
    return [package for package, proof in packages.items() if not proof.exists()]


def advice(packages: Iterable[str]) -> str:
    """What to type to install them."""
    return f"apt-get install --no-install-recommends {' '.join(packages)}"


def ensure(packages: dict[str, Path] = PACKAGES, policy: Path = POLICY) -> bool:
    """Installs what is missing where it may. Returns whether everything is there."""
    wanted = missing(packages)
    if not wanted:
        return True
    apt = shutil.which("apt-get")
    if apt is None or os.geteuid() != 0:
        say(f"the tests that need them are skipped; to run them, as root: {advice(wanted)}")
        return False
    say(f"installing for the tests, once: {', '.join(wanted)}; no service is started")
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        with _no_service(policy):
            run([apt, "update"], env=env, timeout=INSTALL_SECONDS)
            run([apt, "install", "--yes", "--no-install-recommends", *wanted], env=env, timeout=INSTALL_SECONDS)
    except SetupError as error:
        say(f"the tests that need them are skipped; {error}")
    left = missing(packages)
    if left:
        say(f"the tests that need them are skipped; still missing: {', '.join(left)}")
    return not left


@contextlib.contextmanager
def _no_service(policy: Path) -> Generator[None]:
    if policy.exists():  # the machine has a policy of its own
        yield
        return
    policy.write_text("#!/bin/sh\nexit 101\n")
    policy.chmod(0o755)
    try:
        yield
    finally:
        policy.unlink()


if __name__ == "__main__":
    ensure()
    sys.exit()
