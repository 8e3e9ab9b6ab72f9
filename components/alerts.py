"""Alert policies, and the counts of log entries that they need."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

import settings.monitoring as spec

from .alert_definitions import Definition, LogMatch, LogMetric, Omission, Silence, Threshold
from .signals import Signal

MINUTE = 60
COMPARISONS = {"above": "COMPARISON_GT", "below": "COMPARISON_LT"}
Condition = gcp.monitoring.AlertPolicyConditionArgs


@dataclass(frozen=True, kw_only=True)
class AlertsArgs:
    """What `Alerts` takes."""

    settings: spec.Monitoring
    definitions: Sequence[Definition]
    counted: Sequence[LogMetric]
    """The log entries that are counted."""
    channels: Mapping[str, pulumi.Input[str]]
    """The channels that there are, by their name in the settings."""
    labels: Mapping[str, str]
    requires: Sequence[pulumi.Resource] = ()
    """What must be there first: the enabled APIs, and what is watched."""


class Alerts(pulumi.ComponentResource):
    """A policy for each alert that the settings have, telling the channels that they name, with a runbook."""

    APIS = ("monitoring.googleapis.com", "logging.googleapis.com")

    policies: dict[str, gcp.monitoring.AlertPolicy]
    """Policies by the name of their alert."""

    def __init__(self, name: str, args: AlertsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("alphintra:observability:Alerts", name, {}, opts)
        inside = pulumi.ResourceOptions(parent=self, depends_on=args.requires)
        for metric in args.counted:
            gcp.logging.Metric(
                f"{name}-{metric.name}",
                name=metric.name,
                description=metric.title,
                filter=metric.filter,
                metric_descriptor=gcp.logging.MetricMetricDescriptorArgs(metric_kind="DELTA", value_type="INT64", unit="1"),
                opts=inside,
            )
        self.policies = {
            definition.name: self._policy(name, definition, args.settings.alerts[definition.name], args, inside)
            for definition in args.definitions
            if definition.name in args.settings.alerts
        }
        self.register_outputs({"policies": {alert: policy.name for alert, policy in self.policies.items()}})

    def _policy(
        self, name: str, definition: Definition, alert: spec.Alert, args: AlertsArgs, opts: pulumi.ResourceOptions
    ) -> gcp.monitoring.AlertPolicy:
        matches = isinstance(definition.condition, LogMatch)
        return gcp.monitoring.AlertPolicy(
            f"{name}-{definition.name}",
            display_name=definition.title,
            combiner="OR",
            severity=alert.severity,
            conditions=[_condition(definition, alert, args.settings)],
            notification_channels=[args.channels[channel] for channel in args.settings.told(alert.channels)],
            documentation=documentation(definition.title, definition.text, definition.runbook, args.settings.runbooks),
            alert_strategy=gcp.monitoring.AlertPolicyAlertStrategyArgs(
                auto_close=f"{args.settings.close_hours * 60 * MINUTE}s",
                notification_rate_limit=gcp.monitoring.AlertPolicyAlertStrategyNotificationRateLimitArgs(
                    period=f"{alert.minutes * MINUTE}s"
                )
                if matches
                else None,
            ),
            user_labels={**args.labels, "alert": definition.name, "store": definition.store},
            opts=opts,
        )


def documentation(title: str, text: str, runbook: str, base: str) -> gcp.monitoring.AlertPolicyDocumentationArgs:
    """What a notice says: what it means, and where it is written what to do."""
    url = f"{base}/{runbook}.md"
    return gcp.monitoring.AlertPolicyDocumentationArgs(
        subject=title,
        content=f"{text}\n\nWhat to do: {url}",
        mime_type="text/markdown",
        links=[gcp.monitoring.AlertPolicyDocumentationLinkArgs(display_name="Runbook", url=url)],
    )


def _condition(definition: Definition, alert: spec.Alert, settings: spec.Monitoring) -> Condition:
    condition, length = definition.condition, f"{alert.minutes * MINUTE}s"
    match condition:
        case Threshold():
            return Condition(
                display_name=definition.title,
                condition_threshold=gcp.monitoring.AlertPolicyConditionConditionThresholdArgs(
                    filter=condition.signal.filter,
                    comparison=COMPARISONS[condition.comparison],
                    threshold_value=condition.value(alert.threshold),
                    duration=length,
                    aggregations=[
                        gcp.monitoring.AlertPolicyConditionConditionThresholdAggregationArgs(
                            alignment_period=f"{condition.signal.seconds}s",
                            per_series_aligner=condition.signal.aligner,
                            cross_series_reducer=condition.signal.reducer,
                            group_by_fields=list(condition.signal.by) or None,
                        )
                    ],
                    forecast_options=gcp.monitoring.AlertPolicyConditionConditionThresholdForecastOptionsArgs(
                        forecast_horizon=f"{settings.disk_forecast_hours * 60 * MINUTE}s"
                    )
                    if condition.forecast
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
        case LogMatch(text):
            return Condition(
                display_name=definition.title,
                condition_matched_log=gcp.monitoring.AlertPolicyConditionConditionMatchedLogArgs(filter=text),
            )
        case Omission():
            return Condition(
                display_name=definition.title,
                condition_prometheus_query_language=gcp.monitoring.AlertPolicyConditionConditionPrometheusQueryLanguageArgs(
                    query=_never_counted(condition, alert.minutes),
                    duration="0s",
                    evaluation_interval="300s",
                    disable_metric_validation=True,  # nothing was counted yet when the policy is made
                ),
            )


def _never_counted(condition: Omission, minutes: int) -> str:
    """PromQL: nothing was counted for so long, and what should have caused it was there back then already."""
    counted = re.sub(r"\W", "_", condition.counted.name)
    series = f'logging_googleapis_com:user_{counted}{{monitored_resource="{condition.counted.resource}"}}'
    return f"absent_over_time({series}[{minutes}m]) and on() max({_selector(condition.alive)} offset {minutes}m)"


def _selector(signal: Signal) -> str:
    """A signal in PromQL. https://cloud.google.com/monitoring/promql/promql-mapping"""
    service, path = signal.metric.split("/", 1)
    labels = [f'monitored_resource="{signal.resource}"', *(f'{label}="{values[0]}"' for label, values in signal.of.items())]
    return f"{re.sub(r'[^a-z0-9]', '_', service)}:{re.sub(r'[^a-z0-9]', '_', path)}{{{','.join(labels)}}}"
