"""Cases about identities and their grants: for every rule a program that breaks it, and its twin."""

from __future__ import annotations

from typing import Any

from .cases_clusters import cluster, ground
from .parts import ACCOUNT, PROJECT_GRANT, Case, api, project_of
from .world import Res

ACCOUNT_GRANT = "gcp:serviceaccount/iAMMember:IAMMember"
VIEW_GRANT = "gcp:logging/logViewIamMember:LogViewIamMember"
AUDIT = "gcp:projects/iAMAuditConfig:IAMAuditConfig"


def bound(project: str, **extra: Any) -> Res:
    """A Kubernetes account that acts as a service account."""
    given = {
        "serviceAccountId": f"projects/{project}/serviceAccounts/worker@{project}.iam.gserviceaccount.com",
        "role": "roles/iam.workloadIdentityUser",
        "member": f"serviceAccount:{project}.svc.id.goog[jobs/worker]",
    }
    return Res("bound", ACCOUNT_GRANT, {**given, **extra})


def view_grant(project: str, **extra: Any) -> Res:
    given = {"parent": f"projects/{project}", "location": "global", "bucket": "_Default", "name": "_Default"}
    member = {"role": "roles/logging.viewAccessor", "member": "group:developers@example.com"}
    return Res("view-grant", VIEW_GRANT, {**given, **member, **extra})


def _accounts() -> list[Case]:
    """A service account takes IAM's own roles."""
    p = "p-account-role"
    setup = [*ground(p), cluster(p), api("iam"), Res("account", ACCOUNT, {"accountId": "worker"})]
    bad = [*setup, bound(p, role="roles/storage.objectViewer")]
    says = "Role roles/storage.objectViewer is not supported for this resource"
    return [Case(rule="role-on-resource", project=p, setup=setup, bad=bad, good=[*setup, bound(p)], says=says)]


def _logs() -> list[Case]:
    """A view of logs exists before somebody may look through it."""
    p = project_of("log-view-exists")
    setup = [api("logging")]
    bad, good = ([*setup, view_grant(p, name=name)] for name in ("errors", "_AllLogs"))
    return [Case(rule="log-view-exists", project=p, setup=setup, bad=bad, good=good, says="View errors of bucket _Default")]


def _policies() -> list[Case]:
    """What a policy on a project may hold: what is wrong, and what is right."""

    def named(*instances: str) -> dict[str, str]:
        return {"title": "only", "expression": " || ".join(f'resource.name == "{name}"' for name in instances)}

    grant = {"role": "roles/cloudsql.client", "member": "group:readers@example.com"}
    every = [{"logType": kind} for kind in ("ADMIN_READ", "DATA_READ", "DATA_WRITE")]
    exempted = [{"logType": "DATA_READ", "exemptedMembers": [member]} for member in ("anna@example.com", "user:anna@example.com")]
    audit = {"service": "storage.googleapis.com", "auditLogConfigs": every}
    many = [f"a||b!{number}" for number in range(14)]
    found: list[tuple[str, str, str, dict[str, Any], dict[str, Any]]] = [
        ("role-exists", "Role roles/cloudsql.reader is not supported", PROJECT_GRANT, {**grant, "role": "roles/cloudsql.reader"}, grant),
        ("condition-on-basic-role", "can't be set on primitive roles", PROJECT_GRANT,
         {**grant, "role": "roles/viewer", "condition": named("a")}, {**grant, "role": "roles/viewer"}),
        ("condition-operators", "has 13 logical operators", PROJECT_GRANT, {**grant, "condition": named(*many)},
         {**grant, "condition": named(*many[:13])}),
        ("audit-service", "Did you mean cloudsql.googleapis.com", AUDIT, {**audit, "service": "sqladmin.googleapis.com"}, audit),
        ("audit-log-type", "log_type", AUDIT, {**audit, "auditLogConfigs": [{"logType": "DATA"}]}, audit),
        ("audit-exempted", "anna@example.com", AUDIT, {**audit, "auditLogConfigs": exempted[:1]}, {**audit, "auditLogConfigs": exempted[1:]}),
    ]  # fmt: skip
    cases: list[Case] = []
    for rule, says, token, wrong, right in found:
        p = project_of(rule)
        setup = [api("cloudresourcemanager")]
        bad, good = ([*setup, Res("policy", token, {"project": p, **given})] for given in (wrong, right))
        cases.append(Case(rule=rule, project=p, setup=setup, bad=bad, good=good, says=says))
    return cases


IDENTITY_CASES: tuple[Case, ...] = (*_accounts(), *_logs(), *_policies())
