"""What the stores' volumes are made from."""

from __future__ import annotations

import pytest

from ..environments import resources


@pytest.mark.parametrize("region", ["us-central1", "us-east1"])
def test_volumes_are_ssds_under_the_regions_own_key(region: str) -> None:
    known = resources("prod")[f"storage-classes-{region}-ssd"]
    assert known.inputs["parameters"]["type"] == "pd-ssd", "5.1, 8.1"
    assert f"/locations/{region}/" in known.inputs["parameters"]["disk-encryption-kms-key"], "9.1"
    needed = {urn.rsplit("::", 1)[-1] for urn in known.property_dependencies["parameters"]}
    assert f"encryption-key-cluster-{region}-compute" in needed, "the grant to Compute Engine, which makes the disks"
    assert known.protect


@pytest.mark.parametrize("environment", ["dev", "staging", "prod"])
def test_volumes_grow_and_outlive_their_claims(environment: str) -> None:
    known = resources(environment)["storage-classes-us-central1-ssd"].inputs
    assert known["allowVolumeExpansion"] is True
    assert known["reclaimPolicy"] == "Retain"
    assert resources(environment)["storage-classes-us-central1-scratch"].inputs["reclaimPolicy"] == "Delete", "what is tried goes"
    assert known["volumeBindingMode"] == "WaitForFirstConsumer", "the pod's zone is known before the disk's"


def test_dev_has_googles_own_keys() -> None:
    assert resources("dev")["storage-classes-us-central1-ssd"].inputs["parameters"] == {"type": "pd-ssd"}
