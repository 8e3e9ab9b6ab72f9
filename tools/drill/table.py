"""Rows as a table."""

from __future__ import annotations

from collections.abc import Sequence


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns side by side."""
    known = [headings, *rows]
    widths = [max(len(row[column]) for row in known) for column in range(len(headings))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in known]
    return "\n".join([lines[0], "  ".join("-" * width for width in widths), *lines[1:]])
