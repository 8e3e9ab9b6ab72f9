"""When somebody is told of what, and who."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from .section import ResourceName, Section, setting

Severity = Literal["CRITICAL", "ERROR", "WARNING"]
HOUR = 60
"""Minutes."""
FRACTION = "fraction"

JOBS = ("backup", "export", "restore-test")
"""Those of the time series."""

THRESHOLDS: Mapping[str, str] = {
    "cache-cpu-high": FRACTION,
    "cache-memory-high": FRACTION,
    "cache-region-behind": "MB",
    "cache-replication-lag-high": "seconds",
    "database-connections-high": FRACTION,
    "database-cpu-high": FRACTION,
    "database-deadlocks": "deadlocks in 5 minutes",
    "database-disk-filling": FRACTION,
    "database-disk-full": FRACTION,
    "database-locks-waiting": "connections that wait for a lock",
    "database-logins-failing": "failed logins in 5 minutes",
    "database-memory-high": FRACTION,
    "database-query-latency-high": "ms",
    "database-replication-lag-high": "seconds",
    "database-transaction-ids-high": FRACTION,
    "pooler-certificate-old": "days",
    "pooler-clients-high": FRACTION,
    "pooler-clients-waiting": "clients",
    "pooler-wait-long": "seconds",
    "search-disk-full": FRACTION,
    "search-heap-high": FRACTION,
    "sessions-cpu-high": FRACTION,
    "sessions-memory-high": FRACTION,
    "sessions-region-behind": FRACTION,
    "sessions-replication-lag-high": "seconds",
    "timeseries-archiving-stalled": "minutes",
    "timeseries-connections-high": FRACTION,
    "timeseries-disk-filling": FRACTION,
    "timeseries-disk-full": FRACTION,
    "timeseries-export-small": "MiB",
    "timeseries-region-behind": "minutes",
    "timeseries-replication-lag-high": "seconds",
}
"""The alerts that compare with a number of ours, and what it counts."""


class Alert(Section):
    """When somebody is told, and who."""

    threshold: float | None = setting(None, "§11.2", gt=0)
    """The number that is compared with, where there is one to choose: a fraction from 0 to 1, or a number in the alert's unit."""
    minutes: int = setting(5, "§11.2", unit="minutes", ge=0, le=31 * 24 * HOUR)
    """How long it must hold, or how long nothing may have been heard; for what is found in logs, the time between two notices."""
    severity: Severity = setting("WARNING", "§11.2")
    """CRITICAL: somebody gets up for it."""
    channels: tuple[ResourceName, ...] = setting(("slack",), "§11.2", min_length=1)
    """Who is told."""


PAGE = ("pagerduty", "slack")
TELL = ("slack", "email")


