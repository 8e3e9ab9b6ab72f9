"""Keys."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ...errors import Refusal
from ...values import at
from ..view import Request, invalid, not_allowed
from . import replaces, rule

KEY = "gcp:kms/cryptoKey:CryptoKey"
DAY = 86400


def seconds(duration: str) -> float | None:
    """`7776000s` as a number; None where it is not a duration."""
    return float(duration[:-1]) if re.fullmatch(r"\d+(\.\d+)?s", duration) else None


@rule("key-rotation", KEY, source="https://cloud.google.com/kms/docs/key-rotation", numbers=(32,))
def key_rotation(request: Request) -> Refusal | None:
    """Keys rotate at most once a day, and only those for symmetric encryption."""
    period = request.get("rotationPeriod")
    if period is None:
        return None
    length = seconds(str(period))
    if length is None:
        return not_allowed(f"Invalid rotation period format: {period}")
    if length <= DAY:
        return not_allowed(f"rotation period must be greater than {DAY}s, got {period}")
    if request.get("purpose") != "ENCRYPT_DECRYPT":
        return invalid(f"rotation_schedule is not allowed for purpose {request.get('purpose')}.")
    return None


@rule("key-destruction-delay", KEY, source="https://cloud.google.com/kms/docs/create-key#soft_delete")
def key_destruction_delay(request: Request) -> Refusal | None:
    """A destroyed key version can be restored for 1 to 120 days."""
    delay = request.get("destroyScheduledDuration")
    length = seconds(str(delay)) if delay else DAY
    if length is None or not DAY <= length <= 120 * DAY:
        return invalid(f"destroy_scheduled_duration must be between 24 hours and 120 days, got {delay}.")
    return None


@replaces(KEY)
def protection_level_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """A key in software never becomes one in hardware, also where only one of the two says its level."""
    path = "versionTemplate.protectionLevel"
    return [path] if (at(old, path) or "SOFTWARE") != (at(new, path) or "SOFTWARE") else []
