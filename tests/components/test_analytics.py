"""Analytics: what is kept for how long, who reads it, the way to the replica, and what is refused."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from localcloud.values import at
from settings import SettingsError, load_stack_file

from ..environments import ENVIRONMENTS, of_type, recorded, resources

DAY_MS = 86_400_000
KEY = "projects/alphintra-prod/locations/us-east1/keyRings/alphintra-data/cryptoKeys/analytics"


def inputs(name: str, environment: str = "prod", over: dict[str, Any] | None = None) -> dict[str, Any]:
    return resources(environment, over)[name].inputs


@pytest.mark.parametrize(("name", "days"), [("analytics", None), ("audit", 730)])  # 13.1: audit logs for two years
def test_the_datasets(name: str, days: int | None) -> None:
    found = inputs(f"analytics-{name}:Dataset")
    assert found["datasetId"] == f"alphintra_{name}"
    assert found["location"] == "us-east1", "15.5: where the replica is"
    assert at(found, "defaultEncryptionConfiguration.kmsKeyName") == KEY
    lifetime = None if days is None else days * DAY_MS
    assert found.get("defaultPartitionExpirationMs") == found.get("defaultTableExpirationMs") == lifetime
    assert found["maxTimeTravelHours"] == "168"
    assert (found["deleteContentsOnDestroy"], found["deletionPolicy"]) == (False, "PREVENT")
    assert len(of_type("prod", "Dataset")) == 2


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_audit_and_security_logs_flow_into_the_dataset_and_the_archive(environment: str) -> None:
    """13.2, 7.1: each sink may write to its own destination, and to nothing else."""
    found = {known.name: known.inputs for known in of_type(environment, "ProjectSink")}
    project = f"alphintra-{environment}"
    assert {name: known["destination"] for name, known in found.items()} == {
        "analytics-audit-analysis": f"bigquery.googleapis.com/projects/{project}/datasets/alphintra_audit",
        "analytics-audit-archive": f"storage.googleapis.com/{inputs('storage-logs:Bucket', environment)['name']}",
    }
    logs = ("activity", "data_access", "system_event", "policy")
    for known in found.values():
        parts = [f'log_id("cloudaudit.googleapis.com/{log}")' for log in logs]
        assert known["filter"] == " OR ".join([*parts, 'log_id("compute.googleapis.com/firewall")'])
        assert known["uniqueWriterIdentity"] is True
    assert found["analytics-audit-analysis"]["bigqueryOptions"] == {"usePartitionedTables": True}
    writers = {
        (known.type.rsplit(":", 1)[-1], known.inputs["role"], known.inputs.get("datasetId") or known.inputs["bucket"])
        for known in recorded(environment).registrations
        if "gcp-sa-logging" in str(known.inputs.get("member"))
    }
    assert writers == {
        ("DatasetIamMember", "roles/bigquery.dataEditor", "alphintra_audit"),
        ("BucketIAMMember", "roles/storage.objectCreator", inputs("storage-logs:Bucket", environment)["name"]),
    }


def test_bigquery_reads_the_replica() -> None:
    """15.5: BigQuery to the replica in us-east1, under a user of its own."""
    found = inputs("analytics-main-db-replica:Connection")
    assert (found["connectionId"], found["location"], found["kmsKeyName"]) == ("main-db-replica", "us-east1", KEY)
    assert found["cloudSql"] == {
        "instanceId": "alphintra-prod:us-east1:alphintra-read-replica-us-east1",
        "database": "alphintra",
        "type": "POSTGRES",
        "credential": {"username": "bigquery", "passwordWo": "[secret]", "passwordWoVersion": "1"},
    }
    user = resources("prod")["main-db-user-bigquery"]
    assert (user.inputs["type"], user.inputs["passwordWo"]) == ("BUILT_IN", "[secret]")
    assert user.urn in resources("prod")["analytics-main-db-replica:Connection"].property_dependencies["cloudSql"]


def test_the_agent_that_connects_reaches_the_replica_and_nothing_else() -> None:
    found = inputs("analytics-main-db-replica-agent")
    assert (found["role"], "@gcp-sa-bigqueryconnection." in found["member"]) == ("roles/cloudsql.client", True)
    expression = found["condition"]["expression"]
    assert 'resource.name == "projects/alphintra-prod/instances/alphintra-read-replica-us-east1"' in expression
    assert "alphintra-main-db" not in expression


def test_where_there_is_no_replica_there_is_no_connection_and_no_user() -> None:
    for known in recorded("dev").registrations:
        assert "main-db-bigquery" not in known.name
        assert known.name != "main-db-user-bigquery"
        assert known.type != "gcp:bigquery/connection:Connection"
    over: dict[str, Any] = {"encryption": {"customer_managed": True}, "secrets": {"credentials": {"main-db-bigquery": {}}}}
    replicas = {"database": {"replicas": {"us-east1": {"zone": "us-east1-b"}}}}
    assert "analytics-main-db-replica:Connection" in resources("dev", {**over, **replicas})


def test_a_user_without_a_connection_gets_nothing() -> None:
    added = resources("dev", {"analytics": {"federation": {"users": ["data-admins"]}}}).keys() - resources("dev").keys()
    assert not added


def test_dev_can_be_taken_down_with_its_tables() -> None:
    for known in of_type("dev", "Dataset"):
        assert (known.inputs["deleteContentsOnDestroy"], known.inputs["deletionPolicy"]) == (True, "DELETE")
        assert "defaultEncryptionConfiguration" not in known.inputs


BAD = [
    ("analytics", "{region: primary}", r"analytics.region is primary \(us-central1\), but BigQuery reads a replica in its own region"),
    ("analytics", "{federation: {database: other}}", "analytics.federation.database is other, which is none of database.databases"),
    ("analytics", "{sinks: {audit-archive: {bucket: nowhere}}}", "sinks.audit-archive.bucket is nowhere, which is none of storage.buckets"),
    ("analytics", "{sinks: {audit-analysis: {dataset: nowhere}}}", "sinks.audit-analysis.dataset is nowhere, which is none of datasets"),
    ("analytics", "{sinks: {audit-analysis: {bucket: logs}}}", "dataset is audit and bucket is logs: a sink has exactly one"),
    ("analytics", "{sinks: {audit-analysis: {dataset: null}}}", "dataset is None and bucket is None"),
    ("analytics", "{datasets: {with-hyphen: {purpose: Something}}}", "with-hyphen"),
    ("analytics", "{datasets: {audit: {time_travel_hours: 50}}}", "time_travel_hours.*multiple of 24"),
    ("analytics", "{datasets: {audit: {readers: [anna]}}}", "analytics.datasets.audit.readers names 'anna', which is no group; there are data-readers"),
    ("encryption", "{keys: {analytics: {regions: [primary]}}}", "encryption.keys.analytics.regions lacks secondary, where analytics is"),
    ("encryption", "{keys: {analytics: null}}", "keys.analytics is missing"),
    ("secrets", "{credentials: {main-db-bigquery: null}}", "secrets.credentials.main-db-bigquery is missing"),
]  # fmt: skip


@pytest.mark.parametrize(("section", "text", "says"), BAD, ids=lambda value: value if "{" in value else "")
def test_bad_values(tmp_path: Path, section: str, text: str, says: str) -> None:
    file = tmp_path / "Pulumi.test.yaml"
    head = "config:\n  alphintra:environment: prod\n  alphintra:project: {id: alphintra-test}\n"
    file.write_text(f"{head}  alphintra:{section}: {text}\n")
    with pytest.raises(SettingsError) as caught:
        load_stack_file(file)
    assert re.search(says, str(caught.value))
