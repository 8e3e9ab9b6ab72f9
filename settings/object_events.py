"""Notices of new objects, through Pub/Sub."""

from __future__ import annotations

from pydantic import Field, model_validator

from .section import ResourceName, Section, setting
from .storage import Folder

PUBSUB = "https://cloud.google.com/pubsub/docs"


class Arrival(Section):
    """A folder whose new objects somebody is told of."""

    bucket: ResourceName = Field(json_schema_extra={"source": "§7.1"})
    """The bucket, one of `storage.buckets`."""
    folder: Folder = Field(json_schema_extra={"source": "§7.1"})
    """The folder, one of the bucket's `folders`."""
    consumer: str = Field(json_schema_extra={"source": "§9.2"})
    """The workload, one of `identities.workloads`, that takes the notices; it may read the folder."""


def _default_arrivals() -> dict[str, Arrival]:
    return {
        "kyc-documents": Arrival(bucket="documents", folder="kyc-documents/", consumer="compliance-service"),
        "uploads": Arrival(bucket="uploads", folder="uploads/", consumer="marketplace-service"),
        "market-data": Arrival(bucket="datasets", folder="market-data/", consumer="strategy-service"),
    }


class ObjectEvents(Section):
    """Notices of new objects: a topic and a pull subscription for each folder, and one place for what nobody could take."""

    arrivals: dict[ResourceName, Arrival] = setting(_default_arrivals(), "§7.1, §7.2, §15.4")
    """The folders, by the name that topic and subscription get."""
    retention_days: int = setting(7, f"{PUBSUB}/subscription-properties#message_retention", unit="days", ge=1, le=31)
    """How long a notice waits for its consumer, and can be played again from its topic."""
    undelivered_days: int = setting(31, f"{PUBSUB}/subscription-properties#message_retention", unit="days", ge=1, le=31)
    """How long a notice that nobody could take waits for a person; no shorter than the others."""
    ack_deadline_seconds: int = setting(120, f"{PUBSUB}/subscription-properties#ack_deadline", unit="seconds", ge=10, le=600)
    """How long a consumer has for a notice before it is sent again: enough to scan a document."""
    delivery_attempts: int = setting(10, f"{PUBSUB}/handling-failures#dead_letter_topic", unit="times", ge=5, le=100)
    """How often a notice is sent before it is put aside."""
    shortest_retry_seconds: int = setting(10, f"{PUBSUB}/handling-failures#exponential_backoff", unit="seconds", ge=0, le=600)
    """The pause before a notice is sent for the second time; it doubles from then on."""
    longest_retry_seconds: int = setting(600, f"{PUBSUB}/handling-failures#exponential_backoff", unit="seconds", ge=0, le=600)
    """The longest such pause."""

    @model_validator(mode="after")
    def _in_order(self) -> ObjectEvents:
        if self.undelivered_days < self.retention_days:
            raise ValueError(
                f"undelivered_days is {self.undelivered_days}, but retention_days is {self.retention_days}: "
                "what was put aside must not go first"
            )
        if self.longest_retry_seconds < self.shortest_retry_seconds:
            raise ValueError(
                f"longest_retry_seconds is {self.longest_retry_seconds}, but shortest_retry_seconds is "
                f"{self.shortest_retry_seconds}"
            )
        return self

    @model_validator(mode="after")
    def _distinct(self) -> ObjectEvents:
        if "undelivered" in self.arrivals:
            raise ValueError("arrivals.undelivered has the name of what was put aside; take another")
        seen: dict[tuple[str, str], str] = {}
        for name, arrival in self.arrivals.items():
            twin = seen.setdefault((arrival.bucket, arrival.folder), name)
            if twin != name:
                raise ValueError(f"arrivals.{name} and arrivals.{twin} are about the same folder {arrival.folder}")
        return self
