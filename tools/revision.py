"""What the program declared at another revision: its own code, run in a copy of its files."""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
import tempfile
from io import BytesIO
from pathlib import Path
from typing import Any

from .recorder import ROOT


class RevisionError(Exception):
    """A revision that cannot be compared with. The message says why."""


def inventory_at(revision: str, environment: str, root: Path = ROOT) -> list[dict[str, Any]]:
    """The inventory of an environment at a revision of git.

    Raises:
        RevisionError: there is no such revision, or its program cannot be run.
    """
    commit = _git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    if commit.returncode:
        raise RevisionError(f"AGAINST is {revision}, which is no revision of this repository: give a branch, a tag or a commit")
    files = _git(root, "archive", "--format=tar", commit.stdout.decode().strip())
    if files.returncode:
        raise RevisionError(f"{revision} cannot be read: {files.stderr.decode().strip()}")
    with tempfile.TemporaryDirectory(prefix="alphintra-revision-") as folder:
        try:
            with tarfile.open(fileobj=BytesIO(files.stdout)) as archive:
                _extract(archive, Path(folder).resolve())
        except tarfile.TarError as error:  # a link that leads out of the repository
            raise RevisionError(f"{revision} cannot be read: {error}") from None
        command = [sys.executable, "-m", "tools.inventory", "--env", environment]
        answer = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if answer.returncode:
        last = (answer.stderr.strip().splitlines() or ["it says nothing"])[-1]
        raise RevisionError(f"what {environment} declared at {revision} cannot be told: {last}")
    return json.loads(answer.stdout)


def _extract(archive: tarfile.TarFile, folder: Path) -> None:
    """Writes what git packed: no names that lead out of a folder, but links that may. Python refuses those from 3.11.4 on."""
    for member in archive:
        if member.issym() and not (folder / member.name).parent.joinpath(member.linkname).resolve().is_relative_to(folder):
            raise tarfile.TarError(f"{member.name} is a link to {member.linkname}, outside of it")
    if hasattr(tarfile, "data_filter"):
        archive.extractall(folder, filter="data")
    else:
        archive.extractall(folder)  # noqa: S202 - it was looked at


def _git(root: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(["git", *arguments], cwd=root, capture_output=True, check=False)  # noqa: S607 - the user's git
    except FileNotFoundError:
        raise RevisionError("git is needed to compare with another revision, and is not there") from None
