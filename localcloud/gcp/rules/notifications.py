"""Notices of what happens to objects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ...errors import Refusal
from ..view import Request, invalid
from . import replaces, rule

NOTIFICATION = "gcp:storage/notification:Notification"
DOCS = "https://cloud.google.com/storage/docs"
PROVIDER = "https://github.com/hashicorp/terraform-provider-google/blob/main/google/services/storage"
PUBLISHERS = ("roles/pubsub.publisher", "roles/pubsub.editor", "roles/pubsub.admin")
PAYLOADS = ("JSON_API_V1", "NONE")
EVENTS = ("OBJECT_FINALIZE", "OBJECT_METADATA_UPDATE", "OBJECT_DELETE", "OBJECT_ARCHIVE")
MOST_IN_A_BUCKET, MOST_OF_AN_EVENT = 100, 10


@replaces(NOTIFICATION)
def notification_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """A notification has no update: whatever changes needs a new one."""
    return sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))


@rule("notification-values", NOTIFICATION, source=f"{PROVIDER}/resource_storage_notification.go")
def notification_values(request: Request) -> Refusal | None:
    """A notification carries JSON or nothing, and is about events that there are."""
    payload = request.get("payloadFormat")
    if payload not in PAYLOADS:
        return invalid(f"Invalid payload format: {payload}. It must be one of {', '.join(PAYLOADS)}.")
    unknown = sorted(set(request.get("eventTypes", [])) - set(EVENTS))
    return invalid(f"Invalid event type: {unknown[0]}. It must be one of {', '.join(EVENTS)}.") if unknown else None


@rule("notification-publisher", NOTIFICATION, verbs=("create",), source=f"{DOCS}/reporting-changes#prereqs")
def notification_publisher(request: Request) -> Refusal | None:
    """Cloud Storage's agent must be allowed to publish to the topic."""
    email = request.cloud.agent("storage.googleapis.com", request.project)
    path, topic = request.target(request.type.references[1], request.get("topic"))
    if topic and request.cloud.is_granted(topic, f"serviceAccount:{email}", *PUBLISHERS):
        return None
    return Refusal(
        403,
        f"The service account '{email}' does not have permission to publish messages to to the Cloud Pub/Sub topic "
        f"'{path}', or that topic does not exist.",
        "forbidden",
    )


@rule("notification-limit", NOTIFICATION, verbs=("create",), source=f"{DOCS}/pubsub-notifications#notification_configurations")
def notification_limit(request: Request) -> Refusal | None:
    """A bucket has at most 100 notifications, and at most 10 of one event."""
    bucket, _ = request.target(request.type.references[0], request.get("bucket"))
    others = [row for row in request.cloud.store.pointing_at(bucket, "cascade") if row.type == NOTIFICATION]
    told = [set(row.config.get("eventTypes") or EVENTS) for row in others]
    for event in request.get("eventTypes") or EVENTS:
        if sum(event in events for events in told) >= MOST_OF_AN_EVENT:
            return invalid(f"Bucket already has {MOST_OF_AN_EVENT} notification configurations for event {event}.")
    return (
        invalid(f"Bucket already has {MOST_IN_A_BUCKET} notification configurations.")
        if len(others) >= MOST_IN_A_BUCKET
        else None
    )
