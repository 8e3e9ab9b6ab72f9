"""Cases about identities and their grants: for every rule a program that breaks it, and its twin."""

from __future__ import annotations

from typing import Any

from .parts import ACCOUNT, Case, api, project_of
from .world import Res

ACCOUNT_GRANT = "gcp:serviceaccount/iAMMember:IAMMember"
VIEW_GRANT = "gcp:logging/logViewIamMember:LogViewIamMember"


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
    setup = [api("iam"), Res("account", ACCOUNT, {"accountId": "worker"})]
    bad = [*setup, bound(p, role="roles/storage.objectViewer")]
    says = "Role roles/storage.objectViewer is not supported for this resource"
    return [Case(rule="role-on-resource", project=p, setup=setup, bad=bad, good=[*setup, bound(p)], says=says)]


def _logs() -> list[Case]:
    """A view of logs exists before somebody may look through it."""
    p = project_of("log-view-exists")
    setup = [api("logging")]
    bad, good = ([*setup, view_grant(p, name=name)] for name in ("errors", "_AllLogs"))
    return [Case(rule="log-view-exists", project=p, setup=setup, bad=bad, good=good, says="View errors of bucket _Default")]


IDENTITY_CASES: tuple[Case, ...] = (*_accounts(), *_logs())
