"""Cases about Cloud SQL: for every rule a program that breaks it, and its twin."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .parts import (
    USER,
    Case,
    api,
    backups,
    instance,
    key,
    key_id,
    net,
    network,
    private_services,
    project_of,
)
from .world import Res


def sql_case(rule: str, says: str, bad: Res, good: Res) -> Case:
    """A case about an instance with a public address, which needs nothing around it."""
    setup = [api("sqladmin")]
    return Case(rule=rule, project=project_of(rule), setup=setup, bad=[*setup, bad], good=[*setup, good], says=says)


def _cloud_sql() -> list[Case]:
    regional = {"availabilityType": "REGIONAL", **backups()}
    cases = [
        sql_case("sql-name", "Invalid instance name", instance("Upper"), instance("lower")),
        sql_case("sql-tier-edition", r"Invalid Tier \(db-custom-2-7680\) for \(ENTERPRISE_PLUS\) Edition", instance(settings={"edition": None}, databaseVersion="POSTGRES_16"), instance(databaseVersion="POSTGRES_16")),
        sql_case("sql-tier-size", "Invalid custom machine type", instance(settings={"tier": "db-custom-3-7680"}), instance(settings={"tier": "db-custom-4-7680"})),
        sql_case("sql-log-retention", "transaction log retention days must be between 1 and 7", instance(settings=backups(transactionLogRetentionDays=30, backupRetentionSettings={"retainedBackups": 30})), instance(settings=backups(transactionLogRetentionDays=7, backupRetentionSettings={"retainedBackups": 30}))),
        sql_case("sql-backups-outlast-logs", "backup retention should be > transaction log retention", instance(settings=backups(transactionLogRetentionDays=7, backupRetentionSettings={"retainedBackups": 6})), instance(settings=backups(transactionLogRetentionDays=7, backupRetentionSettings={"retainedBackups": 7}))),
        sql_case("sql-backup-count", "retained backups must be between 1 and 365", instance(settings=backups(backupRetentionSettings={"retainedBackups": 400})), instance(settings=backups(backupRetentionSettings={"retainedBackups": 365}))),
        sql_case("sql-recovery-needs-backups", "Point in time recovery must be disabled", instance(settings={"backupConfiguration": {"pointInTimeRecoveryEnabled": True}}), instance(settings=backups())),
        sql_case("sql-has-an-address", "At least one of Public IP, Private IP or PSC", instance(settings={"ipConfiguration": {"ipv4Enabled": False}}), instance(settings={"ipConfiguration": {"ipv4Enabled": True}})),
        sql_case("sql-zones", "Zone us-east1-b is not in region", instance(settings={"locationPreference": {"zone": "us-east1-b"}}), instance(settings={**regional, "locationPreference": {"zone": "us-central1-a", "secondaryZone": "us-central1-c"}})),
        sql_case("sql-pooling-edition", "only supported for ENTERPRISE_PLUS", instance(settings={"connectionPoolConfigs": [{"connectionPoolingEnabled": True}]}), instance(settings={"connectionPoolConfigs": [{"connectionPoolingEnabled": True}], "edition": "ENTERPRISE_PLUS", "tier": "db-perf-optimized-N-2"})),
        sql_case("sql-flags", "Invalid flag port", instance(settings={"databaseFlags": [{"name": "port", "value": "1"}]}), instance(settings={"databaseFlags": [{"name": "log_temp_files", "value": "0"}]})),
    ]  # fmt: skip

    rule = "sql-private-services-access"
    p = project_of(rule)
    private = instance(settings={"ipConfiguration": {"ipv4Enabled": False, "privateNetwork": net(p)}})
    setup = [*network(p), api("servicenetworking"), api("sqladmin")]
    cases.append(
        Case(
            rule=rule,
            project=p,
            setup=setup,
            bad=[*setup, private],
            good=[*setup, *private_services(p)[3:], private],
            says="doesn't have at least 1 private services connection",
        )
    )

    rule = "sql-address-block"
    p = project_of(rule)
    private = instance(settings={"ipConfiguration": {"ipv4Enabled": False, "privateNetwork": net(p)}})
    away = instance("db-east", {"ipConfiguration": {"ipv4Enabled": False, "privateNetwork": net(p)}}, region="us-east1")
    setup = [*private_services(p, prefix=24), api("sqladmin"), private]
    near = instance("db-east", {"ipConfiguration": {"ipv4Enabled": False, "privateNetwork": net(p)}})
    cases.append(
        Case(
            rule=rule,
            project=p,
            setup=setup,
            bad=[*setup, away],
            good=[*setup, near],
            says="Couldn't find free blocks in allocated IP ranges",
        )
    )

    connections = [{"name": "max_connections", "value": "500"}]
    primary = instance(settings={**backups(), "databaseFlags": connections})

    def replica(settings: Mapping[str, Any] | None = None, **extra: Any) -> Res:
        flags = {"databaseFlags": connections, **(settings or {})}
        return instance(
            "replica", flags, masterInstanceName="db", instanceType="READ_REPLICA_INSTANCE", **{"region": "us-east1", **extra}
        )

    for rule, says, wrong in (
        (
            "replica-max-connections",
            "Invalid flag value for max_connections: 100",
            replica({"databaseFlags": [{"name": "max_connections", "value": "100"}]}),
        ),
        (
            "replica-final-backup",
            "Final backup is not supported",
            replica({"finalBackupConfig": {"enabled": True, "retentionDays": 7}}),
        ),
        ("replica-backups", "Backups cannot be enabled for a PostgreSQL read replica", replica(backups())),
        ("replica-matches-primary", "must match its primary instance", replica(databaseVersion="POSTGRES_14")),
    ):
        p = project_of(rule)
        setup = [api("sqladmin"), primary]
        cases.append(Case(rule=rule, project=p, setup=setup, bad=[*setup, wrong], good=[*setup, replica()], says=says))

    rule = "replica-key"
    p = project_of(rule)
    encrypted = instance(settings=backups(), encryptionKeyName=key_id(p))
    setup = [*key(p), *key(p, "us-east1")[3:], encrypted]
    follower = [replica({"databaseFlags": []}, **extra) for extra in ({}, {"encryptionKeyName": key_id(p, "us-east1")})]
    cases.append(
        Case(
            rule=rule,
            project=p,
            setup=setup,
            bad=[*setup, follower[0]],
            good=[*setup, follower[1]],
            says="Disk encryption config is not specified for the cross region replica",
        )
    )

    rule = "sql-disk-shrinks"
    p = project_of(rule)
    sizes = [[api("sqladmin"), instance(settings={"diskSize": size})] for size in (100, 50, 200)]
    cases.append(
        Case(
            rule=rule,
            project=p,
            setup=sizes[0],
            bad=sizes[1],
            good=sizes[2],
            says="Disk size cannot be reduced from 100 GB to 50 GB",
        )
    )

    rule = "sql-promotion"
    p = project_of(rule)
    both = [api("sqladmin"), instance(settings=backups())]
    follower = instance("replica", instanceType="READ_REPLICA_INSTANCE", masterInstanceName="db")
    alone = "CLOUD_SQL_INSTANCE"
    cases.append(
        Case(
            rule=rule,
            project=p,
            setup=[*both, follower],
            bad=[*both, instance("replica", masterInstanceName="db", instanceType=alone)],
            good=[*both, instance("replica", instanceType=alone)],
            says="Please remove master_instance_name and try again",
        )
    )

    rule = "sql-instance-runs"
    p = project_of(rule)
    user = Res("user", USER, {"instance": "db", "name": "anna"})
    stopped, running = ([api("sqladmin"), instance(settings={"activationPolicy": policy})] for policy in ("NEVER", "ALWAYS"))
    cases.append(
        Case(
            rule=rule,
            project=p,
            setup=stopped,
            bad=[*stopped, user],
            good=[*running, user],
            says="since instance is not running",
        )
    )

    iam = {"databaseFlags": [{"name": "cloudsql.iam_authentication", "value": "on"}]}
    for rule, says, flags, wrong, right in (
        (
            "sql-iam-user-name",
            "must be created without .gserviceaccount.com",
            iam,
            {"name": "a@p.iam.gserviceaccount.com", "type": "CLOUD_IAM_SERVICE_ACCOUNT"},
            {"name": "a@p.iam", "type": "CLOUD_IAM_SERVICE_ACCOUNT"},
        ),
        (
            "sql-iam-authentication",
            "IAM database authentication is not enabled",
            {},
            {"name": "a@p.iam", "type": "CLOUD_IAM_SERVICE_ACCOUNT"},
            {"name": "anna", "type": "BUILT_IN", "passwordWo": "x"},
        ),
    ):
        p = project_of(rule)
        setup = [api("sqladmin"), instance(settings=flags)]
        users = [Res("user", USER, {"instance": "db", **given}) for given in (wrong, right)]
        cases.append(Case(rule=rule, project=p, setup=setup, bad=[*setup, users[0]], good=[*setup, users[1]], says=says))

    rule = "sql-user-owns-objects"
    p = project_of(rule)
    setup = [
        api("sqladmin"),
        instance(),
        Res("user", USER, {"instance": "db", "name": "anna"}),
        Res("user-2", USER, {"instance": "db", "name": "ben"}),
    ]
    cases.append(
        Case(
            rule=rule,
            project=p,
            setup=setup,
            stage=[("owns-objects", f"projects/{p}/instances/db/users/anna")],
            bad=[setup[0], setup[1], setup[3]],
            good=setup[:3],
            says="cannot be dropped because some objects depend on it",
        )
    )
    return cases


CLOUD_SQL_CASES: tuple[Case, ...] = (*_cloud_sql(),)
