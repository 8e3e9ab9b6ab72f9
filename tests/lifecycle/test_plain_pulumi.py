"""The same program without our commands around it: plain `pulumi`, and our commands with CLOUD=gcp.

The engine and the program are real; what stands in is the language plugin of the official CLI, and the local cloud for Google's.
"""

from __future__ import annotations

import json
import re
import subprocess

import pytest

from localcloud.catalog import is_kept
from tests.environments import recorded
from tools.recorder import ROOT

from .checkout import Checkout

pytestmark = pytest.mark.engine


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
    unbuilt = checkout.run(*lifecycle, "up", "--cloud", "gcp", "--yes")
    assert unbuilt.returncode == 1
    assert "Pulumi.dev.yaml: images.jobs is jobs:not-built@sha256:0000" in unbuilt.stderr
    assert checkout.rows() == 0
    file = checkout.root / "Pulumi.dev.yaml"
    # As long as there is no repository that could have it; by now Pulumi has written into the file, too.
    file.write_text(re.sub(r"(?m)^( +)alphintra:environment: dev$", r"\g<0>\n\1alphintra:images: {jobs: null}", file.read_text()))
    refused = checkout.run(*lifecycle, "up", "--cloud", "gcp")
    assert refused.returncode == 1
    assert "+ main-db-primary (gcp:DatabaseInstance)" in refused.stderr, "what would change is shown"
    assert refused.stderr.rstrip().endswith("nothing was changed"), "nobody was there to confirm"
    assert checkout.rows() == 0

    up = checkout.run(*lifecycle, "up", "--cloud", "gcp", "--yes")
    assert up.returncode == 0, up.stderr
    assert "'dev' stands on Google Cloud, in project alphintra-dev." in up.stdout
    assert "LOCAL" not in up.stdout
    declared = [known for known in recorded("dev", {"images": {"jobs": None}}).registrations if is_kept(known.type)]
    assert checkout.rows() == len(declared)
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
