"""What changes in place and what needs a new object."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from localcloud.errors import Refusal
from localcloud.plugin import State
from localcloud.values import UNKNOWN, merge
from tests.localcloud.world import Res

from .parts import claim, claim_template, deployment, made, secret, stateful_set, storage_class
from .world import Cluster, kubeconfig

N = "default"


def job(image: str) -> Res:
    return made(
        "job",
        "batch/v1",
        "Job",
        N,
        {"spec": {"template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "a", "image": image}]}}}},
    )


def config(**data: str) -> Res:
    return made("settings", "v1", "ConfigMap", N, {"data": data})


def binding(role: str) -> Res:
    return made(
        "b",
        "rbac.authorization.k8s.io/v1",
        "RoleBinding",
        N,
        {"roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": role}},
    )


def service(**spec: Any) -> Res:
    return made("s", "v1", "Service", N, {"spec": {"ports": [{"port": 80}], **spec}})


@pytest.mark.parametrize(
    ("before", "after", "replaced"),
    [
        (stateful_set(N), stateful_set(N, replicas=5), []),
        (stateful_set(N), stateful_set(N, over={"volumeClaimTemplates": [claim_template("20Gi")]}), ["spec.volumeClaimTemplates[0].spec.resources.requests.storage"]),
        (stateful_set(N), stateful_set(N, over={"serviceName": "other"}), ["spec.serviceName"]),
        (stateful_set(N), stateful_set(N, over={"podManagementPolicy": "Parallel"}), ["spec.podManagementPolicy"]),
        (stateful_set(N), stateful_set(N, over={"revisionHistoryLimit": 3}), ["spec.revisionHistoryLimit"]),
        (stateful_set(N), stateful_set(N, over={"selector": {"matchLabels": {"b": "c"}}}), ["spec.selector.matchLabels.b"]),
        (stateful_set(N), stateful_set(N, over={"minReadySeconds": 10}), []),
        (deployment(N), deployment(N, image="other"), []),
        (deployment(N), Res("d", deployment(N).type, merge(deployment(N).inputs, {"spec": {"selector": {"matchLabels": {"b": "c"}}}})), ["spec.selector.matchLabels.b"]),
        (job("a"), job("b"), ["spec.template.spec.containers[0].image"]),
        (config(a="1"), config(a="2"), ["data.a"]),
        (secret(N, password="1"), secret(N, password="2"), ["stringData.password"]),
        (binding("a"), binding("b"), ["roleRef.name"]),
        (service(), service(clusterIP="None"), ["spec.clusterIP"]),
        (service(), service(type="LoadBalancer"), []),
        (claim(N, "1Gi"), claim(N, "2Gi"), []),
        (claim(N), claim(N, storageClassName="premium-rwo"), ["spec.storageClassName"]),
        (storage_class("c"), storage_class("c", parameters={"type": "pd-ssd"}), ["parameters"]),
        (storage_class("c"), storage_class("c", reclaimPolicy="Retain"), []),
        (config(a="1"), made("other", "v1", "ConfigMap", N, {"data": {"a": "1"}}), ["metadata.name"]),
        (config(a="1"), made("settings", "v1", "ConfigMap", "kube-public", {"data": {"a": "1"}}), ["metadata.namespace"]),
    ],
)  # fmt: skip
def test_what_is_replaced(tmp_path: Path, before: Res, after: Res, replaced: list[str]) -> None:
    difference = Cluster(tmp_path).provider.diff(before.type, State("id", dict(before.inputs), {}), dict(after.inputs), [])
    assert [path for path, change in difference.changes.items() if change.replaces] == replaced
    assert difference.changes, "every pair differs"


@pytest.mark.parametrize(
    ("setting", "pair"),
    [("enableConfigMapMutable", (config(a="1"), config(a="2"))), ("enableSecretMutable", (secret(N, a="1"), secret(N, a="2")))],
)
def test_data_changes_in_place_where_the_provider_is_told_so(tmp_path: Path, setting: str, pair: tuple[Res, Res]) -> None:
    provider = Cluster(tmp_path).provider
    provider.configure({"kubeconfig": kubeconfig(), setting: "true"})
    difference = provider.diff(pair[0].type, State("id", dict(pair[0].inputs), {}), dict(pair[1].inputs), [])
    assert [change.replaces for change in difference.changes.values()] == [False]
    immutable = {**pair[1].inputs, "immutable": True}
    difference = provider.diff(pair[0].type, State("id", dict(pair[0].inputs), {}), immutable, [])
    assert any(change.replaces for change in difference.changes.values())


def test_the_old_one_goes_first_where_the_new_one_has_its_name(tmp_path: Path) -> None:
    provider = Cluster(tmp_path).provider
    old = State("id", dict(config(a="1").inputs), {})
    assert provider.diff(config().type, old, dict(config(a="2").inputs), []).delete_before_replace
    assert not provider.diff(
        config().type, old, dict(made("new", "v1", "ConfigMap", N, {"data": {"a": "2"}}).inputs), []
    ).delete_before_replace


def test_changes_that_are_ignored(tmp_path: Path) -> None:
    provider = Cluster(tmp_path).provider
    old = State("id", dict(stateful_set(N).inputs), {})
    new = stateful_set(N, replicas=5, over={"volumeClaimTemplates": [claim_template("20Gi")]})
    assert provider.diff(new.type, old, dict(new.inputs), ["spec.volumeClaimTemplates"]).changes.keys() == {"spec.replicas"}


def test_the_api_server_changes_no_claims_of_a_stateful_set(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path)
    cluster.apply([stateful_set(N)])
    larger = stateful_set(N, over={"volumeClaimTemplates": [claim_template("20Gi")]})
    state = next(iter(cluster.states.values()))[1]
    with pytest.raises(Refusal, match="updates to statefulset spec for fields other than 'replicas'"):
        cluster.provider.update(larger.type, state, dict(larger.inputs), 0)


@pytest.mark.parametrize(
    ("old", "new", "replaces"),
    [
        (kubeconfig("a"), kubeconfig("b"), True),
        (kubeconfig("a"), kubeconfig("a").replace("gke-gcloud-auth-plugin", "other"), False),
        (kubeconfig("a"), UNKNOWN, True),
    ],
)
def test_a_provider_of_another_cluster_is_another_provider(tmp_path: Path, old: Any, new: Any, replaces: bool) -> None:
    provider = Cluster(tmp_path).provider
    assert bool(provider.diff_config({"kubeconfig": old}, {"kubeconfig": new})) is replaces
    same = {"clusterIdentifier": "c"}
    assert not provider.diff_config({"kubeconfig": old, **same}, {"kubeconfig": new, **same})
    assert not provider.diff_config({"kubeconfig": old}, {"kubeconfig": old, "namespace": "x"})
