"""The numbers of the requirements, in the properties that carry them."""

from __future__ import annotations

from typing import Any

import pytest

from localcloud.values import at, every

from ..environments import ENVIRONMENTS, flat, of_type, recorded, resources

PRIMARY = resources("prod")["main-db-primary"]
REPLICA = resources("prod")["main-db-replica-us-east1"]
STATEFUL = {
    "BackupPlan", "Bucket", "Cluster", "Connection", "CryptoKey", "CustomResourceDefinition", "Database", "DatabaseInstance", "Dataset",
    "Elasticsearch", "GlobalAddress", "Instance", "KeyRing", "Namespace", "Network", "PersistentVolumeClaim", "Repository", "Secret",
    "StatefulSet", "StorageClass", "Subnetwork",
}  # fmt: skip
"""What holds data, or cannot be rebuilt without losing it."""


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("name", "alphintra-main-db"),  # 4.1
        ("databaseVersion", "POSTGRES_15"),
        ("settings.tier", "db-custom-4-16384"),
        ("settings.edition", "ENTERPRISE"),
        ("settings.availabilityType", "REGIONAL"),
        ("settings.diskType", "PD_SSD"),
        ("settings.diskSize", 1024),
        ("settings.diskAutoresize", True),
        ("settings.diskAutoresizeLimit", 4096),
        ("settings.backupConfiguration.enabled", True),
        ("settings.backupConfiguration.backupRetentionSettings.retainedBackups", 30),
        ("settings.backupConfiguration.backupRetentionSettings.retentionUnit", "COUNT"),
        ("settings.backupConfiguration.pointInTimeRecoveryEnabled", True),  # 10.1
        ("settings.backupConfiguration.transactionLogRetentionDays", 7),
        ("settings.backupConfiguration.location", "us-east1"),
        ("region", "us-central1"),  # 10.2
        ("settings.locationPreference.zone", "us-central1-a"),
        ("settings.locationPreference.secondaryZone", "us-central1-c"),
        ("settings.ipConfiguration.ipv4Enabled", False),  # 9
        ("settings.ipConfiguration.sslMode", "ENCRYPTED_ONLY"),
        ("settings.ipConfiguration.privateNetwork", "projects/alphintra-prod/global/networks/alphintra-vpc"),
        ("settings.ipConfiguration.allocatedIpRange", "alphintra-vpc-managed-services"),
        ("settings.passwordValidationPolicy.enablePasswordPolicy", True),
        ("settings.passwordValidationPolicy.complexity", "COMPLEXITY_DEFAULT"),
        ("settings.insightsConfig.queryInsightsEnabled", True),  # 11.1, 12.1
        ("settings.maintenanceWindow", {"day": 7, "hour": 6, "updateTrack": "stable"}),
        ("settings.finalBackupConfig", {"enabled": True, "retentionDays": 30}),
        ("settings.retainBackupsOnDelete", True),
        ("deletionProtection", True),
        ("settings.deletionProtectionEnabled", True),
        ("encryptionKeyName", "projects/alphintra-prod/locations/us-central1/keyRings/alphintra-data/cryptoKeys/database"),
    ],
)
def test_the_primary(path: str, value: Any) -> None:
    assert at(PRIMARY.inputs, path) == value


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("name", "alphintra-read-replica-us-east1"),  # 4.1
        ("masterInstanceName", "alphintra-main-db"),
        ("instanceType", "READ_REPLICA_INSTANCE"),
        ("region", "us-east1"),
        ("settings.locationPreference.zone", "us-east1-b"),  # 10.2
        ("encryptionKeyName", "projects/alphintra-prod/locations/us-east1/keyRings/alphintra-data/cryptoKeys/database"),
        ("settings.backupConfiguration", None),
        ("settings.finalBackupConfig", None),
        ("rootPasswordWo", None),
        ("deletionProtection", True),
    ],
)
def test_the_replica(path: str, value: Any) -> None:
    assert at(REPLICA.inputs, path) == value


def test_a_replica_can_take_over_from_its_primary() -> None:
    same = ("tier", "edition", "diskType", "diskSize", "databaseFlags", "ipConfiguration", "insightsConfig", "userLabels")
    for name in same:
        assert REPLICA.inputs["settings"][name] == PRIMARY.inputs["settings"][name]


@pytest.mark.parametrize(
    ("flag", "value"),
    [
        ("max_connections", "500"),  # 11.2: explicit, so that 80 % has a denominator
        ("log_min_duration_statement", "1000"),  # 11.2: over 1000 ms
        ("cloudsql.enable_auto_explain", "on"),  # 12.1: EXPLAIN on slow queries
        ("auto_explain.log_min_duration", "1000"),
        ("cloudsql.iam_authentication", "on"),
        ("cloudsql.enable_pgaudit", "on"),
        ("pgaudit.log", "ddl,role,write"),
        ("cloudsql.enable_pg_cron", "on"),
        ("cron.database_name", "alphintra"),
    ],
)
def test_database_flags(flag: str, value: str) -> None:
    flags = {entry["name"]: entry["value"] for entry in PRIMARY.inputs["settings"]["databaseFlags"]}
    assert flags[flag] == value


def test_keys() -> None:
    keys = of_type("prod", "CryptoKey")
    assert {at(key.inputs, "rotationPeriod") for key in keys} == {"7776000s"}, "90 days"
    assert {at(key.inputs, "destroyScheduledDuration") for key in keys} == {"2592000s"}
    levels = {(key.inputs["name"], at(key.inputs, "versionTemplate.protectionLevel")) for key in keys}
    assert levels == {
        ("pii", "HSM"),
        *(
            (name, "SOFTWARE")
            for name in ("database", "secrets", "objects", "analytics", "cache", "images", "cluster", "backups")
        ),
    }
    assert {ring.inputs["location"] for ring in of_type("prod", "KeyRing")} == {"us-central1", "us-east1"}


