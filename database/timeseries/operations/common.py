"""What the operations share: questions to PostgreSQL by psql, and to Patroni by HTTP. Nothing but Python's own library, for
Python 3.10 and newer: that is what the image has."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import urllib.request
from pathlib import Path
from typing import Any

PASSWORDS = Path(os.environ.get("PASSWORDS", "/var/run/secrets/timescaledb"))


def password(name: str) -> str:
    """A password, from the file that it is mounted as."""
    return (PASSWORDS / name).read_text(encoding="utf-8").strip()


def psql(where: str, statements: str, *, secret: str = "", **variables: str) -> list[list[str]]:
    """What statements return, a row a list. They stop at the first error, which is raised."""
    env = {**os.environ, **({"PGPASSWORD": secret} if secret else {}), **variables}
    done = subprocess.run(
        ["psql", "--no-psqlrc", "--quiet", "--no-align", "--tuples-only", "--field-separator=\t", "--set=ON_ERROR_STOP=1", where],  # noqa: S607
        input=statements,
        capture_output=True,
        text=True,
        check=False,
        env=env,
    )
    if done.returncode:
        raise RuntimeError(done.stderr.strip())
    return [line.split("\t") for line in done.stdout.splitlines()]


def patroni(method: str, url: str, body: dict[str, Any] | None = None, *, secret: str = "", seconds: float = 30) -> Any:
    """Patroni's answer, parsed where it is JSON."""
    request = urllib.request.Request(url, method=method, data=None if body is None else json.dumps(body).encode())  # noqa: S310
    request.add_header("Content-Type", "application/json")
    if secret:
        request.add_header("Authorization", "Basic " + base64.b64encode(f"patroni:{secret}".encode()).decode())
    with urllib.request.urlopen(request, timeout=seconds) as answer:  # noqa: S310
        text = answer.read().decode()
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text
