"""BigQuery's datasets and connections, and the sinks that route logs."""

from __future__ import annotations

import re

from ...errors import Refusal
from ..view import Request, invalid
from . import rule

DATASET = "gcp:bigquery/dataset:Dataset"
CONNECTION = "gcp:bigquery/connection:Connection"
SINK = "gcp:logging/projectSink:ProjectSink"
REST = "https://cloud.google.com/bigquery/docs/reference/rest/v2/datasets"
PROVIDER = "https://github.com/hashicorp/terraform-provider-google/blob/main/website/docs/r"
HOUR_MS = 3_600_000
MULTI_REGION_OF = {"us-central1": "us", "europe-west1": "eu"}
"""The region of Cloud SQL that a multi-region of BigQuery reaches."""
DESTINATIONS = re.compile(
    r"bigquery\.googleapis\.com/projects/[^/]+/datasets/\w+"
    r"|storage\.googleapis\.com/[^/]+"
    r"|pubsub\.googleapis\.com/projects/[^/]+/topics/[^/]+"
    r"|logging\.googleapis\.com/projects/[^/]+(/locations/[^/]+/buckets/[^/]+)?"
)


@rule("dataset-id", DATASET, verbs=("create",), source=f"{REST}#DatasetReference")
def dataset_id(request: Request) -> Refusal | None:
    """A dataset's id has letters, digits and underscores only, at most 1024 of them."""
    name = str(request.get("datasetId"))
    if re.fullmatch(r"[A-Za-z0-9_]{1,1024}", name):
        return None
    return invalid(
        f'Invalid dataset ID "{name}". Dataset IDs must be alphanumeric (plus underscores) and must be at most 1024 '
        "characters long."
    )


@rule("dataset-expiration", DATASET, source=f"{REST}#Dataset.FIELDS.default_table_expiration_ms")
def dataset_expiration(request: Request) -> Refusal | None:
    """A table lives for an hour at least."""
    lifetime = request.get("defaultTableExpirationMs", HOUR_MS)
    return None if lifetime >= HOUR_MS else invalid(f"Default table expiration must be at least {HOUR_MS} ms, got {lifetime}.")


@rule(
    "dataset-time-travel", DATASET, source="https://cloud.google.com/bigquery/docs/time-travel#configure_the_time_travel_window"
)
def dataset_time_travel(request: Request) -> Refusal | None:
    """Time travel reaches back 2 to 7 whole days."""
    hours = str(request.get("maxTimeTravelHours", 168))
    if hours in map(str, range(48, 169, 24)):
        return None
    return invalid(f"Invalid value for maxTimeTravelHours: {hours}. It must be a multiple of 24 between 48 and 168.")


@rule(
    "dataset-holds-tables",
    DATASET,
    verbs=("delete",),
    source="https://cloud.google.com/bigquery/docs/managing-datasets#delete-datasets",
)
def dataset_holds_tables(request: Request) -> Refusal | None:
    """A dataset that holds tables is deleted under deleteContentsOnDestroy alone."""
    abandoned = request.get("deletionPolicy") == "ABANDON" or request.get("deleteContentsOnDestroy") is True
    if abandoned or request.cloud.holds_objects_since(request.name) is None:
        return None
    return invalid(f"Dataset {request.project}:{request.get('datasetId')} is still in use", "resourceInUse")


@rule("connection-location", CONNECTION, source=f"{PROVIDER}/bigquery_connection.html.markdown", numbers=(50,))
def connection_location(request: Request) -> Refusal | None:
    """A connection is where its Cloud SQL instance is: in the same region, or US for us-central1 and EU for europe-west1."""
    instance = request.get("cloudSql.instanceId")
    if instance is None:
        return None
    parts, location = str(instance).split(":"), str(request.get("location", "")).lower()
    if len(parts) < 3:
        return invalid(f"Invalid Cloud SQL instance ID: {instance}. It must be project:region:instance.")
    region = parts[-2]
    if location in (region, MULTI_REGION_OF.get(region)):
        return None
    return invalid(f"Connection location {location} does not match Cloud SQL instance {instance}, which is in {region}.")


@rule("sink-destination", SINK, source="https://cloud.google.com/logging/docs/reference/v2/rest/v2/projects.sinks#LogSink")
def sink_destination(request: Request) -> Refusal | None:
    """A sink writes to a dataset, a bucket, a topic, or a log bucket."""
    destination = str(request.get("destination"))
    if DESTINATIONS.fullmatch(destination):
        return None
    return invalid(f"Unsupported sink destination: {destination}.")


@rule("sink-partitioned", SINK, source=f"{PROVIDER}/logging_project_sink.html.markdown")
def sink_partitioned(request: Request) -> Refusal | None:
    """A sink with options for BigQuery writes under an identity of its own."""
    if request.get("bigqueryOptions") is None or request.get("uniqueWriterIdentity", True) is True:
        return None
    return invalid("bigquery_options requires unique_writer_identity to be true.")
