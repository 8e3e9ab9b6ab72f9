"""Each alert fires on a staged signal, and is silent on a healthy one and on somebody else's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from localcloud.gcp.metrics import parse_filter, published

from ..environments import of_type
from .evaluation import Series, burns, fires
from .staged_series import (
    HOUR,
    NOW,
    REPLICA,
    Staged,
    archives,
    backups,
    caches,
    constant,
    disk,
    latency,
    memorystore,
    policies,
    silent,
    sql,
    warmed,
)
from .test_alerts_in_logs import LOGS
from .test_promql import STAGED

METRICS: dict[str, Staged] = {
    "database-connections-high": Staged(
        [sql("postgresql/num_backends", 250, database="alphintra"), sql("postgresql/num_backends", 151, database="postgres")],
        [sql("postgresql/num_backends", 250, database="alphintra"), sql("postgresql/num_backends", 150, database="postgres"),
         sql("postgresql/num_backends", 300, REPLICA, database="alphintra")],
    ),
    "database-query-latency-high": Staged([latency(500, 1502)], [latency(500, 1500)]),
    "database-replication-lag-high": Staged([sql("replication/replica_lag", 61, REPLICA)], [sql("replication/replica_lag", 60, REPLICA)]),
    "database-replication-stopped": Staged([sql("replication/replica_lag", -1, REPLICA)], [sql("replication/replica_lag", 0, REPLICA)]),
    "database-down": Staged([sql("up", 1), sql("up", 0, REPLICA)], [sql("up", 1), sql("up", 1, REPLICA)]),
    "database-signal-missing": Staged([silent(sql("up", 1), 600)], [silent(sql("up", 1), 540)]),
    "database-failover": Staged([sql("auto_failover_request_count", 1)], [sql("auto_failover_request_count", 0)]),
    "database-cpu-high": Staged([sql("cpu/utilization", 0.95)], [sql("cpu/utilization", 0.9)]),
    "database-memory-high": Staged([sql("memory/utilization", 0.95)], [sql("memory/utilization", 0.9)]),
    "database-disk-full": Staged([sql("disk/utilization", 0.91)], [sql("disk/utilization", 0.9)]),
    "database-disk-filling": Staged([disk(0.50, 0.52)], [disk(0.50, 0.51)]),
    "database-transaction-ids-high": Staged(
        [sql("postgresql/transaction_id_utilization", 0.6)], [sql("postgresql/transaction_id_utilization", 0.4)]
    ),
    "database-locks-waiting": Staged(
        [sql("postgresql/backends_in_wait", 11, wait_event_type="Lock", wait_event=event) for event in ("tuple", "transactionid")],
        [*(sql("postgresql/backends_in_wait", 10, wait_event_type="Lock", wait_event=event) for event in ("tuple", "transactionid")),
         sql("postgresql/backends_in_wait", 90, wait_event_type="Activity")],
    ),
    "database-deadlocks": Staged([sql("postgresql/deadlock_count", 2)], [sql("postgresql/deadlock_count", 1)]),
    "database-logins-failing": Staged(
        [sql("network/connection_attempt_count", 7, login_status="failed")],
        [sql("network/connection_attempt_count", 6, login_status="failed"), sql("network/connection_attempt_count", 99, login_status="succeeded")],
    ),
    "database-log-archiving-failing": Staged(
        [sql("replication/log_archive_failure_count", 1)], [sql("replication/log_archive_failure_count", 0)]
    ),
    "database-backup-missing": Staged(backups(26.5), backups(25)),
    "database-jobs-unwatched": Staged(backups(3.5, of="jobs-watched"), backups(2.5, of="jobs-watched")),
    **caches(),
    "sessions-evicting": Staged(
        [memorystore("sessions", "stats/total_evicted_keys_count", 1)], [memorystore("sessions", "stats/total_evicted_keys_count", 0)]
    ),
    "cache-region-behind": Staged(
        [memorystore("cache", "cross_cluster_replication/secondary_maximum_replication_offset_diff", 65 * 1024**2)],
        [memorystore("cache", "cross_cluster_replication/secondary_maximum_replication_offset_diff", 64 * 1024**2)],
    ),
    "cache-archive-missing": Staged(archives(7.5), archives(6)),
    "cache-warming-missing": Staged(warmed(0.3), warmed(0.2)),
}  # fmt: skip


@pytest.mark.parametrize("alert", METRICS)
def test_it_fires_when_something_is_wrong(alert: str) -> None:
    assert fires(policies()[alert], METRICS[alert].bad, now=NOW)


@pytest.mark.parametrize("alert", METRICS)
def test_it_is_silent_when_all_is_well(alert: str) -> None:
    assert not fires(policies()[alert], METRICS[alert].good, now=NOW)


@pytest.mark.parametrize("alert", METRICS)
def test_it_is_silent_on_another_instance(alert: str) -> None:
    others = [replace(series, of=dict.fromkeys(series.of, "another-project:another-db")) for series in METRICS[alert].bad]
    assert not fires(policies()[alert], others, now=NOW)


TOLD_AT_ONCE = {
    "cache-warming-missing",
    "cache-archive-missing",
    "cache-connections-rejected",
    "cache-signal-missing",
    "database-backup-missing",
    "database-deadlocks",
    "database-disk-filling",
    "database-failover",
    "database-jobs-unwatched",
    "database-logins-failing",
    "database-signal-missing",
    "sessions-connections-rejected",
    "sessions-evicting",
    "sessions-signal-missing",
}
"""Alerts whose condition waits for nothing: PromQL and absence, those without a duration, and those that look ahead."""


def test_those_that_are_told_at_once_are_these() -> None:
    def waits(alert: str) -> bool:
        condition = policies()[alert]["conditions"][0].get("conditionThreshold")
        return condition is not None and condition["duration"] != "0s" and "forecastOptions" not in condition

    assert {alert for alert in METRICS if not waits(alert)} == TOLD_AT_ONCE


@pytest.mark.parametrize("alert", sorted(METRICS.keys() - TOLD_AT_ONCE))
def test_a_moment_is_not_enough(alert: str) -> None:
    """Only the last step is bad; the condition must have held for its whole duration."""
    condition = policies()[alert]["conditions"][0]["conditionThreshold"]
    step = int(condition["aggregations"][0]["alignmentPeriod"].removesuffix("s"))
    good, bad = METRICS[alert].good, METRICS[alert].bad
    mixed = [
        replace(
            series, points=[*[p for p in best.points if p[0] <= NOW - step], *[p for p in series.points if p[0] > NOW - step]]
        )
        for series, best in zip(bad, [*good, *good], strict=False)
    ]
    duration = int(condition["duration"].removesuffix("s"))
    assert fires(policies()[alert], mixed, now=NOW) == (duration <= step)


def test_what_is_new_is_not_blamed_for_what_was_not_done_before_it_was_there() -> None:
    assert not fires(policies()["database-backup-missing"], backups(alive=False), now=NOW)
    assert not fires(policies()["cache-archive-missing"], archives(alive=False), now=NOW)
    assert not fires(policies()["cache-warming-missing"], warmed(alive=False), now=NOW)


def test_the_cluster_in_the_other_region_is_watched_too() -> None:
    for alert, metric in (("cache-memory-high", "memory/maximum_utilization"), ("cache-cpu-high", "cpu/maximum_utilization")):
        assert fires(policies()[alert], [memorystore("cache-east", metric, 0.99, role="primary")], now=NOW)


# -- objectives


PROMISED: dict[str, tuple[Series, Any]] = {
    "database-availability": (sql("up", 1), 0),
    "database-latency": (latency(*[5.0] * 10), [1001 * 1000.0] * 10),
    "database-freshness": (sql("replication/replica_lag", 3, REPLICA), 61),
}


@pytest.mark.parametrize("objective", PROMISED)
@pytest.mark.parametrize("speed", ["fast", "slow"])
def test_a_budget_that_burns_is_told(objective: str, speed: str) -> None:
    """Two minutes in three are bad in the last hours: told. Bad long ago, or one minute in two thousand: not."""
    good, bad = PROMISED[objective]
    conditions = policies()[f"{objective}-{speed}"]["conditions"]
    promised = next(known.inputs for known in of_type("prod", "Slo") if known.inputs["sloId"] == objective)
    windows = [int(part["conditionThreshold"]["filter"].split('"')[3].removesuffix("s")) for part in conditions]
    limit = conditions[0]["conditionThreshold"]["thresholdValue"]

    def told(is_bad: Callable[[int], object]) -> bool:
        points = [(when, bad if is_bad((NOW - when) // 60) else value) for when, value in constant(good.points[0][1], 8 * HOUR)]
        rates = [burns(promised, [replace(good, points=points)], window, NOW) for window in windows]
        return all(rate > limit for rate in rates)

    assert told(lambda minute: minute % 3)
    assert not told(lambda minute: minute > 40 and minute % 3), "over already"
    assert not told(lambda minute: minute < 0), "nothing is bad"
    assert not told(lambda minute: minute == 200), "too little to matter"


# -- all of them


def test_every_alert_is_staged() -> None:
    burning = {f"{objective}-{speed}" for objective in PROMISED for speed in ("fast", "slow")}
    assert policies().keys() == METRICS.keys() | LOGS.keys() | STAGED.keys() | burning
    assert len(policies()) == len(of_type("prod", "AlertPolicy")), "each has a name of its own"


def test_what_is_staged_are_series_that_google_publishes() -> None:
    for staged in METRICS.values():
        for series in (*staged.bad, *staged.good):
            if not series.metric.startswith("logging."):
                assert series.resource in published()[series.metric].resources
                assert series.labels.keys() <= set(published()[series.metric].labels)


def test_no_filter_is_without_its_resource() -> None:
    for policy in policies().values():
        for condition in policy["conditions"]:
            text = next(
                iter(condition[kind]["filter"] for kind in ("conditionThreshold", "conditionAbsent") if kind in condition), None
            )
            found = parse_filter(text) if text and "select_slo" not in text else None
            assert found is None or found.labels("resource"), text