def default_alerts() -> dict[str, Alert]:
    """All that there are."""
    caches, saved = ("cache", "sessions"), ("pagerduty", "email")
    return {
        # §11.2, word for word
        "database-connections-high": Alert(threshold=0.8, channels=("slack", "email")),
        "database-query-latency-high": Alert(threshold=1000, severity="CRITICAL", channels=("pagerduty", "slack")),
        "database-replication-lag-high": Alert(threshold=60, severity="CRITICAL", channels=("pagerduty",)),
        "database-backup-failed": Alert(minutes=HOUR, severity="CRITICAL", channels=("pagerduty", "email")),
        "cache-memory-high": Alert(threshold=0.9, channels=("slack",)),
        "sessions-memory-high": Alert(threshold=0.9, channels=("slack",)),
        "cache-replication-lag-high": Alert(threshold=60, severity="CRITICAL", channels=("pagerduty",)),
        "sessions-replication-lag-high": Alert(threshold=60, severity="CRITICAL", channels=("pagerduty",)),
        "cache-backup-failed": Alert(minutes=10, severity="CRITICAL", channels=("pagerduty", "email")),
        "sessions-backup-failed": Alert(minutes=10, severity="CRITICAL", channels=("pagerduty", "email")),
        # what an operator adds: is it there, will it stay, can it be brought back
        "database-down": Alert(minutes=3, severity="CRITICAL", channels=PAGE),
        "database-signal-missing": Alert(minutes=10, severity="CRITICAL", channels=PAGE),
        "database-failover": Alert(minutes=0, channels=TELL),
        # Where database.failover.mode is not manual.
        "database-failover-acted": Alert(minutes=5, severity="CRITICAL", channels=PAGE),
        "database-failover-withheld": Alert(minutes=30, severity="CRITICAL", channels=PAGE),
        "database-failover-watcher-missing": Alert(minutes=10, severity="CRITICAL", channels=PAGE),
        "database-replication-stopped": Alert(minutes=5, severity="CRITICAL", channels=("pagerduty",)),
        "database-cpu-high": Alert(threshold=0.9, minutes=15, channels=TELL),
        "database-memory-high": Alert(threshold=0.9, minutes=15, channels=TELL),
        "database-disk-full": Alert(threshold=0.9, minutes=10, severity="CRITICAL", channels=PAGE),
        "database-disk-filling": Alert(threshold=0.9, minutes=HOUR, channels=TELL),
        "database-transaction-ids-high": Alert(threshold=0.5, minutes=30, channels=TELL),
        "database-locks-waiting": Alert(threshold=20, channels=TELL),
        "database-deadlocks": Alert(threshold=5, minutes=0, channels=TELL),
        "database-logins-failing": Alert(threshold=30, minutes=0, channels=TELL),
        "database-log-archiving-failing": Alert(minutes=15, severity="CRITICAL", channels=("pagerduty", "email")),
        "database-indexes-advised": Alert(minutes=24 * HOUR, channels=TELL),  # weekly, §12.1
        "database-job-failing": Alert(minutes=HOUR, severity="ERROR", channels=TELL),  # §4.4, §13.1
        "database-jobs-unwatched": Alert(minutes=3 * HOUR, severity="ERROR", channels=TELL),  # hourly, and once may be missed
        "database-backup-missing": Alert(minutes=26 * HOUR, severity="CRITICAL", channels=("pagerduty", "email")),
        "database-restore-test-failed": Alert(minutes=HOUR, severity="CRITICAL", channels=saved),
        "database-restore-test-missing": Alert(minutes=8 * 24 * HOUR, severity="CRITICAL", channels=saved),  # weekly, §10.1
        "database-restore-test-empty": Alert(minutes=HOUR, severity="CRITICAL", channels=saved),
        **{f"{store}-node-down": Alert(severity="CRITICAL", channels=PAGE) for store in caches},
        **{f"{store}-signal-missing": Alert(minutes=15, severity="CRITICAL", channels=PAGE) for store in caches},
        **{f"{store}-cpu-high": Alert(threshold=0.8, minutes=15, channels=TELL) for store in caches},
        **{f"{store}-connections-rejected": Alert(minutes=0, channels=TELL) for store in caches},
        **{f"{store}-backup-empty": Alert(minutes=10, severity="CRITICAL", channels=saved) for store in caches},
        # Where there is an image of our own to do it; weekly, §10.1.
        **{
            f"{store}-restore-test-{what}": Alert(minutes=minutes, severity="CRITICAL", channels=saved)
            for store in caches
            for what, minutes in (("failed", HOUR), ("empty", HOUR), ("missing", 8 * 24 * HOUR))
        },
        "sessions-evicting": Alert(minutes=0, severity="CRITICAL", channels=PAGE),
        "cache-region-behind": Alert(threshold=64, minutes=10, severity="CRITICAL", channels=("pagerduty",)),
        "sessions-region-behind": Alert(threshold=0.5, minutes=10, severity="CRITICAL", channels=("pagerduty",)),
        "cache-archive-failed": Alert(minutes=HOUR, severity="CRITICAL", channels=("pagerduty", "email")),
        "cache-warming-failed": Alert(minutes=HOUR, channels=TELL),
        "cache-warming-missing": Alert(minutes=15, channels=TELL),  # a round a minute, §12.2
        "cache-archive-missing": Alert(minutes=7 * HOUR, severity="CRITICAL", channels=("pagerduty", "email")),
        # audit: what nobody does by accident (§13.2, CIS GCP 2.4 to 2.11)
        "key-destroyed": Alert(minutes=5, severity="CRITICAL", channels=("pagerduty", "email")),
        "project-access-changed": Alert(minutes=HOUR, channels=TELL),
        "audit-config-changed": Alert(minutes=5, severity="CRITICAL", channels=("pagerduty", "email")),
        "network-changed": Alert(minutes=HOUR, channels=TELL),
        "bucket-access-changed": Alert(minutes=HOUR, channels=TELL),
        "database-settings-changed": Alert(minutes=HOUR, channels=TELL),
        "certificate-expiring": Alert(minutes=24 * HOUR, channels=TELL),
        **_on_clusters(),
    }  # fmt: skip


