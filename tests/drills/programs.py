"""The real programs that the drills start: Patroni from PyPI, and etcd, PostgreSQL and pgBackRest from the operating system."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from tests.database.server import own, unprivileged
from tests.installed import DRILLS, lacking
from tools.programs import POSTGRES as POSTGRES_PROGRAMS

REQUIREMENTS = Path(__file__).with_name("requirements.txt")
OPERATIONS = Path(__file__).parents[2] / "database" / "timeseries" / "operations"


@cache
def interpreter() -> str | None:
    """A Python that the user who runs the servers may run: the tests' own, or the operating system's."""
    for python in (sys.executable, "/usr/bin/python3"):
        # Through a shell, as the members are: what follows setpriv directly may still have root's way through closed folders.
        asked = [*unprivileged(), "sh", "-c", f"exec {python} -c 'import ssl'"]
        done = subprocess.run(asked, capture_output=True, check=False, cwd="/")
        if done.returncode == 0:
            return python
    return None


def missing() -> str | None:
    """Why the drills cannot run here, or nothing."""
    if why := lacking(DRILLS):
        return why
    return None if interpreter() else "needs a Python that an unprivileged user may run, such as Debian's python3"


def install(folder: Path) -> Path:
    """Puts Patroni, as pinned, into a folder that everybody can read."""
    target = folder / "patroni"
    python = interpreter()
    assert python
    command = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", python, "--target", str(target)]
    command.append("--system-certs")  # as pip does, which set up everything else
    subprocess.run([*command, "--require-hashes", "--requirement", str(REQUIREMENTS)], check=True)
    return target


def workplace() -> Path:
    """A folder of the servers' own."""
    folder = Path(tempfile.mkdtemp(prefix="alphintra-drill-"))
    own(folder)
    return folder


class Process:
    """A program that runs until it is stopped, with all that it started."""

    def __init__(self, command: Sequence[str | Path], folder: Path, name: str, env: Mapping[str, str] | None = None) -> None:
        self.log = folder / f"{name}.log"
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*unprivileged(), *map(str, command)],
                stdout=log,
                stderr=log,
                cwd=folder,
                env={"PATH": f"{POSTGRES_PROGRAMS}:/usr/bin:/bin", "LANG": "C.UTF-8", **(env or {})},
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """Its number."""
        return self._process.pid

    def alive(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def signal(self, number: signal.Signals) -> None:
        """Sends it, and every process below it, a signal."""
        for pid in [*descendants(self.pid), self.pid]:
            with_pid(pid, number)

    def stop(self, seconds: float = 30) -> None:
        """Stops it, by force where asking does not help."""
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()

    def wait(self, seconds: float) -> None:
        """Waits until it is done by itself."""
        self._process.wait(seconds)

    def kill(self) -> None:
        """Ends it, and everything below it, at once."""
        self.signal(signal.SIGKILL)
        self._process.wait(10)


def with_pid(pid: int, number: signal.Signals) -> None:
    """Sends a signal to a process that may be gone."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def descendants(pid: int) -> list[int]:
    """The processes below one, those farthest away first."""
    parents: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents.setdefault(int(fields[1]), []).append(int(stat.parent.name))
    found: list[int] = []
    for child in parents.get(pid, []):
        found = [*found, *descendants(child), child]
    return found


def clean(folder: Path) -> None:
    """Removes a workplace."""
    shutil.rmtree(folder, ignore_errors=True)
