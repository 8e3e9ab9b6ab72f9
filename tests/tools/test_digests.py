"""Nothing goes to Google Cloud with an image whose digest nobody looked up."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.lifecycle.commands import unknown_digests
from tools.lifecycle.workspace import Workspace


def workspace(environment: str, folder: Path) -> Workspace:
    return Workspace(environment, "local", folder, lambda: None)


def test_a_digest_of_zeros_is_refused(tmp_path: Path) -> None:
    told, own = unknown_digests(workspace("prod", tmp_path))
    assert told.startswith("Pulumi.prod.yaml: timeseries.image is docker.io/timescale/timescaledb-ha:")
    assert "whose digest is no image's: look up that of its tag" in told
    assert "alphintra:timeseries" in told
    assert own.startswith("Pulumi.prod.yaml: images.jobs is jobs:not-built@")
    assert "`make pin-images ENV=prod` puts it in" in own
    assert "say `alphintra:images: {jobs: null}`" in own, "an image cannot be pushed before its repository is there"


def test_one_that_was_looked_up_goes(tmp_path: Path) -> None:
    prod = workspace("prod", tmp_path)
    timescaledb = "docker.io/timescale/timescaledb-ha:pg15.18-ts2.28.3@sha256:" + "1" * 64
    prod.override({"timeseries": {"image": timescaledb}, "images": {"jobs": "jobs:1234@sha256:" + "1" * 64}})
    assert unknown_digests(prod) == []


@pytest.mark.parametrize("environment", ["dev", "staging"])
def test_elsewhere_a_tag_will_do(environment: str, tmp_path: Path) -> None:
    there = workspace(environment, tmp_path)
    there.override({"images": {"jobs": None}})
    assert unknown_digests(there) == []
