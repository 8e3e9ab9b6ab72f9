"""Cases about channels, alert policies, objectives and dashboards: for every rule a program that breaks it, and its twin."""

from __future__ import annotations

import json
from typing import Any

from .parts import Case, api, project_of
from .world import Res

CHANNEL = "gcp:monitoring/notificationChannel:NotificationChannel"
ALERT = "gcp:monitoring/alertPolicy:AlertPolicy"
DASHBOARD = "gcp:monitoring/dashboard:Dashboard"
SERVICE_TYPE = "gcp:monitoring/customService:CustomService"
SLO = "gcp:monitoring/slo:Slo"
LOG_METRIC = "gcp:logging/metric:Metric"
SQL = "cloudsql.googleapis.com/database"
UP = f'metric.type="{SQL}/up" AND resource.type="cloudsql_database"'
LATENCIES = f'metric.type="{SQL}/postgresql/insights/aggregate/latencies" AND resource.type="cloudsql_instance_database"'
SETUP = [api("monitoring"), api("logging")]


def channel(name: str = "mail", type_: str = "email", **extra: Any) -> Res:
    labels = {"labels": {"email_address": "ops@example.com"}} if type_ == "email" else {}
    return Res(name, CHANNEL, {"displayName": name, "type": type_, **labels, **extra})


def policy(*conditions: dict[str, Any], name: str = "policy", **extra: Any) -> Res:
    listed = [{"displayName": "condition", **condition} for condition in conditions]
    return Res(name, ALERT, {"displayName": name, "combiner": "OR", "conditions": listed, **extra})


def threshold(text: str = UP, aligner: str = "ALIGN_MIN", reducer: str | None = None, **extra: Any) -> dict[str, Any]:
    aggregation = {"alignmentPeriod": "60s", "perSeriesAligner": aligner, **({"crossSeriesReducer": reducer} if reducer else {})}
    given = {"filter": text, "comparison": "COMPARISON_LT", "thresholdValue": 1, "duration": "60s"}
    return {"conditionThreshold": {**given, "aggregations": [aggregation], **extra}}


def matched(text: str = "severity>=ERROR") -> dict[str, Any]:
    return {"conditionMatchedLog": {"filter": text}}


def promql(query: str, **extra: Any) -> dict[str, Any]:
    return {"conditionPrometheusQueryLanguage": {"query": query, "duration": "60s", **extra}}


def log_metric(name: str = "errors", text: str = "severity>=ERROR") -> Res:
    return Res(f"metric-{name}"[:20], LOG_METRIC, {"name": name, "filter": text})


def objective(goal: float = 0.99, **sli: Any) -> Res:
    window = {"windowPeriod": "60s", "metricMeanInRange": {"timeSeries": UP, "range": {"min": 1}}}
    given = sli or {"windowsBasedSli": window}
    return Res("slo", SLO, {"service": "svc", "sloId": "slo", "goal": goal, "rollingPeriodDays": 28, **given})


def mean_of(text: str = UP, period: str = "60s") -> dict[str, Any]:
    return {"windowsBasedSli": {"windowPeriod": period, "metricMeanInRange": {"timeSeries": text, "range": {"min": 1}}}}


def dashboard(*tiles: dict[str, Any], **extra: Any) -> Res:
    layout = {"mosaicLayout": {"columns": 48, "tiles": list(tiles)}}
    return Res("dashboard", DASHBOARD, {"dashboardJson": json.dumps({"displayName": "d", **layout, **extra})})


def tile(x: int = 0, width: int = 24, **widget: Any) -> dict[str, Any]:
    return {"xPos": x, "width": width, "height": 16, "widget": widget or {"text": {"content": "hello"}}}


LIMIT: dict[str, Any] = {"alertStrategy": {"notificationRateLimit": {"period": "300s"}}}
SERVICE = Res("svc", SERVICE_TYPE, {"serviceId": "svc", "displayName": "svc"})


def _single() -> list[Case]:
    """One resource that is wrong, and right."""
    bare = [*SETUP, SERVICE]
    found: list[tuple[str, str, Res, Res]] = [
        ("channel-labels", "had an invalid value", channel(labels={"email_address": "nobody"}), channel()),
        ("channel-token", "takes the sensitive label authToken, got none", channel("s", "slack", labels={"channel_name": "#ops"}),
         channel("s", "slack", labels={"channel_name": "#ops"}, sensitiveLabels={"authToken": "xoxb"})),
        ("alert-condition", "absent or unknown", policy({}), policy(threshold())),
        ("alert-log-match", "must specify a notification rate limit", policy(matched()), policy(matched(), **LIMIT)),
        ("alert-log-filter", "Unparseable filter", policy(matched('severity>="ERROR" ('), **LIMIT), policy(matched(), **LIMIT)),
        ("alert-duration", "multiple of 60 seconds", policy(threshold(duration="90s")), policy(threshold(duration="120s"))),
        ("alert-forecast", "between 1 hour and 60 hours", policy(threshold(forecastOptions={"forecastHorizon": "604800s"})),
         policy(threshold(forecastOptions={"forecastHorizon": "172800s"}))),
        ("alert-documentation", "takes 8192 characters", policy(threshold(), documentation={"content": "x" * 9000}),
         policy(threshold(), documentation={"content": "x"})),
        ("alert-metric-exists", "Cannot find metric", policy(threshold(UP.replace("/up", "/alive"))), policy(threshold())),
        ("alert-filter", "valid combination of metric and monitored resource", policy(threshold(UP.replace("cloudsql_database", "gce_instance"))),
         policy(threshold())),
        ("alert-aligner", "cannot be applied to metrics with kind GAUGE", policy(threshold(aligner="ALIGN_DELTA")), policy(threshold())),
        ("alert-promql", "unexpected character inside braces", policy(promql("max(up{job=) > 1")), policy(promql('max(up{job="x"}) > 1'))),
        ("alert-slo-exists", "was not found", policy(threshold('select_slo_burn_rate("projects/p/services/svc/serviceLevelObjectives/x", "3600s")')),
         policy(threshold())),
        ("log-metric-name", "is invalid", log_metric("/errors"), log_metric()),
        ("slo-goal", "must be > 0 and <= 0.999", objective(0.9999), objective(0.999)),
        ("slo-window", "integer fraction of a day", objective(**mean_of(period="50000s")), objective()),
        ("slo-metric", "takes GAUGE of INT64 or DOUBLE", objective(**mean_of(LATENCIES)), objective()),
        ("dashboard-json", "exactly one layout", dashboard(gridLayout={}), dashboard(tile())),
        ("dashboard-tiles", "overlaps", dashboard(tile(), tile(x=12)), dashboard(tile(), tile(x=24))),
    ]  # fmt: skip
    return [
        Case(rule=rule, project=project_of(rule), setup=bare, bad=[*bare, bad], good=[*bare, good], says=says)
        for rule, says, bad, good in found
    ]


def _in_use() -> Case:
    """A channel that a policy names goes under forceDelete alone."""
    names = ("channel-plain", "channel-forced")
    p = "p-channel-in-use"
    both = [channel(names[0]), channel(names[1], forceDelete=True)]
    user = policy(threshold(), notificationChannels=[f"projects/{p}/notificationChannels/{number}" for number in (1, 2)])
    setup = [*SETUP, *both, user]
    return Case(
        rule="channel-in-use", project=p, setup=setup, bad=[*SETUP, both[1], user], good=[*SETUP, both[0], user],
        says="because it is still being referenced by",
    )  # fmt: skip


MONITORING_CASES: tuple[Case, ...] = (*_single(), _in_use())
