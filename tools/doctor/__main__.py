"""What is missing before the first `up`, and what to run for it: `python -m tools.doctor --env prod --cloud gcp`.

Changes nothing. Exits 1 where an `up` cannot work.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from localcloud.state.stacks import StateError
from settings import SettingsError

from .. import gcloud
from ..access.needs import needs_of
from ..bootstrap.engine import recorded as chosen_engine
from ..cost.table import table as prices
from ..inventory import inventory
from ..lifecycle.commands import unknown_digests
from ..lifecycle.errors import FAILED, USAGE, CommandError
from ..lifecycle.events import name_of
from ..lifecycle.workspace import LOCAL, Workspace, environments
from ..recorder import ROOT
from . import google, machine
from .finding import Finding, failed


def main() -> int:
    """Prints what every check finds."""
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `… | head` ends quietly
    parser = argparse.ArgumentParser(prog="python -m tools.doctor", description=(__doc__ or "").partition(":")[0])
    parser.add_argument("--env", default="dev", help="the environment: Pulumi.<env>.yaml (default: %(default)s)")
    parser.add_argument("--cloud", default="local", choices=["local", "gcp"], help="where (default: %(default)s)")
    parser.add_argument("--home", type=Path, default=LOCAL, help="where the local cloud lives (default: .cache/local)")
    arguments = parser.parse_args()
    if arguments.env not in environments():
        print(f"unknown environment '{arguments.env}'; there are {', '.join(environments())}", file=sys.stderr)
        return USAGE
    verdicts: list[str] = []
    for found in findings(Workspace(arguments.env, arguments.cloud, arguments.home.resolve())):
        print(found.lines, flush=True)
        verdicts.append(found.verdict)
    failed, warned = verdicts.count("failed"), verdicts.count("warning")
    print(f"{len(verdicts)} checks: {failed} failed, {warned} warning(s)", file=sys.stderr)
    return FAILED if failed else 0


def findings(workspace: Workspace) -> Iterator[Finding]:
    """All checks for a cloud, in the order in which they are mended."""
    yield machine.python(sys.version_info[:3])
    yield from machine.tools()
    engine = chosen_engine()
    yield machine.engine(engine.path if engine else None, engine.version if engine else "")
    yield machine.space(ROOT, shutil.disk_usage(ROOT).free)
    yield machine.loopback()
    problems, usable = _problems(workspace)
    yield machine.settings(problems)
    today = datetime.now(tz=UTC).date()
    yield machine.prices(list(prices().out_of_date(today)), today)
    if not usable:
        return
    if workspace.cloud == "local":
        yield from _local(workspace)
        return
    declared = inventory(workspace.environment)
    yield from google.findings(
        google.Google(
            ask=gcloud.answer,
            allowed=gcloud.allowed,
            environment=workspace.environment,
            project=workspace.settings.project.id,
            backend=_backend(),
            needs=needs_of(entry["type"] for entry in declared),
            inventory=declared,
        )
    )


def _problems(workspace: Workspace) -> tuple[list[str], bool]:
    """What is wrong with the settings, on Google Cloud an image whose digest was never looked up, too; and whether they can be
    read all the same."""
    try:
        _ = workspace.settings
    except (CommandError, SettingsError) as error:
        return [str(error)], False
    return unknown_digests(workspace) if workspace.cloud == "gcp" else [], True


def _local(workspace: Workspace) -> Iterator[Finding]:
    alive = [holder for holder in (_holder(lock) for lock in workspace.kept.locks.glob("*.json")) if holder]
    yield machine.locked(workspace.environment, alive, "wait for it to end, or stop it with Ctrl-C")
    try:
        deployment = workspace.kept.load("")["deployment"]
    except StateError as error:
        yield failed("deployment", str(error), "make clean-local, which forgets the local cloud with all that stands on it")
        return
    pending = machine.pending_of({"checkpoint": {"latest": deployment}})
    noted: list[dict[str, Any]] = json.loads(workspace.journal.read_text()) if workspace.journal.exists() else []
    yield machine.unfinished(workspace.environment, [*pending, *(name_of(one["urn"]) for one in noted)])


def _holder(lock: Path) -> str | None:
    """Who holds a lock; a lock of an engine that is gone is taken away by the next command."""
    try:
        number = int(json.loads(lock.read_text())["pid"])
        os.kill(number, 0)
    except (OSError, ValueError, KeyError):
        return None
    return f"process {number}"


def _backend() -> str:
    """Where Pulumi keeps its state: said by the environment, or by the last `pulumi login`."""
    if said := os.environ.get("PULUMI_BACKEND_URL"):
        return said
    home = Path(os.environ.get("PULUMI_HOME") or Path.home() / ".pulumi")
    try:
        return str(json.loads((home / "credentials.json").read_text()).get("current") or "")
    except (OSError, ValueError):
        return ""


if __name__ == "__main__":
    sys.exit(main())
