"""What somebody is told of, as data. When and whom, the settings say under the same names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .alert import Definition, LogMatch, LogMetric, Omission, Silence, Threshold
from .signals import MICROSECONDS, Databases, Signal

GIGABYTE = 1024**3
ACTIVITY = 'log_id("cloudaudit.googleapis.com/activity")'
BACKUP = (
    'resource.type="cloudsql_database" AND log_id("cloudaudit.googleapis.com/system_event") AND '
    'protoPayload.methodName="cloudsql.instances.automatedBackup"'
)
"""https://cloud.google.com/sql/docs/postgres/backup-recovery/backups#troubleshooting"""


def backups_succeeded(databases: Databases) -> LogMetric:
    """The automated backups of the primary that succeeded."""
    return LogMetric(
        "database-backups-succeeded",
        "Automated backups of the main database that succeeded",
        f'{BACKUP} AND resource.labels.database_id="{databases.project}:{databases.primary}" AND '
        'protoPayload.metadata.windowStatus="STATUS_SUCCEEDED"',
        "cloudsql_database",
    )


def _log(databases: Databases) -> str:
    """What the primary itself writes."""
    return (
        f'resource.type="cloudsql_database" AND resource.labels.database_id="{databases.project}:{databases.primary}" AND '
        'log_id("cloudsql.googleapis.com/postgres.log")'
    )


def slow_queries(databases: Databases) -> LogMetric:
    """The statements that PostgreSQL itself logged as slow."""
    return LogMetric(
        "database-slow-queries",
        "Statements that took longer than log_min_duration_statement",
        # Their plans are entries of their own.
        f'{_log(databases)} AND textPayload=~"duration: [0-9.]+ ms +(statement|parse|bind|execute|fastpath)"',
        "cloudsql_database",
    )


def jobs_watched(databases: Databases) -> LogMetric:
    """How often the jobs of pg_cron were looked at: database/main/deploy/026_job_watch.sql."""
    return LogMetric(
        "database-jobs-watched",
        "Times that the jobs of the main database were looked at",
        f'{_log(databases)} AND textPayload=~"LOG: +job watch: [0-9]+ looked at"',
        "cloudsql_database",
    )


def database_alerts(databases: Databases, *, max_connections: int, disk_limit_gb: int) -> Iterator[Definition]:
    """Alerts of Cloud SQL: those of section 11.2, and what an operator adds."""
    load, storage, backup = "database-load", "database-storage", "database-backup"

    def above(
        name: str, title: str, text: str, runbook: str, signal: Signal, times: float = 1, *, forecast: bool = False
    ) -> Definition:
        condition = Threshold(signal=signal, times=times, forecast=forecast)
        return Definition(name=f"database-{name}", title=title, text=text, runbook=runbook, condition=condition)

    yield above(
        "connections-high", "Database connections are running out",
        "So large a part of max_connections is taken. At 100 % nobody else gets in.", load,
        databases.connections, max_connections,
    )  # fmt: skip
    yield above(
        "query-latency-high", "Database queries are slow",
        "The mean query of the main database takes longer than promised.", load, databases.query_latency, MICROSECONDS,
    )  # fmt: skip
    yield above("cpu-high", "Database CPU is busy", "Queries begin to queue.", load, databases.cpu)
    yield above("memory-high", "Database memory is short", "PostgreSQL may be killed and start again.", load, databases.memory)
    yield above(
        "locks-waiting", "Many connections wait for a lock", "One transaction holds up the others.", load, databases.lock_waits
    )
    yield above(
        "deadlocks",
        "Transactions deadlock",
        "PostgreSQL ended transactions that waited for each other.",
        load,
        databases.deadlocks,
    )
    yield above(
        "logins-failing", "Logins to the database fail",
        "A client has a wrong password or no grant, or somebody tries passwords.", "audit", databases.failed_logins,
    )  # fmt: skip
    yield above(
        "disk-full", "The database disk is nearly full", "It grows by itself, and has stopped doing so.", storage, databases.disk
    )
    yield above(
        "disk-filling", "The database disk will reach its limit",
        "At this rate the disk reaches the size at which growing stops. A full disk stops the database.", storage,
        databases.disk_bytes, disk_limit_gb * GIGABYTE, forecast=True,
    )  # fmt: skip
    yield above(
        "transaction-ids-high", "Transaction ids are being used up",
        "VACUUM does not keep up. At 100 % PostgreSQL takes no more writes.", storage, databases.transaction_ids,
    )  # fmt: skip
    yield Definition(
        name="database-down", title="A database server is down", text="The server does not answer; sign-in and trading stop.",
        runbook="database-unavailable", condition=Threshold(signal=databases.up, comparison="below", fixed=1),
    )  # fmt: skip
    yield Definition(
        name="database-signal-missing", title="Nothing is heard of a database",
        text="No measurement arrives. Every other alert of that instance is blind, too.",
        runbook="database-unavailable", condition=Silence(databases.up),
    )  # fmt: skip
    yield Definition(
        name="database-failover", title="The database failed over to its other zone",
        text="Connections broke and came back. Find out why, and whether the standby is whole again.",
        runbook="database-unavailable", condition=Threshold(signal=databases.failovers, fixed=0),
    )  # fmt: skip
    yield Definition(
        name="database-log-archiving-failing", title="Write-ahead logs are not archived",
        text="Recovery to a moment reaches only as far as the last archived log: 15 minutes of loss are allowed.",
        runbook=backup, condition=Threshold(signal=databases.failed_archivings, fixed=0),
    )  # fmt: skip
    if databases.replicas:
        yield above(
            "replication-lag-high", "A database replica is behind", "What it lacks is lost if it must take over now.",
            "database-replication", databases.replication_lag,
        )  # fmt: skip
        yield Definition(
            name="database-replication-stopped", title="A database replica no longer replicates",
            text="The lag is negative: replication is not running, and the replica gets older by the minute.",
            runbook="database-replication", condition=Threshold(signal=databases.replication_lag, comparison="below", fixed=0),
        )  # fmt: skip
    yield Definition(
        name="database-indexes-advised", title="An index of the main database is missing, or nobody uses one",
        text="Once a week the planner is asked what would help the statements that ran; the log has a line for each index.",
        runbook=load, condition=LogMatch(f'{_log(databases)} AND textPayload=~"LOG: +index advice: "'),
    )  # fmt: skip
    yield Definition(
        name="database-job-failing", title="A job of the main database does not do its work",
        text="It failed, is overdue or is not scheduled: partitions are not made, or what is to be forgotten is kept.",
        runbook="database-jobs",
        condition=LogMatch(f'{_log(databases)} AND textPayload=~"LOG: +job watch: [a-z-]+ is (failed|overdue|unscheduled)"'),
    )  # fmt: skip
    yield Definition(
        name="database-jobs-unwatched", title="Nobody looks at the jobs of the main database",
        text="pg_cron runs nothing, so no job runs, and none is seen to fail.", runbook="database-jobs",
        condition=Omission(jobs_watched(databases), databases.of_primary(databases.up)),
    )  # fmt: skip
    failed = 'protoPayload.metadata.windowStatus=("STATUS_FAILED" OR "STATUS_ATTEMPT_FAILED")'
    primary = f'resource.labels.database_id="{databases.project}:{databases.primary}"'
    yield Definition(
        name="database-backup-failed", title="The database backup failed", text="Today's automated backup is missing.",
        runbook=backup, condition=LogMatch(f"{BACKUP} AND {primary} AND {failed}"),
    )  # fmt: skip
    yield Definition(
        name="database-backup-missing", title="The database was not backed up",
        text="No backup succeeded for longer than a day, and none was seen to fail: the schedule does not run.",
        runbook=backup, condition=Omission(backups_succeeded(databases), databases.of_primary(databases.up)),
    )  # fmt: skip


