"""Each alert on the log is told of the entry that it is about, and of no other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, cast

import pytest

from database.cache.warmer.runner import Round
from database.search.follow import Round as Taken

from ..environments import of_type
from .evaluation import fires
from .staged_series import MAIN, policies


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
