"""Migrations, linted by squawk for what locks, breaks clients or cannot be run again: `python -m tools.sql_lint [FILE...]`.

squawk reads SQL and not psql, so it is given what psql would send: included files are in their place, variables stand for
their own names, and what psql keeps to itself is left out. Lines stay where they are. Why a rule is left out is in .squawk.toml.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from .recorder import ROOT

SQUAWK = Path(sys.executable).parent / "squawk"
CONFIG = ROOT / ".squawk.toml"
INCLUDE = re.compile(r"^\\ir +(\S+)$", re.MULTILINE)
COMMENT = re.compile(r"^--.*$", re.MULTILINE)
ENDS = re.compile(r"\s*\\(?:gset|gexec|g)\b(?: /dev/null)?")
COMMAND = re.compile(r"^\\.*$", re.MULTILINE)
VARIABLE = re.compile(r"(?<![:\w]):(?P<quote>[\"']?)(?P<name>[a-z_]+)(?P=quote)")

FOUND = re.compile(r"^(\d+)\.sql:(\d+):(\d+)", re.MULTILINE)
"""Where squawk found something: it counts lines and columns from 0."""


def migrations() -> list[Path]:
    """The changes of all databases. Reverts are for what has just gone wrong, and drop what they made."""
    return sorted((ROOT / "database").glob("*/deploy/*.sql"))


def as_sent(path: Path) -> str:
    """A file as the server would get it, with as many lines as it has."""

    def included(found: re.Match[str]) -> str:
        text = as_sent(path.parent / found[1])
        return " ".join(COMMENT.sub("", text).split("\n"))

    text = ENDS.sub(";", path.read_text(encoding="utf-8"))
    text = COMMAND.sub("", INCLUDE.sub(included, text))
    return VARIABLE.sub(lambda found: f"{found['quote']}{found['name']}{found['quote']}", text)


def lint(paths: Sequence[Path]) -> tuple[int, str]:
    """How squawk ends, and what it says, by the files' own names."""
    with tempfile.TemporaryDirectory() as folder:
        for number, path in enumerate(paths):
            (Path(folder) / f"{number}.sql").write_text(as_sent(path), encoding="utf-8")
        command = [str(SQUAWK), "--config", str(CONFIG), "--reporter", "gcc", *(f"{number}.sql" for number in range(len(paths)))]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        raise RuntimeError(done.stderr)
    return done.returncode, FOUND.sub(
        lambda found: f"{paths[int(found[1])]}:{int(found[2]) + 1}:{int(found[3]) + 1}", done.stdout
    )


def main() -> int:
    """Lints; 1 where something is found."""
    parser = argparse.ArgumentParser(prog="python -m tools.sql_lint", description="Lints migrations.")
    parser.add_argument("files", nargs="*", type=Path, help="the files (default: every change of every database)")
    paths = parser.parse_args().files or migrations()
    if strange := [str(path) for path in paths if not path.is_file()]:
        print(f"{', '.join(strange)}: no such file", file=sys.stderr)
        return 64
    status, said = lint(paths)
    sys.stderr.write(said)
    return status


if __name__ == "__main__":
    sys.exit(main())
