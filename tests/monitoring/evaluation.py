"""Whether a policy fires on recorded series and log entries: what Cloud Monitoring does with it, as far as our policies go.

https://cloud.google.com/monitoring/alerts/concepts-indepth
"""

from __future__ import annotations

import re
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from localcloud.gcp.log_filter import Compare, Junction, Node, parse_log_filter
from localcloud.gcp.metrics import Filter, parse_filter, published
from localcloud.values import at, is_list

SEVERITIES = ("DEFAULT", "DEBUG", "INFO", "NOTICE", "WARNING", "ERROR", "CRITICAL", "ALERT", "EMERGENCY")


@dataclass(frozen=True, kw_only=True)
class Series:
    """A time series. A point is (seconds, value); of a distribution the value is the list of what was measured since the last."""

    metric: str
    resource: str
    of: Mapping[str, str]
    labels: Mapping[str, str] = field(default_factory=dict[str, str])
    points: Sequence[tuple[int, Any]]

    @property
    def all_labels(self) -> dict[str, str]:
        """Every label, as `group_by_fields` names it."""
        named = {f"metric.label.{key}": value for key, value in self.labels.items()}
        return named | {f"resource.label.{key}": value for key, value in self.of.items()}


def fires(
    policy: Mapping[str, Any], series: Sequence[Series] = (), entries: Sequence[Mapping[str, Any]] = (), now: int = 0
) -> bool:
    """Whether the conditions of a policy (its inputs) are met."""
    results = [_condition(condition, series, entries, now) for condition in policy["conditions"]]
    return all(results) if policy["combiner"] == "AND" else any(results)


def _condition(condition: Mapping[str, Any], series: Sequence[Series], entries: Sequence[Mapping[str, Any]], now: int) -> bool:
    if found := condition.get("conditionThreshold"):
        return _threshold(found, series, now)
    if found := condition.get("conditionAbsent"):
        return _absent(found, series, now)
    if found := condition.get("conditionMatchedLog"):
        tree = parse_log_filter(found["filter"])
        return any(matches(tree, entry) for entry in entries)
    return _omission(condition["conditionPrometheusQueryLanguage"]["query"], series, now)


# -- metrics


def selected(text: str, series: Sequence[Series]) -> list[Series]:
    """The series that a monitoring filter selects."""
    found = parse_filter(text)
    assert found is not None, text
    return [one for one in series if _selects(found, one)]


def _selects(wanted: Filter, one: Series) -> bool:
    return (
        (wanted.metric, wanted.resource) == (one.metric, one.resource)
        and all(one.of.get(key) in values for key, values in wanted.labels("resource").items())
        and all(one.labels.get(key) in values for key, values in wanted.labels("metric").items())
    )


ALIGN: Mapping[str, Callable[[list[Any]], Any]] = {
    "ALIGN_MEAN": statistics.fmean,
    "ALIGN_MAX": max,
    "ALIGN_MIN": min,
    "ALIGN_FRACTION_TRUE": lambda values: sum(values) / len(values),
}
REDUCE: Mapping[str, Callable[[list[Any]], Any]] = {
    "REDUCE_SUM": sum,
    "REDUCE_MAX": max,
    "REDUCE_MIN": min,
    "REDUCE_MEAN": statistics.fmean,
}