def _on_clusters() -> dict[str, Alert]:
    """What is collected on the clusters. Numbers of §11.2 where it has them; what is the stores' own is named beside."""
    saved = ("pagerduty", "email")
    return {
        "timeseries-connections-high": Alert(threshold=0.8, channels=TELL),  # §11.2
        "timeseries-replication-lag-high": Alert(threshold=60, severity="CRITICAL", channels=("pagerduty",)),  # §11.2
        "timeseries-replication-stopped": Alert(minutes=5, severity="CRITICAL", channels=("pagerduty",)),
        **{f"timeseries-{job}-failed": Alert(minutes=HOUR, severity="CRITICAL", channels=saved) for job in JOBS},  # §11.2
        "timeseries-backup-missing": Alert(minutes=26 * HOUR, severity="CRITICAL", channels=saved),  # daily, §10.1
        "timeseries-export-missing": Alert(minutes=26 * HOUR, severity="CRITICAL", channels=saved),  # daily, §10.1
        "timeseries-restore-test-missing": Alert(minutes=8 * 24 * HOUR, severity="CRITICAL", channels=saved),  # weekly, §10.1
        "timeseries-export-small": Alert(threshold=1, minutes=HOUR, severity="CRITICAL", channels=saved),
        "timeseries-archiving-stalled": Alert(threshold=15, minutes=0, severity="CRITICAL", channels=saved),  # of 60, §10.2
        "timeseries-archiving-failing": Alert(minutes=15, severity="CRITICAL", channels=saved),
        "timeseries-region-behind": Alert(threshold=30, severity="CRITICAL", channels=("pagerduty",)),  # of 60, §10.2
        "timeseries-member-down": Alert(minutes=10, channels=TELL),
        "timeseries-leader-missing": Alert(minutes=2, severity="CRITICAL", channels=PAGE),
        "timeseries-signal-missing": Alert(minutes=10, severity="CRITICAL", channels=PAGE),
        "timeseries-disk-full": Alert(threshold=0.85, minutes=10, severity="CRITICAL", channels=PAGE),
        "timeseries-disk-filling": Alert(threshold=0.9, minutes=HOUR, channels=TELL),
        "timeseries-policies-failing": Alert(minutes=30, channels=TELL),
        "timeseries-policies-unknown": Alert(minutes=HOUR, channels=TELL),
        "pooler-down": Alert(minutes=3, channels=TELL),
        "pooler-signal-missing": Alert(minutes=10, severity="CRITICAL", channels=PAGE),
        "pooler-clients-waiting": Alert(threshold=10, channels=TELL),
        "pooler-wait-long": Alert(threshold=10, minutes=2, severity="CRITICAL", channels=PAGE),  # query_wait_timeout is 30
        "pooler-clients-high": Alert(threshold=0.8, channels=TELL),  # §11.2
        "pooler-certificate-old": Alert(threshold=335, minutes=0, channels=TELL),  # of 365
        "search-red": Alert(minutes=3, severity="CRITICAL", channels=PAGE),
        "search-yellow": Alert(minutes=30, channels=TELL),
        "search-signal-missing": Alert(minutes=10, severity="CRITICAL", channels=PAGE),
        "search-disk-full": Alert(threshold=0.8, minutes=10, channels=TELL),  # 0.85 is Elasticsearch's own low watermark
        "search-heap-high": Alert(threshold=0.9, minutes=15, channels=TELL),
        "search-ingest-failed": Alert(minutes=HOUR, channels=TELL),
        "search-ingest-missing": Alert(minutes=15, channels=TELL),
        "search-snapshot-failed": Alert(minutes=10, severity="CRITICAL", channels=saved),  # §11.2
        "search-snapshot-missing": Alert(minutes=26 * HOUR, severity="CRITICAL", channels=saved),
        "search-restore-test-failed": Alert(minutes=HOUR, severity="CRITICAL", channels=saved),
        "search-restore-test-missing": Alert(minutes=8 * 24 * HOUR, severity="CRITICAL", channels=saved),  # weekly, §10.1
        "search-restore-test-empty": Alert(minutes=HOUR, severity="CRITICAL", channels=saved),
        "search-snapshot-empty": Alert(minutes=10, severity="CRITICAL", channels=saved),
    }
