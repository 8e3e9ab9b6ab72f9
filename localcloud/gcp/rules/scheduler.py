"""Cloud Scheduler."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from ...errors import Refusal
from ..view import Request, invalid
from . import rule
from .iam import ACCOUNT
from .kms import seconds

JOB = "gcp:cloudscheduler/job:Job"
DOCS = "https://cloud.google.com/scheduler/docs"
FIELD = r"(\*|\d+(-\d+)?(,\d+(-\d+)?)*)(/\d+)?"
NAMES = r"(\*|[A-Za-z0-9]+(-[A-Za-z0-9]+)?(,[A-Za-z0-9]+(-[A-Za-z0-9]+)?)*)(/\d+)?"
CRON = re.compile(rf"{FIELD} {FIELD} {FIELD} {NAMES} {NAMES}")


@rule("scheduler-schedule", JOB, source=f"{DOCS}/configuring/cron-job-schedules")
def scheduler_schedule(request: Request) -> Refusal | None:
    """A schedule has the five fields of cron, or says `every 6 hours` as App Engine's did."""
    schedule = str(request.get("schedule"))
    if CRON.fullmatch(schedule) or schedule.startswith("every "):
        return None
    return invalid(f"Schedule or time zone is invalid: '{schedule}'.")


@rule("scheduler-account", JOB, source=f"{DOCS}/http-target-auth")
def scheduler_account(request: Request) -> Refusal | None:
    """The service account that a job acts as must exist."""
    for kind in ("oauthToken", "oidcToken"):
        email = request.get(f"httpTarget.{kind}.serviceAccountEmail")
        if email and request.cloud.named(ACCOUNT, f"projects/{request.project}/serviceAccounts/{email}") is None:
            return Refusal(404, f"Service account {email} was not found.", "notFound")
    return None


@rule("scheduler-oauth-target", JOB, source=f"{DOCS}/http-target-auth")
def scheduler_oauth_target(request: Request) -> Refusal | None:
    """An access token is sent to Google's own APIs only."""
    host = urlsplit(str(request.get("httpTarget.uri"))).hostname or ""
    if request.get("httpTarget.oauthToken") is None or host.endswith(".googleapis.com"):
        return None
    return invalid(f"The URI of a job with an OAuth token must be on *.googleapis.com, got {host}.")


@rule("scheduler-deadline", JOB, source=f"{DOCS}/reference/rest/v1/projects.locations.jobs#Job.FIELDS.attempt_deadline")
def scheduler_deadline(request: Request) -> Refusal | None:
    """An HTTP target has 15 seconds to 30 minutes to answer."""
    deadline = str(request.get("attemptDeadline", "180s"))
    length = seconds(deadline)
    if request.get("httpTarget") is None or (length is not None and 15 <= length <= 1800):
        return None
    return invalid(f"The attempt deadline must be between 15s and 1800s, got {deadline}.")
