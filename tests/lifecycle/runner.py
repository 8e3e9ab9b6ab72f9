"""What GitHub gives a step: its environment's variables, folders, and the step's own text; the platform's program is a small one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tools.recorder import ROOT

from .checkout import Checkout


class Runner:
    """Runs the commands of a workflow's jobs as they stand, on the local cloud."""

    def __init__(self, checkout: Checkout, folder: Path) -> None:
        self.checkout, self.temp, self.retention = checkout, folder / "runner", folder / "days"
        self.temp.mkdir()
        shutil.copy2(ROOT / "tests" / "lifecycle" / "small_program.py", checkout.root / "__main__.py")
        (checkout.root / "policies" / "waivers.yaml").write_text("[]\n")  # they are the platform's
        checkout.env["PATH"] = f"{Path(sys.executable).parent}:{checkout.env['PATH']}"

    def step(self, job: Mapping[str, Any], environment: str = "dev") -> subprocess.CompletedProcess[str]:
        """Runs the first command of a job, after the backup (tests/tools/test_backup.py runs that)."""
        step = next(step for step in job["steps"] if "run" in step and step.get("id") != "backup")
        known = {"ENVIRONMENT": environment, "CLOUD": "local", "SMALL_PROGRAM": str(self.retention)}
        paths = {name: str(self.temp / name.lower()) for name in ("GITHUB_STEP_SUMMARY", "GITHUB_OUTPUT")}
        assert set(step["env"]) == {"ENVIRONMENT", "CLOUD", "PULUMI_BACKEND_URL"}
        return subprocess.run(
            ["bash", "-e", "-c", step["run"]],
            cwd=self.checkout.root,
            env={**self.checkout.env, **known, **paths, "RUNNER_TEMP": str(self.temp)},
            capture_output=True,
            text=True,
            check=False,
        )

    def ok(self, job: Mapping[str, Any]) -> str:
        """Runs one that must succeed."""
        done = self.step(job)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def summary(self) -> str:
        """What stands in the run's summary."""
        return (self.temp / "github_step_summary").read_text()


def local_cloud(checkout: Checkout, *words: str) -> None:
    """Does something behind Pulumi's back."""
    env = {"PATH": os.defpath}
    command = [sys.executable, "-m", "localcloud", *words]
    subprocess.run(command, cwd=checkout.root, env=env, check=True, capture_output=True)
