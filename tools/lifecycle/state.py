"""What keeps the local cloud's state while an operation changes it: a process that the engine takes for its service (ADR 40)."""

from __future__ import annotations

import json
import secrets
import subprocess
import sys
from collections.abc import Generator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from localcloud.state.stacks import OWNER
from tools.recorder import ROOT

from .errors import CommandError

END_SECONDS = 30
"""How long it may take to end, once no engine needs it."""


@contextmanager
def served(folder: Path, engine: str, login: Path) -> Generator[Mapping[str, str]]:
    """Serves the states of a folder; what it gives are the variables that have an engine use it.

    Args:
        folder: a `file://` backend of Pulumi.
        engine: the engine's version.
        login: where the engine finds out, meanwhile, who it is there.

    Raises:
        CommandError: it does not start.
    """
    command = [sys.executable, "-m", "localcloud.state", str(folder), engine]
    token = secrets.token_urlsafe(32)
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, bufsize=0, process_group=0) as process:
        if process.stdin is None or process.stdout is None:
            raise AssertionError("there are pipes")
        with suppress(BrokenPipeError):  # then there is no port either
            process.stdin.write(f"{token}\n".encode())
        port = process.stdout.readline().decode().strip()
        if not port:
            raise CommandError("the service that keeps Pulumi's state does not start; why is above")
        url = f"http://127.0.0.1:{port}"
        credentials = _logged_in(login, url, token)
        try:
            yield {"PULUMI_BACKEND_URL": url, "PULUMI_CREDENTIALS_PATH": str(login)}
        finally:
            credentials.unlink(missing_ok=True)
            process.stdin.close()
            try:
                process.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()  # the next command makes the state what the journal says


def _logged_in(folder: Path, url: str, token: str) -> Path:
    """Writes down what `pulumi login` would."""
    account = {"accessToken": token, "username": OWNER, "lastValidatedAt": datetime.now(UTC).isoformat()}
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = folder / "credentials.json"
    file.touch(mode=0o600)
    file.write_text(json.dumps({"current": url, "accessTokens": {url: token}, "accounts": {url: account}}))
    return file
