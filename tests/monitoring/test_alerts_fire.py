"""Each alert fires on a staged signal, and is silent on a healthy one and on somebody else's."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from typing import Any, cast

import pytest

from database.cache.warmer.runner import Round
from database.search.follow import Round as Taken
from localcloud.gcp.metrics import parse_filter, published

from ..environments import of_type
from .evaluation import Series, burns, fires
from .test_promql import STAGED

SQL = "cloudsql.googleapis.com/database"
MAIN, REPLICA = "alphintra-prod:alphintra-main-db", "alphintra-prod:alphintra-read-replica-us-east1"
GB = 1024**3
HOUR, DAY = 3600, 86400
NOW = 40 * DAY
"""Recordings end here."""


@cache
def policies() -> dict[str, dict[str, Any]]:
    """The policies of prod, by the name of their alert."""
    return {known.inputs["userLabels"]["alert"]: known.inputs for known in of_type("prod", "AlertPolicy")}


def constant(value: Any, seconds: int = 2 * HOUR) -> list[tuple[int, Any]]:
    """The same value each minute, until now."""
    return [(when, value) for when in range(NOW - seconds + 60, NOW + 1, 60)]


def sql(metric: str, value: Any, instance: str = MAIN, **labels: str) -> Series:
    return Series(
        metric=f"{SQL}/{metric}",
        resource="cloudsql_database",
        of={"database_id": instance},
        labels=labels,
        points=constant(value),
    )


def latency(*milliseconds: float) -> Series:
    measured = [value * 1000 for value in milliseconds]
    return Series(
        metric=f"{SQL}/postgresql/insights/aggregate/latencies", resource="cloudsql_instance_database",
        of={"resource_id": MAIN, "database": "alphintra"}, points=constant(measured),
    )  # fmt: skip


@dataclass(frozen=True)
class Staged:
    """What is recorded when something is wrong, and when all is well."""

    bad: Sequence[Series]
    good: Sequence[Series]


def memorystore(store: str, metric: str, value: Any, **labels: str) -> Series:
    """Of the cache cluster or of the session store."""
    family, kind, label, name = {
        "cache": ("redis.googleapis.com/cluster", "redis.googleapis.com/Cluster", "cluster_id", "alphintra-redis-cluster"),
        "cache-east": ("redis.googleapis.com/cluster", "redis.googleapis.com/Cluster", "cluster_id", "alphintra-redis-cluster-us-east1"),
        "sessions": ("memorystore.googleapis.com/instance", "memorystore.googleapis.com/Instance", "instance_id", "alphintra-redis-sessions"),
    }[store]  # fmt: skip
    resource = f"{kind}Node" if metric.startswith("node/") else kind
    return Series(metric=f"{family}/{metric}", resource=resource, of={label: name}, labels=labels, points=constant(value))


def caches() -> dict[str, Staged]:
    """What both stores in Memorystore have."""
    found: dict[str, Staged] = {}
    for store in ("cache", "sessions"):
        for alert, metric, bad, good, labels in (
            ("memory-high", "memory/maximum_utilization", 0.91, 0.9, {}),
            ("cpu-high", "cpu/maximum_utilization", 0.81, 0.8, {"role": "primary"}),
            ("connections-rejected", "stats/total_rejected_connections_count", 1, 0, {}),
            ("node-down", "node/server/healthy", False, True, {"role": "replica"}),
            ("replication-lag-high", "replication/maximum_ack_lag", 61, 60, {}),
            ("backup-failed", "backup/last_backup_status", 0, 1, {"backup_type": "AUTOMATED"}),
            ("backup-empty", "backup/last_backup_size", 0, 10**9, {"backup_type": "AUTOMATED"}),
        ):
            found[f"{store}-{alert}"] = Staged(
                [memorystore(store, metric, bad, **labels)], [memorystore(store, metric, good, **labels)]
            )
        heard = memorystore(store, "memory/maximum_utilization", 0.5)
        found[f"{store}-signal-missing"] = Staged([silent(heard, 900)], [silent(heard, 840)])
    return found


def archives(*hours_ago: float, alive: bool = True) -> list[Series]:
    """Archives of the cache that succeeded so long ago, of a cluster that has been there for a month or only for an hour."""
    points = [(NOW - int(ago * HOUR), 1) for ago in hours_ago]
    job = {"job_id": "alphintra-redis-cluster-archive"}
    counted = Series(
        metric="logging.googleapis.com/user/cache-archives-finished", resource="cloud_scheduler_job", of=job, points=points
    )
    heard = memorystore("cache", "memory/maximum_utilization", 0.5)
    return [counted, replace(heard, points=constant(0.5, 30 * DAY if alive else HOUR))]


def warmed(*hours_ago: float, alive: bool = True) -> list[Series]:
    """Rounds of the warmer that were done so long ago, of a cache that has been there for a month or only for a minute."""
    points = [(NOW - int(ago * HOUR), 1) for ago in hours_ago]
    counted = Series(metric="logging.googleapis.com/user/cache-rounds-warmed", resource="k8s_container", of={}, points=points)
    heard = memorystore("cache", "memory/maximum_utilization", 0.5)
    return [counted, replace(heard, points=constant(0.5, 30 * DAY if alive else 60))]


def disk(first: float, last: float) -> Series:
    """A disk that grew evenly over the last two hours, in parts of the limit of its growth."""
    points = [
        (when, value) for when, value in zip(range(NOW - 2 * HOUR + 60, NOW + 1, 60), _steps(first, last, 120), strict=True)
    ]
    return Series(metric=f"{SQL}/disk/bytes_used", resource="cloudsql_database", of={"database_id": MAIN}, points=points)


def _steps(first: float, last: float, count: int) -> list[float]:
    return [(first + (last - first) * step / (count - 1)) * 4096 * GB for step in range(count)]


def silent(series: Series, since: int) -> Series:
    return replace(series, points=[(when, value) for when, value in series.points if when <= NOW - since])


def backups(*hours_ago: float, alive: bool = True, of: str = "backups-succeeded") -> list[Series]:
    """Backups that succeeded so long ago, of an instance that has been there for a month or only for an hour."""
    points = [(NOW - int(ago * HOUR), 1) for ago in hours_ago]
    counted = Series(metric=f"logging.googleapis.com/user/database-{of}", resource="cloudsql_database",
                     of={"database_id": MAIN}, points=points)  # fmt: skip
    up = Series(
        metric=f"{SQL}/up",
        resource="cloudsql_database",
        of={"database_id": MAIN},
        points=constant(1, 30 * DAY if alive else HOUR),
    )
    return [counted, up]


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


def test_archives_that_succeed_are_counted_and_others_are_not() -> None:
    from localcloud.gcp.log_filter import parse_log_filter  # noqa: PLC0415

    from .evaluation import matches  # noqa: PLC0415

    counted = {known.inputs["name"]: parse_log_filter(known.inputs["filter"]) for known in of_type("prod", "Metric")}
    tree = counted["cache-archives-finished"]
    assert [matches(tree, archive(severity)) for severity in ("INFO", "ERROR")] == [True, False]
    tree = counted["cache-rounds-warmed"]
    assert [matches(tree, told_round(outcome)) for outcome in ("done", "somebody else's", "failed")] == [True, False, False]
    assert not matches(tree, told_round("done", "another"))
    tree = counted["search-rounds-ingested"]
    assert [matches(tree, ingested(outcome)) for outcome in ("done", "failed")] == [True, False]
    tree = counted["database-backups-succeeded"]
    assert [matches(tree, backup(status)) for status in ("STATUS_SUCCEEDED", "STATUS_FAILED")] == [True, False]
    tree = counted["database-restore-tests-finished"]
    assert [matches(tree, event(VERIFY_JOB, reason, "jobs")) for reason in ("Completed", "DeadlineExceeded")] == [True, False]
    for store in ("cache", "sessions"):
        tree = counted[f"{store}-restore-tests-finished"]
        job = f"{store}-verification-29382190"
        assert [matches(tree, event(job, reason, "jobs")) for reason in ("Completed", "DeadlineExceeded")] == [True, False]
    tree = counted["search-restore-tests-finished"]
    assert [matches(tree, event(SEARCH_JOB, reason, "elasticsearch")) for reason in ("Completed", "BackoffLimitExceeded")] == [
        True,
        False,
    ]
    assert not matches(tree, event(SEARCH_JOB, "Completed", "jobs"))
    for count, job, namespace in (
        ("backups", BACKUP_JOB, "timescaledb"),
        ("exports", EXPORT_JOB, "jobs"),
        ("restore-tests", RESTORE_JOB, "jobs"),
    ):
        tree = counted[f"timeseries-{count}-finished"]
        assert [matches(tree, event(job, reason, namespace)) for reason in ("Completed", "BackoffLimitExceeded")] == [True, False]
        assert not matches(tree, event("somebody-else-29382190", "Completed", namespace))


# -- logs


@dataclass(frozen=True)
class Logged:
    """An entry that is told, and others that are not."""

    bad: Mapping[str, Any]
    good: Sequence[Mapping[str, Any]]


def audit(
    service: str, method: str, resource: str, kind: str = "activity", labels: Mapping[str, str] | None = None, **payload: Any
) -> dict[str, Any]:
    who = {"authenticationInfo": {"principalEmail": "anna@example.com"}}
    return {
        "logName": f"projects/alphintra-prod/logs/cloudaudit.googleapis.com%2F{kind}",
        "resource": {"type": resource, "labels": dict(labels or {})},
        "protoPayload": {"serviceName": f"{service}.googleapis.com", "methodName": method, **who, **payload},
    }  # fmt: skip


def backup(status: str, instance: str = MAIN) -> dict[str, Any]:
    return audit(
        "cloudsql", "cloudsql.instances.automatedBackup", "cloudsql_database", "system_event", {"database_id": instance},
        metadata={"windowStatus": status},
    )  # fmt: skip


def certificates(state: str) -> dict[str, Any]:
    kind = "type.googleapis.com/google.cloud.certificatemanager.logging.v1.CertificatesExpiry"
    return {"logName": "projects/p/logs/x", "jsonPayload": {"@type": kind, "state": state, "count": 1}}


def archive(severity: str, job: str = "alphintra-redis-cluster-archive") -> dict[str, Any]:
    return {
        "logName": "projects/alphintra-prod/logs/cloudscheduler.googleapis.com%2Fexecutions",
        "resource": {"type": "cloud_scheduler_job", "labels": {"job_id": job}},
        "severity": severity,
        "jsonPayload": {"@type": "type.googleapis.com/google.cloud.scheduler.logging.AttemptFinished"},
    }


def told_round(outcome: str, container: str = "cache-warmer") -> dict[str, Any]:
    """What the cache warmer says of a round."""
    told = asdict(Round("market_data", "2026-11-25T12:00:00+00:00", cast("Any", outcome)))
    return {
        "logName": "projects/alphintra-prod/logs/stdout",
        "resource": {"type": "k8s_container", "labels": {"namespace_name": "jobs", "container_name": container}},
        "jsonPayload": told,
    }


def ingested(outcome: str, namespace: str = "elasticsearch") -> dict[str, Any]:
    """What the search ingest says of a round."""
    return {
        "logName": "projects/alphintra-prod/logs/stdout",
        "resource": {"type": "k8s_container", "labels": {"namespace_name": namespace, "container_name": "search-ingest"}},
        "jsonPayload": asdict(Taken(cast("Any", outcome), whole=False)),
    }


def event(job: str, reason: str, namespace: str = "timescaledb") -> dict[str, Any]:
    """What Kubernetes says of a job."""
    return {
        "logName": "projects/alphintra-prod/logs/events",
        "resource": {"type": "k8s_cluster", "labels": {"cluster_name": "alphintra-us-central1"}},
        "jsonPayload": {"reason": reason, "involvedObject": {"kind": "Job", "namespace": namespace, "name": job}},
    }


def exported(size: int, namespace: str = "jobs") -> dict[str, Any]:
    """What the logical backup says when it is done."""
    return {
        "logName": "projects/alphintra-prod/logs/stdout",
        "resource": {"type": "k8s_container", "labels": {"namespace_name": namespace}},
        "jsonPayload": {"message": "done", "exported": "database/x.dump", "bytes": size},
    }


BACKUP_JOB, EXPORT_JOB, RESTORE_JOB = (
    "alphintra-timeseries-db-incr-29382190",
    "timeseries-export-29382190",
    "timeseries-restore-test-29382190",
)
VERIFY_JOB, SEARCH_JOB = "main-db-verification-29382190", "search-verification-29382190"
SEARCH_CLUSTER = "alphintra-search-cluster"
MIB = 1024**2


def verified(outcome: str, instance: str = "alphintra-main-db", namespace: str = "jobs") -> dict[str, Any]:
    """What a proof of backups says."""
    payload = {"jsonPayload": {"verification": outcome, "instance": instance, "rows": 0}}
    return {
        "logName": "projects/p/logs/stdout",
        "resource": {"type": "k8s_container", "labels": {"namespace_name": namespace}},
    } | payload


def said_by_postgres(text: str, instance: str = "alphintra-main-db") -> dict[str, Any]:
    """A line of the database's own log."""
    return {
        "logName": "projects/alphintra-prod/logs/cloudsql.googleapis.com%2Fpostgres.log",
        "resource": {"type": "cloudsql_database", "labels": {"database_id": f"alphintra-prod:{instance}"}},
        "textPayload": f"2026-06-14 05:00:00.123 UTC [42]: [1-1] db=alphintra,user=migrations {text}",
    }