def test_secrets_are_in_both_regions_under_each_regions_key() -> None:
    for secret in of_type("prod", "Secret"):
        replicas = at(secret.inputs, "replication.userManaged.replicas")
        assert [replica["location"] for replica in replicas] == ["us-central1", "us-east1"]
        for replica in replicas:
            assert f"/locations/{replica['location']}/" in at(replica, "customerManagedEncryption.kmsKeyName")
            assert at(replica, "customerManagedEncryption.kmsKeyName").endswith("/cryptoKeys/secrets")


def test_the_network() -> None:
    vpc = of_type("prod", "Network")[0].inputs
    assert (vpc["routingMode"], vpc["autoCreateSubnetworks"]) == ("GLOBAL", False)
    subnets = {subnet.inputs["region"]: subnet.inputs for subnet in of_type("prod", "Subnetwork")}
    assert set(subnets) == {"us-central1", "us-east1"}
    for subnet in subnets.values():
        assert [entry["rangeName"] for entry in subnet["secondaryIpRanges"]] == ["pods", "services"]
        assert subnet["privateIpGoogleAccess"] is True
        assert subnet["logConfig"]["metadata"] == "INCLUDE_ALL_METADATA"
    assert {nat.inputs["region"] for nat in of_type("prod", "RouterNat")} == set(subnets)


def test_the_firewall_denies_what_it_does_not_allow() -> None:
    rules = [rule.inputs for rule in of_type("prod", "NetworkFirewallPolicyRule")]
    for direction in ("INGRESS", "EGRESS"):
        last = max((rule for rule in rules if rule["direction"] == direction), key=lambda rule: rule["priority"])
        assert (last["action"], last["enableLogging"], last["match"]["layer4Configs"]) == ("deny", True, [{"ipProtocol": "all"}])
    incoming = [rule for rule in rules if rule["direction"] == "INGRESS" and rule["action"] == "allow"]
    assert not [rule for rule in incoming if "0.0.0.0/0" in rule["match"]["srcIpRanges"]], "nobody comes in from the internet"
    outgoing = [rule for rule in rules if "0.0.0.0/0" in (rule["match"].get("destIpRanges") or []) and rule["action"] == "allow"]
    assert [every(rule, "match.layer4Configs[].ports") for rule in outgoing] == [[["443"]]]


@pytest.mark.parametrize(
    "name",
    [
        "verification-main-db-us-central1-schedule",
        "timeseries-proofs-us-central1-restore-test",
        "search-verification-us-central1-schedule",
        "verification-cluster-us-central1-schedule",
        "verification-sessions-us-central1-schedule",
    ],
)
def test_backups_are_verified_every_week(name: str) -> None:
    """10.1, of the stores whose backups are brought back by a job of ours."""
    minute, hour, day, month, weekday = resources("prod")[name].inputs["spec"]["schedule"].split()
    assert minute.isdigit()
    assert hour.isdigit()
    assert (day, month) == ("*", "*")
    assert weekday.isdigit()


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_one_switch_drives_every_guard(environment: str) -> None:
    protected = environment != "dev"
    for known in recorded(environment).registrations:
        kind = known.type.rsplit(":", 1)[-1]
        assert known.protect == (protected and known.custom and kind in STATEFUL), known.urn
        if kind in ("DatabaseInstance", "Secret") or known.type.startswith("gcp:container/cluster:"):
            assert known.inputs["deletionProtection"] is protected
        if kind == "DatabaseInstance":
            assert known.inputs["settings"]["deletionProtectionEnabled"] is protected
        if known.type.startswith(("gcp:redis/", "gcp:memorystore/")) and kind in ("Cluster", "Instance"):
            assert known.inputs["deletionProtectionEnabled"] is protected
        if kind == "Dataset":
            assert known.inputs["deleteContentsOnDestroy"] is not protected
        if kind in ("BackupPlan", "CryptoKey", "Bucket", "Dataset", "Repository"):
            assert known.inputs["deletionPolicy"] == ("PREVENT" if protected else "DELETE")


def test_tearing_down_turns_every_guard_off_and_changes_nothing_else() -> None:
    before = {known.urn: known for known in recorded("prod").registrations}
    after = {known.urn: known for known in recorded("prod", {"protection": {"tear_down": "prod"}}).registrations}
    assert before.keys() == after.keys()
    assert not any(known.protect for known in after.values())
    changed = {
        path
        for urn in before
        for path in flat(before[urn].inputs).keys() | flat(after[urn].inputs).keys()
        if flat(before[urn].inputs).get(path) != flat(after[urn].inputs).get(path)
    }
    assert changed == {
        "deletionProtection",
        "deletionProtectionEnabled",
        "settings.deletionProtectionEnabled",
        "deletionPolicy",
        "deleteContentsOnDestroy",
        "settings.retainBackupsOnDelete",
    }


def test_dev_has_googles_keys_and_one_small_instance() -> None:
    assert not of_type("dev", "CryptoKey")
    instances = of_type("dev", "DatabaseInstance")
    assert [(i.inputs["name"], i.inputs["settings"]["tier"], i.inputs["settings"]["availabilityType"]) for i in instances] == [
        ("alphintra-main-db", "db-custom-1-3840", "ZONAL")
    ]
    assert "encryptionKeyName" not in instances[0].inputs


def test_staging_is_productions_shape() -> None:
    assert {
        known.urn.split("::", 2)[2] for known in recorded("staging").registrations if known.type != "pulumi:pulumi:Stack"
    } == {known.urn.split("::", 2)[2] for known in recorded("prod").registrations if known.type != "pulumi:pulumi:Stack"}
