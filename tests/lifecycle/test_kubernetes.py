"""Kubernetes on the real engine: a small program from nothing to nothing, and every rule seen refusing."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pulumi_kubernetes as k8s
import pytest

from localcloud.store import Row
from localcloud.values import merge
from tests.localcloud.kubernetes.cases import CASES
from tests.localcloud.kubernetes.parts import RESTRICTED, Case, claim_template, made, resources, secret, space, stateful_set
from tests.localcloud.kubernetes.program import declare
from tests.localcloud.kubernetes.world import PATH, kubeconfig, put_cluster
from tests.localcloud.world import Res
from tools.lifecycle.engine import Engine
from tools.lifecycle.events import Report

from .scene import Hasty, Scene

pytestmark = pytest.mark.engine
SPACE = "data"
MOUNTED: dict[str, Any] = {
    "serviceAccountName": "db",
    "containers": [
        {
            "name": "app",
            "image": "registry.example/db@sha256:" + "0" * 64,
            "securityContext": RESTRICTED,
            "volumeMounts": [{"name": "data", "mountPath": "/data"}, {"name": "settings", "mountPath": "/etc/db"}],
            "env": [{"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "login", "key": "password"}}}],
            **resources(),
        }
    ],
    "volumes": [{"name": "settings", "configMap": {"name": "settings"}}],
}


def database(over: dict[str, Any] | None = None) -> list[Res]:
    """A small database as a stateful set, with what belongs to it."""
    spec = merge({"template": {"spec": MOUNTED}}, over or {})
    selector = {"selector": {"app": "app"}, "clusterIP": "None", "ports": [{"port": 5432}]}
    return [
        space(SPACE, **{"pod-security.kubernetes.io/enforce": "restricted"}),
        made("db", "v1", "ServiceAccount", SPACE, {}),
        made("settings", "v1", "ConfigMap", SPACE, {"data": {"db.conf": "fsync = on"}}),
        secret(SPACE),
        made("db", "v1", "Service", SPACE, {"spec": selector}),
        made("db", "networking.k8s.io/v1", "NetworkPolicy", SPACE, {"spec": {"podSelector": {}, "policyTypes": ["Ingress"]}}),
        made(
            "db",
            "policy/v1",
            "PodDisruptionBudget",
            SPACE,
            {"spec": {"maxUnavailable": 1, "selector": {"matchLabels": {"app": "app"}}}},
        ),
        stateful_set(SPACE, over=spec),
    ]


class Stage(Scene):
    """A stack of objects in one cluster."""

    def __init__(self, folder: Path, engine: type[Engine] = Engine) -> None:
        super().__init__(folder, lambda: declare([self.objects], protect=self.protect), engine)
        self.objects: Sequence[Res] = []
        self.protect = False
        store = self.store()
        put_cluster(store)
        store.close()

    def rows(self) -> list[Row]:
        """The objects of the cluster."""
        store = self.store()
        with store.transaction():
            found = [row for row in store.all() if row.project == PATH]
        store.close()
        return found


def test_from_nothing_to_nothing(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.objects = database()
    assert stage.up().messages() == []
    known = [(resource["type"], resource["id"]) for resource in stage.state() if resource["type"].startswith("kubernetes:")]
    assert sorted((row.type, row.id) for row in stage.rows()) == sorted(known)
    assert ("kubernetes:apps/v1:StatefulSet", "data/db") in known
    assert stage.preview().changes == {}
    assert stage.refresh().changes == {}
    assert stage.preview().changes == {}, "what was read back is what was declared"

    stage.objects = database({"replicas": 5})
    assert [change.line for change in stage.preview().changes.values()] == [
        "~ data-statefulset-db (kubernetes:StatefulSet)\n    spec.replicas: 3 -> 5"
    ]
    assert stage.up().messages() == []

    stage.protect = True
    assert stage.up().messages() == []
    stage.objects = database({"replicas": 5, "volumeClaimTemplates": [claim_template("20Gi")]})
    before = stage.rows()
    kept = stage.up()
    assert "protect" in "".join(kept.messages())
    assert [(row.name, row.config) for row in stage.rows()] == [(row.name, row.config) for row in before]

    stage.protect = False
    stage.objects = database({"replicas": 5})
    assert stage.up().messages() == []
    assert stage.destroy().messages() == []
    assert stage.rows() == []


def test_nothing_secret_is_kept_in_plain_text(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.objects = database()
    assert stage.up().messages() == []
    encoded = "aGlkZGVuLWluLXRoZS1zdG9yZQ"
    for path in tmp_path.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert b"hidden-in-the-store" not in content, path
            assert encoded.encode() not in content, path


def test_another_cluster_needs_other_objects(tmp_path: Path) -> None:
    endpoints = ["gke-1234.us-central1.gke.goog"]

    def program() -> None:
        provider = k8s.Provider("cluster", kubeconfig=kubeconfig(endpoints[0]))
        declare([[space("moved")]], provider)

    stage = Stage(tmp_path)
    stage.program = program
    assert stage.up().messages() == []
    endpoints[0] = "gke-9999.us-east1.gke.goog"
    report = stage.preview()
    assert {change.line.split()[0] for change in report.changes.values()} == {"±"}
    said = "".join(stage.up().messages())
    assert "configured Kubernetes cluster is unreachable" in said
    assert "no such host" in said


def test_every_rule_refuses_and_accepts(tmp_path: Path) -> None:
    stage = Stage(tmp_path, Hasty)

    def bring(objects: Callable[[Case], Sequence[Res]]) -> Report:
        stage.program = lambda: declare([objects(case) for case in CASES])
        return stage.up()

    assert bring(lambda case: case.setup).messages() == []
    report = bring(lambda case: case.bad)
    for case in CASES:
        name = next(res.name for res in case.bad if res not in case.setup)
        said = [message for urn, message in report.errors if urn.endswith(f"::{name}")]
        assert [message for message in said if re.search(case.says, message)], f"{case.rule}: {said}"
    assert bring(lambda case: case.good).messages() == []
