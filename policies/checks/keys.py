"""Checks of keys and secrets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .properties import at, items_at, must_last

ROTATION_SECONDS = 90 * 86400

"""Google takes a day at least; more often makes versions that are each paid for."""

key_rotates = must_last("rotationPeriod", 86400, ROTATION_SECONDS)


def secret_is_replicated(properties: Mapping[str, Any]) -> str | None:
    """A secret is kept in more than one region, each with a key of its own."""
    replicas = items_at(properties, "replication.userManaged.replicas")
    bare = [str(at(replica, "location")) for replica in replicas if not at(replica, "customerManagedEncryption")]
    if len({at(replica, "location") for replica in replicas}) < 2:
        return "replication.userManaged.replicas has fewer than two regions"
    return f"replication.userManaged.replicas has no customerManagedEncryption in {', '.join(bare)}" if bare else None