DELTAS: dict[str, Any] = {"serviceData": {"policyDelta": {"auditConfigDeltas": [{"action": "REMOVE", "logType": "DATA_READ"}]}}}
GRANT: dict[str, Any] = {"serviceData": {"policyDelta": {"bindingDeltas": [{"action": "ADD"}]}}}
KMS = "google.cloud.kms.v1.KeyManagementService"
LOGS: dict[str, Logged] = {
    "database-backup-failed": Logged(backup("STATUS_FAILED"), [backup("STATUS_SUCCEEDED"), backup("STATUS_FAILED", "p:other")]),
    "database-job-failing": Logged(
        said_by_postgres("LOG:  job watch: cleanup-old-data is failed"),
        [
            said_by_postgres("LOG:  job watch: 5 looked at, 1 ill"), said_by_postgres("LOG:  statement: job watch: a is failed"),
            said_by_postgres("LOG:  job watch: cleanup-old-data is overdue", "another-db"),
        ],
    ),
    "database-indexes-advised": Logged(
        said_by_postgres('LOG:  index advice: {"kind": "missing"}'),
        [said_by_postgres("LOG:  statement: SELECT 'index advice: '"), said_by_postgres('LOG:  index advice: {"kind": "missing"}', "another-db")],
    ),
    "key-destroyed": Logged(
        audit("cloudkms", f"{KMS}.DestroyCryptoKeyVersion", "cloudkms_cryptokeyversion"),
        [audit("cloudkms", f"{KMS}.CreateCryptoKeyVersion", "cloudkms_cryptokeyversion")],
    ),
    "project-access-changed": Logged(
        audit("cloudresourcemanager", "SetIamPolicy", "project", **GRANT), [audit("storage", "storage.setIamPermissions", "gcs_bucket")]
    ),
    "audit-config-changed": Logged(
        audit("cloudresourcemanager", "SetIamPolicy", "project", **DELTAS), [audit("cloudresourcemanager", "SetIamPolicy", "project", **GRANT)]
    ),
    "network-changed": Logged(
        audit("compute", "v1.compute.networkFirewallPolicies.addRule", "network_security_policy"),
        [audit("compute", "v1.compute.disks.insert", "gce_disk")],
    ),
    "bucket-access-changed": Logged(
        audit("storage", "storage.setIamPermissions", "gcs_bucket"), [audit("storage", "storage.buckets.update", "gcs_bucket")]
    ),
    "database-settings-changed": Logged(
        audit("cloudsql", "cloudsql.instances.update", "cloudsql_database"), [audit("cloudsql", "cloudsql.instances.get", "cloudsql_database")]
    ),
    "cache-warming-failed": Logged(told_round("failed"), [told_round("done"), told_round("stopped"), told_round("failed", "another")]),
    "search-ingest-failed": Logged(ingested("failed"), [ingested("done"), ingested("failed", "jobs")]),
    "cache-archive-failed": Logged(archive("ERROR"), [archive("INFO"), archive("ERROR", "another-job")]),
    "timeseries-backup-failed": Logged(
        event(BACKUP_JOB, "BackoffLimitExceeded"),
        [event(BACKUP_JOB, "Completed"), event(BACKUP_JOB, "BackoffLimitExceeded", "jobs"), event("alphintra-timeseries-db-settle-0a1b", "BackoffLimitExceeded")],
    ),
    "timeseries-export-failed": Logged(
        event(EXPORT_JOB, "DeadlineExceeded", "jobs"), [event(EXPORT_JOB, "Completed", "jobs"), event(RESTORE_JOB, "DeadlineExceeded", "jobs")]
    ),
    "database-restore-test-failed": Logged(
        event(VERIFY_JOB, "BackoffLimitExceeded", "jobs"), [event(VERIFY_JOB, "Completed", "jobs"), event(RESTORE_JOB, "BackoffLimitExceeded", "jobs")]
    ),
    "database-restore-test-empty": Logged(verified("empty"), [verified("succeeded"), verified("failed"), verified("empty", "another-db")]),
    **{
        f"{store}-restore-test-failed": Logged(
            event(f"{store}-verification-29382190", "DeadlineExceeded", "jobs"),
            [event(f"{store}-verification-29382190", "Completed", "jobs"), event(VERIFY_JOB, "DeadlineExceeded", "jobs")],
        )
        for store in ("cache", "sessions")
    },
    **{
        f"{store}-restore-test-empty": Logged(verified("empty", name), [verified("succeeded", name), verified("empty", f"{name}-2")])
        for store, name in (("cache", "alphintra-redis-cluster"), ("sessions", "alphintra-redis-sessions"))
    },
    "search-restore-test-failed": Logged(
        event(SEARCH_JOB, "DeadlineExceeded", "elasticsearch"),
        [event(SEARCH_JOB, "Completed", "elasticsearch"), event(SEARCH_JOB, "DeadlineExceeded", "jobs"), event(VERIFY_JOB, "DeadlineExceeded", "elasticsearch")],
    ),
    "search-restore-test-empty": Logged(
        verified("empty", SEARCH_CLUSTER, "elasticsearch"),
        [verified("succeeded", SEARCH_CLUSTER, "elasticsearch"), verified("empty", SEARCH_CLUSTER), verified("empty", "another", "elasticsearch")],
    ),
    "timeseries-export-small": Logged(exported(MIB - 1), [exported(MIB), exported(0, "services")]),
    "timeseries-restore-test-failed": Logged(
        event(RESTORE_JOB, "BackoffLimitExceeded", "jobs"), [event(RESTORE_JOB, "Completed", "jobs"), event(EXPORT_JOB, "BackoffLimitExceeded", "jobs")]
    ),
    "certificate-expiring": Logged(certificates("CLOSE_TO_EXPIRY"), [certificates("STATE_UNSPECIFIED")]),
}  # fmt: skip


@pytest.mark.parametrize("alert", LOGS)
def test_it_is_found_in_logs(alert: str) -> None:
    assert fires(policies()[alert], entries=[LOGS[alert].bad])
    assert not fires(policies()[alert], entries=LOGS[alert].good)


@pytest.mark.parametrize(
    ("alert", "entry"),
    [
        ("database-backup-failed", backup("STATUS_ATTEMPT_FAILED")),
        ("cache-warming-failed", told_round("cut short")),
        ("timeseries-backup-failed", event("alphintra-timeseries-db-full-29382190", "DeadlineExceeded")),
        ("key-destroyed", audit("cloudkms", "UpdateCryptoKeyVersion", "cloudkms_cryptokeyversion")),
        ("project-access-changed", audit("iam", "google.iam.admin.v1.CreateServiceAccountKey", "service_account")),
        ("database-settings-changed", audit("cloudsql", "cloudsql.instances.delete", "cloudsql_database")),
        ("certificate-expiring", certificates("EXPIRED")),
    ],
)
def test_other_entries_are_found_too(alert: str, entry: Mapping[str, Any]) -> None:
    assert fires(policies()[alert], entries=[entry])


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
