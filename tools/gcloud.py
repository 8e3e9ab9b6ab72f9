"""What gcloud answers: the user's own, with the user's own credentials."""

from __future__ import annotations

import json
import shutil
import subprocess
import urllib.error
import urllib.request
from collections.abc import Sequence

SECONDS = 120
RESOURCE_MANAGER = "https://cloudresourcemanager.googleapis.com"


class GcloudError(Exception):
    """gcloud is not there, or says no. The message is what it said."""


def answer(*arguments: str) -> str:
    """What gcloud says on stdout.

    Raises:
        GcloudError: it is not there, takes too long, or fails.
    """
    found = shutil.which("gcloud")
    if found is None:
        raise GcloudError("gcloud is not on PATH; https://cloud.google.com/sdk/docs/install says how to get it")
    try:
        done = subprocess.run([found, *arguments, "--quiet"], capture_output=True, text=True, check=False, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        raise GcloudError(f"gcloud {' '.join(arguments[:2])} has not answered for {SECONDS} seconds") from None
    if done.returncode:
        said = [line.removeprefix("ERROR: ").strip() for line in done.stderr.splitlines() if line.strip()]
        raise GcloudError(" ".join(said[:3]) or f"gcloud {' '.join(arguments[:2])} failed and says nothing")
    return done.stdout


def allowed(project: str, permissions: Sequence[str]) -> set[str]:
    """Which of some permissions the application default credentials have in a project; gcloud has no command for it.

    Raises:
        GcloudError: there are no credentials, or the question is refused.
    """
    token = answer("auth", "application-default", "print-access-token").strip()
    request = urllib.request.Request(  # noqa: S310 - the address is a constant
        f"{RESOURCE_MANAGER}/v1/projects/{project}:testIamPermissions",
        data=json.dumps({"permissions": list(permissions)}).encode(),
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as said:  # noqa: S310
            return set(json.load(said).get("permissions", []))
    except urllib.error.HTTPError as error:
        raise GcloudError(f"testIamPermissions is refused with {error.code}: {error.reason}") from None
    except (urllib.error.URLError, TimeoutError) as error:
        raise GcloudError(f"{RESOURCE_MANAGER} cannot be reached: {error}") from None
