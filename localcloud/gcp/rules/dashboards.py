"""Dashboards."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ...errors import Refusal
from ...values import at, is_list, is_object
from ..view import Request, invalid, not_allowed
from . import rule

DASHBOARD = "gcp:monitoring/dashboard:Dashboard"
API = "https://cloud.google.com/monitoring/api/ref_v3/rest/v1/projects.dashboards"
LAYOUTS = ("gridLayout", "mosaicLayout", "rowLayout", "columnLayout")
FIELDS = frozenset({"name", "displayName", "etag", "labels", "dashboardFilters", "annotations", *LAYOUTS})
CONTENTS = frozenset({
    "xyChart", "scorecard", "text", "blank", "alertChart", "timeSeriesTable", "collapsibleGroup", "logsPanel", "incidentList",
    "pieChart", "errorReportingPanel", "sectionHeader", "singleViewGroup", "treemap",
})  # fmt: skip
MOST_COLUMNS = 48


@rule("dashboard-json", DASHBOARD, source=f"{API}#resource:-dashboard")
def dashboard_json(request: Request) -> Refusal | None:
    """A dashboard is a JSON object with a name, one layout, and fields that there are."""
    text = str(request.get("dashboardJson"))
    try:
        found: Any = json.loads(text)
    except ValueError as error:
        return not_allowed(f'"dashboard_json" contains an invalid JSON: {error}')
    if not is_object(found):
        return not_allowed('"dashboard_json" contains an invalid JSON: it must be an object')
    unknown = sorted(set(found) - FIELDS)
    if unknown:
        return invalid(f'Invalid JSON payload received. Unknown name "{unknown[0]}": Cannot find field.')
    if not found.get("displayName"):
        return invalid('Field "displayName" is required.')
    if len([layout for layout in LAYOUTS if layout in found]) != 1:
        return invalid("A dashboard has exactly one layout.")
    return None


@rule("dashboard-tiles", DASHBOARD, source=f"{API}#mosaiclayout")
def dashboard_tiles(request: Request) -> Refusal | None:
    """The tiles of a mosaic lie beside each other, inside its columns, each with a widget that has one content."""
    layout = json.loads(str(request.get("dashboardJson"))).get("mosaicLayout")
    if layout is None:
        return None
    columns, tiles = layout.get("columns", 0), layout.get("tiles", [])
    if not 1 <= columns <= MOST_COLUMNS or not is_list(tiles):
        return invalid(f"Field mosaicLayout.columns had an invalid value of {columns}: must be from 1 to {MOST_COLUMNS}.")
    taken: dict[tuple[int, int], int] = {}
    for index, tile in enumerate(tiles):
        problem = _widget(tile) or _place(tile, columns, index, taken)
        if problem:
            return invalid(f"mosaicLayout.tiles[{index}] {problem}.")
    return None


def _widget(tile: Mapping[str, Any]) -> str | None:
    contents = [name for name in tile.get("widget", {}) if name in CONTENTS]
    if len(contents) != 1:
        return f"must have a widget with exactly one content, got {', '.join(contents) or 'none'}"
    thresholds = at(tile, "widget.xyChart.thresholds") or ()
    styled = [threshold for threshold in thresholds if "color" in threshold or "direction" in threshold]
    return "has a threshold with a color or a direction, which are not allowed in an xyChart" if styled else None


def _place(tile: Mapping[str, Any], columns: int, index: int, taken: dict[tuple[int, int], int]) -> str | None:
    left, top, width, height = (tile.get(name, 0) for name in ("xPos", "yPos", "width", "height"))
    if width < 1 or height < 1 or left + width > columns:
        return f"does not fit into {columns} columns"
    for cell in ((x, y) for x in range(left, left + width) for y in range(top, top + height)):
        if cell in taken:
            return f"overlaps with tiles[{taken[cell]}]"
        taken[cell] = index
    return None
