"""Notices of new objects: who is told of what, how long it is kept, and what is refused."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from localcloud.values import at

from ..environments import of_type, recorded, resources
from ..settings.refusals import refusal

DAY = 86400
ARRIVALS = {
    "kyc-documents": ("alphintra-documents", "kyc-documents/", "compliance-service"),
    "uploads": ("alphintra-uploads", "uploads/", "marketplace-service"),
    "market-data": ("alphintra-datasets", "market-data/", "strategy-service"),
}


def part(label: str, kind: str, environment: str = "prod") -> dict[str, Any]:
    return resources(environment)[f"object-events-{label}:{kind}"].inputs


@pytest.mark.parametrize("label", ARRIVALS)
def test_a_new_object_reaches_its_consumer(label: str) -> None:
    bucket, folder, consumer = ARRIVALS[label]
    topic = f"projects/alphintra-prod/topics/objects-{label}"
    assert part(f"{label}-notification", "Notification") == {
        "bucket": bucket, "objectNamePrefix": folder, "eventTypes": ["OBJECT_FINALIZE"], "payloadFormat": "NONE", "topic": topic,
    }  # fmt: skip
    subscription = part(f"{label}-subscription", "Subscription")
    assert (subscription["topic"], "pushConfig" in subscription) == (topic, False)
    grant = part(f"{label}-consumer", "SubscriptionIAMMember")
    assert grant["role"] == "roles/pubsub.subscriber"
    assert grant["subscription"] == subscription["name"]
    assert grant["member"] == f"serviceAccount:{consumer}@alphintra-prod.iam.gserviceaccount.com"


@pytest.mark.parametrize("label", ARRIVALS)
def test_a_notification_waits_for_the_publishers_grant_and_for_somebody_who_listens(label: str) -> None:
    grant = resources("prod")[f"object-events-{label}-publisher"]
    assert grant.inputs["role"] == "roles/pubsub.publisher"
    assert "@gs-project-accounts.iam.gserviceaccount.com" in grant.inputs["member"]
    needed = resources("prod")[f"object-events-{label}-notification"].dependencies
    assert {grant.urn, resources("prod")[f"object-events-{label}-subscription"].urn} <= set(needed)


def test_what_nobody_can_take_is_put_aside_for_a_person() -> None:
    for label in ARRIVALS:
        found = part(f"{label}-subscription", "Subscription")
        assert found["deadLetterPolicy"] == {
            "deadLetterTopic": "projects/alphintra-prod/topics/objects-undelivered", "maxDeliveryAttempts": 10,
        }  # fmt: skip
        agent = part(f"{label}-agent", "SubscriptionIAMMember")
        assert agent["role"] == "roles/pubsub.subscriber", "Pub/Sub takes the message from the subscription"
        assert "@gcp-sa-pubsub.iam.gserviceaccount.com" in agent["member"]
    publisher = part("undelivered-publisher", "TopicIAMMember")
    assert "@gcp-sa-pubsub.iam.gserviceaccount.com" in publisher["member"]
    last = part("undelivered-subscription", "Subscription")
    assert last["messageRetentionDuration"] == f"{31 * DAY}s"
    assert "deadLetterPolicy" not in last


@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_pubsubs_agent_is_made_once(environment: str) -> None:
    made = [known for known in of_type(environment, "ServiceIdentity") if known.inputs["service"] == "pubsub.googleapis.com"]
    assert len(made) == 1


def test_topics_are_kept_in_our_regions_under_our_key() -> None:
    key = "projects/alphintra-prod/locations/us-central1/keyRings/alphintra-data/cryptoKeys/objects"
    grant = next(k for k in of_type("prod", "CryptoKeyIAMMember") if k.name == "encryption-key-objects-us-central1-pubsub")
    topics = of_type("prod", "Topic")
    assert {topic.inputs["name"] for topic in topics} == {f"objects-{label}" for label in (*ARRIVALS, "undelivered")}
    for topic in topics:
        assert topic.inputs["kmsKeyName"] == key
        assert grant.urn in topic.property_dependencies["kmsKeyName"]
        assert at(topic.inputs, "messageStoragePolicy.allowedPersistenceRegions") == ["us-central1", "us-east1"]
        assert topic.inputs["messageRetentionDuration"] == f"{7 * DAY}s"
    assert not [topic for topic in of_type("dev", "Topic") if "kmsKeyName" in topic.inputs]


def test_a_subscription_that_is_idle_stays() -> None:
    for found in of_type("prod", "Subscription"):
        assert found.inputs["expirationPolicy"] == {"ttl": ""}
        assert found.inputs["ackDeadlineSeconds"] == 120
        assert found.inputs["retryPolicy"] == {"minimumBackoff": "10s", "maximumBackoff": "600s"}


def test_consumers_learn_their_subscriptions() -> None:
    found = recorded("prod").stack_outputs["objectEvents"]
    assert found == {label: f"projects/alphintra-prod/subscriptions/objects-{label}" for label in (*ARRIVALS, "undelivered")}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{arrivals: {uploads: {consumer: nobody}}}", "arrivals.uploads.consumer names 'nobody', which is no workload"),
        ("{arrivals: {uploads: {bucket: nowhere}}}", "arrivals.uploads.bucket is nowhere, which is none of"),
        ("{arrivals: {uploads: {folder: else/}}}", "folder is else/, which is in none of the folders of uploads: uploads/"),
        ("{arrivals: {uploads: {consumer: auth-service}}}", "auth-service, which cannot read uploads/ in uploads; it reaches nothing"),
        ("{arrivals: {uploads: {bucket: documents, folder: legal/}}}", "marketplace-service, which cannot read legal/"),
        ("{arrivals: {more: {bucket: uploads, folder: uploads/, consumer: marketplace-service}}}", "more and arrivals.uploads are about"),
        ("{arrivals: {undelivered: {bucket: logs, folder: audit/, consumer: pgbouncer}}}", "has the name of what was put aside"),
        ("{undelivered_days: 5}", "undelivered_days is 5, but retention_days is 7"),
        ("{longest_retry_seconds: 5}", "longest_retry_seconds is 5, but shortest_retry_seconds is 10"),
        ("{delivery_attempts: 3}", "delivery_attempts"),
    ],
)  # fmt: skip
def test_bad_values(tmp_path: Path, text: str, says: str) -> None:
    assert re.search(says, refusal(tmp_path, "prod", f"object_events: {text}"))
