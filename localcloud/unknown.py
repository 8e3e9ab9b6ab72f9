"""Values that a preview does not know yet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final


class _Unknown:
    """Stands where an output of another resource will be; compares equal to itself alone."""

    def __repr__(self) -> str:
        return "<not known before the update>"


UNKNOWN: Final = _Unknown()


def is_known(value: Any) -> bool:
    """Whether nothing inside the value is unknown."""
    if value is UNKNOWN:
        return False
    if isinstance(value, Mapping):
        return all(is_known(item) for item in value.values())  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, list):
        return all(is_known(item) for item in value)  # pyright: ignore[reportUnknownVariableType]
    return True
