"""Dashboards as Google's JSON: charts of signals, with the thresholds of the alerts on them.

https://cloud.google.com/monitoring/api/ref_v3/rest/v1/projects.dashboards
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .signals import Signal

COLUMNS = 48
WIDTH, HEIGHT = 24, 16


@dataclass(frozen=True)
class Line:
    """A number that an alert compares a signal with."""

    label: str
    value: float


@dataclass(frozen=True)
class Series:
    """What is collected on the clusters, in PromQL."""

    promql: str
    unit: str = "1"
    title: str = ""
    """Their name in the legend; without one, their labels."""

    @property
    def filter(self) -> str:
        """What tells them from other series."""
        return self.promql


@dataclass(frozen=True)
class Chart:
    """Signals over time, in one picture."""

    title: str
    signals: Sequence[Signal | Series]


@dataclass(frozen=True)
class Dashboard:
    """Charts under a name, with a text above them."""

    name: str
    title: str
    text: str
    charts: Sequence[Chart]

    def json(self, lines: Mapping[str, Sequence[Line]]) -> str:
        """The JSON, with the lines of each signal's metric, keys in order so that it is the same every time."""
        heading = {"widget": {"title": self.title, "text": {"content": self.text, "format": "MARKDOWN"}}}
        tiles = [_placed(heading, 0, 0, COLUMNS, HEIGHT // 4)]
        for index, chart in enumerate(self.charts):
            left, top = index % 2 * WIDTH, HEIGHT // 4 + index // 2 * HEIGHT
            tiles.append(_placed({"widget": _chart(chart, lines)}, left, top, WIDTH, HEIGHT))
        layout = {"columns": COLUMNS, "tiles": tiles}
        whole = {"displayName": self.title, "mosaicLayout": layout}
        return json.dumps(whole, indent=1, sort_keys=True)


def _placed(tile: dict[str, Any], left: int, top: int, width: int, height: int) -> dict[str, Any]:
    """A tile in its place. A zero is left out: Google does not read it back, and it would differ for ever."""
    place = {"xPos": left, "yPos": top, "width": width, "height": height}
    return {**tile, **{key: value for key, value in place.items() if value}}


def _chart(chart: Chart, lines: Mapping[str, Sequence[Line]]) -> dict[str, Any]:
    drawn = [line for signal in chart.signals for line in lines.get(signal.filter, ())]
    thresholds = [{"label": line.label, "value": line.value, "targetAxis": "Y1"} for line in drawn]
    chart_json: dict[str, Any] = {"dataSets": [_data(signal) for signal in chart.signals], "yAxis": {"scale": "LINEAR"}}
    return {"title": chart.title, "xyChart": {**chart_json, **({"thresholds": thresholds} if thresholds else {})}}


def _data(signal: Signal | Series) -> dict[str, Any]:
    if isinstance(signal, Series):
        asked = {"timeSeriesQuery": {"prometheusQuery": signal.promql, "unitOverride": signal.unit}}
        return {**asked, **({"legendTemplate": signal.title} if signal.title else {}), "plotType": "LINE", "targetAxis": "Y1"}
    aggregation: dict[str, Any] = {"alignmentPeriod": f"{signal.seconds}s", "perSeriesAligner": signal.aligner}
    if signal.reducer:
        aggregation |= {"crossSeriesReducer": signal.reducer, **({"groupByFields": list(signal.by)} if signal.by else {})}
    query = {"timeSeriesFilter": {"filter": signal.filter, "aggregation": aggregation}, "unitOverride": signal.unit}
    return {"timeSeriesQuery": query, "legendTemplate": signal.title, "plotType": "LINE", "targetAxis": "Y1"}
