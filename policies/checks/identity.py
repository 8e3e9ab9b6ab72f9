"""Checks of grants and of what is logged about their use."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ..resources import Resource, Stack
from ..rule import Check
from ..tokens import BUCKET, GRANTS, KUBERNETES_ACCOUNT
from .properties import at, items_at, must_be, object_at

PROJECT_ROLES = (
    "roles/bigquery.jobUser",
    "roles/cloudsql.client",
    "roles/cloudsql.instanceUser",
    "roles/cloudsql.viewer",
    "roles/container.defaultNodeServiceAccount",
    "roles/datastore.user",
    "roles/memorystore.dbConnectionUser",
    "roles/monitoring.metricWriter",
    "roles/monitoring.viewer",
    "roles/redis.dbConnectionUser",
)
"""What is granted on a whole project, for want of something narrower: a job, a connection, a look."""
APART = (
    ("roles/cloudkms.admin", "roles/cloudkms.cryptoKeyEncrypterDecrypter"),
    ("roles/iam.serviceAccountAdmin", "roles/iam.serviceAccountUser"),
)
"""Roles that one member must not have together: who makes keys does not use them."""
ANNOTATION = "iam.gke.io/gcp-service-account"
READERS_OF_DOCUMENTS = r"(serviceAccount:(compliance-service|kyc-url-signer)|group:data-compliance)@"

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


def narrow_at_project(properties: Mapping[str, Any]) -> str | None:
    """What is granted on the whole project is on a list."""
    role = str(at(properties, "role"))
    fine = role in PROJECT_ROLES or re.fullmatch(r"projects/[^/]+/roles/\w+", role)
    return None if fine else f"role is {role!r}, which is not among those that are granted on a whole project"


def narrow(properties: Mapping[str, Any]) -> str | None:
    """No grant is of a role that administers something."""
    role = str(at(properties, "role"))
    wide = re.search(r"(?i)(admin|owner|securityreviewer|serviceagent)$", role)
    return f"role is {role!r}, which changes who may do what" if wide else None


def only_uses(*allowed: str) -> Check:
    """The role is one that uses the thing, and does not change it."""
    return must_be("role", *allowed)


def member_is_ours(properties: Mapping[str, Any]) -> str | None:
    """A grant is to an account that was made for something, or to somebody of the company."""
    member = str(at(properties, "member"))
    if member.endswith(("-compute@developer.gserviceaccount.com", "@appspot.gserviceaccount.com")):
        return f"member is {member!r}, which everything in the project may be"
    return f"member is {member!r}, outside of the company" if member.endswith("@gmail.com") else None


def role_is_minimal(properties: Mapping[str, Any]) -> str | None:
    """A custom role changes no rights."""
    permissions = [str(known) for known in items_at(properties, "permissions")]
    wide = [known for known in permissions if re.search(r"setIamPolicy|actAs|getAccessToken|\*|^resourcemanager\.", known)]
    return f"permissions has {', '.join(wide)}" if wide else None


# -- relations


def is_used(account: Resource, stack: Stack) -> str | None:
    """Something refers to the account."""
    return None if any(stack.users(account)) else "nothing refers to it"


def workload_identity_is_exact(grant: Resource, stack: Stack) -> str | None:
    """Who may act as an account is one account of the cluster's, declared and saying so itself."""
    if at(grant.properties, "role") != "roles/iam.workloadIdentityUser":
        return None
    member = str(at(grant.properties, "member"))
    found = re.fullmatch(r"serviceAccount:[a-z0-9-]+\.svc\.id\.goog\[([a-z0-9-]+)/([a-z0-9-]+)\]", member)
    if not found:
        return f"member is {member!r}; it must name one namespace and account"
    accounts = [known.properties for known in stack.of(KUBERNETES_ACCOUNT)]
    named = [known for known in accounts if (at(known, "metadata.namespace"), at(known, "metadata.name")) == found.groups()]
    if not named:
        return f"member is {member!r}, and no cluster has such an account"
    email = str(at(grant.properties, "serviceAccountId")).rpartition("/")[2]
    linked = [object_at(known, "metadata.annotations") for known in named]
    annotated = any(ANNOTATION in list(known) and known[ANNOTATION] == email for known in linked)
    return None if annotated else f"member is {member!r}, whose annotation {ANNOTATION} does not name {email}"


def duties_are_separate(grant: Resource, stack: Stack) -> str | None:
    """Nobody has both of two roles that must not come together."""
    role = str(at(grant.properties, "role"))
    other = next((pair[1 - pair.index(role)] for pair in APART if role in pair), None)
    if other is None:
        return None
    against = [known.properties for known in stack.of(*GRANTS) if at(known.properties, "role") == other]
    member = at(grant.properties, "member")
    both = any(at(known, "member") == member for known in against)
    return f"member is {member!r}, who has {role} and {other}" if both else None


def documents_are_for_few(grant: Resource, stack: Stack) -> str | None:
    """Identity documents are read by those who check them."""
    buckets = [str(at(known.properties, "name")) for known in stack.linked(grant, "bucket", BUCKET)]
    if not any(name.endswith("-documents") for name in buckets):
        return None
    member = str(at(grant.properties, "member"))
    return None if re.match(READERS_OF_DOCUMENTS, member) else f"member is {member!r}, who is not among the readers of documents"
