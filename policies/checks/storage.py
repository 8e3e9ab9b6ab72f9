"""Checks of buckets. What a bucket is for is the end of its name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .properties import Condition, at, items_at

RULES = "lifecycleRules"
CLASSES = ("STANDARD", "NEARLINE", "COLDLINE", "ARCHIVE")
"""From warm to cold: objects only ever become colder."""
ACTIONS = ("Delete", "SetStorageClass", "AbortIncompleteMultipartUpload")
SEVEN_YEARS_SECONDS = 2555 * 86400
SEVEN_YEARS_DAYS = 2555


def for_(*purposes: str) -> Condition:
    """Whether the bucket is for one of the purposes."""
    return lambda properties: str(at(properties, "name")).endswith(purposes)


def lifecycle_makes_sense(properties: Mapping[str, Any]) -> str | None:
    """Each rule does something that exists, and objects become colder with age."""
    before: list[tuple[float, int]] = []
    for rule in items_at(properties, RULES):
        kind, age = at(rule, "action.type"), at(rule, "condition.age")
        if kind not in ACTIONS:
            return f"{RULES} has the action {kind!r}; there are {', '.join(ACTIONS)}"
        if kind != "SetStorageClass":
            continue
        class_ = at(rule, "action.storageClass")
        if class_ not in CLASSES:
            return f"{RULES} has the class {class_!r}; there are {', '.join(CLASSES)}"
        rank = CLASSES.index(class_)
        if any((rank - other) * (age - days) < 0 for days, other in before if age is not None):
            return f"{RULES} makes objects warmer with age"
        before.append((age or 0, rank))
    return None


def nothing_is_deleted_early(properties: Mapping[str, Any]) -> str | None:
    """No rule deletes what must be kept for seven years."""
    deletes = [rule for rule in items_at(properties, RULES) if at(rule, "action.type") == "Delete"]
    ages = [at(rule, "condition.age") or 0 for rule in deletes]
    early = [age for age in ages if age < SEVEN_YEARS_DAYS]
    return f"{RULES} deletes objects after {early[0]:g} days; they are kept for {SEVEN_YEARS_DAYS}" if early else None


def no_wildcard_origin(properties: Mapping[str, Any]) -> str | None:
    """Only named sites read through a browser."""
    open_ = any("*" in list(items_at(rule, "origins")) for rule in items_at(properties, "cors"))
    return "cors lets in every origin" if open_ else None


def does_not_log_into_itself(properties: Mapping[str, Any]) -> str | None:
    """A bucket that logs into itself logs its own logs."""
    target = at(properties, "logging.logBucket")
    return f"logging.logBucket is {target!r}, the bucket itself" if target and target == at(properties, "name") else None
