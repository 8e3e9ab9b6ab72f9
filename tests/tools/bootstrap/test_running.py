"""Running a command: its output, its end, and what is said meanwhile."""

from __future__ import annotations

import os
import time

import pytest

from tools.bootstrap import console
from tools.bootstrap.console import SetupError

pytestmark = pytest.mark.timeout(60)


def shell(script: str) -> list[str]:
    return ["/bin/sh", "-c", script]


@pytest.mark.parametrize(
    "script",
    [
        "exec sleep 30",
        "sleep 30; true",
        "sleep 30 & exit 0",
        "exec >&- 2>&-; sleep 30",
        "while :; do echo still; sleep 0.05; done",
    ],
    ids=["silent", "a silent child", "a child that stays behind", "closes its output", "talks"],
)
def test_a_command_that_hangs_is_killed(script: str) -> None:
    started = time.monotonic()
    with pytest.raises(SetupError, match="^/bin/sh did not finish within 0 s$"):
        console.run(shell(script), timeout=0.3)
    assert 0.3 <= time.monotonic() - started < 10


def test_a_failing_commands_last_lines() -> None:
    with pytest.raises(SetupError) as caught:
        console.run(shell("for i in 1 2 3 4 5 6 7 8 9; do echo line $i; done; echo; echo why >&2; exit 7"))
    lines = "\n  ".join([*(f"line {i}" for i in range(4, 10)), "why"])
    assert str(caught.value) == f"sh failed (exit 7):\n  {lines}"


def test_output_is_returned(capfd: pytest.CaptureFixture[str]) -> None:
    assert console.run(shell(r"echo a; echo b >&2; printf '\377\n'")) == ["a", "b", "\ufffd"]
    assert capfd.readouterr() == ("", "")


def test_a_command_cannot_wait_for_an_answer() -> None:
    ours, (reads, writes) = os.dup(0), os.pipe()
    os.write(writes, b"typed\n")
    os.dup2(reads, 0)
    try:
        assert console.run(shell("read x; echo read $x")) == ["read"]
    finally:
        os.dup2(ours, 0)
        for each in (ours, reads, writes):
            os.close(each)


@pytest.mark.parametrize(("every", "said"), [(0, ["1 so far, 0 s", "2 so far, 0 s"]), (1000, [])])
def test_progress(every: float, said: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    def progress(lines: list[str]) -> str:
        return f"{len(lines)} so far"

    console.run(shell("echo a; echo b"), progress=progress, every=every)
    shown = capfd.readouterr()
    assert shown.err.splitlines() == [f"set-up: {line}" for line in said]
    assert shown.out == ""


@pytest.mark.parametrize(("seconds", "shown"), [(59.9, "59 s"), (60, "1 min 0 s"), (3725, "62 min 5 s")])
def test_elapsed_time(seconds: float, shown: str) -> None:
    assert console._elapsed(seconds) == shown  # pyright: ignore[reportPrivateUsage]
