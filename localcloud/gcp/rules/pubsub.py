"""Pub/Sub: how long messages are kept, and how often they are sent."""

from __future__ import annotations

from ...errors import Refusal
from ..view import Request, invalid
from . import rule
from .kms import seconds

TOPIC = "gcp:pubsub/topic:Topic"
SUBSCRIPTION = "gcp:pubsub/subscription:Subscription"
DOCS = "https://cloud.google.com/pubsub/docs"
DAY = 86400
LONGEST = 31 * DAY


@rule("pubsub-retention", TOPIC, SUBSCRIPTION, source=f"{DOCS}/subscription-properties#message_retention")
def pubsub_retention(request: Request) -> Refusal | None:
    """Messages are kept for ten minutes to 31 days."""
    said = request.get("messageRetentionDuration")
    length = seconds(str(said)) if said else 600.0
    if length is not None and 600 <= length <= LONGEST:
        return None
    return invalid(f"Invalid messageRetentionDuration: {said}. It must be between 600s and {LONGEST}s.")


@rule("subscription-expiry", SUBSCRIPTION, source=f"{DOCS}/subscription-properties#expiration")
def subscription_expiry(request: Request) -> Refusal | None:
    """An unused subscription goes after a day at the earliest, and not before its messages."""
    ttl = request.get("expirationPolicy.ttl")
    if not ttl:
        return None
    length, kept = seconds(str(ttl)), seconds(str(request.get("messageRetentionDuration"))) or 0
    if length is not None and length >= max(DAY, kept):
        return None
    return invalid(f"Invalid expirationPolicy.ttl: {ttl}. It must be at least {DAY}s, and no less than the message retention.")


@rule("subscription-ack-deadline", SUBSCRIPTION, source=f"{DOCS}/subscription-properties#ack_deadline")
def subscription_ack_deadline(request: Request) -> Refusal | None:
    """A consumer has 10 to 600 seconds for a message; 0 stands for 10."""
    deadline = request.get("ackDeadlineSeconds", 0)
    return None if deadline == 0 or 10 <= deadline <= 600 else invalid(f"Invalid ack deadline: {deadline}. It must be 10 to 600.")


@rule("subscription-dead-letter", SUBSCRIPTION, source=f"{DOCS}/handling-failures#dead_letter_topic")
def subscription_dead_letter(request: Request) -> Refusal | None:
    """A message is put aside after 5 to 100 attempts; 0 stands for 5."""
    attempts = request.get("deadLetterPolicy.maxDeliveryAttempts", 0)
    return None if attempts == 0 or 5 <= attempts <= 100 else invalid(f"max_delivery_attempts must be 5 to 100, got {attempts}.")


@rule("subscription-retry", SUBSCRIPTION, source=f"{DOCS}/handling-failures#exponential_backoff")
def subscription_retry(request: Request) -> Refusal | None:
    """Between two attempts there are 0 to 600 seconds."""
    for end in ("minimumBackoff", "maximumBackoff"):
        said = request.get(f"retryPolicy.{end}")
        length = seconds(str(said)) if said else 0.0
        if length is None or length > 600:
            return invalid(f"Invalid retryPolicy.{end}: {said}. It must be between 0s and 600s.")
    return None
