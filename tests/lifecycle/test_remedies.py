"""The engine takes what a rule put right: asked for, and not otherwise."""

from __future__ import annotations

import json
from pathlib import Path

import pulumi
import pulumi_gcp as gcp
import pytest

from policies.tokens import BUCKET
from tools.lifecycle.workspace import Workspace

from .scene import Scene

pytestmark = pytest.mark.engine


def _declare() -> None:
    provider = gcp.Provider("google", project="alphintra-test", region="us-central1")
    service = gcp.projects.Service("storage", service="storage.googleapis.com", opts=pulumi.ResourceOptions(provider=provider))
    opts = pulumi.ResourceOptions(provider=provider, depends_on=[service])
    gcp.storage.Bucket("bucket", name="alphintra-test-remedies", location="US-CENTRAL1", opts=opts)


@pytest.mark.parametrize(("level", "becomes"), [("remediate", "enforced"), ("advisory", None)])
def test_a_bucket_that_forgot_it_cannot_become_public(tmp_path: Path, level: str, becomes: str | None) -> None:
    config = tmp_path / "levels.json"
    config.write_text(json.dumps({"all": "disabled", "gcs-public-access-prevention": level}))
    asked = Workspace("dev", "local", tmp_path, levels=config)
    scene = Scene(tmp_path, _declare)
    scene.stack.up(policy_packs=asked.policy_packs, policy_pack_configs=asked.policy_pack_configs)
    [bucket] = [known for known in scene.state() if known["type"] == BUCKET]
    assert bucket["inputs"].get("publicAccessPrevention") == becomes
