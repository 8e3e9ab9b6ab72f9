"""A copy of this checkout, in which a user types commands."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from localcloud.serve import STORE_VARIABLE
from localcloud.store import Store
from tools.bootstrap.engine import recorded
from tools.recorder import ROOT

from .harness import QUICK


class Checkout:
    """A copy of this checkout, as a repository, with a user's own backend and passphrase."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "checkout"
        files = subprocess.run(
            ["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
        )
        for name in filter(lambda name: (ROOT / name).is_file(), files.stdout.splitlines()):
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, self.root / name)
        git = ["git", "-c", "user.name=a", "-c", "user.email=a@example.com"]
        for command in (["init", "--quiet", "--initial-branch=main"], ["add", "."], ["commit", "--quiet", "--message=here"]):
            subprocess.run([*git, *command], cwd=self.root, check=True)
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
        for name in ("pulumi-resource-gcp", "pulumi-resource-kubernetes", "pulumi-resource-random"):
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
            **QUICK,
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
