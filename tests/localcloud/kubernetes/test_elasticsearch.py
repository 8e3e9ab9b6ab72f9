"""What Elastic's operator refuses, beyond the one case that each rule has."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from localcloud.errors import Refusal
from tests.localcloud.world import Res

from .cases import ES_CRD, es, node_set
from .parts import claim_template, made
from .world import Cluster

CRD = made("elasticsearches.elasticsearch.k8s.elastic.co", "apiextensions.k8s.io/v1", "CustomResourceDefinition", None, ES_CRD)
N = "default"


def data(claim: dict[str, Any] | None = None, **extra: Any) -> Res:
    masters = node_set("master", ["master"])
    return es(N, masters, node_set("data", ["data"], **({"volumeClaimTemplates": [claim]} if claim else {}), **extra))


@pytest.mark.parametrize(
    ("res", "says"),
    [
        (es(N, version="8.19"), "Cannot parse Elasticsearch version"),
        (es(N, version="10.0.0"), "Unsupported version"),
        (es(N, node_set("m", ["master"], count=0)), "at least one master node"),
        (es(N, node_set("m", ["master", "voting_only"])), "at least one master node"),
        (es(N, {"name": "m", "count": 3, "config": {"node": {"master": False}}}), "at least one master node"),
        (es(N, {"name": "m", "count": 3, "config": {"node.roles": ["master"], "node.data": True}}), "combination of node.roles and node.data"),
        (data(claim_template(name="other")), "should be named 'elasticsearch-data'"),
    ],
)  # fmt: skip
def test_refused(res: Res, says: str, tmp_path: Path) -> None:
    cluster = Cluster(tmp_path)
    cluster.apply([CRD])
    with pytest.raises(Refusal, match=says):
        cluster.create(res)


@pytest.mark.parametrize(
    "res",
    [
        es(N, {"name": "all", "count": 1}),
        data(claim_template(name="other"), podTemplate={"spec": {"containers": [{"name": "elasticsearch", "volumeMounts": [{"name": "other", "mountPath": "/x"}]}]}}),
    ],
)  # fmt: skip
def test_accepted(res: Res, tmp_path: Path) -> None:
    cluster = Cluster(tmp_path)
    cluster.apply([CRD, res])
    assert res.name in cluster.states


@pytest.mark.parametrize(
    ("before", "after", "says"),
    [
        (es(N, version="9.1.0"), es(N, version="8.19.4"), "Downgrades are not supported"),
        (data(claim_template("1Ti", "elasticsearch-data")), data(claim_template("1Ti", "elasticsearch-data", storageClassName="premium-rwo")), "Any other change is forbidden"),
        (data(claim_template("1Ti", "elasticsearch-data")), data(), "Any other change is forbidden"),
    ],
)  # fmt: skip
def test_changes_that_are_refused(before: Res, after: Res, says: str, tmp_path: Path) -> None:
    cluster = Cluster(tmp_path)
    cluster.apply([CRD, before])
    with pytest.raises(Refusal, match=says):
        cluster.apply([CRD, after])
