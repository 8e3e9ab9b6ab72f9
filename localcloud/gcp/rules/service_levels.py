"""Service level objectives."""

from __future__ import annotations

from ...errors import Refusal
from ..metrics import parse_filter
from ..view import Request, invalid, not_allowed
from . import rule
from .kms import seconds
from .monitoring import SLO, metric_named, misfit

API = "https://cloud.google.com/monitoring/api/ref_v3/rest/v3/services.serviceLevelObjectives"
DAY = 86400
HIGHEST_GOAL = 0.999


@rule("slo-goal", SLO, source=f"{API}#resource:-servicelevelobjective", numbers=(46,))
def slo_goal(request: Request) -> Refusal | None:
    """A goal is above 0 and at most 0.999."""
    goal = float(request.get("goal"))
    return None if 0 < goal <= HIGHEST_GOAL else not_allowed(f"goal {goal} must be > 0 and <= {HIGHEST_GOAL}")


@rule("slo-window", SLO, source=f"{API}#windowsbasedsli")
def slo_window(request: Request) -> Refusal | None:
    """A window is a whole fraction of a day, at least a minute."""
    for period in request.every("windowsBasedSli.windowPeriod"):
        length = seconds(str(period))
        if not length or length < 60 or DAY % length:
            return invalid(
                f"Invalid SLO definition: window_period must be an integer fraction of a day and at least 60s, got {period}."
            )
    return None


@rule("slo-metric", SLO, source=f"{API}#metricrange")
def slo_metric(request: Request) -> Refusal | None:
    """An objective's metric exists; a window takes numbers of a gauge, a cut takes a distribution that is counted up."""
    wanted = {
        "windowsBasedSli.metricMeanInRange.timeSeries": (("GAUGE",), ("INT64", "DOUBLE")),
        "windowsBasedSli.metricSumInRange.timeSeries": (("GAUGE",), ("INT64", "DOUBLE")),
        "windowsBasedSli.goodBadMetricFilter": (("GAUGE",), ("BOOL",)),
        "requestBasedSli.distributionCut.distributionFilter": (("DELTA", "CUMULATIVE"), ("DISTRIBUTION",)),
    }
    for path, (kinds, values) in wanted.items():
        for text in request.every(path):
            found = parse_filter(str(text))
            metric = metric_named(request, found.metric) if found else None
            if found is None or metric is None:
                return invalid("Invalid SLO definition: The metric referenced by the provided filter is unknown. "
                               "Check the metric name and labels.")  # fmt: skip
            problem = misfit(found, metric)
            if problem is None and (metric.kind not in kinds or metric.value not in values):
                takes = f"{' or '.join(kinds)} of {' or '.join(values)}"
                problem = f"{found.metric} is {metric.kind} of {metric.value}; {path} takes {takes}."
            if problem:
                return invalid(f"Invalid SLO definition: {problem}")
    return None
