"""The difference property by property, in Markdown that folds: old and new value of each, cut to where they differ."""

from __future__ import annotations

import difflib
import html
from collections.abc import Iterator, Sequence
from itertools import zip_longest

from ..property_path import NOTHING
from .difference import Change

LONGEST_VALUE = 100
SIGNS = {"create": "+", "update": "~", "replace": "±", "delete": "-"}
DONE = {"create": "created", "update": "updated", "replace": "replaced", "delete": "deleted"}


def details(changes: Sequence[Change]) -> Iterator[str]:
    """A part for each component, folded."""
    for component in dict.fromkeys(change.component for change in changes):
        mine = [change for change in changes if change.component == component]
        lines = [line for group in alike(mine) for line in _lines(group)]
        yield (
            f"<details><summary>{html.escape(component)}: {len(mine)} changed</summary>\n\n"
            + "\n".join(["```diff", *lines, "```"])
            + "\n\n</details>"
        )


def _lines(group: Sequence[Change]) -> Iterator[str]:
    first = group[0]
    names = ", ".join(change.name for change in group)
    yield f"@@ {SIGNS[first.op]} {first.kind} {DONE[first.op]}: {names} @@"
    for edit in first.edits:
        mark = "  # needs a new resource" if edit.replaces else ""
        if "\n" in edit.old + edit.new:
            yield f"  {edit.path}:{mark}"
            yield from _text(edit.old.splitlines(), edit.new.splitlines())
        else:
            yield from _pair(edit.old, edit.new, f"{edit.path}: ", mark)


def _text(old: Sequence[str], new: Sequence[str]) -> Iterator[str]:
    """The lines that differ; a line that stands for another is told beside it."""
    for tag, left, right, begin, end in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag != "equal":
            for before, after in zip_longest(old[left:right], new[begin:end], fillvalue=NOTHING):
                yield from _pair(before, after, "  ")


def _pair(old: str, new: str, before: str, after: str = "") -> Iterator[str]:
    left, right = short(old, new)
    if old != NOTHING:
        yield f"- {before}{left}{after if new == NOTHING else ''}"
    if new != NOTHING:
        yield f"+ {before}{right}{after}"


def short(old: str, new: str, longest: int = LONGEST_VALUE) -> tuple[str, str]:
    """Two values cut to where they differ, with a little of what is before it."""
    same = next((at for at, (left, right) in enumerate(zip(old, new, strict=False)) if left != right), min(len(old), len(new)))
    start = max(0, same - longest // 2) if max(len(old), len(new)) > longest else 0
    return _cut(old, start, longest), _cut(new, start, longest)


def _cut(text: str, start: int, longest: int) -> str:
    shown = text[start : start + longest]
    return _fenced(f"{'…' if start and shown else ''}{shown}{'…' if start + longest < len(text) else ''}")


def _fenced(text: str) -> str:
    """Text that cannot end the code around it."""
    return text.replace("`", "'")


def alike(changes: Sequence[Change]) -> list[list[Change]]:
    """Changes of the same kind with the same differences, told at once."""
    groups: dict[object, list[Change]] = {}
    for change in changes:
        groups.setdefault((change.component, change.type, change.op, change.protected, change.edits), []).append(change)
    return list(groups.values())
