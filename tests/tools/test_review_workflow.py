"""The commands of the workflow that reviews pull requests, run as they stand."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tools.recorder import ROOT

WORKFLOW: dict[str, Any] = yaml.safe_load((ROOT / ".github" / "workflows" / "review.yml").read_text())
MISTAKE = "  alphintra:encryption: {key_ring: alphintra-keys}\n"
GH = """#!{python}
import json, pathlib, sys
log = pathlib.Path("{log}")
log.write_text(log.read_text() + json.dumps(sys.argv[1:]) + "\\n")
if "--jq" in sys.argv:
    print("{known}")
"""


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A repository of its own with the files as they are here, committed, and a mistake in production's settings that is not."""
    root = tmp_path / "clone"
    files = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True)
    for name in filter(lambda name: (ROOT / name).is_file(), files.stdout.splitlines()):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, root / name)
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.com"]
    for command in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "--message", "base"]):
        subprocess.run([*git, *command], cwd=root, check=True)
    (root / ".venv").symlink_to(ROOT / ".venv")
    with (root / "Pulumi.prod.yaml").open("a") as settings:
        settings.write(MISTAKE)
    return root


def test_the_review_of_three_environments_as_the_workflow_runs_it(clone: Path, tmp_path: Path) -> None:
    [step] = [step for step in WORKFLOW["jobs"]["review"]["steps"] if step.get("id") == "review"]
    paths = {
        "RUNNER_TEMP": str(tmp_path),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
        "GITHUB_OUTPUT": str(tmp_path / "output"),
    }
    env = {"PATH": f"{Path(sys.executable).parent}:{os.defpath}", "HOME": str(tmp_path), "BASE": "HEAD", **paths}
    done = subprocess.run(["bash", "-e", "-c", step["run"]], cwd=clone, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 3, done.stderr  # a policy fails; the set-up may say what it does
    assert "Traceback" not in done.stderr
    comment = (tmp_path / "comment.md").read_text()
    assert comment.startswith("<!-- review -->\n<!-- review of prod -->\n")
    heads = [line for line in comment.splitlines() if line.startswith("## ")]
    assert heads[0].startswith("## prod: ")
    assert " replaced" in heads[0]
    assert heads[1:] == ["## staging: nothing changes", "## dev: nothing changes"]
    assert len(comment) < 65_536
    assert (tmp_path / "summary").read_text() == comment
    first, *lines, last = (tmp_path / "output").read_text().splitlines()
    assert first == f"comment<<{last}"
    assert "\n".join(lines) + "\n" == comment


def test_what_cannot_be_compared_fails_without_a_comment(clone: Path, tmp_path: Path) -> None:
    env = {"PATH": f"{Path(sys.executable).parent}:{os.defpath}", "HOME": str(tmp_path)}
    done = subprocess.run(
        [".ci/review", "nowhere", str(tmp_path / "c")], cwd=clone, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.startswith("AGAINST is nowhere, which is no revision")


@pytest.mark.parametrize(
    ("known", "sent"),
    [
        ("", ["--method", "POST", "repos/a/b/issues/7/comments"]),
        ("41\\n42", ["--method", "PATCH", "repos/a/b/issues/comments/41"]),
    ],
)
def test_one_comment_is_kept_up_to_date(tmp_path: Path, known: str, sent: list[str]) -> None:
    (log := tmp_path / "log").touch()
    (gh := tmp_path / "gh").write_text(GH.format(python=sys.executable, log=log, known=known))
    gh.chmod(0o755)
    [step] = [step for step in WORKFLOW["jobs"]["comment"]["steps"] if "run" in step]
    text = "<!-- review -->\n`$(touch broken)` \"$HOME\" 'quoted'"
    env = {"PATH": f"{tmp_path}:{os.defpath}", "RUNNER_TEMP": str(tmp_path), "REPOSITORY": "a/b", "NUMBER": "7", "COMMENT": text}
    subprocess.run(["bash", "-e", "-c", step["run"]], cwd=ROOT, env=env, check=True)
    asked, wrote = (json.loads(line) for line in log.read_text().splitlines())
    assert asked[:3] == ["api", "--paginate", "repos/a/b/issues/7/comments"]
    assert 'startswith("<!-- review -->")' in asked[-1]
    assert wrote == ["api", "--silent", *sent, "--field", f"body=@{tmp_path}/comment.md"]
    assert (tmp_path / "comment.md").read_text() == text + "\n"


def test_what_runs_the_pull_request_may_write_nothing_and_what_may_write_runs_the_base() -> None:
    review, comment = WORKFLOW["jobs"]["review"], WORKFLOW["jobs"]["comment"]
    assert "permissions" not in review  # the workflow's: reading the code
    assert comment["permissions"] == {"contents": "read", "pull-requests": "write"}
    [checkout] = [step for step in comment["steps"] if "uses" in step]
    assert checkout["with"]["ref"] == "${{ github.event.pull_request.base.sha }}"
    for job in (review, comment):
        assert all(step["with"]["persist-credentials"] is False for step in job["steps"] if "checkout" in step.get("uses", ""))
        assert all("${{" not in step.get("run", "") for step in job["steps"])  # what others write comes by environment variables
