"""Backs the main database up before its schema is changed: `python -m tools.backup --env prod --cloud gcp --plan FILE`.

Section 14.2. Automated backups are a day apart; this one is of the moment before. It is kept until somebody deletes it, and
is made only where the plan makes a new Job for the migrations of a database that is there.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from settings import Environment, SettingsError, load_stack_file

from .lifecycle.errors import CommandError
from .lifecycle.plan import read
from .recorder import ROOT

JOB = "alphintra:data:Migrations$kubernetes:batch/v1:Job::migrations-main-"
INSTANCE = "gcp:sql/databaseInstance:DatabaseInstance::main-db-"
MADE = {"create", "create-replacement"}


def changes_schema(plan: Mapping[str, Any]) -> bool:
    """Whether a plan of the engine runs migrations on a database that is there."""
    steps: dict[str, set[str]] = {urn: set(known.get("steps") or ()) for urn, known in plan["resourcePlans"].items()}
    migrates = any(JOB in urn and made & MADE for urn, made in steps.items())
    new = any(INSTANCE in urn and "create" in made for urn, made in steps.items() if urn.endswith("-primary"))
    return migrates and not new


def command(settings: Environment) -> list[str]:
    """What makes the backup, and waits until it is there or has failed."""
    instance = settings.database_instances[settings.serving_region]
    return [
        *("gcloud", "sql", "backups", "create", "--quiet"),
        f"--project={settings.project.id}",
        f"--instance={instance}",
        "--description=before the schema is changed",
    ]


def main() -> int:
    """Backs up where it is asked for; 1 where that fails."""
    parser = argparse.ArgumentParser(prog="python -m tools.backup", description="Backs the main database up before a plan.")
    parser.add_argument("--env", required=True, help="the environment: Pulumi.<env>.yaml")
    parser.add_argument("--cloud", required=True, choices=["local", "gcp"], help="where")
    parser.add_argument("--plan", required=True, type=Path, help="what is going to happen")
    arguments = parser.parse_args()
    try:
        kept = read(arguments.plan)
        settings = load_stack_file(ROOT / f"Pulumi.{arguments.env}.yaml")
    except (CommandError, SettingsError) as error:
        print(error, file=sys.stderr)
        return 1
    if kept["environment"] != arguments.env:
        print(f"{arguments.plan} is a plan for environment {kept['environment']}, not {arguments.env}", file=sys.stderr)
        return 1
    if not changes_schema(kept["plan"]):
        print("no backup: the schema of the main database stays, or there is nothing in it yet", file=sys.stderr)
        return 0
    if arguments.cloud == "local":
        print(f"no backup on the local cloud; at Google: {' '.join(command(settings))}", file=sys.stderr)
        return 0
    try:
        done = subprocess.run(command(settings), check=False)
    except FileNotFoundError:
        print("gcloud is not installed: the database cannot be backed up, and is not changed", file=sys.stderr)
        return 1
    if done.returncode:
        print("the backup failed: the database is not changed", file=sys.stderr)
    return 1 if done.returncode else 0


if __name__ == "__main__":
    sys.exit(main())
