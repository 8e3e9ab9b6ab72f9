"""What proofs of backups have in common: Google's APIs, evidence, and how a run ends.

A proof brings a backup back, looks at it, and takes away what it made. What was found is one line of the log, which alerts go
by, and an object, which is kept. Nothing but Python's own library, for Python 3.10 and newer: that is what the images have.

    SECONDS          how long it may take
    BUCKET, FOLDER   where evidence is kept
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Collection, Mapping
from typing import Any

STORAGE = os.environ.get("STORAGE", "https://storage.googleapis.com")
METADATA = os.environ.get("METADATA", "http://metadata.google.internal")
TOKEN = f"{METADATA}/computeMetadata/v1/instance/service-accounts/default/token"
PAUSE = float(os.environ.get("PAUSE", "15"))
"""Seconds between two looks."""
TRIES = 5
SUCCEEDED, EMPTY, FAILED = "succeeded", "empty", "failed"
"""What comes of a proof; the second is a backup that can be brought back and has nothing in it."""


REMOVAL_SECONDS = 3600
"""How long is waited for what was made to be taken away."""
NOT_THERE = 404


class Failed(Exception):
    """The backup could not be brought back, or is not what it should be."""

    def __init__(self, why: str, status: int | None = None) -> None:
        super().__init__(why)
        self.status = status
        """What Google answered with, where that is why."""


def ask(method: str, url: str, body: Any = None) -> Any:
    """An answer of Google's, parsed. What fails for a moment is tried again."""
    for attempt in range(1, TRIES + 1):
        request = urllib.request.Request(url, method=method, data=None if body is None else json.dumps(body).encode())  # noqa: S310
        request.add_header("Content-Type", "application/json")
        request.add_header("Metadata-Flavor", "Google")
        if url != TOKEN:
            request.add_header("Authorization", f"Bearer {ask('GET', TOKEN)['access_token']}")
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
                return json.loads(answer.read() or b"{}")
        except urllib.error.HTTPError as error:
            # 409: another operation of that instance is under way.
            if (error.code < 500 and error.code not in (409, 429)) or attempt == TRIES:
                raise Failed(f"{method} {url}: {error.code} {error.read().decode(errors='replace')[:500]}", error.code) from None
        except urllib.error.URLError as error:
            if attempt == TRIES:
                raise Failed(f"{method} {url}: {error.reason}") from None
        time.sleep(PAUSE * attempt)
    raise AssertionError


def keep(outcome: Mapping[str, Any]) -> None:
    """Evidence: an object that this identity can make and neither change nor delete."""
    name = f"{os.environ['FOLDER']}{outcome['at'].replace(':', '-')}.json"
    query = urllib.parse.urlencode({"uploadType": "media", "name": name, "ifGenerationMatch": 0})
    ask("POST", f"{STORAGE}/upload/storage/v1/b/{os.environ['BUCKET']}/o?{query}", outcome)


def taken_away(delete: Callable[[], Any], *, still_being_made: Collection[int]) -> Any:
    """What a deletion is answered with, once what is to be deleted is not being made any more; None where it is not there.

    Args:
        delete: asks for it.
        still_being_made: the statuses that Google refuses it with until then; any other refusal is a failure at once.
    """
    until = time.monotonic() + REMOVAL_SECONDS
    while True:
        try:
            return delete()
        except Failed as error:
            if error.status == NOT_THERE:
                return None
            if error.status not in still_being_made or time.monotonic() > until:
                raise
        time.sleep(PAUSE)


def stop(*_: object) -> None:
    """Ends it by way of everything that is still to be taken away."""
    sys.exit("stopped before it was done")


def prove(instance: str, verify: Callable[[float], Mapping[str, Any]]) -> int:
    """Verifies, says what was found, and keeps it; 1 where the backup is not good.

    Args:
        instance: whose backup it is.
        verify: does it until a deadline of the monotonic clock; returns what was found, or raises Failed.
    """
    # What stops the pod lets it take away what it made.
    signal.signal(signal.SIGTERM, stop)
    began = time.monotonic()
    outcome: dict[str, Any] = {"instance": instance, "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}
    try:
        outcome |= verify(began + float(os.environ["SECONDS"]))
    except Failed as error:
        outcome |= {"verification": FAILED, "why": str(error)}
    outcome["seconds"] = round(time.monotonic() - began)
    outcome["message"] = f"the newest backup of {instance}: {outcome['verification']}"
    sys.stdout.write(json.dumps(outcome) + "\n")
    sys.stdout.flush()
    try:
        keep(outcome)
    except Failed as error:
        sys.stderr.write(f"the evidence could not be kept: {error}\n")
        return 1
    return 1 if outcome["verification"] == FAILED else 0
