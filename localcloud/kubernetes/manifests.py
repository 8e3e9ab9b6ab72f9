"""YAML manifests, through ruamel.yaml, whose own types say little."""

from __future__ import annotations

from typing import Any, cast

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from ..errors import LocalCloudError


def documents(text: str) -> list[Any]:
    """The documents of a manifest, without empty ones.

    Raises:
        LocalCloudError: it is not YAML.
    """
    try:
        found = list(cast("Any", YAML(typ="safe")).load_all(text))
    except YAMLError as error:
        raise LocalCloudError(f"error converting YAML to JSON: {error}") from None
    return [document for document in found if document]
