"""YAML with line numbers, through ruamel.yaml, whose own types say little."""

from __future__ import annotations

from collections.abc import Mapping
from io import StringIO
from typing import Any, cast

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedBase
from ruamel.yaml.error import YAMLError

__all__ = ["YAMLError", "line_of", "parse", "rewritten", "written"]


def parse(text: str) -> Any:
    """The document; duplicate keys and other mistakes raise YAMLError."""
    return cast("Any", YAML(typ="rt")).load(text)


def written(document: Any) -> str:
    """A parsed document as text again, with its comments."""
    text, yaml = StringIO(), cast("Any", YAML(typ="rt"))
    yaml.width = 200
    yaml.dump(document, text)
    return text.getvalue()


def line_of(mapping: Any, key: str) -> int | None:
    """The line, from 1, on which a parsed mapping has a key."""
    return cast("Any", mapping).lc.key(key)[0] + 1 if isinstance(mapping, CommentedBase) else None


def rewritten(text: str, changes: Mapping[str, Any]) -> str:
    """A stack's file with other settings: values by their dotted keys, such as `alphintra:timeseries.image`. What else it says
    stays, and so do its comments."""
    document = parse(text)
    for key, value in changes.items():
        *sections, last = key.split(".")
        place = document["config"]
        for section in sections:
            place = place.setdefault(section, {})
        place[last] = value
    return written(document)
