"""Metrics that exist: those that Google publishes (`metrics.toml`), and the filters that name them.

A monitoring filter is a list of comparisons: `metric.type="…" AND resource.type="…" AND resource.labels.x=one_of("a","b")`.
https://cloud.google.com/monitoring/api/v3/filters
"""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
USER_METRICS = "logging.googleapis.com/user/"
"""How the type of a metric that is counted in logs begins."""
_PART = re.compile(r'\s*([a-z_]+(?:\.[a-z_]+)*)\s*=\s*(?:"([^"]*)"|one_of\(\s*((?:"[^"]*"\s*,?\s*)+)\))\s*')
_BURN_RATE = re.compile(r'select_slo_burn_rate\(\s*"([^"]+)"\s*,\s*"?(\d+)(s|m|h)"?\s*\)')
_UNITS = {"s": 1, "m": 60, "h": 3600}


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A metric: GAUGE, DELTA or CUMULATIVE values of BOOL, INT64, DOUBLE or DISTRIBUTION."""

    kind: str
    value: str
    resources: Sequence[str]
    labels: Sequence[str] = ()


@dataclass(frozen=True)
class Filter:
    """A filter's comparisons: the values that each name may have."""

    parts: Mapping[str, Sequence[str]]

    @property
    def metric(self) -> str:
        """The metric's type; empty where none is named."""
        return next(iter(self.parts.get("metric.type", ())), "")

    @property
    def resource(self) -> str:
        """The monitored resource's type; empty where none is named."""
        return next(iter(self.parts.get("resource.type", ())), "")

    def labels(self, of: str) -> Mapping[str, Sequence[str]]:
        """The labels of `metric` or `resource` that are compared."""
        pairs = ((re.match(rf"{of}\.labels?\.(.+)", name), values) for name, values in self.parts.items())
        return {found[1]: values for found, values in pairs if found}


def parse_filter(text: str) -> Filter | None:
    """The comparisons of a filter; None where it cannot be read."""
    parts: dict[str, Sequence[str]] = {}
    for piece in re.split(r"\s+AND\s+|\n", text.strip()):
        found = _PART.fullmatch(piece)
        if not found:
            return None
        parts[found[1]] = [found[2]] if found[2] is not None else re.findall(r'"([^"]*)"', found[3])
    return Filter(parts)


def burn_rate(text: str) -> tuple[str, int] | None:
    """The objective and the seconds to look back of `select_slo_burn_rate("…", "3600s")`; None where it is none."""
    found = _BURN_RATE.fullmatch(text.strip())
    return (found[1], int(found[2]) * _UNITS[found[3]]) if found else None


@functools.cache
def published() -> Mapping[str, Metric]:
    """Google's own metrics, by their type."""
    families: Mapping[str, Mapping[str, Any]] = _data()["metrics"]
    return {f"{family}/{name}": Metric(**facts) for family, names in families.items() for name, facts in names.items()}


def labels_of(resource: str) -> Sequence[str]:
    """The labels of a monitored resource's type; none where nobody knows it."""
    return _data()["resources"].get(resource, ())


@functools.cache
def _data() -> dict[str, Any]:
    return tomllib.loads((HERE / "metrics.toml").read_text())
