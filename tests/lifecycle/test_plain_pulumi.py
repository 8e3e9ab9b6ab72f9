"""The same program without our commands around it: plain `pulumi`, and our commands with CLOUD=gcp.

The engine and the program are real; what stands in is the language plugin of the official CLI, and the local cloud for Google's.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from localcloud.serve import STORE_VARIABLE
from localcloud.store import Store
from tools.bootstrap.engine import recorded
from tools.recorder import ROOT

pytestmark = pytest.mark.engine


class Checkout:
    """A copy of this checkout, with a user's own backend and passphrase."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "checkout"
        files = subprocess.run(
            ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
        )
        for name in filter(lambda name: (ROOT / name).is_file(), files.stdout.splitlines()):
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, self.root / name)
        (self.root / ".venv").symlink_to(ROOT / ".venv")
        engine = recorded()
        assert engine
        (self.root / ".cache" / "engine").mkdir(parents=True)
        (self.root / ".cache" / "engine" / "engine.json").write_text((ROOT / ".cache" / "engine" / "engine.json").read_text())
        plugins = folder / "plugins"
        plugins.mkdir()
        host = plugins / "pulumi-language-python"
        host.write_text(f'#!/bin/sh\nPYTHONPATH={ROOT} exec {sys.executable} -m tests.lifecycle.language_host "$@"\n')
        host.chmod(0o755)
        (plugins / "pulumi").symlink_to(engine.path)
        for name in ("pulumi-resource-gcp", "pulumi-resource-random"):
            (plugins / name).write_text(f'#!/bin/sh\nexec {self.root}/localcloud/bin/{name} "$@"\n')
            (plugins / name).chmod(0o755)
        (folder / "state").mkdir()
        self.env = {
            "PATH": f"{plugins}:{os.defpath}",
            "HOME": str(folder),
            "PULUMI_HOME": str(folder / "home"),
            "PULUMI_BACKEND_URL": (folder / "state").as_uri(),
            "PULUMI_CONFIG_PASSPHRASE": "a user's own",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            STORE_VARIABLE: str(folder / "cloud"),
        }
        self.store = folder / "cloud" / "cloud.db"

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, cwd=self.root, env=self.env, capture_output=True, text=True, check=False, timeout=240)

    def rows(self) -> int:
        store = Store(self.store)
        with store.transaction():
            found = len(store.all())
        store.close()
        return found


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


def test_plain_preview_and_up(checkout: Checkout) -> None:
    assert checkout.run("pulumi", "stack", "init", "dev").returncode == 0
    preview = checkout.run("pulumi", "preview", "-s", "dev", "--policy-pack", "policies")
    assert preview.returncode == 0, preview.stdout + preview.stderr
    assert "gcp:sql:DatabaseInstance" in preview.stdout
    assert "alphintra" in preview.stdout.split("Policies:")[1]
    assert checkout.rows() == 0

    up = checkout.run("pulumi", "up", "-s", "dev", "--yes", "--skip-preview")
    assert up.returncode == 0, up.stdout + up.stderr
    assert "main-db.alphintra.internal" in up.stdout
    again = checkout.run("pulumi", "preview", "-s", "dev", "--expect-no-changes")
    assert again.returncode == 0, again.stdout + again.stderr


def test_plain_pulumi_shows_wrong_settings_without_a_traceback(checkout: Checkout) -> None:
    file = checkout.root / "Pulumi.prod.yaml"
    file.write_text(file.read_text() + "  alphintra:database:\n    backups: {log_retention_days: 9}\n")
    assert checkout.run("pulumi", "stack", "init", "prod").returncode == 0
    preview = checkout.run("pulumi", "preview", "-s", "prod")
    assert preview.returncode != 0
    assert "Pulumi.prod.yaml: alphintra:database.backups.log_retention_days: " in preview.stdout
    assert "Traceback" not in preview.stdout + preview.stderr


def test_our_commands_on_googles_side(checkout: Checkout) -> None:
    lifecycle = (str(ROOT / ".venv" / "bin" / "python"), "-m", "tools.lifecycle")
    refused = checkout.run(*lifecycle, "up", "--cloud", "gcp")
    assert refused.returncode == 1
    assert "+ main-db-primary (gcp:DatabaseInstance)" in refused.stderr, "what would change is shown"
    assert refused.stderr.rstrip().endswith("nothing was changed"), "nobody was there to confirm"
    assert checkout.rows() == 0

    up = checkout.run(*lifecycle, "up", "--cloud", "gcp", "--yes")
    assert up.returncode == 0, up.stderr
    assert "'dev' stands on Google Cloud, in project alphintra-dev." in up.stdout
    assert "LOCAL" not in up.stdout
    assert checkout.rows() > 70
    assert checkout.run(*lifecycle, "drift", "--cloud", "gcp").returncode == 0
    assert "encryptionsalt" in (checkout.root / "Pulumi.dev.yaml").read_text(), "the user's own state, in the user's own files"
    for verb in ("unprotect", "protect"):
        answer = checkout.run(*lifecycle, verb, "--cloud", "gcp")
        assert answer.returncode == 1
        assert "changes the local cloud only" in answer.stderr
    destroyed = checkout.run(*lifecycle, "destroy", "--cloud", "gcp", "--yes")
    assert destroyed.returncode == 0, destroyed.stderr
    assert checkout.rows() == 0


def test_the_plugin_processes_end_with_the_engine(checkout: Checkout) -> None:
    assert checkout.run("pulumi", "stack", "init", "dev").returncode == 0
    assert checkout.run("pulumi", "preview", "-s", "dev").returncode == 0
    left = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert str(checkout.root) not in left
    assert json.loads((checkout.root / ".cache" / "engine" / "engine.json").read_text())
