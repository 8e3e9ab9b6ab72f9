"""Who changed a resource, where the audit log says so."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from localcloud.audit import Trace, trace
from localcloud.catalog import full_name
from localcloud.values import at, object_at

Entry = Mapping[str, Any]


@dataclass(frozen=True)
class Author:
    """Who did it last, when, and by which call."""

    email: str
    at: datetime
    method: str

    @property
    def line(self) -> str:
        """The same in words."""
        return f"by {self.email} at {self.at:%Y-%m-%d %H:%M} UTC ({self.method})"


def traces(resource: Mapping[str, Any], project: str, region: str) -> list[Trace]:
    """What the log would call a change or a deletion of a resource of the state."""
    name = full_name(resource["type"], resource.get("inputs") or {}, str(resource.get("id") or ""), project, region)
    known = [trace(resource["type"], name, verb) for verb in ("update", "delete")] if name else []
    return [found for found in known if found]


def author(entries: Sequence[Entry], wanted: Sequence[Trace], deployers: Sequence[str]) -> Author | None:
    """Who changed a resource last, other than deployments.

    Args:
        entries: the log, newest first.
        wanted: what the log would call it.
        deployers: the e-mails of those whose changes are deployments.
    """
    for entry in entries:
        payload = object_at(entry, "protoPayload")
        email = str(at(payload, "authenticationInfo.principalEmail") or "")
        failed = at(payload, "status.code")
        if email and not failed and email not in deployers and any(_is(payload, one) for one in wanted):
            return Author(email, datetime.fromisoformat(str(entry["timestamp"])), str(payload["methodName"]))
    return None


def search(wanted: Sequence[Trace], days: int) -> str:
    """The filter of Cloud Logging that finds all entries which could name somebody."""
    names = sorted({one.resource for one in wanted})
    listed = " OR ".join(f'"{name}"' for name in names)
    return f'logName:"cloudaudit.googleapis.com%2Factivity" AND protoPayload.resourceName=({listed}) AND timestamp>="-P{days}D"'


def _is(payload: Mapping[str, Any], wanted: Trace) -> bool:
    """Whether an entry is about what is wanted. Methods are not compared: there are several that change a thing."""
    if payload.get("serviceName") != wanted.service or _plain(str(payload.get("resourceName"))) != _plain(wanted.resource):
        return False
    if wanted.delta is None:
        return not _deltas(payload)
    if str(payload.get("methodName")).rpartition(".")[2].lower().startswith("delete"):
        return True  # a grant goes with what it was on
    same = {"role": wanted.delta["role"], "member": wanted.delta["member"]}
    return any(same.items() <= delta.items() for delta in _deltas(payload))


def _deltas(payload: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """The grants that an entry says were given or taken: of the two places where services write them."""
    for place in ("serviceData", "metadata"):
        if deltas := at(payload, f"{place}.policyDelta.bindingDeltas"):
            return deltas
    return []


def _plain(name: str) -> str:
    """A name without its project, which some services write as a number, and in clusters of a zone or a region."""
    return re.sub(r"^projects/[^/]+/", "", name).replace("zones/", "locations/", 1)
