"""What keeps the local cloud's state while an operation changes it: a process that the engine takes for its service (ADR 40)."""

from __future__ import annotations

import secrets
import subprocess
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tools.recorder import ROOT

from .errors import CommandError

END_SECONDS = 30
"""How long it may take to end, once no engine needs it."""


@contextmanager
def served(folder: Path, engine: str) -> Generator[Mapping[str, str]]:
    """Serves the states of a folder; what it gives are the variables that have an engine use it.

    Args:
        folder: a `file://` backend of Pulumi.
        engine: the engine's version.

    Raises:
        CommandError: it does not start.
    """
    command = [sys.executable, "-m", "localcloud.state", str(folder), engine]
    token = secrets.token_urlsafe(32)
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1, process_group=0
    ) as process:
        if process.stdin is None or process.stdout is None:
            raise AssertionError("there are pipes")
        process.stdin.write(f"{token}\n")
        port = process.stdout.readline().strip()
        if not port:
            raise CommandError("the service that keeps Pulumi's state does not start; why is above")
        yield {"PULUMI_BACKEND_URL": f"http://127.0.0.1:{port}", "PULUMI_ACCESS_TOKEN": token}
        process.stdin.close()
        process.wait(END_SECONDS)
