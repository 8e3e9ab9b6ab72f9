"""Images, budgets."""

from __future__ import annotations

import re

from ...errors import Refusal
from ..view import Request, invalid
from . import rule

REPOSITORY = "gcp:artifactregistry/repository:Repository"
BUDGET = "gcp:billing/budget:Budget"
CHANNEL = "gcp:monitoring/notificationChannel:NotificationChannel"


@rule(
    "repository-id",
    REPOSITORY,
    verbs=("create",),
    source="https://cloud.google.com/artifact-registry/docs/repositories/create-repos",
)
def repository_id(request: Request) -> Refusal | None:
    """A repository's id has at most 63 lower-case letters, digits and hyphens, and begins with a letter."""
    name = str(request.get("repositoryId"))
    return None if re.fullmatch(r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?", name) else invalid(f'invalid repository ID "{name}"')


@rule("repository-cleanup", REPOSITORY, source="https://cloud.google.com/artifact-registry/docs/repositories/cleanup-policy")
def repository_cleanup(request: Request) -> Refusal | None:
    """A cleanup policy that deletes has a condition; the newest versions can only be kept."""
    for policy in request.every("cleanupPolicies[]"):
        if policy.get("action") == "DELETE" and (policy.get("mostRecentVersions") or not policy.get("condition")):
            return invalid(f'cleanup policy "{policy.get("id")}": a DELETE policy needs a condition and no most_recent_versions.')
    return None


@rule("budget-account", BUDGET, source="https://cloud.google.com/billing/docs/reference/budget/rest/v1/billingAccounts.budgets")
def budget_account(request: Request) -> Refusal | None:
    """A billing account is spelled as three groups of six hexadecimal digits."""
    account = str(request.get("billingAccount")).removeprefix("billingAccounts/")
    if re.fullmatch(r"[0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6}", account):
        return None
    return invalid(f"Invalid billing account: {account}.")


@rule(
    "budget-thresholds",
    BUDGET,
    source="https://cloud.google.com/billing/docs/reference/budget/rest/v1/billingAccounts.budgets#ThresholdRule",
)
def budget_thresholds(request: Request) -> Refusal | None:
    """A threshold is a share of the amount, not below nothing; forecasts need a calendar period."""
    for threshold in request.every("thresholdRules[]"):
        if threshold["thresholdPercent"] < 0:
            return invalid(f"Threshold percent must be non-negative, got {threshold['thresholdPercent']}.")
        if threshold.get("spendBasis") == "FORECASTED_SPEND" and request.get("budgetFilter.customPeriod"):
            return invalid("Forecasted spend thresholds are not supported for budgets with a custom period.")
    return None
