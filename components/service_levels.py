"""Promises to those who use the stores, and who is told when one is at risk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

import settings.monitoring as spec

from .alert_conditions import MINUTE, Condition
from .alerts import documentation
from .promises import Promise

WINDOW = f"{MINUTE}s"
"""Metrics come once a minute."""


@dataclass(frozen=True, kw_only=True)
class ServiceLevelsArgs:
    """What `ServiceLevels` takes."""

    settings: spec.Monitoring
    promises: Sequence[Promise]
    services: Mapping[str, str]
    """What is promised for: a title by the store's name."""
    channels: Mapping[str, pulumi.Input[str]]
    """The channels that there are, by their name in the settings."""
    labels: Mapping[str, str]
    requires: Sequence[pulumi.Resource] = ()
    """What must be there first: the enabled APIs, and what is watched."""


class ServiceLevels(pulumi.ComponentResource):
    """A service for each store, its objectives, and alerts on how fast each objective's budget burns."""

    APIS = ("monitoring.googleapis.com",)

    objectives: dict[str, gcp.monitoring.Slo]
    """Objectives by their name in the settings."""

    def __init__(self, name: str, args: ServiceLevelsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("alphintra:observability:ServiceLevels", name, {}, opts)
        promised = [promise for promise in args.promises if promise.name in args.settings.objectives]
        services = {
            store: gcp.monitoring.CustomService(
                f"{name}-{store}",
                service_id=store,
                display_name=args.services[store],
                user_labels=dict(args.labels),
                opts=pulumi.ResourceOptions(parent=self, depends_on=args.requires),
            )
            for store in dict.fromkeys(promise.store for promise in promised)
        }
        self.objectives = {}
        for promise in promised:
            objective = args.settings.objectives[promise.name]
            slo = self._objective(f"{name}-{promise.name}", promise, objective, services[promise.store], args)
            self.objectives[promise.name] = slo
            for speed, rate in args.settings.burn_rates.items():
                self._burning(f"{name}-{promise.name}-{speed}", promise, slo, speed, rate, args)
        self.register_outputs({"objectives": {promise: slo.name for promise, slo in self.objectives.items()}})

    def _objective(
        self,
        name: str,
        promise: Promise,
        objective: spec.Objective,
        service: gcp.monitoring.CustomService,
        args: ServiceLevelsArgs,
    ) -> gcp.monitoring.Slo:
        return gcp.monitoring.Slo(
            name,
            service=service.service_id,
            slo_id=promise.name,
            display_name=promise.title,
            goal=objective.goal,
            rolling_period_days=objective.days,
            request_based_sli=_queries(promise) if promise.queries else None,
            windows_based_sli=None if promise.queries else _minutes(promise),
            user_labels=dict(args.labels),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _burning(
        self, name: str, promise: Promise, slo: gcp.monitoring.Slo, speed: str, rate: spec.BurnRate, args: ServiceLevelsArgs
    ) -> None:
        title = f"{promise.title}: the error budget burns {speed}"
        gcp.monitoring.AlertPolicy(
            name,
            display_name=title,
            combiner="AND",
            severity=rate.severity,
            conditions=list(_conditions(slo, rate)),
            notification_channels=[args.channels[channel] for channel in args.settings.told(rate.channels)],
            documentation=documentation(title, promise.text, "error-budget", args.settings.runbooks),
            alert_strategy=gcp.monitoring.AlertPolicyAlertStrategyArgs(auto_close=f"{args.settings.close_hours * 60 * MINUTE}s"),
            user_labels={**args.labels, "alert": f"{promise.name}-{speed}", "store": promise.store},
            opts=pulumi.ResourceOptions(parent=self),
        )


def _conditions(slo: gcp.monitoring.Slo, rate: spec.BurnRate) -> Iterator[Condition]:
    for minutes in (rate.long_minutes, rate.short_minutes):
        yield Condition(
            display_name=f"{rate.rate:g} times too fast over {minutes} minutes",
            condition_threshold=gcp.monitoring.AlertPolicyConditionConditionThresholdArgs(
                filter=pulumi.Output.format('select_slo_burn_rate("{0}", "{1}s")', slo.name, minutes * MINUTE),
                comparison="COMPARISON_GT",
                threshold_value=rate.rate,
                duration="0s",
                trigger=gcp.monitoring.AlertPolicyConditionConditionThresholdTriggerArgs(count=1),
            ),
        )


def _minutes(promise: Promise) -> gcp.monitoring.SloWindowsBasedSliArgs:
    return gcp.monitoring.SloWindowsBasedSliArgs(
        window_period=WINDOW,
        metric_mean_in_range=gcp.monitoring.SloWindowsBasedSliMetricMeanInRangeArgs(
            time_series=promise.signal.filter,
            range=gcp.monitoring.SloWindowsBasedSliMetricMeanInRangeRangeArgs(min=promise.low, max=promise.high),
        ),
    )


def _queries(promise: Promise) -> gcp.monitoring.SloRequestBasedSliArgs:
    return gcp.monitoring.SloRequestBasedSliArgs(
        distribution_cut=gcp.monitoring.SloRequestBasedSliDistributionCutArgs(
            distribution_filter=promise.signal.filter,
            range=gcp.monitoring.SloRequestBasedSliDistributionCutRangeArgs(min=promise.low, max=promise.high),
        )
    )