def aligned(one: Series, aligner: str, period: int) -> dict[int, Any]:
    """A series in steps: the end of each step, and what the aligner makes of the points in it."""
    steps: dict[int, list[Any]] = {}
    for when, value in one.points:
        steps.setdefault(-(-when // period) * period, []).append(value)
    if aligner == "ALIGN_DELTA":
        assert published()[one.metric].kind != "GAUGE"
        return {
            step: [v for value in values for v in value] if is_list(values[0]) else sum(values) for step, values in steps.items()
        }
    return {step: ALIGN[aligner](values) for step, values in steps.items()}


def _reduced(series: Sequence[Series], aggregation: Mapping[str, Any], period: int) -> list[dict[int, Any]]:
    lines = [(one, aligned(one, aggregation["perSeriesAligner"], period)) for one in series]
    reducer = aggregation.get("crossSeriesReducer")
    if not reducer:
        return [line for _, line in lines]
    groups: dict[tuple[str | None, ...], dict[int, list[Any]]] = {}
    for one, line in lines:
        key = tuple(one.all_labels.get(name) for name in aggregation.get("groupByFields", ()))
        for step, value in line.items():
            groups.setdefault(key, {}).setdefault(step, []).extend(value if is_list(value) else [value])
    return [{step: REDUCE[reducer](values) for step, values in group.items()} for group in groups.values()]


def _threshold(condition: Mapping[str, Any], series: Sequence[Series], now: int) -> bool:
    aggregation = condition["aggregations"][0]
    period, length = _seconds(aggregation["alignmentPeriod"]), _seconds(condition["duration"])
    limit = condition["thresholdValue"]
    over: Callable[[float], bool] = (lambda v: v > limit) if condition["comparison"] == "COMPARISON_GT" else (lambda v: v < limit)
    ahead = _seconds(at(condition, "forecastOptions.forecastHorizon") or "0s")
    for line in _reduced(selected(condition["filter"], series), aggregation, period):
        recent = {step: value for step, value in line.items() if now - max(length, period) < step <= now}
        values = [_forecast(line, ahead)] if ahead and len(line) > 1 else list(recent.values())
        if values and all(over(value) for value in values):
            return True
    return False


def _forecast(line: Mapping[int, float], ahead: int) -> float:
    slope, start = statistics.linear_regression(list(line), list(line.values()))
    return start + slope * (max(line) + ahead)


def burns(objective: Mapping[str, Any], series: Sequence[Series], seconds: int, now: int) -> float:
    """How many times too fast an objective's budget was used up over the last seconds."""
    good: list[bool] = []
    for path in ("windowsBasedSli.metricMeanInRange", "requestBasedSli.distributionCut"):
        sli: dict[str, Any] = at(objective, path) or {}
        low, high = at(sli, "range.min"), at(sli, "range.max")
        for one in selected(sli["timeSeries"] if "timeSeries" in sli else sli["distributionFilter"], series) if sli else ():
            recent = [value for when, value in one.points if now - seconds < when <= now]
            values = [v for value in recent for v in (value if is_list(value) else [value])]
            good += [(low is None or low <= value) and (high is None or value <= high) for value in values]
    return (good.count(False) / len(good)) / (1 - objective["goal"])


def _absent(condition: Mapping[str, Any], series: Sequence[Series], now: int) -> bool:
    length = _seconds(condition["duration"])
    known = [one for one in selected(condition["filter"], series) if one.points]
    return any(max(when for when, _ in one.points) <= now - length for one in known)


def _omission(query: str, series: Sequence[Series], now: int) -> bool:
    pattern = r'absent_over_time\(logging_googleapis_com:user_(\w+)\{monitored_resource="(\S+)"\}\[(\d+)m\]\) and on\(\) max\((\w+):(\w+)\{(.*)\} offset (\d+)m\)'
    found = re.fullmatch(pattern, query)
    assert found, query
    name, resource, minutes, service, path, labels, offset = found.groups()
    wanted = dict(re.findall(r'(\w+)="([^"]*)"', labels))

    def promql(text: str) -> str:
        return re.sub(r"[^a-z0-9]", "_", text)

    counted = [s for s in series if promql(s.metric) == promql(f"logging.googleapis.com/user/{name}") and s.resource == resource]
    alive = [
        s for s in series
        if promql(s.metric) == f"{service}_{path}" and s.resource == wanted["monitored_resource"]
        and all(s.of.get(key) == value for key, value in wanted.items() if key != "monitored_resource")
    ]  # fmt: skip
    since, back_then = now - int(minutes) * 60, now - int(offset) * 60
    silent = not any(since < when <= now and value for one in counted for when, value in one.points)
    return silent and any(back_then - 300 < when <= back_then for one in alive for when, _ in one.points)


def _seconds(text: str) -> int:
    return int(text.removesuffix("s"))


# -- logs


def matches(tree: Node, entry: Mapping[str, Any]) -> bool:
    """Whether a log entry matches a filter's tree."""
    if isinstance(tree, Junction):
        results = [matches(part, entry) for part in tree.parts]
        return not results[0] if tree.how == "not" else any(results) if tree.how == "or" else all(results)
    return _compare(tree, entry)


def _compare(comparison: Compare, entry: Mapping[str, Any]) -> bool:
    if comparison.field == "log_id":
        return str(entry["logName"]).split("/logs/")[-1].replace("%2F", "/") == comparison.value
    value: Any = entry
    for name in re.findall(r'"([^"]+)"|([^.]+)', comparison.field):
        value = value.get(name[0] or name[1]) if isinstance(value, Mapping) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
    if value is None:
        return False
    text, wanted = str(value), comparison.value  # pyright: ignore[reportUnknownArgumentType]
    if comparison.field == "severity" and comparison.op == ">=":
        return SEVERITIES.index(text) >= SEVERITIES.index(wanted)
    if comparison.op == "<":
        return float(text) < float(wanted)
    if comparison.op == "=~":
        return bool(re.search(wanted, text))
    return {"=": text == wanted, "!=": text != wanted, ":": wanted == "*" or wanted in text}[comparison.op]
