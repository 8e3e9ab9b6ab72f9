"""Nothing goes to Google Cloud with an image whose digest nobody looked up."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.lifecycle.commands import require_digests
from tools.lifecycle.errors import CommandError
from tools.lifecycle.workspace import Workspace


def workspace(environment: str, folder: Path) -> Workspace:
    return Workspace(environment, "local", folder, lambda: None)


def test_a_digest_of_zeros_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        CommandError, match="Pulumi.prod.yaml: timeseries.image is .*whose digest is no image's: look up"
    ) as caught:
        require_digests(workspace("prod", tmp_path))
    assert "alphintra:timeseries" in str(caught.value)


def test_one_that_was_looked_up_goes(tmp_path: Path) -> None:
    prod = workspace("prod", tmp_path)
    prod.override({"timeseries": {"image": "docker.io/timescale/timescaledb-ha:pg15.18-ts2.28.3@sha256:" + "1" * 64}})
    require_digests(prod)


@pytest.mark.parametrize("environment", ["dev", "staging"])
def test_elsewhere_a_tag_will_do(environment: str, tmp_path: Path) -> None:
    require_digests(workspace(environment, tmp_path))
