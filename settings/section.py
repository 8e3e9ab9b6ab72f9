"""What every section of the settings has in common."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network
from typing import Annotated, Any, Literal, cast, get_args

from pydantic import BaseModel, ConfigDict, Field, StringConstraints


class Section(BaseModel):
    """A group of settings: immutable, and nothing in it that is not declared."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, validate_default=True, use_attribute_docstrings=True)


def setting(default: Any, source: str, *, unit: str | None = None, **constraints: Any) -> Any:
    """A setting with its default.

    Args:
        default: the value in production.
        source: where the number comes from: `§4.1` is a section of the requirements, anything else a link or a word.
        unit: what the number counts.
        constraints: what pydantic's `Field` takes: ge, le, multiple_of, min_length...
    """
    extra: dict[str, Any] = {"source": source, **({"unit": unit} if unit else {})}
    field: Any = Field  # its overloads know every constraint by name; here they come as a mapping
    return field(default, json_schema_extra=extra, **constraints)


Region = Annotated[str, StringConstraints(pattern=r"^[a-z]+-[a-z]+\d$")]
"""A Google Cloud region, such as us-central1."""

Role = Literal["primary", "secondary"]
"""A region's role, in `regions`; it stays when a store moves."""

Zone = Annotated[str, StringConstraints(pattern=r"^[a-z]+-[a-z]+\d-[a-z]$")]
"""A zone of a region, such as us-central1-a."""

ResourceName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,61}[a-z0-9]$")]
"""A name as most Google APIs want it: lower case, digits and hyphens, 2 to 63 characters."""

Cidr = IPv4Network
"""An address range, such as 10.0.0.0/16."""


class _Image:
    """Marks settings that name a container image."""


IMAGE, OWN_IMAGE = _Image(), _Image()
ImageReference = Annotated[
    str,
    StringConstraints(
        pattern=r"^[a-z0-9-]+(\.[a-z0-9-]+)+(:\d+)?(/[a-z0-9]+([._-]+[a-z0-9]+)*)+:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}(@sha256:[0-9a-f]{64})?$"
    ),
    IMAGE,
]
"""A container image: registry/path:tag@sha256:digest. Without the digest it is whatever the tag stands for that day."""


OwnImage = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z0-9]+([._-]+[a-z0-9]+)*:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}@sha256:[0-9a-f]{64}$"),
    OWN_IMAGE,
]
"""An image in the environment's own repository: name:tag@sha256:digest."""


NOT_LOOKED_UP = f"sha256:{'0' * 64}"
"""Stands where a digest must be, and is no image's: nothing can be pulled by it."""


def images(section: BaseModel) -> Iterator[tuple[str, str]]:
    """Every image of others that a section and those in it name, with the key of the setting."""
    return _named(section, IMAGE, "")


def own_images(section: BaseModel) -> Iterator[tuple[str, str]]:
    """Every image of ours; none where the setting is null."""
    return ((key, reference) for key, reference in _named(section, OWN_IMAGE, "") if reference is not None)


def _named(section: BaseModel, mark: _Image, prefix: str) -> Iterator[tuple[str, Any]]:
    for name, field in type(section).model_fields.items():
        value: Any = getattr(section, name)
        if mark in field.metadata or mark in _alternatives(field.annotation):
            yield f"{prefix}{name}", value
        elif isinstance(value, BaseModel):
            yield from _named(value, mark, f"{prefix}{name}.")
        elif isinstance(value, dict):
            inner = cast("dict[str, Any]", value)
            for key, part in inner.items():
                if isinstance(part, BaseModel):
                    yield from _named(part, mark, f"{prefix}{name}.{key}.")


def _alternatives(annotation: Any) -> list[Any]:
    """What marks the parts of a type that may also be None."""
    return [mark for part in get_args(annotation) for mark in getattr(part, "__metadata__", ())]


def zone_region(zone: str) -> str:
    """The region that a zone lies in."""
    return zone.rpartition("-")[0]
