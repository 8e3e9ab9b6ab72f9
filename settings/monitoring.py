"""Who is told of what, and what is promised."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import StringConstraints, model_validator

from .alerts import FRACTION, HOUR, PAGE, TELL, THRESHOLDS, Alert, Severity, default_alerts
from .section import ResourceName, Section, setting

DOCS = "https://cloud.google.com/monitoring"
SRE = "https://sre.google/workbook/alerting-on-slos"
ASKED_FOR = (
    "database-connections-high",
    "database-query-latency-high",
    "database-replication-lag-high",
    "database-backup-failed",
    "cache-memory-high",
    "sessions-memory-high",
)
"""The alerts of §11.2: there is no environment without them."""


class Channel(Section):
    """Where notices go. A token is never a setting: it is a version of the secret `alert-channel-<name>`, put there by hand."""

    kind: Literal["slack", "pagerduty", "email"] = setting("email", "§11.2")
    """What it is."""
    address: str | None = setting(None, "§11.2")
    """The e-mail address, or the Slack channel with its #; PagerDuty's key says it all."""
    token_version: int | None = setting(None, "docs/runbooks/alert-channels.md", ge=1)
    """The version of the secret that holds Slack's token or PagerDuty's key; none as long as nobody has put one there. Until then
    the fallback is told instead."""

    @property
    def ready(self) -> bool:
        """Whether notices can be sent there."""
        return self.kind == "email" or self.token_version is not None

    @model_validator(mode="after")
    def _address(self) -> Channel:
        wanted = {"email": r"[^@\s]+@[^@\s]+\.[a-z]+", "slack": r"#[a-z0-9_-]{1,80}", "pagerduty": None}[self.kind]
        if (wanted is None) != (self.address is None):
            raise ValueError(
                f"address is {self.address}, but a channel of kind {self.kind} has " + ("none" if wanted is None else "one")
            )
        if wanted and not re.fullmatch(wanted, self.address or ""):
            example = "team@example.com" if self.kind == "email" else "#alerts"
            raise ValueError(f"address is {self.address}; a channel of kind {self.kind} takes one such as {example}")
        if self.kind == "email" and self.token_version is not None:
            raise ValueError(f"token_version is {self.token_version}, but e-mail needs no token")
        return self


class Objective(Section):
    """A promise: the part of the time, or of the queries, that must be good."""

    goal: float = setting(0.999, "§10.2, §11.2", gt=0, le=0.999)
    """The part that must be good; Google takes at most 0.999."""
    days: int = setting(28, f"{DOCS}/service-monitoring/slo", unit="days", ge=1, le=30)
    """The days looked back over."""


class BurnRate(Section):
    """How fast the part that may be bad is used up until somebody is told; it must be so over both windows."""

    rate: float = setting(14.4, SRE, unit="times the rate that lasts for the whole period", gt=1)
    """How many times too fast."""
    long_minutes: int = setting(60, SRE, unit="minutes", ge=5, le=72 * HOUR)
    """The long window: that it matters."""
    short_minutes: int = setting(5, SRE, unit="minutes", ge=1, le=6 * HOUR)
    """The short window: that it is still going on."""
    severity: Severity = setting("CRITICAL", SRE)
    """CRITICAL: somebody gets up for it."""
    channels: tuple[ResourceName, ...] = setting(PAGE, SRE, min_length=1)
    """Who is told."""

    @model_validator(mode="after")
    def _windows(self) -> BurnRate:
        if self.short_minutes >= self.long_minutes:
            raise ValueError(f"short_minutes is {self.short_minutes}, which is not below long_minutes ({self.long_minutes})")
        return self


def _default_objectives() -> dict[str, Objective]:
    return {
        "database-availability": Objective(),
        "database-latency": Objective(goal=0.99),
        "database-freshness": Objective(goal=0.99),
    }


def _default_burn_rates() -> dict[str, BurnRate]:
    return {
        "fast": BurnRate(),
        "slow": BurnRate(rate=6, long_minutes=6 * HOUR, short_minutes=30, severity="ERROR", channels=TELL),
    }


