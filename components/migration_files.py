"""What a run of migrations reads: a database's changes, what deploys them, and the logins that get their roles."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal, NamedTuple

DATABASE = Path(__file__).parents[1] / "database"
PROGRAMS = ("job.sh", "migrate", "enrol.sql")
CHANGES = ("sqitch.plan", "sqitch.conf", "lib/*.sql", "deploy/*.sql", "revert/*.sql", "verify/*.sql")
Project = Literal["main", "timeseries"]
"""A project of sqitch: a folder of `database/`."""


class Login(NamedTuple):
    """A login that is given the role of a workload."""

    workload: str
    """As `ops.workloads` of the database has it."""
    login: str


def migration_files(project: Project, logins: Sequence[Login]) -> dict[str, str]:
    """The files by their path, as the Job finds them below one folder."""
    changes = [path for part in CHANGES for path in sorted((DATABASE / project).glob(part))]
    found = [*(DATABASE / program for program in PROGRAMS), *changes]
    return {
        **{str(path.relative_to(DATABASE)): path.read_text(encoding="utf-8") for path in found},
        "logins.json": json.dumps([login._asdict() for login in sorted(logins)], indent=1) + "\n",
    }


def key(path: str) -> str:
    """A file's key in a ConfigMap, which takes no slashes."""
    return path.replace("/", ".")


def digest(files: Mapping[str, str], *given: str) -> str:
    """Names the state that files, and what else is given, bring about."""
    return hashlib.sha256(json.dumps([dict(files), given], sort_keys=True).encode()).hexdigest()[:10]
