"""The workflow that a change of the schema must pass, its command run as it stands."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.installed import POSTGRES, need
from tools.recorder import ROOT

WORKFLOW: dict[Any, Any] = yaml.safe_load((ROOT / ".github" / "workflows" / "migrations.yml").read_text())
NEXT = """\\set change 900_next
\\ir ../lib/begin.sql
\\if :applied \\q
\\endif
{statement}
\\ir ../lib/{end}.sql
"""
DEPLOY = {"statement": "ALTER TABLE strategies ADD COLUMN IF NOT EXISTS colour text;", "end": "record"}
REVERT = {"statement": "ALTER TABLE strategies DROP COLUMN colour;", "end": "forget"}


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A repository of its own with the files as they are here, committed."""
    root = tmp_path / "clone"
    files = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True)
    for name in filter(lambda name: (ROOT / name).exists(), files.stdout.splitlines()):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, root / name, follow_symlinks=False)
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.com"]
    for command in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "--message", "base"]):
        subprocess.run([*git, *command], cwd=root, check=True)
    (root / ".venv").symlink_to(ROOT / ".venv")
    return root


def validate(clone: Path) -> subprocess.CompletedProcess[str]:
    [step] = [step for step in WORKFLOW["jobs"]["validate"]["steps"] if step.get("id") == "validate"]
    env = {
        "PATH": f"{Path(sys.executable).parent}:{os.defpath}",
        "HOME": str(clone.parent),
        "BASE": "HEAD",
        "TESTS": "tests/database/test_upgrade.py",
    }
    return subprocess.run(
        ["bash", "-e", "-c", step["run"]], cwd=clone, env=env, capture_output=True, text=True, check=False, timeout=300
    )


@pytest.mark.database
def test_a_new_change_is_rehearsed_on_a_server_with_rows_of_the_base(clone: Path) -> None:
    need(POSTGRES)
    main = clone / "database" / "main"
    (main / "deploy" / "900_next.sql").write_text(NEXT.format(**DEPLOY))
    (main / "revert" / "900_next.sql").write_text(NEXT.format(**REVERT))
    (main / "verify" / "900_next.sql").write_text("SELECT colour FROM strategies WHERE false;\n")
    with (main / "sqitch.plan").open("a") as plan:
        plan.write("900_next 2026-11-29T08:00:00Z A <a@example.com> # One more\n")
    done = validate(clone)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout


@pytest.mark.parametrize("change", ["edit", "remove"])
def test_a_change_that_may_be_deployed_somewhere_is_not_edited(clone: Path, change: str) -> None:
    path = clone / "database" / "main" / "deploy" / "004_brokers.sql"
    if change == "edit":
        path.write_text(path.read_text() + "-- more\n")
    else:
        path.unlink()
    done = validate(clone)
    assert done.returncode == 1
    assert done.stderr.startswith("database/main/deploy/004_brokers.sql: may be deployed somewhere, and is not edited or removed")
    assert done.stdout == ""


def test_it_runs_a_pull_requests_code_and_has_nothing_worth_taking() -> None:
    assert set(WORKFLOW[True]) == {"pull_request"}
    assert set(WORKFLOW["jobs"]) == {"validate"}
    job = WORKFLOW["jobs"]["validate"]
    assert "permissions" not in job
    assert "environment" not in job
    assert all(step["with"]["persist-credentials"] is False for step in job["steps"] if "checkout" in step.get("uses", ""))
    assert all("${{" not in step.get("run", "") for step in job["steps"])
