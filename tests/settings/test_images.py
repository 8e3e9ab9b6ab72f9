"""Images that settings name, wherever they stand."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from settings.section import ImageReference, Section, images, setting

DIGEST = "@sha256:" + "0" * 64


class Inner(Section):
    image: ImageReference = "ghcr.io/org/inner:v1" + DIGEST
    other: str = "ghcr.io/org/other:v1"


class Outer(Section):
    image: ImageReference = "docker.io/library/outer:1.0"
    inner: Inner = Inner()
    many: dict[str, Inner] = setting({"one": Inner()}, "test")


def test_every_image_is_found_with_its_key() -> None:
    assert dict(images(Outer())) == {
        "image": "docker.io/library/outer:1.0",
        "inner.image": "ghcr.io/org/inner:v1" + DIGEST,
        "many.one.image": "ghcr.io/org/inner:v1" + DIGEST,
    }


@pytest.mark.parametrize(
    "reference", ["outer:1.0", "library/outer:1.0", "docker.io/outer", "docker.io/outer:1@sha256:12", "docker.io/Outer:1"]
)
def test_a_reference_has_registry_and_tag(reference: Any) -> None:
    with pytest.raises(ValidationError):
        Outer(image=reference)
