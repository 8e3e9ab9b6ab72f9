"""The command as a whole: once at a time, interruptible, on the standard library alone."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tools.bootstrap import __main__ as command
from tools.bootstrap import environment

from .machine import Machine, pulumi

pytestmark = pytest.mark.timeout(60)


def test_without_engine(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    found = machine.has_pulumi(pulumi("v3.300.1"))
    monkeypatch.setattr(sys, "argv", ["tools.bootstrap", "--without-engine"])
    assert command.main() == 0
    assert machine.runs(found) == []


def test_an_error_of_the_system_is_one_sentence(machine: Machine, capsys: pytest.CaptureFixture[str]) -> None:
    machine.lock_file.unlink()
    assert command.main() == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == f"set-up: failed: [Errno 2] No such file or directory: '{machine.lock_file}'\n"


def test_two_at_once(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.has_pulumi(pulumi("v3.300.1"))
    path = machine.root / ".cache" / "bootstrap.lock"
    path.parent.mkdir()
    happened: list[str] = []
    with path.open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX)

        def say(message: str) -> None:
            happened.append(message)
            fcntl.flock(other, fcntl.LOCK_UN)

        def work() -> None:
            with pytest.raises(BlockingIOError):
                fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
            happened.append("works, and holds the lock")

        monkeypatch.setattr(command, "say", say)
        monkeypatch.setattr(environment, "ensure", work)
        assert command.main() == 0
        assert happened == ["another set-up is under way in this checkout; waiting for it", "works, and holds the lock"]
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)  # raises where the lock was not given back


def test_one_alone_locks_others_out(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[int] = []

    def work() -> None:
        with (machine.root / ".cache" / "bootstrap.lock").open() as other:
            tried.append(other.fileno())
            with pytest.raises(BlockingIOError):
                fcntl.flock(other, fcntl.LOCK_SH | fcntl.LOCK_NB)

    machine.has_pulumi(pulumi("v3.300.1"))
    monkeypatch.setattr(environment, "ensure", work)
    assert command.main() == 0
    assert len(tried) == 1


def test_interrupting_ends_everything_and_the_set_up_runs_on_the_standard_library_alone(machine: Machine, tmp_path: Path) -> None:
    """The real command in a process of its own, without site-packages, interrupted while the compiler works."""
    shutil.copytree(Path(command.__file__).parent, machine.root / "tools" / "bootstrap")
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    machine.has_go(f'[ "$1" = version ] && exec echo go version go1.26.8\nexec 3> {pipe}; echo compiling >&3\nsleep 50; true')
    process = subprocess.Popen(
        [sys.executable, "-S", "-m", "tools.bootstrap"],
        cwd=machine.root,
        env={"PATH": str(machine.path), "HOME": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr
    assert any("building Pulumi" in line for line in process.stderr)
    with process, pipe.open() as compiler:
        assert compiler.readline() == "compiling\n"
        started = time.monotonic()
        process.send_signal(signal.SIGINT)
        assert compiler.read() == "", "the pipe ends with the last process that holds it"
        out, err = process.communicate()
    assert time.monotonic() - started < 10
    assert process.returncode == 130
    assert out == ""
    assert "Traceback" not in err
    kept = "what was fetched and compiled is kept, so running the command again goes on from here"
    assert err.splitlines()[-1] == f"set-up: interrupted; {kept}"