def audit_alerts(deployers: Sequence[str]) -> Iterator[Definition]:
    """Alerts on changes that nobody makes by accident, found in the audit log."""
    listed = " OR ".join(f'"{email}"' for email in deployers)
    others = f" AND NOT protoPayload.authenticationInfo.principalEmail=({listed})" if deployers else ""

    def seen(name: str, title: str, text: str, what: str) -> Definition:
        return Definition(
            name=name, title=title, text=text, runbook="audit", condition=LogMatch(f"{ACTIVITY} AND {what}{others}")
        )

    yield seen(
        "key-destroyed", "An encryption key was disabled or destroyed",
        "Everything encrypted under that version can no longer be read. It can be restored until its delay is over.",
        'protoPayload.serviceName="cloudkms.googleapis.com" AND '
        'protoPayload.methodName:("DestroyCryptoKeyVersion" OR "UpdateCryptoKeyVersion")',
    )  # fmt: skip
    yield seen(
        "project-access-changed", "Somebody changed who may do what in the project",
        "Grants on the project, roles, or keys of service accounts changed outside of a deployment.",
        '((resource.type="project" AND protoPayload.methodName="SetIamPolicy") OR '
        'protoPayload.methodName:("CreateServiceAccountKey" OR "iam.admin.v1.CreateRole" OR "iam.admin.v1.UpdateRole" OR '
        '"iam.admin.v1.DeleteRole"))',
    )  # fmt: skip
    yield seen(
        "audit-config-changed", "Somebody changed what is audited", "Whoever means harm turns the audit log off first.",
        'protoPayload.methodName="SetIamPolicy" AND protoPayload.serviceData.policyDelta.auditConfigDeltas:*',
    )  # fmt: skip
    yield seen(
        "network-changed", "Somebody changed the network or its firewall", "Data stores may be reachable from elsewhere now.",
        'protoPayload.serviceName="compute.googleapis.com" AND protoPayload.methodName:("compute.networkFirewallPolicies" OR '
        '"compute.firewalls" OR "compute.routes" OR "compute.networks")',
    )  # fmt: skip
    yield seen(
        "bucket-access-changed", "Somebody changed who may read a bucket", "Identity documents and backups are in buckets.",
        'resource.type="gcs_bucket" AND protoPayload.methodName="storage.setIamPermissions"',
    )  # fmt: skip
    yield seen(
        "database-settings-changed", "Somebody changed a database instance", "Settings, flags or the instance itself changed.",
        'resource.type="cloudsql_database" AND protoPayload.methodName=("cloudsql.instances.update" OR '
        '"cloudsql.instances.delete" OR "cloudsql.instances.promoteReplica")',
    )  # fmt: skip
    yield Definition(
        name="certificate-expiring", title="A certificate is about to expire",
        text="Google could not renew it. When it has expired, clients refuse to connect.", runbook="certificates",
        condition=LogMatch(
            'jsonPayload."@type"="type.googleapis.com/google.cloud.certificatemanager.logging.v1.CertificatesExpiry" AND '
            'jsonPayload.state=("CLOSE_TO_EXPIRY" OR "EXPIRED")'
        ),
    )  # fmt: skip
