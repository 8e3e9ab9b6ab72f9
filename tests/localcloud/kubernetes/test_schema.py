"""Objects are what the published schemas say, else they are refused in the API server's words."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from localcloud.errors import LocalCloudError
from localcloud.kubernetes.kinds import kinds
from localcloud.values import UNKNOWN, merge
from tests.localcloud.world import Res

from .parts import claim, container, deployment, made, pods, stateful_set
from .world import Cluster

ELASTICSEARCH = made(
    "es",
    "elasticsearch.k8s.elastic.co/v1",
    "Elasticsearch",
    "default",
    {"spec": {"version": "8.19.4", "nodeSets": [{"name": "data", "count": 3}]}},
)


def changed(res: Res, **spec: Any) -> Res:
    return Res(res.name, res.type, merge(res.inputs, {"spec": spec}))


def reason(res: Res, tmp_path: Path) -> str:
    cluster = Cluster(tmp_path)
    _, failures = cluster.provider.check(res.type, res.name, dict(res.inputs), {}, b"seed")
    cluster.store.close()
    return failures[0].reason if failures else ""


@pytest.mark.parametrize(
    ("res", "says"),
    [
        (changed(stateful_set("default"), replcas=3), 'StatefulSet in version "v1" cannot be handled as a StatefulSet: strict decoding error: unknown field "spec.replcas"'),
        (deployment("default", imagePullPolcy="Always"), 'unknown field "spec.template.spec.containers[0].imagePullPolcy"'),
        (changed(stateful_set("default"), replicas="3"), "json: cannot unmarshal string into Go struct field StatefulSetSpec.spec.replicas of type int32"),
        (deployment("default", env=[{"name": "A", "value": 1}]), "cannot unmarshal number into Go struct field EnvVar.spec.template.spec.containers.env.value of type string"),
        (made("a", "apps/v1", "Deployment", "default", {"spec": {"template": pods()["template"]}}), 'Deployment.apps "a" is invalid: spec.selector: Required value'),
        (deployment("default", imagePullPolicy="Sometimes"), 'Unsupported value: "Sometimes": supported values: "Always", "IfNotPresent", "Never"'),
        (deployment("default", resources={"requests": {"memory": "1 Gb"}}), "quantities must match the regular expression"),
        (claim("default", accessModes=["ReadWriteTwice"]), 'spec.accessModes[0]: Unsupported value: "ReadWriteTwice"'),
        (changed(ELASTICSEARCH, nodeSets=[{"name": "a-name-that-is-longer-than-twenty-three"}]), "should be at most 23 chars long"),
        (changed(ELASTICSEARCH, version=8), "of type string"),
        (changed(ELASTICSEARCH, nodeSet=[]), 'strict decoding error: unknown field "spec.nodeSet"'),
    ],
)  # fmt: skip
def test_refuses(res: Res, says: str, tmp_path: Path) -> None:
    assert says in reason(res, tmp_path)


@pytest.mark.parametrize("res", [stateful_set("default"), deployment("default"), claim("default"), ELASTICSEARCH])
def test_accepts(res: Res, tmp_path: Path) -> None:
    assert reason(res, tmp_path) == ""


def test_what_is_not_known_yet_is_taken_to_be_right(tmp_path: Path) -> None:
    assert reason(deployment("default", spec={"serviceAccountName": UNKNOWN, "volumes": UNKNOWN}, env=UNKNOWN), tmp_path) == ""


@pytest.mark.parametrize("quantity", ["1", "1.5", "500m", "16Gi", "2Mi", "1e3", 4, "0.1"])
def test_quantities(quantity: Any, tmp_path: Path) -> None:
    assert reason(deployment("default", resources={"requests": {"memory": quantity}}), tmp_path) == ""


@pytest.mark.parametrize(
    ("token", "says"),
    [
        ("kubernetes:helm.sh/v3:Release", "it has no Helm"),
        ("kubernetes:helm.sh/v4:Chart", "it has no Helm"),
        ("kubernetes:core/v1:ReplicationController", 'no matches for kind "ReplicationController" in version "v1"'),
    ],
)
def test_kinds_that_are_not_known(token: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(LocalCloudError, match=re.escape(says)):
        Cluster(tmp_path).provider.check(token, "a", {}, {}, b"seed")


def test_every_table_of_a_kind_has_a_schema() -> None:
    import tomllib  # noqa: PLC0415

    from localcloud.kubernetes.kinds import HERE, token_of  # noqa: PLC0415

    tables = tomllib.loads((HERE / "kinds.toml").read_text())
    assert {token_of(*name.rsplit("/", 1)) for name in tables} <= kinds().keys()


def test_manifests_are_read(tmp_path: Path) -> None:
    text = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n---\n---\napiVersion: v1\nkind: Secret\nmetadata: {name: b}\n"
    provider = Cluster(tmp_path).provider
    found = provider.invoke("kubernetes:yaml:decode", {"text": text, "defaultNamespace": "x"})["result"]
    assert [(item["kind"], item["metadata"]) for item in found] == [
        ("ConfigMap", {"namespace": "x", "name": "a"}),
        ("Secret", {"namespace": "x", "name": "b"}),
    ]
    with pytest.raises(LocalCloudError, match="error converting YAML"):
        provider.invoke("kubernetes:yaml:decode", {"text": "a: [1"})
    with pytest.raises(LocalCloudError, match="no Helm"):
        provider.invoke("kubernetes:helm:template", {})


def test_a_container_needs_a_name(tmp_path: Path) -> None:
    nameless = {key: value for key, value in container().items() if key != "name"}
    assert "containers[0].name: Required value" in reason(deployment("default", spec={"containers": [nameless]}), tmp_path)
