"""What a policy on a resource may hold: roles that exist, conditions that are allowed, and audit configuration."""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

from ...errors import Refusal
from ..view import Request, invalid, not_allowed
from . import rule
from .iam import GRANTS, MEMBER

AUDIT = "gcp:projects/iAMAuditConfig:IAMAuditConfig"
AUDIT_DOCS = "https://cloud.google.com/logging/docs/audit/configure-data-access"
BASIC_ROLES = ("roles/owner", "roles/editor", "roles/viewer")
LOG_TYPES = ("ADMIN_READ", "DATA_READ", "DATA_WRITE")
MOST_OPERATORS = 12
OTHER_NAMES = {"sqladmin.googleapis.com": "cloudsql.googleapis.com"}
"""APIs whose audit logs go by another name."""


@functools.cache
def roles() -> Mapping[str, frozenset[str]]:
    """The predefined roles of each service that is listed."""
    text = (Path(__file__).parents[1] / "roles.toml").read_text()
    return {service: frozenset(names.split()) for service, names in tomllib.loads(text).items()}


@rule("role-exists", *GRANTS, source="https://cloud.google.com/iam/docs/roles-permissions")
def role_exists(request: Request) -> Refusal | None:
    """A predefined role is one that Google has."""
    role = str(request.get("role"))
    service, _, name = role.removeprefix("roles/").partition(".")
    if not role.startswith("roles/") or service not in roles() or name in roles()[service]:
        return None
    return invalid(f"Role {role} is not supported for this resource.", "badRequest")


@rule("condition-on-basic-role", *GRANTS, source="https://cloud.google.com/iam/docs/conditions-overview")
def condition_on_basic_role(request: Request) -> Refusal | None:
    """Owner, editor and viewer are granted without a condition, or not at all."""
    if request.get("condition") is None or request.get("role") not in BASIC_ROLES:
        return None
    return invalid(
        "LintValidationUnits/BindingRoleAllowConditionCheck Error: Conditions can't be set on primitive roles.", "badRequest"
    )


@rule("condition-operators", *GRANTS, source="https://cloud.google.com/iam/quotas")
def condition_operators(request: Request) -> Refusal | None:
    """A condition has at most twelve logical operators."""
    # What is between quotes is text, not an operator.
    expression = re.sub(r"\"[^\"]*\"|'[^']*'", "", str(request.get("condition.expression", "")))
    found = len(re.findall(r"&&|\|\||!(?!=)", expression))
    if found <= MOST_OPERATORS:
        return None
    return invalid(f"The condition expression has {found} logical operators; at most {MOST_OPERATORS} are allowed.", "badRequest")


@rule("audit-service", AUDIT, source="https://cloud.google.com/logging/docs/audit/services")
def audit_service(request: Request) -> Refusal | None:
    """Access is logged for all services, or for one by the name that its audit logs go by."""
    service = str(request.get("service"))
    if service == "allServices" or (re.fullmatch(r"[a-z][a-z0-9-]*\.googleapis\.com", service) and service not in OTHER_NAMES):
        return None
    hint = f" Did you mean {OTHER_NAMES[service]}?" if service in OTHER_NAMES else ""
    return invalid(f"Invalid service name in audit config: {service}.{hint}", "badRequest")


@rule("audit-log-type", AUDIT, source=AUDIT_DOCS)
def audit_log_type(request: Request) -> Refusal | None:
    """What is logged is ADMIN_READ, DATA_READ or DATA_WRITE, each said once."""
    given = request.every("auditLogConfigs[].logType")
    for kind in given:
        if kind not in LOG_TYPES:
            return invalid(f"Invalid value at 'policy.audit_configs[0].audit_log_configs[0].log_type': \"{kind}\"", "badRequest")
    if len(set(given)) < len(given):
        return invalid("Audit config has the same log type more than once.", "badRequest")
    return None


@rule("audit-exempted", AUDIT, source=f"{AUDIT_DOCS}#exempt")
def audit_exempted(request: Request) -> Refusal | None:
    """Who is exempted from audit logs is spelled as a member."""
    for members in request.every("auditLogConfigs[].exemptedMembers"):
        for member in members:
            if not MEMBER.fullmatch(str(member)) or member in ("allUsers", "allAuthenticatedUsers"):
                return not_allowed(
                    f'invalid value "{member}" for exempted_members: it must be a member such as user:anna@example.com'
                )
    return None
