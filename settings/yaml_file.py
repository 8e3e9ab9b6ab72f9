"""YAML with line numbers, through ruamel.yaml, whose own types say little."""

from __future__ import annotations

from io import StringIO
from typing import Any, cast

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedBase
from ruamel.yaml.error import YAMLError

__all__ = ["YAMLError", "line_of", "parse", "written"]


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
