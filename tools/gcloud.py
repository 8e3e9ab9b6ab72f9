"""What gcloud answers: the user's own, with the user's own credentials."""

from __future__ import annotations

import shutil
import subprocess

SECONDS = 120


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
