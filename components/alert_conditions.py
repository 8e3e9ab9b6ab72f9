"""What a definition looks for, as the condition of a policy."""

from __future__ import annotations

import re
from string import Template

import pulumi_gcp as gcp

import settings.monitoring as spec

from .alert import Absence, Definition, LogMatch, Omission, Query, Silence, Threshold
from .signals import Signal

MINUTE = 60
COMPARISONS = {"above": "COMPARISON_GT", "below": "COMPARISON_LT"}
Condition = gcp.monitoring.AlertPolicyConditionArgs


def condition(definition: Definition, alert: spec.Alert, settings: spec.Monitoring) -> Condition:
    """The one condition of the policy."""
    looked_for, length = definition.condition, f"{alert.minutes * MINUTE}s"
    match looked_for:
        case Threshold():
            return Condition(
                display_name=definition.title,
                condition_threshold=gcp.monitoring.AlertPolicyConditionConditionThresholdArgs(
                    filter=looked_for.signal.filter,
                    comparison=COMPARISONS[looked_for.comparison],
                    threshold_value=looked_for.value(alert.threshold),
                    duration=length,
                    aggregations=[
                        gcp.monitoring.AlertPolicyConditionConditionThresholdAggregationArgs(
                            alignment_period=f"{looked_for.signal.seconds}s",
                            per_series_aligner=looked_for.signal.aligner,
                            cross_series_reducer=looked_for.signal.reducer,
                            group_by_fields=list(looked_for.signal.by) or None,
                        )
                    ],
                    forecast_options=gcp.monitoring.AlertPolicyConditionConditionThresholdForecastOptionsArgs(
                        forecast_horizon=f"{settings.disk_forecast_hours * 60 * MINUTE}s"
                    )
                    if looked_for.forecast
                    else None,
                    trigger=gcp.monitoring.AlertPolicyConditionConditionThresholdTriggerArgs(count=1),
                ),
            )
        case Silence(signal):
            return Condition(
                display_name=definition.title,
                condition_absent=gcp.monitoring.AlertPolicyConditionConditionAbsentArgs(
                    filter=signal.filter,
                    duration=length,
                    aggregations=[
                        gcp.monitoring.AlertPolicyConditionConditionAbsentAggregationArgs(
                            alignment_period=f"{signal.seconds}s", per_series_aligner=signal.aligner
                        )
                    ],
                    trigger=gcp.monitoring.AlertPolicyConditionConditionAbsentTriggerArgs(count=1),
                ),
            )
        case LogMatch():
            text = looked_for.filter
            if looked_for.below:
                text += f" AND {looked_for.below}<{looked_for.times * (alert.threshold or 0):.15g}"
            return Condition(
                display_name=definition.title,
                condition_matched_log=gcp.monitoring.AlertPolicyConditionConditionMatchedLogArgs(filter=text),
            )
        case Omission():
            return _promql(definition.title, _never_counted(looked_for, alert.minutes), "0s", every=5 * MINUTE)
        case Absence(series):
            return _promql(definition.title, " or ".join(f"absent({one})" for one in series), length)
        case Query():
            number = looked_for.times * (alert.threshold or 0)
            query = Template(looked_for.promql).substitute(
                threshold=f"{number:.15g}", minutes=alert.minutes, ahead=settings.disk_forecast_hours * 60 * MINUTE
            )
            return _promql(definition.title, query, "0s" if looked_for.looks_back else length)


def _promql(title: str, query: str, length: str, *, every: int = MINUTE) -> Condition:
    return Condition(
        display_name=title,
        condition_prometheus_query_language=gcp.monitoring.AlertPolicyConditionConditionPrometheusQueryLanguageArgs(
            query=query,
            duration=length,
            evaluation_interval=f"{every}s",
            disable_metric_validation=True,  # nothing was counted or collected yet when the policy is made
        ),
    )


def _never_counted(omission: Omission, minutes: int) -> str:
    """PromQL: nothing was counted for so long, and what should have caused it was there back then already."""
    counted = re.sub(r"\W", "_", omission.counted.name)
    series = f'logging_googleapis_com:user_{counted}{{monitored_resource="{omission.counted.resource}"}}'
    return f"absent_over_time({series}[{minutes}m]) and on() max({_selector(omission.alive)} offset {minutes}m)"


def _selector(signal: Signal | str) -> str:
    """A signal in PromQL, or what is PromQL already. https://cloud.google.com/monitoring/promql/promql-mapping"""
    if isinstance(signal, str):
        return signal
    service, path = signal.metric.split("/", 1)
    labels = [f'monitored_resource="{signal.resource}"', *(f'{label}="{values[0]}"' for label, values in signal.of.items())]
    return f"{re.sub(r'[^a-z0-9]', '_', service)}:{re.sub(r'[^a-z0-9]', '_', path)}{{{','.join(labels)}}}"
