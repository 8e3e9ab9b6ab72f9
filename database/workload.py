"""Who a program is at Google, where it runs as a pod with a workload identity."""

from __future__ import annotations

import json
import urllib.request

TOKEN_URL = "http://metadata.google.internal/computeMetadata/v1/instance/service-accounts/default/token"  # noqa: S105 - where, not what
TIMEOUT_SECONDS = 10


def workload_token() -> str:
    """The access token of the Google service account that the workload runs as."""
    request = urllib.request.Request(TOKEN_URL, headers={"Metadata-Flavor": "Google"})
    with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as response:  # noqa: S310
        return str(json.load(response)["access_token"])
