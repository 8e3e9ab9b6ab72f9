"""From what a refresh found to a report: with the authors, and with the settings that would adopt it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from localcloud.audit import Trace

from ..gcloud import GcloudError
from ..inventory import inventory
from ..lifecycle.events import Difference
from ..lifecycle.workspace import Workspace
from .adopt import setting_for
from .authors import Entry, author, traces
from .logs import DAYS, deployers, log
from .text import Drifted

OURS = "the audit log names nobody but deployments"


def report(workspace: Workspace, state: Mapping[str, Any], found: Sequence[Difference]) -> list[Drifted]:
    """What differs at the cloud, with all that is known of it.

    Args:
        workspace: the stack.
        state: its state before.
        found: what a refresh found.
    """
    resources = {resource["urn"]: resource for resource in state.get("resources", []) if not resource.get("delete")}
    settings = workspace.settings
    wanted = {one.urn: traces(resources[one.urn], settings.project.id, settings.regions.primary) for one in found}
    entries, problem = _log(workspace, [trace for known in wanted.values() for trace in known])
    reported: list[Drifted] = []
    for one in found:
        who = author(entries, wanted[one.urn], deployers(workspace))
        unnamed = problem or (f"{OURS} in the last {DAYS} days" if wanted[one.urn] else "the audit log does not tell of its type")
        reported.append(
            Drifted(
                urn=one.urn, gone=one.gone, details=one.details, author=who, unnamed=unnamed, adopt=list(_adopt(workspace, one))
            )
        )
    return reported


def _log(workspace: Workspace, wanted: Sequence[Trace]) -> tuple[Sequence[Entry], str]:
    """The log, and what is wrong with it."""
    try:
        return log(workspace, wanted), ""
    except GcloudError as error:
        return [], f"the audit log cannot be read: {error}"


def _adopt(workspace: Workspace, one: Difference) -> Iterator[str]:
    if one.gone:
        yield "take it out of what is declared"
        return
    for path, (was, is_) in one.edits.items():
        known = setting_for(one.urn, path, was, is_, workspace.settings, lambda over: inventory(workspace.environment, over))
        yield f"{known}: {is_} in {workspace.file.name}" if known else f"{path} is no setting: declare it so in components/"
