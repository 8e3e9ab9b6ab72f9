"""Secret Manager."""

from __future__ import annotations

import re
from datetime import datetime

from ...errors import Refusal
from ..view import Request, invalid, not_allowed
from . import rule
from .kms import seconds

SECRET = "gcp:secretmanager/secret:Secret"  # noqa: S105 - a type, not a secret
VERSION = "gcp:secretmanager/secretVersion:SecretVersion"
TOPIC = "gcp:pubsub/topic:Topic"
ROTATION = "https://cloud.google.com/secret-manager/docs/secret-rotation"


@rule("secret-id", SECRET, source="https://cloud.google.com/secret-manager/docs/creating-and-accessing-secrets")
def secret_id(request: Request) -> Refusal | None:
    """A secret's id has 1 to 255 letters, digits, hyphens and underscores."""
    name = str(request.get("secretId"))
    if re.fullmatch(r"[A-Za-z0-9_-]{1,255}", name):
        return None
    return invalid(f"The provided Secret ID [{name}] does not match the expected format [[a-zA-Z_0-9\\-]{{1,255}}].")


@rule("secret-rotation-needs", SECRET, source=ROTATION, numbers=(33,))
def secret_rotation_needs(request: Request) -> Refusal | None:
    """Rotation needs a topic to tell, and a first time in the future."""
    if request.get("rotation") is None:
        return None
    if not request.get("topics"):
        return not_allowed('"rotation": all of `rotation,topics` must be specified')
    period, first = request.get("rotation.rotationPeriod"), request.get("rotation.nextRotationTime")
    if period and not first:
        return not_allowed('"rotation.nextRotationTime" is required with "rotation.rotationPeriod"')
    length = seconds(str(period)) if period else 3600.0
    if length is None or length < 3600:
        return invalid(f"rotation_period must be at least 3600s, got {period}.")
    if first and request.verb == "create" and _time(str(first)) < request.cloud.now + 300:
        return invalid("next_rotation_time must be at least 5 minutes in the future.")
    return None


@rule("secret-topic-publisher", SECRET, source=ROTATION, numbers=(34,))
def secret_topic_publisher(request: Request) -> Refusal | None:
    """Secret Manager's agent must be allowed to publish to a secret's topics."""
    email = request.cloud.agent("secretmanager.googleapis.com", request.project)
    for topic in request.every("topics[].name"):
        row = request.cloud.named(TOPIC, str(topic))
        if row and not request.cloud.is_granted(row, f"serviceAccount:{email}", "roles/pubsub.publisher"):
            return invalid(
                f"Cloud Pub/Sub topic {topic}: permission pubsub.topics.publish denied. Grant roles/pubsub.publisher to {email}.",
                "failedPrecondition",
            )
    return None


@rule("secret-replicas-differ", SECRET, source="https://cloud.google.com/secret-manager/docs/choosing-replication")
def secret_replicas_differ(request: Request) -> Refusal | None:
    """A secret is replicated to each location once."""
    places = [str(place) for place in request.every("replication.userManaged.replicas[].location")]
    twice = sorted({place for place in places if places.count(place) > 1})
    return invalid(f"Duplicate replica locations are not allowed: {', '.join(twice)}.") if twice else None


@rule("secret-replicas-all-encrypted", SECRET, source="https://cloud.google.com/secret-manager/docs/cmek")
def secret_replicas_all_encrypted(request: Request) -> Refusal | None:
    """Either every replica of a secret has a customer-managed key, or none has."""
    replicas = request.every("replication.userManaged.replicas[]")
    with_key = request.every("replication.userManaged.replicas[].customerManagedEncryption")
    if with_key and len(with_key) != len(replicas):
        return invalid("customer_managed_encryption must be set on all replicas or on none of them.")
    return None


@rule(
    "secret-lifetime",
    SECRET,
    source="https://cloud.google.com/secret-manager/docs/delay-destruction-of-secret-versions",
)
def secret_lifetime(request: Request) -> Refusal | None:
    """A destroyed version can be restored for 1 to 1000 days."""
    delay = request.get("versionDestroyTtl")
    length = seconds(str(delay)) if delay else 86400.0
    if length is None or not 86400 <= length <= 1000 * 86400:
        return invalid(f"version_destroy_ttl must be between 24 hours and 1000 days, got {delay}.")
    return None


def _time(text: str) -> float:
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
    except ValueError:
        return 0.0
