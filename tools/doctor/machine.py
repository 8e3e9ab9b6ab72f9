"""Checks of this machine: what every command needs, whichever cloud it works on."""

from __future__ import annotations

import shutil
import socket
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from localcloud.values import at

from ..lifecycle.events import name_of
from .finding import Finding, failed, ok, warning

PYTHON = (3, 11)
TOOLS: Mapping[str, str] = {
    "git": "install git; `make review` and `make cost AGAINST=…` compare with a revision",
    "make": "install make; every command is one of its targets",
}
NEEDED_MEGABYTES = 2048
"""Room for the virtual environment, an engine that is built, and a local cloud."""


def python(version: Sequence[int]) -> Finding:
    """Whether Python is new enough."""
    said = ".".join(map(str, version[:3]))
    wanted = ".".join(map(str, PYTHON))
    if tuple(version[:2]) < PYTHON:
        return failed("Python", f"{said} is too old, {wanted} or newer is needed", "make setup PYTHON=python3.12")
    return ok("Python", said)


def tools(path: str | None = None) -> Iterator[Finding]:
    """Whether what is called is on PATH."""
    for tool, do in TOOLS.items():
        found = shutil.which(tool, path=path)
        yield ok(tool, found) if found else failed(tool, "is not on PATH", do)


def engine(path: str | None, version: str) -> Finding:
    """Whether the set-up has chosen an engine that is still there."""
    if path is None:
        return failed("engine", "none was set up yet", "make setup")
    if not Path(path).exists():
        return failed("engine", f"Pulumi {version} is gone from {path}", "make setup")
    return ok("engine", f"Pulumi {version}")


def space(folder: Path, free: int) -> Finding:
    """Whether there is room on the disk."""
    megabytes = free // 1024**2
    says = f"{megabytes} MB free where {folder.name}/ is"
    if megabytes < NEEDED_MEGABYTES:
        return failed("disk", f"{says}, {NEEDED_MEGABYTES} MB are needed", "free some; `make clean-local` drops the local cloud")
    return ok("disk", says)


def loopback() -> Finding:
    """Whether programs on this machine can reach each other: engine, program and plugins talk over ports of 127.0.0.1."""
    try:
        with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname(), timeout=2):
            return ok("ports", "engine and plugins can reach each other on 127.0.0.1")
    except OSError as error:
        return failed(
            "ports", f"nothing can be reached on 127.0.0.1: {error.strerror}", "allow connections of this machine to itself"
        )


def settings(problems: Sequence[str]) -> Finding:
    """Whether the environment's file is allowed, and nothing in it is still to be looked up."""
    if problems:
        return failed("settings", problems[0], "mend the file; docs/reference/configuration.md has every setting")
    return ok("settings", "are allowed")


def prices(out_of_date: Sequence[str], today: date) -> Finding:
    """Whether the prices of `make cost` are of this year."""
    if out_of_date:
        return warning(
            "prices", f"{len(out_of_date)} source(s) are out of date on {today}: {out_of_date[0]}", "renew tools/cost/prices.toml"
        )
    return ok("prices", f"no source is older than a year on {today}")


def unfinished(environment: str, pending: Sequence[str]) -> Finding:
    """Whether an earlier run was cut off while it created something."""
    if pending:
        return warning(
            "deployment",
            f"an earlier run was cut off while it worked on {', '.join(pending[:3])}{'…' if len(pending) > 3 else ''}",
            f"make up ENV={environment}, which finds out what became of it",
        )
    return ok("deployment", "nothing is half-done")


def locked(environment: str, holders: Sequence[str], release: str) -> Finding:
    """Whether somebody else works on the state."""
    if holders:
        return failed("state", f"'{environment}' is locked by {', '.join(holders)}", release)
    return ok("state", "nobody works on it")


def pending_of(state: Mapping[str, Any]) -> list[str]:
    """The names of what a state says is under way."""
    operations: Sequence[Mapping[str, Any]] = at(state, "checkpoint.latest.pending_operations") or []
    return [name_of(operation["resource"]["urn"]) for operation in operations]
