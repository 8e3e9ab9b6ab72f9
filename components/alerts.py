"""Alert policies, and the counts of log entries that they need."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

import settings.monitoring as spec

from .alert import Definition, LogMatch, LogMetric
from .alert_conditions import MINUTE, condition


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
            conditions=[condition(definition, alert, args.settings)],
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
