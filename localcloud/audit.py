"""The local cloud's audit log: who did what, in the form in which Cloud Audit Logs publishes it.

https://cloud.google.com/logging/docs/audit/understanding-audit-logs
"""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .gcp.naming import project_number

REST = {"create": "insert", "update": "patch", "delete": "delete"}
"""What Compute Engine calls the verbs."""
DELTAS = {"create": "ADD", "delete": "REMOVE"}
GRANT = re.compile(r"(?P<on>.+)/iam/(?P<role>(?:roles|projects/[^/]+/roles)/[^/]+)/(?P<member>[^/]+)(?:/.*)?")
OBJECT = re.compile(r".+/k8s/(?P<space>namespaces/[^/]+/)?(?:.+/)?(?P<plural>[^/]+)/(?P<name>[^/]+)")


@dataclass(frozen=True)
class Trace:
    """What an operation on a resource is called in the audit log."""

    service: str
    method: str
    resource: str
    delta: Mapping[str, str] | None = None
    """The grant that was given or taken."""


def trace(token: str, name: str, verb: str) -> Trace | None:
    """What the log calls an operation; None where it has nothing that could be found by the resource's name.

    Args:
        token: the resource's type.
        name: its full name, as the local cloud has it: `//service/path`.
        verb: create, update or delete.
    """
    if token.startswith("kubernetes:"):
        return _object(token, name, verb)
    known = _table().get(token)
    if known is None:
        return None
    path = name.removeprefix("//").partition("/")[2]
    grant = GRANT.fullmatch(path)
    delta = {"action": DELTAS[verb], "role": grant["role"], "member": grant["member"]} if grant and verb in DELTAS else None
    resource = grant["on"] if grant else path
    if known.get("numbered"):
        resource = re.sub(r"^projects/([^/]+)", lambda found: f"projects/{project_number(found[1])}", resource)
    method = known["methods"].format(verb=verb, Verb=verb.capitalize(), rest=REST[verb])
    return Trace(known["service"], method, resource, delta)


def entries(operations: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The entries that the log has of operations, newest first."""
    found = [(operation, trace(operation["type"], operation["name"], operation["verb"])) for operation in operations]
    return [_entry(operation, known) for operation, known in reversed(found) if known]


def _entry(operation: Mapping[str, Any], known: Trace) -> dict[str, Any]:
    project = re.search(r"/projects/([^/_]+)", operation["name"])
    payload: dict[str, Any] = {
        "@type": "type.googleapis.com/google.cloud.audit.AuditLog",
        "serviceName": known.service,
        "methodName": known.method,
        "resourceName": known.resource,
        "authenticationInfo": {"principalEmail": operation["principal"]},
        "status": {},
    }
    if known.delta:
        payload["serviceData"] = {"policyDelta": {"bindingDeltas": [dict(known.delta)]}}
    return {
        "insertId": f"local-{operation['number']}",
        "logName": f"projects/{project[1] if project else '-'}/logs/cloudaudit.googleapis.com%2Factivity",
        "timestamp": datetime.fromtimestamp(operation["at"], UTC).isoformat().replace("+00:00", "Z"),
        "severity": "NOTICE",
        "protoPayload": payload,
    }


def _object(token: str, name: str, verb: str) -> Trace | None:
    """https://cloud.google.com/kubernetes-engine/docs/how-to/audit-logging"""
    found = OBJECT.fullmatch(name)
    if not found:
        return None
    version = token.split(":")[1]
    group_version = version if "/" in version else f"core/{version}"
    method = "io.k8s." + group_version.replace("/", ".") + f".{found['plural']}.{verb}"
    return Trace("k8s.io", method, f"{group_version}/{found['space'] or ''}{found['plural']}/{found['name']}")


@functools.cache
def _table() -> Mapping[str, Any]:
    return tomllib.loads((Path(__file__).parent / "gcp" / "audit.toml").read_text())
