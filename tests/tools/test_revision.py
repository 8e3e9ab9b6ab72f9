"""What was declared at another revision."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tools.revision import RevisionError, inventory_at

PROGRAM = "import json, sys\nprint(json.dumps([{'name': NAME, 'argv': sys.argv[1:]}]))\n"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Two revisions of a program that declares its own name, and a third that cannot be run; the files are newer than all."""
    (tmp_path / "tools").mkdir()
    (tmp_path / "tools" / "__init__.py").touch()
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.com"]
    subprocess.run([*git, "init", "--quiet"], cwd=tmp_path, check=True)
    for name in ("'first'", "'second'", "unknown"):
        (tmp_path / "tools" / "inventory.py").write_text(PROGRAM.replace("NAME", name))
        subprocess.run([*git, "add", "."], cwd=tmp_path, check=True)
        subprocess.run([*git, "commit", "--quiet", "-m", name], cwd=tmp_path, check=True)
    (tmp_path / "tools" / "inventory.py").write_text(PROGRAM.replace("NAME", "'not committed'"))
    return tmp_path


def test_the_revision_s_own_program_says_it(repository: Path) -> None:
    assert inventory_at("HEAD~2", "prod", repository) == [{"name": "first", "argv": ["--env", "prod"]}]
    assert inventory_at("HEAD~1", "dev", repository) == [{"name": "second", "argv": ["--env", "dev"]}]


@pytest.mark.parametrize("revision", ["nowhere", "--help", ""])
def test_what_is_no_revision_is_named(repository: Path, revision: str) -> None:
    with pytest.raises(RevisionError, match=r"^AGAINST is .*, which is no revision of this repository"):
        inventory_at(revision, "prod", repository)


def test_a_program_that_cannot_be_run_says_why(repository: Path) -> None:
    with pytest.raises(
        RevisionError, match="^what prod declared at HEAD cannot be told: NameError: name 'unknown' is not defined"
    ):
        inventory_at("HEAD", "prod", repository)


def test_a_link_that_leads_out_of_the_repository_is_refused(repository: Path) -> None:
    (repository / "out").symlink_to("/etc")
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.com"]
    subprocess.run([*git, "add", "out"], cwd=repository, check=True)
    subprocess.run([*git, "commit", "--quiet", "-m", "a link"], cwd=repository, check=True)
    with pytest.raises(RevisionError, match="^HEAD cannot be read: .*out"):
        inventory_at("HEAD", "prod", repository)
