"""Checks of grants and of what is logged about their use."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .properties import at, items_at

PRIMITIVE_ROLES = ("roles/owner", "roles/editor", "roles/viewer")


def no_primitive_role(properties: Mapping[str, Any]) -> str | None:
    """A grant is never of a role that covers everything."""
    role = at(properties, "role")
    return f"role is {role!r}, which covers everything in the project" if role in PRIMITIVE_ROLES else None


def no_public_member(properties: Mapping[str, Any]) -> str | None:
    """A grant is never to everybody."""
    member = at(properties, "member")
    return f"member is {member!r}: everybody" if member in ("allUsers", "allAuthenticatedUsers") else None


def no_single_person(properties: Mapping[str, Any]) -> str | None:
    """A grant is to a workload or a group."""
    member = str(at(properties, "member"))
    return f"member is {member!r}: one person" if member.startswith("user:") else None


def audit_is_whole(properties: Mapping[str, Any]) -> str | None:
    """Every access is logged, whoever it is by."""
    configs = items_at(properties, "auditLogConfigs")
    missing = sorted({"ADMIN_READ", "DATA_READ", "DATA_WRITE"} - {str(at(config, "logType")) for config in configs})
    exempted = [str(at(config, "logType")) for config in configs if at(config, "exemptedMembers")]
    if missing:
        return f"auditLogConfigs lacks {', '.join(missing)}"
    return f"auditLogConfigs exempts somebody from {', '.join(exempted)}" if exempted else None
