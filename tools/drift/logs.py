"""The audit log of a cloud."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from localcloud.audit import Trace, entries
from localcloud.store import DEPLOYER, Store

from ..gcloud import answer
from ..lifecycle.workspace import Workspace
from .authors import search

DAYS = 30
"""How far back is searched. The log keeps 400 days; who reads drift daily needs less."""
MOST = 1000
MOST_NAMES = 100
"""Names in one question; a filter has at most 20,000 characters: https://cloud.google.com/logging/quotas"""


def log(workspace: Workspace, wanted: Sequence[Trace]) -> list[Mapping[str, Any]]:
    """The entries that could name somebody, newest first.

    Raises:
        GcloudError: the log cannot be read; the message says why.
    """
    if workspace.cloud == "local":
        store = Store(workspace.store / "cloud.db")
        with store.transaction():
            operations = store.operations()
        store.close()
        return list(entries(operations))
    found: list[Mapping[str, Any]] = []
    project = workspace.settings.project.id
    for first in range(0, len(wanted), MOST_NAMES):
        asked = search(wanted[first : first + MOST_NAMES], DAYS)
        said = answer(
            "logging", "read", asked, f"--project={project}", f"--limit={MOST}", f"--freshness={DAYS}d", "--format=json"
        )
        found += json.loads(said or "[]")
    return sorted(found, key=lambda entry: str(entry["timestamp"]), reverse=True)


def deployers(workspace: Workspace) -> list[str]:
    """Those whose changes are deployments."""
    return [DEPLOYER] if workspace.cloud == "local" else list(workspace.settings.monitoring.deployers)
