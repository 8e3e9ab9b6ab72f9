"""Cases about Pub/Sub and the notices of Cloud Storage: for every rule a program that breaks it, and its twin."""

from __future__ import annotations

from typing import Any

from localcloud.gcp.naming import project_number

from .cases_storage import AGENT, bucket
from .parts import TOPIC, TOPIC_GRANT, Case, api, project_of
from .world import Res

SUBSCRIPTION = "gcp:pubsub/subscription:Subscription"
NOTIFICATION = "gcp:storage/notification:Notification"
TOPIC_OF_CASE = Res("topic", TOPIC, {"name": "arrivals"})


def subscription(**extra: Any) -> Res:
    return Res("subscription", SUBSCRIPTION, {"name": "arrivals", "topic": "arrivals", **extra})


def notification(bucket_name: str, title: str = "notification", **extra: Any) -> Res:
    inputs = {"bucket": bucket_name, "topic": "arrivals", "payloadFormat": "NONE", "eventTypes": ["OBJECT_FINALIZE"], **extra}
    return Res(title, NOTIFICATION, inputs)


def told(project: str, bucket_name: str) -> list[Res]:
    """A bucket, and a topic that Cloud Storage's agent may publish to."""
    agent = f"serviceAccount:service-{project_number(project)}@gs-project-accounts.iam.gserviceaccount.com"
    grant = {"topic": "arrivals", "role": "roles/pubsub.publisher", "member": agent}
    parts = [api("storage"), api("pubsub"), AGENT, TOPIC_OF_CASE, bucket(bucket_name)]
    return [*parts, Res("publisher", TOPIC_GRANT, grant)]


def _pubsub() -> list[Case]:
    setup = [api("pubsub"), TOPIC_OF_CASE]

    def dead_letter(attempts: int) -> dict[str, Any]:
        return {"deadLetterPolicy": {"deadLetterTopic": "arrivals", "maxDeliveryAttempts": attempts}}

    found: list[tuple[str, str, dict[str, Any], dict[str, Any]]] = [
        ("pubsub-retention", "between 600s", {"messageRetentionDuration": "8000000s"}, {"messageRetentionDuration": "86400s"}),
        ("subscription-expiry", "at least 86400s", {"expirationPolicy": {"ttl": "86400s"}}, {"expirationPolicy": {"ttl": ""}}),
        ("subscription-ack-deadline", "Invalid ack deadline", {"ackDeadlineSeconds": 5}, {"ackDeadlineSeconds": 60}),
        ("subscription-dead-letter", "must be 5 to 100", dead_letter(3), dead_letter(5)),
        ("subscription-retry", "between 0s and 600s", {"retryPolicy": {"maximumBackoff": "900s"}}, {"retryPolicy": {"maximumBackoff": "60s"}}),
    ]  # fmt: skip
    return [
        Case(
            rule=rule,
            project=project_of(rule),
            setup=setup,
            bad=[*setup, subscription(**wrong)],
            good=[*setup, subscription(**right)],
            says=says,
        )
        for rule, says, wrong, right in found
    ]


def _notifications() -> list[Case]:
    rule = "notification-publisher"
    p = project_of(rule)
    parts = told(p, "b-notification-publisher")
    told_one = notification("b-notification-publisher")
    publisher = Case(
        rule=rule,
        project=p,
        setup=parts[:-1],
        bad=[*parts[:-1], told_one],
        good=[*parts, told_one],
        says="does not have permission to publish messages",
    )
    rule = "notification-values"
    p = project_of(rule)
    setup = told(p, "b-notification-values")
    pair = [notification("b-notification-values", eventTypes=[event]) for event in ("OBJECT_CREATED", "OBJECT_FINALIZE")]
    values = Case(
        rule=rule,
        project=p,
        setup=setup,
        bad=[*setup, pair[0]],
        good=[*setup, pair[1]],
        says="Invalid event type: OBJECT_CREATED",
    )
    rule = "notification-limit"
    p = project_of(rule)
    full = "b-notification-limit"
    setup = [*told(p, full), *(notification(full, f"notification-{number}") for number in range(10))]
    pair = [notification(full, "one-more", eventTypes=[event]) for event in ("OBJECT_FINALIZE", "OBJECT_DELETE")]
    limit = Case(rule=rule, project=p, setup=setup, bad=[*setup, pair[0]], good=[*setup, pair[1]], says="already has 10")
    return [publisher, values, limit]


EVENT_CASES: tuple[Case, ...] = (*_pubsub(), *_notifications())
