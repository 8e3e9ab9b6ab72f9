"""After an interrupted run: finds out what became of creations whose outcome is not known, and makes the state true.

Two things leave such creations behind. An engine that dies leaves them in its state as pending operations. A provider
that dies or loses an answer leaves a failed operation; we note those ourselves, in the workspace's journal. In both
cases the resource may or may not exist. It is entered into the state under its id, which follows from its
inputs or is known to the local cloud, and then read back: the engine keeps what is there and drops what is not.
Nothing is created twice, and nothing is left behind.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

from localcloud.catalog import is_kept, recovery_id
from localcloud.state.stacks import StateError
from localcloud.store import Store
from localcloud.wire import MASK

from .errors import CommandError
from .events import Report, name_of
from .workspace import Workspace

Resource = dict[str, Any]

LOST = re.compile(
    r"timeout while waiting|connection reset|connection refused|unavailable|\bEOF\b|transport|deadline exceeded|"
    r"context canceled|error reading from server|outcome of the operation is not known|Error 5\d\d",
    re.IGNORECASE,
)
"""Failures after which the resource may exist all the same. A refusal with a 4xx status is an answer: it does not."""
ORPHAN_SECONDS = 30


@dataclass(frozen=True)
class Recovered:
    """What became of creations whose outcome was not known, by name."""

    found: Sequence[str]
    absent: Sequence[str]
    unknown: Sequence[str]
    """Those whose id Google alone makes up: they cannot be looked for, and will be there twice if they were made."""


def note(workspace: Workspace, report: Report) -> None:
    """Writes the creations of a failed run whose outcome is not known into the journal."""
    lost = [f.state for f in report.failures if f.op.startswith("create") and LOST.search(report.message_of(f.urn) or "EOF")]
    if lost:
        workspace.journal.parent.mkdir(parents=True, exist_ok=True)
        partial = workspace.journal.with_suffix(".partial")
        partial.write_text(json.dumps([*_noted(workspace), *lost], indent=1))
        partial.replace(workspace.journal)


def pending(workspace: Workspace, deployment: Mapping[str, Any]) -> list[str]:
    """The names of the creations whose outcome is not known."""
    return [name_of(resource["urn"]) for resource in [*_creating(deployment), *_noted(workspace)]]


def recover(workspace: Workspace) -> Recovered | None:
    """Makes the state true after an interrupted run; None where there is nothing to do."""
    state = workspace.exported()
    deployment: dict[str, Any] = state["deployment"] or {}
    candidates = [*_creating(deployment), *_noted(workspace)]
    if not candidates and not deployment.get("pending_operations"):
        workspace.journal.unlink(missing_ok=True)
        return None
    ids = _ids(workspace, deployment, candidates)
    entered = [_entry(c, ids[c["urn"]]) for c in candidates if c["urn"] in ids]
    urns = enter(deployment, entered)
    workspace.imported({**state, "deployment": deployment})
    if urns:
        with workspace.changing() as stack:
            stack.refresh(target=urns, on_event=Report("recover", progress=False), show_secrets=False)
    workspace.journal.unlink(missing_ok=True)
    state = workspace.exported()
    after: dict[str, Any] = state["deployment"] or {}
    if _undo_false_replacements(after):
        workspace.imported({**state, "deployment": after})
    there = {resource["urn"] for resource in after.get("resources", []) if not resource.get("delete")}
    outcome = {
        name_of(c["urn"]): (c["urn"] in there, c["urn"] in ids or workspace.cloud == "local" or not is_kept(c["type"]))
        for c in candidates
    }
    return Recovered(
        [name for name, (found, _) in outcome.items() if found],
        [name for name, (found, can_tell) in outcome.items() if not found and can_tell],
        [name for name, (found, can_tell) in outcome.items() if not found and not can_tell],
    )


def release_locks(workspace: Workspace) -> list[str]:
    """Removes the locks of updates that were cut off, waits for one that is just ending, and makes what they did the state.

    Returns:
        The process numbers of those whose locks were removed.

    Raises:
        CommandError: somebody else is still at work, or the state is damaged.
    """
    removed: list[str] = []
    for lock in sorted(workspace.kept.locks.glob("*.json")):
        try:
            holder = int(json.loads(lock.read_text())["pid"])
        except (OSError, ValueError, KeyError):
            holder = 0
        until = time.monotonic() + ORPHAN_SECONDS
        while holder and _alive(holder):
            if time.monotonic() > until:
                raise CommandError(
                    f"the stack '{workspace.environment}' is locked by a Pulumi engine that is still running (process {holder}); "
                    "wait for it to end, or stop it"
                )
            time.sleep(0.2)
        lock.unlink(missing_ok=True)
        removed.append(str(holder))
    if workspace.cloud == "local":
        try:
            workspace.kept.settle(workspace.engine.said)
        except StateError as error:
            raise CommandError(str(error)) from None
    return removed


def enter(deployment: dict[str, Any], entered: Sequence[Resource]) -> list[str]:
    """Puts resources into a deployment that has no pending operations then; the answer is the URNs to read back."""
    resources: list[Resource] = deployment.setdefault("resources", [])
    deployment["pending_operations"] = []
    urns: list[str] = []
    for resource in entered:
        before = [known for known in resources if known["urn"] == resource["urn"] and not known.get("delete")]
        if any(known.get("id") == resource["id"] for known in before):
            continue
        place = len(resources)
        for replaced in before:  # a replacement was under way: the old one still has to go
            replaced["delete"] = True
            place = next(index for index, known in enumerate(resources) if known is replaced)
        resources.insert(place, resource)  # before the old one, and so before all that depends on it
        urns.append(resource["urn"])
    return urns


# -- inside


def _creating(deployment: Mapping[str, Any]) -> list[Resource]:
    operations: list[dict[str, Any]] = deployment.get("pending_operations") or []
    return [operation["resource"] for operation in operations if operation["type"] == "creating"]


def _noted(workspace: Workspace) -> list[Resource]:
    try:
        return json.loads(workspace.journal.read_text())
    except FileNotFoundError:
        return []


def _ids(workspace: Workspace, deployment: Mapping[str, Any], candidates: Sequence[Resource]) -> dict[str, str]:
    """The ids under which to look for resources, by URN: what must follow from their inputs does; for those whose id the cloud
    makes up, the local cloud remembers who asked. Google does not."""
    settings = workspace.settings
    found: dict[str, str] = {}
    for candidate in candidates:
        id_ = recovery_id(candidate["type"], _plain(candidate), settings.project.id, settings.regions.primary)
        if id_:
            found[candidate["urn"]] = id_
    missing = {candidate["urn"] for candidate in candidates} - found.keys()
    return found | (_asked_for(workspace, deployment, missing) if missing and workspace.cloud == "local" else {})


def _asked_for(workspace: Workspace, deployment: Mapping[str, Any], urns: set[str]) -> dict[str, str]:
    """The ids of what stands on the local cloud on behalf of the URNs, and is not in the state."""
    known = {(resource["type"], resource.get("id")) for resource in deployment.get("resources", [])}
    store = Store(workspace.store / "cloud.db")
    with store.transaction():
        found = {row.urn: row.id for row in store.all() if row.urn in urns and (row.type, row.id) not in known}
    store.close()
    return found


def _plain(resource: Resource) -> dict[str, Any]:
    """The inputs without those that an event has masked; the state has them encrypted instead."""
    return {key: value for key, value in resource.get("inputs", {}).items() if not _is_masked(value)}


def _entry(resource: Resource, id_: str) -> Resource:
    """The resource as it is entered into the state."""
    return {**resource, "inputs": _plain(resource), "id": id_, "outputs": {}}


def _is_masked(value: Any) -> bool:
    """Whether an event hid a secret in the value; the state has it encrypted instead."""
    if isinstance(value, Mapping):
        return any(_is_masked(inner) for inner in cast("Mapping[str, Any]", value).values())
    return any(_is_masked(inner) for inner in cast("list[Any]", value)) if isinstance(value, list) else value == MASK


def _undo_false_replacements(deployment: dict[str, Any]) -> bool:
    """Takes back that a resource is to be deleted where the newest of a series turned out to be that very one."""
    resources: list[Resource] = deployment.get("resources", [])
    living = {(r["urn"], r.get("id")) for r in resources if not r.get("delete")}
    kept = [r for r in resources if not (r.get("delete") and (r["urn"], r.get("id")) in living)]
    deployment["resources"] = kept
    return len(kept) != len(resources)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
