"""Notification channels, alert policies, and metrics that are counted in logs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import promql_parser

from ...errors import Refusal
from ...values import at, every
from ..log_filter import LogFilterError, parse_log_filter
from ..metrics import USER_METRICS, Filter, Metric, burn_rate, labels_of, parse_filter, published
from ..view import Request, invalid
from . import rule
from .kms import seconds

CHANNEL = "gcp:monitoring/notificationChannel:NotificationChannel"
ALERT = "gcp:monitoring/alertPolicy:AlertPolicy"
LOG_METRIC = "gcp:logging/metric:Metric"
SLO = "gcp:monitoring/slo:Slo"
DOCS = "https://cloud.google.com/monitoring"
API = f"{DOCS}/api/ref_v3/rest/v3/projects.alertPolicies"
NEEDED = {
    "email": ("email_address", None),
    "pagerduty": (None, "serviceKey"),
    "slack": ("channel_name", "authToken"),
    "pubsub": ("topic", None),
    "sms": ("number", None),
    "webhook_tokenauth": ("url", None),
    "webhook_basicauth": ("url", "password"),
}
"""The label and the sensitive label that a type of channel needs."""
KINDS = ("conditionThreshold", "conditionAbsent", "conditionMatchedLog", "conditionPrometheusQueryLanguage",
         "conditionMonitoringQueryLanguage", "conditionSql")  # fmt: skip
BECOMES_KNOWN = 600.0
"""How long it takes until a metric that is counted in logs is known to others, in seconds."""
NUMBERS = ("INT64", "DOUBLE")
ALIGNERS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "ALIGN_DELTA": (("DELTA", "CUMULATIVE"), (*NUMBERS, "DISTRIBUTION")),
    "ALIGN_RATE": (("DELTA", "CUMULATIVE"), NUMBERS),
    "ALIGN_NEXT_OLDER": (("GAUGE",), ("BOOL", *NUMBERS, "DISTRIBUTION")),
    "ALIGN_INTERPOLATE": (("GAUGE",), NUMBERS),
    **{f"ALIGN_{name}": (("GAUGE", "DELTA"), NUMBERS) for name in ("MIN", "MAX", "MEAN", "STDDEV", "PERCENT_CHANGE")},
    "ALIGN_SUM": (("GAUGE", "DELTA"), (*NUMBERS, "DISTRIBUTION")),
    "ALIGN_COUNT": (("GAUGE", "DELTA"), ("BOOL", *NUMBERS)),
    **{f"ALIGN_{name}": (("GAUGE",), ("BOOL",)) for name in ("COUNT_TRUE", "COUNT_FALSE", "FRACTION_TRUE")},
    **{f"ALIGN_PERCENTILE_{part}": (("GAUGE", "DELTA", "CUMULATIVE"), ("DISTRIBUTION",)) for part in ("99", "95", "50", "05")},
}
"""The kinds and the types of value that an aligner takes."""


# -- channels


@rule("channel-labels", CHANNEL, source=f"{DOCS}/alerts/using-channels-api")
def channel_labels(request: Request) -> Refusal | None:
    """A channel is of a known type and has its label: an address, a channel's name."""
    kind = str(request.get("type"))
    if kind not in NEEDED:
        return Refusal(404, f'Cannot find channel descriptor with type "{kind}".', "notFound")
    label, _ = NEEDED[kind]
    value = str(request.get(f"labels.{label}", "")) if label else "-"
    if not value or (kind == "email" and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", value)):
        return invalid(f'Field "notification_channel.labels[\'{label}\']" had an invalid value of "{value}".')
    return None


@rule("channel-token", CHANNEL, source=f"{DOCS}/alerts/using-channels-api", numbers=(44,))
def channel_token(request: Request) -> Refusal | None:
    """A channel that signs in somewhere has its token or key, which belongs to its type."""
    kind = str(request.get("type"))
    _, wanted = NEEDED[kind]
    given = {
        name.removesuffix("Wo") for name, value in request.get("sensitiveLabels", {}).items() if value and "Version" not in name
    }
    if (wanted and wanted not in given) or (given and given != {wanted}):
        return invalid(
            f'Field "notification_channel.labels" had an invalid value: a channel of type {kind} takes '
            + (f"the sensitive label {wanted}, got {', '.join(sorted(given)) or 'none'}." if wanted else "no sensitive label.")
        )
    return None


@rule(
    "channel-in-use", CHANNEL, verbs=("delete",),
    source="https://github.com/hashicorp/terraform-provider-google/issues/10337", numbers=(45,),
)  # fmt: skip
def channel_in_use(request: Request) -> Refusal | None:
    """A channel that a policy names is deleted under forceDelete alone."""
    users = [row for row in request.cloud.store.pointing_at(request.name) if row.type == ALERT]
    if not users or request.get("forceDelete") is True:
        return None
    return invalid(f'Could not delete "{request.path}" because it is still being referenced by: "{users[0].id}"')


# -- policies


@rule("alert-condition", ALERT, source=f"{API}#condition")
def alert_condition(request: Request) -> Refusal | None:
    """A condition is of exactly one kind, and a policy has at most six."""
    conditions = request.get("conditions")
    for index, condition in enumerate(conditions):
        if len([kind for kind in KINDS if condition.get(kind)]) != 1:
            return invalid(
                f"Field alert_policy.conditions[{index}].condition_case had an invalid value: Condition subtype "
                '(e.g. "condition_absent", "condition_threshold", etc.) is absent or unknown.'
            )
    return invalid(f"A policy has at most 6 conditions, got {len(conditions)}.") if len(conditions) > 6 else None


@rule("alert-log-match", ALERT, source="https://cloud.google.com/logging/docs/alerting/log-based-alerts", numbers=(42,))
def alert_log_match(request: Request) -> Refusal | None:
    """A policy that matches logs has that one condition, and a limit on how often it tells."""
    if not request.every("conditions[].conditionMatchedLog"):
        return None
    if len(request.get("conditions")) > 1:
        return invalid("Alert policies with a log matching condition can only have a single condition.")
    if not request.get("alertStrategy.notificationRateLimit.period"):
        return invalid("Alert policies with a log matching condition must specify a notification rate limit.")
    return None


@rule("alert-log-filter", ALERT, LOG_METRIC, source="https://cloud.google.com/logging/docs/view/logging-query-language")
def alert_log_filter(request: Request) -> Refusal | None:
    """A filter of log entries can be read."""
    filters = request.every("conditions[].conditionMatchedLog.filter") if request.type.type == ALERT else [request.get("filter")]
    for text in filters:
        try:
            parse_log_filter(str(text))
        except LogFilterError as error:
            return invalid(f"Unparseable filter: {error}")
    return None


@rule("alert-duration", ALERT, source=f"{API}#metricthreshold", numbers=(43,))
def alert_duration(request: Request) -> Refusal | None:
    """Durations are whole minutes, absences 2 minutes to 23.5 hours, evaluations multiples of 30 seconds."""
    for name in ("conditionThreshold", "conditionAbsent"):
        for condition in request.every(f"conditions[].{name}"):
            length = seconds(str(condition["duration"]))
            low, high = (0, 84600) if name == "conditionThreshold" else (120, 84600)
            if length is None or length % 60 or not low <= length <= high:
                return invalid(
                    f'Field alert_policy.conditions[].{name}.duration had an invalid value of "{condition["duration"]}": must be '
                    f"a multiple of 60 seconds from {low} to {high}."
                )
            for aggregation in condition.get("aggregations") or ():
                period = seconds(str(aggregation.get("alignmentPeriod", "60s")))
                if period is None or period < 60:
                    return invalid(f"alignment_period must be at least 60 seconds, got {aggregation['alignmentPeriod']}.")
    for condition in request.every("conditions[].conditionPrometheusQueryLanguage"):
        interval = condition.get("evaluationInterval", "30s")
        length = seconds(str(interval))
        if not length or length % 30:
            return invalid(f"evaluation_interval must be a positive multiple of 30 seconds, got {interval}.")
    return None


@rule("alert-forecast", ALERT, source=f"{API}#forecastoptions")
def alert_forecast(request: Request) -> Refusal | None:
    """A forecast looks 1 to 60 hours ahead."""
    for horizon in request.every("conditions[].conditionThreshold.forecastOptions.forecastHorizon"):
        if not 3600 <= (seconds(str(horizon)) or 0) <= 60 * 3600:
            return invalid(f"forecast_horizon must be between 1 hour and 60 hours, got {horizon}.")
    return None


@rule("alert-documentation", ALERT, source=f"{API}#documentation")
def alert_documentation(request: Request) -> Refusal | None:
    """A policy's documentation has at most 8192 characters and three links."""
    content, links = str(request.get("documentation.content", "")), request.get("documentation.links", [])
    if len(content) > 8192 or len(links) > 3:
        return invalid(f"documentation takes 8192 characters and 3 links, got {len(content)} and {len(links)}.")
    return None


@rule(
    "alert-metric-exists", ALERT,
    source="https://github.com/hashicorp/terraform-provider-google/issues/11102", numbers=(41,),
)  # fmt: skip
def alert_metric_exists(request: Request) -> Refusal | None:
    """A condition's metric exists: Google's own, or one counted in logs for ten minutes. PromQL can do without."""
    for text in _filters(request):
        found = parse_filter(text)
        if found and found.metric and metric_named(request, found.metric) is None:
            return Refusal(
                404,
                f'Cannot find metric(s) that match type = "{found.metric}". If a metric was created recently, it could take up '
                "to 10 minutes to become available. Please try again soon.",
                "notFound",
            )
    for condition in request.every("conditions[].conditionPrometheusQueryLanguage"):
        for name in re.findall(r"logging_googleapis_com:user_(\w+)", str(condition["query"])):
            known = [row for row in request.cloud.all(LOG_METRIC, request.project) if re.sub(r"\W", "_", row.id) == name]
            if not condition.get("disableMetricValidation") and not known:
                return Refusal(404, f"Cannot find metric(s) that match logging_googleapis_com:user_{name}.", "notFound")
    return None


@rule("alert-filter", ALERT, source="https://cloud.google.com/monitoring/api/v3/filters")
def alert_filter(request: Request) -> Refusal | None:
    """A condition's filter names a metric, a resource that it is measured on, and labels that these have."""
    for text in _filters(request):
        found = parse_filter(text)
        if found is None or not found.metric:
            return invalid(f"Field alert_policy.conditions[].filter had an invalid value of '{text}': must name a metric.type.")
        problem = misfit(found, metric_named(request, found.metric))
        if problem:
            return invalid(f"{problem} The supplied filter does not specify a valid combination of metric and monitored resource "
                           "descriptors. The query will not return any time series.")  # fmt: skip
    return None


@rule("alert-promql", ALERT, source="https://cloud.google.com/monitoring/promql")
def alert_promql(request: Request) -> Refusal | None:
    """A condition in PromQL can be read."""
    for text in request.every("conditions[].conditionPrometheusQueryLanguage.query"):
        try:
            promql_parser.parse(str(text))
        except ValueError as error:
            return invalid(f"Field alert_policy.conditions[].query had an invalid value of '{text}': {error}.")
    return None


@rule("alert-aligner", ALERT, source=f"{DOCS}/api/ref_v3/rest/v3/projects.alertPolicies#aligner")
def alert_aligner(request: Request) -> Refusal | None:
    """A condition's aligner takes the kind and the values of its metric, and what comes of it is one number."""
    for condition in request.every("conditions[].conditionThreshold"):
        found = parse_filter(str(condition.get("filter")))
        metric = metric_named(request, found.metric) if found else None
        aligner = str(next(iter(every(condition, "aggregations[].perSeriesAligner")), "ALIGN_NONE"))
        reducer = str(next(iter(every(condition, "aggregations[].crossSeriesReducer")), "REDUCE_NONE"))
        if metric is None:
            continue
        kinds, values = ALIGNERS.get(aligner, ((metric.kind,), (metric.value,)))
        if metric.kind not in kinds or metric.value not in values:
            return invalid(
                f"The aligner cannot be applied to metrics with kind {metric.kind} and value type {metric.value}: {aligner}."
            )
        still = metric.value == "DISTRIBUTION" and aligner in ("ALIGN_DELTA", "ALIGN_NONE", "ALIGN_NEXT_OLDER", "ALIGN_SUM")
        if (still and reducer in ("REDUCE_NONE", "REDUCE_SUM")) or (
            metric.value == "BOOL" and aligner in ("ALIGN_NONE", "ALIGN_NEXT_OLDER")
        ):
            return invalid(
                f"The condition compares values of type {metric.value} with a number; {aligner} and {reducer} leave them so."
            )
    return None


@rule(
    "alert-slo-exists",
    ALERT,
    source="https://cloud.google.com/stackdriver/docs/solutions/slo-monitoring/alerting-on-budget-burn-rate",
)
def alert_slo_exists(request: Request) -> Refusal | None:
    """The objective whose burn rate is looked at exists."""
    for text in request.every("conditions[].conditionThreshold.filter"):
        burning = burn_rate(str(text))
        if burning and request.cloud.named(SLO, burning[0]) is None:
            return Refusal(404, f"The service level objective {burning[0]} was not found.", "notFound")
    return None


# -- metrics counted in logs


@rule("log-metric-name", LOG_METRIC, source="https://cloud.google.com/logging/docs/reference/v2/rest/v2/projects.metrics")
def log_metric_name(request: Request) -> Refusal | None:
    """A metric's name has at most 100 letters, digits and some signs, and does not begin with a slash."""
    name = str(request.get("name"))
    if re.fullmatch(r"[A-Za-z0-9_\-.,+!*',()%][A-Za-z0-9_\-.,+!*',()%/]{0,99}", name):
        return None
    return invalid(f"Metric name '{name}' is invalid.")


# -- what others use too


def metric_named(request: Request, name: str) -> Metric | None:
    """A metric that exists and is known by now."""
    if not name.startswith(USER_METRICS):
        return published().get(name)
    row = request.cloud.named(LOG_METRIC, f"projects/{request.project}/metrics/{name.removeprefix(USER_METRICS)}")
    if row is None or row.created_at + BECOMES_KNOWN > request.cloud.now:
        return None
    facts: Mapping[str, Any] = at(row.config, "metricDescriptor") or {"metricKind": "DELTA", "valueType": "INT64"}
    labels = [str(label["key"]) for label in facts.get("labels", ())]
    return Metric(kind=str(facts["metricKind"]), value=str(facts["valueType"]), resources=(), labels=labels)


def misfit(found: Filter, metric: Metric | None) -> str | None:
    """What in a filter does not go with its metric."""
    if metric is None:
        return None
    if metric.resources and found.resource not in metric.resources:
        return f"{found.metric} is measured on {', '.join(metric.resources)}, not on '{found.resource}'."
    wrong = [name for name in found.labels("metric") if name not in metric.labels]
    wrong += [name for name in found.labels("resource") if labels_of(found.resource) and name not in labels_of(found.resource)]
    return f"{found.metric} has no label '{wrong[0]}'." if wrong else None


def _filters(request: Request) -> list[str]:
    found = request.every("conditions[].conditionThreshold.filter") + request.every("conditions[].conditionAbsent.filter")
    return [str(text) for text in found if burn_rate(str(text)) is None]
