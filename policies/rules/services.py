"""BigQuery, Pub/Sub and other services beside the stores."""

from __future__ import annotations

from ..checks.properties import must_be_set
from ..rule import Rule
from ..tokens import DATASET, TOPIC

RULES = (
    Rule(
        id="bigquery-cmek", types=(DATASET,), check=must_be_set("defaultEncryptionConfiguration.kmsKeyName"),
        title="Datasets are encrypted under our own keys", why="A key of our own can be taken away from a stolen copy.",
        fix="Give defaultEncryptionConfiguration.kmsKeyName a key of the dataset's own location.", severity="high",
        frameworks=("CKV_GCP_81", "CIS 7.3"),
    ),
    Rule(
        id="pubsub-cmek", types=(TOPIC,), check=must_be_set("kmsKeyName"),
        title="Messages are encrypted under our own keys", why="A key of our own can be taken away from a stolen copy.",
        fix="Give kmsKeyName a key that the Pub/Sub agent may use.", severity="medium", frameworks=("CKV_GCP_83",),
    ),
)  # fmt: skip
