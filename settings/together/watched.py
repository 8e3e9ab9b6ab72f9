"""What is watched against what is promised, and against how often it happens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..pooling import CERTIFICATE_DAYS

if TYPE_CHECKING:
    from ..environment import Environment


def alerts(env: Environment) -> None:
    """Refuses an alert that would be told too late, or between any two runs of what it waits for."""
    known, rpo = env.monitoring.alerts, env.timeseries.rpo_minutes
    archive, waits = env.cache.cluster.archive, env.pooling.query_wait_timeout
    for name, limit, source in (
        ("timeseries-archiving-stalled", rpo, "timeseries.rpo_minutes"),
        ("timeseries-region-behind", rpo, "timeseries.rpo_minutes"),
        ("pooler-wait-long", waits, "pooling.query_wait_timeout"),
        ("pooler-certificate-old", CERTIFICATE_DAYS, "the days that a pooler's certificate is good"),
    ):
        threshold = known[name].threshold if name in known else None
        if threshold is not None and threshold >= limit:
            raise ValueError(
                f"monitoring.alerts.{name}.threshold is {threshold:g}, which is not below {source} ({limit}): "
                "it would be told too late"
            )
    if archive and "cache-archive-missing" in known:
        minutes = known["cache-archive-missing"].minutes
        if minutes <= archive.every_hours * 60:
            raise ValueError(
                f"monitoring.alerts.cache-archive-missing.minutes is {minutes}, which is not longer than "
                f"cache.cluster.archive.every_hours ({archive.every_hours}): it would be told between any two"
            )
