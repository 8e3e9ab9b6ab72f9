"""Dashboards: one a store, and one over all of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

import settings.monitoring as spec

from .alert import Definition, Query, Threshold
from .dashboard_layout import Dashboard, Line


@dataclass(frozen=True, kw_only=True)
class DashboardsArgs:
    """What `Dashboards` takes."""

    settings: spec.Monitoring
    dashboards: Sequence[Dashboard]
    definitions: Sequence[Definition]
    """The alerts whose thresholds are drawn."""
    requires: Sequence[pulumi.Resource] = ()
    """What must be there first: the enabled APIs."""


class Dashboards(pulumi.ComponentResource):
    """Dashboards that follow from the same signals and thresholds as the alerts."""

    APIS = ("monitoring.googleapis.com",)

    dashboards: dict[str, gcp.monitoring.Dashboard]
    """Dashboards by their name."""

    def __init__(self, name: str, args: DashboardsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("alphintra:observability:Dashboards", name, {}, opts)
        lines = thresholds(args.definitions, args.settings.alerts)
        self.dashboards = {
            dashboard.name: gcp.monitoring.Dashboard(
                f"{name}-{dashboard.name}",
                dashboard_json=dashboard.json(lines),
                opts=pulumi.ResourceOptions(parent=self, depends_on=args.requires),
            )
            for dashboard in args.dashboards
        }
        self.register_outputs({"dashboards": {dashboard: made.id for dashboard, made in self.dashboards.items()}})


def thresholds(definitions: Sequence[Definition], alerts: Mapping[str, spec.Alert]) -> dict[str, list[Line]]:
    """The lines to draw, by the filter of the signal, or the PromQL, that they are compared with."""
    lines: dict[str, list[Line]] = {}
    for definition in definitions:
        alert, condition = alerts.get(definition.name), definition.condition
        if alert and isinstance(condition, Threshold):
            line = Line(definition.name, condition.value(alert.threshold))
            lines.setdefault(condition.signal.filter, []).append(line)
        elif alert and isinstance(condition, Query) and condition.compared:
            line = Line(definition.name, condition.times * (alert.threshold or 0))
            lines.setdefault(condition.compared, []).append(line)
    return lines