Url = Annotated[str, StringConstraints(pattern=r"^https://\S+[^/]$")]


class Monitoring(Section):
    """Channels, alerts, objectives."""

    channels: dict[ResourceName, Channel] = setting(
        {
            "slack": Channel(kind="slack", address="#data-platform-alerts"),
            "pagerduty": Channel(kind="pagerduty"),
            "email": Channel(kind="email", address="data-platform@alphintra.com"),
        },
        "§11.2",
    )
    """Where notices go."""
    fallback: ResourceName = setting("email", "design: an alert always reaches somebody")
    """The channel that is told in place of those that have no token yet."""
    runbooks: Url = setting("https://github.com/alphintra/data-platform/blob/main/docs/runbooks", "where this repository is read")
    """Where the runbooks that alerts link to can be read."""
    alerts: dict[ResourceName, Alert] = setting(default_alerts(), "§11.2; docs/reference/alerts.md lists them all")
    """The alerts, by their name."""
    close_hours: int = setting(24, f"{DOCS}/alerts/concepts-indepth#incident-auto-close", unit="hours", ge=1, le=168)
    """After how long without data an incident closes by itself."""
    disk_forecast_hours: int = setting(48, f"{DOCS}/alerts/forecast", unit="hours", ge=1, le=60)
    """How far ahead database-disk-filling looks."""
    deployers: tuple[str, ...] = setting((), "§13.2")
    """The e-mail addresses of those who deploy: what they change is no news to anybody."""
    objectives: dict[ResourceName, Objective] = setting(_default_objectives(), "§10.2, §11.2")
    """The promises, by their name."""
    burn_rates: dict[ResourceName, BurnRate] = setting(_default_burn_rates(), SRE)
    """When somebody is told that a promise is at risk."""

    def told(self, channels: tuple[str, ...]) -> tuple[str, ...]:
        """The channels that are told: the fallback stands in for those that are not ready."""
        return tuple(dict.fromkeys(name if self.channels[name].ready else self.fallback for name in channels))

    @model_validator(mode="after")
    def _channels(self) -> Monitoring:
        there = ", ".join(self.channels)
        if self.fallback not in self.channels or self.channels[self.fallback].kind != "email":
            raise ValueError(f"fallback is {self.fallback}; it must be one of channels that needs no token: of kind email")
        told = {f"alerts.{name}": alert for name, alert in self.alerts.items()}
        told |= {f"burn_rates.{name}": rate for name, rate in self.burn_rates.items()}
        for where, one in told.items():
            for name in one.channels:
                if name not in self.channels:
                    raise ValueError(f"{where}.channels names {name}, which is none of channels: {there}")
            pages = any(self.channels[name].kind == "pagerduty" for name in one.channels)
            if one.severity == "CRITICAL" and not pages:
                raise ValueError(f"{where}.channels is {', '.join(one.channels)}, but for what is CRITICAL somebody is paged")
        return self

    @model_validator(mode="after")
    def _alerts(self) -> Monitoring:
        known = default_alerts()
        for name, alert in self.alerts.items():
            unit = THRESHOLDS.get(name)
            if name not in known:
                raise ValueError(f"alerts.{name} is no alert; there are {', '.join(known)}")
            if (unit is None) != (alert.threshold is None):
                wanted = f"it needs a number ({unit})" if unit else "it takes none"
                raise ValueError(f"alerts.{name}.threshold is {alert.threshold}; {wanted}")
            if unit == FRACTION and alert.threshold is not None and alert.threshold > 1:
                raise ValueError(f"alerts.{name}.threshold is {alert.threshold}; it is a fraction: above 0, at most 1")
        for name in ASKED_FOR:
            if name not in self.alerts:
                raise ValueError(f"alerts.{name} is missing, but §11.2 of the requirements asks for it")
        return self

    @model_validator(mode="after")
    def _objectives(self) -> Monitoring:
        for name in self.objectives:
            if name not in _default_objectives():
                raise ValueError(f"objectives.{name} is no objective; there are {', '.join(_default_objectives())}")
        return self
