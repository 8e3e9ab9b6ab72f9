"""Cases about BigQuery and log sinks: for every rule a program that breaks it, and its twin."""

from __future__ import annotations

from typing import Any

from .parts import Case, api, project_of
from .world import REGION, Res

DATASET = "gcp:bigquery/dataset:Dataset"
DATASET_GRANT = "gcp:bigquery/datasetIamMember:DatasetIamMember"
CONNECTION = "gcp:bigquery/connection:Connection"
SINK = "gcp:logging/projectSink:ProjectSink"
ASK = "gcp:bigquery/getDefaultServiceAccount:getDefaultServiceAccount"


def dataset(name: str = "things", **extra: Any) -> Res:
    return Res(name, DATASET, {"datasetId": name, "location": REGION, **extra})


def connection(project: str, location: str = REGION, instance: str = f"{REGION}:db", **extra: Any) -> Res:
    credential = {"username": "bigquery", "passwordWo": "a-password", "passwordWoVersion": "1"}
    sql = {"instanceId": f"{project}:{instance}", "database": "d", "type": "POSTGRES", "credential": credential}
    return Res("connection", CONNECTION, {"connectionId": "replica", "location": location, "cloudSql": sql, **extra})


def sink(destination: str = "storage.googleapis.com/logs", **extra: Any) -> Res:
    return Res("sink", SINK, {"name": "audit", "destination": destination, "filter": "severity>=ERROR", **extra})


def _settings() -> list[Case]:
    partitioned = {"bigqueryOptions": {"usePartitionedTables": True}}
    into = "bigquery.googleapis.com/projects/p/datasets/things"
    found: list[tuple[str, str, Res, Res]] = [
        ("dataset-id", "must be alphanumeric", dataset("with-hyphen"), dataset("with_underscore")),
        ("dataset-expiration", "at least 3600000 ms", dataset(defaultTableExpirationMs=60_000), dataset(defaultTableExpirationMs=3_600_000)),
        ("dataset-time-travel", "between 48 and 168", dataset(maxTimeTravelHours="24"), dataset(maxTimeTravelHours="48")),
        ("connection-location", "does not match Cloud SQL instance", connection("p", "us-east1"), connection("p", "US")),
        ("sink-destination", "Unsupported sink destination", sink("gs://logs"), sink()),
        ("sink-partitioned", "requires unique_writer_identity", sink(into, uniqueWriterIdentity=False, **partitioned), sink(into, **partitioned)),
    ]  # fmt: skip
    setup = [api("bigquery"), api("bigqueryconnection"), api("logging")]
    return [
        Case(rule=rule, project=project_of(rule), setup=setup, bad=[*setup, wrong], good=[*setup, right], says=says)
        for rule, says, wrong, right in found
    ]


def _full() -> Case:
    """A dataset with tables goes where its contents may go with it."""
    rule = "dataset-holds-tables"
    setup = [api("bigquery")]
    full, other = dataset("full"), dataset("other", deleteContentsOnDestroy=True)
    return Case(
        rule=rule,
        project=project_of(rule),
        setup=[*setup, full, other],
        stage=[("holds-objects", f"{project_of(rule)}/datasets/{name}") for name in ("full", "other")],
        bad=[*setup, other],
        good=[*setup, full],
        says="is still in use",
    )


ANALYTICS_CASES: tuple[Case, ...] = (*_settings(), _full())
