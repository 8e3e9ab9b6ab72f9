"""Runs the Pulumi engine as a child process that survives our Ctrl-C long enough to stop in good order."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import IO

from pulumi.automation import CommandResult, PulumiCommand
from pulumi.automation.errors import create_command_error
from semver import VersionInfo

from tools.bootstrap import engine as bootstrap

from .errors import CommandError

OUR_VARIABLES = (
    "PULUMI_CONFIG_PASSPHRASE",
    "PULUMI_CONFIG_PASSPHRASE_FILE",
    "PULUMI_BACKEND_URL",
    "PULUMI_ACCESS_TOKEN",
)
"""Variables that decide about state and secrets: taken from the user's environment only where the workspace does not say."""
PATIENCE_SECONDS = 5.0
"""How long an engine that cannot go on may take to end by itself."""


class Engine(PulumiCommand):
    """The engine that the set-up chose.

    It runs in a process group of its own, so that a Ctrl-C reaches it once, from us: it then lets running operations end,
    and a second one stops it at once.
    """

    def __init__(self) -> None:
        """Raises CommandError where the set-up has not run."""
        chosen = bootstrap.recorded()
        if chosen is None or not Path(chosen.path).exists():
            raise CommandError("there is no Pulumi engine yet; `make setup` gets one")
        self.command = chosen.path
        self.version = VersionInfo.parse(chosen.version)
        self.interrupts = 0
        self._process: subprocess.Popen[str] | None = None

    @property
    def said(self) -> str:
        """Its version as it writes it into a state."""
        return f"v{self.version}"

    def give_up(self) -> None:
        """Ends the engine, at once where it does not end by itself within a few seconds."""

        def kill() -> None:
            if self._process and self._process.poll() is None:
                self._process.kill()

        threading.Timer(PATIENCE_SECONDS, kill).start()

    def stop(self) -> None:
        """Lets running operations end, and then the engine."""
        if self._process and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)

    def run(
        self,
        args: list[str],
        cwd: str,
        additional_env: Mapping[str, str],
        on_output: Callable[[str], object] | None = None,
        on_error: Callable[[str], object] | None = None,
    ) -> CommandResult:
        """Runs the engine to its end; raises Pulumi's own CommandError where it fails."""
        inherited = {k: v for k, v in os.environ.items() if not (k in OUR_VARIABLES and "PULUMI_BACKEND_URL" in additional_env)}
        env = {**inherited, **additional_env, "PULUMI_AUTOMATION_API": "true", "PULUMI_SKIP_UPDATE_CHECK": "true"}
        # The Automation API skips the preview of an update. With it, what a policy or a protection refuses is refused before
        # anything is changed.
        command = [self.command, "--non-interactive", *(argument for argument in args if argument != "--skip-preview")]
        with (
            subprocess.Popen(
                command,
                cwd=cwd,
                env=env,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                encoding="utf-8",
                process_group=0,
            ) as process,
            self._passing_on_signals(process),
        ):
            self._process = process
            out, err = _reader(process.stdout, on_output), _reader(process.stderr, on_error)
            code = process.wait()
            result = CommandResult(stdout=out(), stderr=err(), code=code)
        if code:
            raise create_command_error(result)
        return result

    @contextmanager
    def _passing_on_signals(self, process: subprocess.Popen[str]) -> Generator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def pass_on(_number: int, _frame: FrameType | None) -> None:
            self.interrupts += 1
            again = "" if self.interrupts > 1 else "; press Ctrl-C again to stop at once"
            print(f"\nstopping: operations that are under way may end first{again}", file=sys.stderr, flush=True)
            process.send_signal(signal.SIGINT)

        before = {number: signal.signal(number, pass_on) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def _reader(stream: IO[str] | None, callback: Callable[[str], object] | None) -> Callable[[], str]:
    """Reads a stream in the background; the answer waits for its end and gives the text."""
    lines: list[str] = []

    def read() -> None:
        for line in stream or ():
            lines.append(line.rstrip())
            if callback:
                callback(lines[-1])

    thread = threading.Thread(target=read, daemon=True)
    thread.start()

    def text() -> str:
        thread.join()
        return "\n".join(lines)

    return text
