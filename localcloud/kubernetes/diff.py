"""What changes between two versions of an object, and what of it Pulumi's provider makes a new object for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..shape import Change, Kind
from ..values import UNKNOWN, is_list, is_object

ALWAYS = ("metadata.name", "metadata.namespace")
_NOTHING: Any = None


def changes(old: Any, new: Any, replaces: Sequence[str], ignore: Sequence[str] = ()) -> dict[str, Change]:
    """The changes from old to new, by path, each where the difference is smallest."""
    found = {path: (kind, value) for path, kind, value in _differences(old, new, "") if not below(path, ignore)}
    return {
        path: Change(kind, replaces=below(path, (*ALWAYS, *replaces)) or _holds(path, value, replaces))
        for path, (kind, value) in found.items()
    }


def below(path: str, others: Sequence[str]) -> bool:
    """Whether a path is one of the others, or inside one."""
    return any(path == other or path.startswith((f"{other}.", f"{other}[")) for other in others)


def _holds(path: str, value: Any, replaces: Sequence[str]) -> bool:
    """Whether a value that came or went as a whole has one of the properties inside."""
    return is_object(value) and any(
        f"{path}.{name}" == other or _holds(f"{path}.{name}", inner, replaces)
        for name, inner in value.items()
        for other in replaces
    )


def _differences(old: Any, new: Any, path: str) -> Iterator[tuple[str, Kind, Any]]:
    if is_object(old) and is_object(new):
        yield from _in_object(old, new, path)
    elif is_list(old) and is_list(new):
        for index in range(max(len(old), len(new))):
            yield from _differences(_item(old, index), _item(new, index), f"{path}[{index}]")
    elif old is UNKNOWN or new is UNKNOWN or old != new:
        kind = Kind.ADD if old is _NOTHING else Kind.DELETE if new is _NOTHING else Kind.UPDATE
        yield path, kind, old if new is _NOTHING else new


def _in_object(old: Mapping[str, Any], new: Mapping[str, Any], path: str) -> Iterator[tuple[str, Kind, Any]]:
    for name in dict.fromkeys([*old, *new]):
        step = f'["{name}"]' if any(mark in name for mark in '."[]') else f".{name}" if path else name
        yield from _differences(old.get(name), new.get(name), f"{path}{step}")


def _item(values: list[Any], index: int) -> Any:
    return values[index] if index < len(values) else _NOTHING
