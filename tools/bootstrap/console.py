"""What the set-up says while it works, and how it fails."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from subprocess import DEVNULL, PIPE, STDOUT, Popen
from threading import Timer


class SetupError(Exception):
    """Something the user can mend; the message says what."""


def say(message: str) -> None:
    """Prints a line of progress. Always on stderr: stdout belongs to the command's result."""
    print(f"set-up: {message}", file=sys.stderr, flush=True)


def run(
    command: Sequence[str | Path],
    *,
    env: dict[str, str] | None = None,
    cwd: Path | None = None,
    timeout: float = 3600,
    progress: Callable[[list[str]], str] | None = None,
    every: float = 10,
) -> list[str]:
    """Runs a command to its end and returns its output, line by line.

    Args:
        timeout: seconds after which the command is killed, with everything it started.
        progress: turns the output so far into one line, said every `every` seconds.

    Raises:
        SetupError: the command failed or timed out; carries the last lines of its output.
    """
    started = said = time.monotonic()
    lines: list[str] = []
    # An interrupt while it is being started would be raised where nobody could end what has begun.
    with _interrupts_held_back() as held:
        process = Popen(
            [str(part) for part in command],
            stdin=DEVNULL,
            stdout=PIPE,
            stderr=STDOUT,
            text=True,
            errors="replace",
            env=env,
            cwd=cwd,
            start_new_session=True,  # a process group to kill as one
        )
    with process:
        assert process.stdout is not None  # noqa: S101 - PIPE was asked for
        limit = Timer(timeout, _kill, [process.pid])
        try:
            if held:
                raise KeyboardInterrupt
            limit.start()
            for line in process.stdout:
                lines.append(line.rstrip())
                now = time.monotonic()
                if progress and now - said >= every:
                    said = now
                    say(f"{progress(lines)}, {_elapsed(now - started)}")
            process.wait()
        except BaseException:
            _kill(process.pid)
            raise
        finally:
            limit.cancel()
    if time.monotonic() - started >= timeout:
        raise SetupError(f"{command[0]} did not finish within {timeout:.0f} s")
    if process.returncode:
        detail = "\n  ".join(line for line in lines[-8:] if line.strip())
        raise SetupError(f"{Path(str(command[0])).name} failed (exit {process.returncode}):\n  {detail}")
    return lines


@contextlib.contextmanager
def _interrupts_held_back() -> Generator[list[int]]:
    """Takes interrupts without raising them, and lists them."""
    held: list[int] = []
    usual = signal.signal(signal.SIGINT, lambda number, _frame: held.append(number))
    try:
        yield held
    finally:
        signal.signal(signal.SIGINT, usual)


def _kill(group: int) -> None:
    with contextlib.suppress(OSError):  # it has ended by itself
        os.killpg(group, signal.SIGKILL)


def _elapsed(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
