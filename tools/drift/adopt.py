"""Which setting would declare what stands at the cloud: found by value and name, and proved by what the program then declares."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from pydantic import BaseModel

from localcloud.values import at
from settings import SettingsError

from ..homes import Inventory

MOST = 4
"""Settings that are tried for a property; each runs the program once."""
Declared = Callable[[Mapping[str, Any]], Inventory]
"""What the program declares with other settings laid on top."""


def setting_for(urn: str, path: str, was: Any, found: Any, settings: BaseModel, declared: Declared) -> str | None:
    """The setting under which the program declares what was found, as `alphintra:database.tier`; None where none does.

    Args:
        urn: the resource.
        path: its property.
        was: what is declared.
        found: what stands at the cloud.
        settings: the environment's.
        declared: runs the program.
    """
    if not isinstance(found, str | int | bool):
        return None
    last = path.rpartition(".")[2].lower()
    same = [keys for keys, value in _leaves(settings.model_dump()) if value == was and type(value) is type(was)]
    likely = [keys for keys in same if (name := keys[-1].replace("_", "")) in last or last in name]
    for keys in sorted(likely, key=len)[:MOST]:
        over: Any = found
        for key in reversed(keys):
            over = {key: over}
        try:
            entries = {entry["urn"]: entry for entry in declared(over)}
        except SettingsError:
            continue  # a setting may not be that
        if urn in entries and at(entries[urn]["inputs"], path) == found:
            return f"alphintra:{'.'.join(keys)}"
    return None


def _leaves(value: Any, path: Sequence[str] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():  # pyright: ignore[reportUnknownVariableType]
            yield from _leaves(inner, (*path, str(key)))  # pyright: ignore[reportUnknownArgumentType]
    else:
        yield tuple(path), value
