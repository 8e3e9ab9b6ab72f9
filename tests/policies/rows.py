"""What each policy must accept, refuse and leave undecided, as edits of what production declares.

The good is what production has. The bad has another value at one path; the missing has none; the unknown is not known yet.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from localcloud.values import Props
from policies.rule import About
from policies.rules import RULES

from ..environments import recorded

BY_ID: dict[str, About] = {rule.id: rule for rule in RULES}


@dataclass(frozen=True, kw_only=True)
class Row:
    """One property, and what a rule thinks of it."""

    path: str
    bad: Sequence[Any]
    missing: str
    """Whether the property's absence is `bad` or `good`."""
    base: Props | str | None = None
    """The good: properties, or the logical name of a resource of production; otherwise the first of the rule's types."""
    says: str | None = None
    """What the message begins with, where that is not the path."""


def bad(path: str, *values: Any, base: Props | str | None = None, says: str | None = None) -> Row:
    """A property that must be there."""
    return Row(path=path, bad=values, missing="bad", base=base, says=says)


def fine(path: str, *values: Any, base: Props | str | None = None, says: str | None = None) -> Row:
    """A property that may be absent."""
    return Row(path=path, bad=values, missing="good", base=base, says=says)


def good(rule: str, row: Row) -> Props:
    """The properties that the rule accepts."""
    if isinstance(row.base, dict):
        return copy.deepcopy(row.base)
    about = BY_ID[rule]
    known = next(
        known
        for known in recorded("prod").registrations
        if (known.name == row.base if row.base else True) and about.is_about(known.type)
    )
    return copy.deepcopy(known.inputs)


def put(properties: Props, path: str, *value: Any) -> Props:
    """The properties with the value at the path, or with nothing there; a number in a path is a place in a list."""
    changed = copy.deepcopy(properties)
    where: Any = changed
    *steps, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    for step in steps:
        if isinstance(step, str) and where.get(step) is None:
            where[step] = {}
        where = where[step]
    if value:
        where[last] = value[0]
    elif isinstance(last, int) or last in where:
        del where[last]
    return changed


def flag(name: str, *values: str) -> Row:
    """A database flag."""
    base: Props = good("sql-flag-log-checkpoints", Row(path="", bad=(), missing="good"))
    flags: list[Props] = [known for known in base["settings"]["databaseFlags"] if known["name"] != name]
    lists = [[*flags, {"name": name, "value": value}] for value in values]
    return Row(path="settings.databaseFlags", bad=lists, missing="good" if values == ("on",) and "stats" in name else "bad")


CONTAINER: Props = {
    "name": "main",
    "image": "us-central1-docker.pkg.dev/alphintra-prod/images/store:1.2@sha256:" + "a" * 64,
    "securityContext": {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}},
    "resources": {"requests": {"cpu": "1", "memory": "1Gi"}, "limits": {"memory": "1Gi"}},
    "livenessProbe": {"tcpSocket": {"port": 5432}},
    "readinessProbe": {"tcpSocket": {"port": 5432}},
    "ports": [{"containerPort": 5432}],
    "env": [{"name": "A", "value": "1"}],
}
WORKLOAD: Props = {
    "apiVersion": "apps/v1",
    "kind": "StatefulSet",
    "metadata": {"name": "store", "namespace": "timescaledb"},
    "spec": {
        "serviceName": "store",
        "replicas": 3,
        "persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Retain", "whenScaled": "Retain"},
        "volumeClaimTemplates": [{"spec": {"storageClassName": "alphintra-ssd"}}],
        "template": {
            "metadata": {"labels": {"app": "store"}},
            "spec": {
                "automountServiceAccountToken": False,
                "serviceAccountName": "timescaledb",
                "priorityClassName": "alphintra-store",
                "terminationGracePeriodSeconds": 300,
                "topologySpreadConstraints": [{"topologyKey": "topology.kubernetes.io/zone"}],
                "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
                "volumes": [{"name": "scratch", "emptyDir": {}}],
                "containers": [CONTAINER],
            },
        },
    },
}
CRON: Props = {
    "metadata": {"name": "export", "namespace": "jobs"},
    "spec": {
        "concurrencyPolicy": "Forbid", "startingDeadlineSeconds": 600, "jobTemplate": {"spec": WORKLOAD["spec"]},
    },
}  # fmt: skip
POD = "spec.template.spec"
MAIN = f"{POD}.containers.0"
ROLE: Props = {"metadata": {"name": "r"}, "rules": [{"apiGroups": [""], "resources": ["endpoints"], "verbs": ["get"]}]}


def pod(path: str, *values: Any, missing: str = "bad") -> Row:
    """A property of a pod."""
    return Row(path=f"{POD}.{path}", bad=values, missing=missing, base=WORKLOAD, says=f"{POD}.")


def container(path: str, *values: Any, missing: str = "bad") -> Row:
    """A property of a container."""
    return Row(path=f"{MAIN}.{path}", bad=values, missing=missing, base=WORKLOAD, says=f"{POD}.")
