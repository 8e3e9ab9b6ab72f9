"""Images that settings name, wherever they stand."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from settings.section import ImageReference, OwnImage, Section, images, own_images, setting

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


class Own(Section):
    """Ours, of which one may be null."""

    inner: Inner = Inner()
    ours: OwnImage = "ours:1" + DIGEST
    perhaps: OwnImage | None = None


def test_our_own_images_are_told_apart() -> None:
    assert dict(images(Own())) == {f"inner.{key}": image for key, image in images(Inner())}
    assert dict(own_images(Own())) == {"ours": "ours:1" + DIGEST}
    assert dict(own_images(Own(perhaps="more:2" + DIGEST))) == {"ours": "ours:1" + DIGEST, "perhaps": "more:2" + DIGEST}


@pytest.mark.parametrize("reference", ["ours", "ours:1", "docker.io/ours:1" + DIGEST, "ours@sha256:" + "0" * 64])
def test_an_image_of_ours_has_tag_and_digest_and_no_registry(reference: Any) -> None:
    with pytest.raises(ValidationError):
        Own(ours=reference)
