"""The life of objects: names, defaults, secrets, namespaces, clusters that are not there, and failures on demand."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from pathlib import Path

import pytest

from localcloud.errors import LocalCloudError, LostAnswer, Refusal, TimedOut
from localcloud.kubernetes.clusters import CLUSTER, Unreachable
from localcloud.plugin import NotReady, State
from localcloud.service import Service
from localcloud.values import UNKNOWN, Secret, at
from tests.localcloud.world import Res

from .parts import claim, deployment, made, resources, secret, space, stateful_set
from .world import Cluster, kubeconfig

CONFIG_MAP = "kubernetes:core/v1:ConfigMap"


def test_a_name_is_made_up_and_kept(tmp_path: Path) -> None:
    provider = Cluster(tmp_path).provider
    first, _ = provider.check(CONFIG_MAP, "settings", {"data": {}}, {}, b"seed")
    assert at(first, "metadata.name") == f"settings-{b'seed'.hex()[:8]}"
    assert first["metadata"]["annotations"] == {"pulumi.com/autonamed": "true"}
    again, _ = provider.check(CONFIG_MAP, "settings", {"data": {"a": "1"}}, first, b"other")
    assert at(again, "metadata.name") == at(first, "metadata.name")
    difference = provider.diff(CONFIG_MAP, State("id", first, {}), again, [])
    assert not difference.delete_before_replace


def test_what_the_api_server_adds(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path)
    state = cluster.create(made("s", "v1", "Service", None, {"spec": {"ports": [{"port": 80}]}}))
    assert state.id == "default/s"
    assert state.outputs["spec"]["type"] == "ClusterIP"
    assert state.outputs["spec"]["clusterIP"].startswith("10.96.")
    assert state.outputs["metadata"]["namespace"] == "default"
    assert state.outputs["metadata"]["creationTimestamp"].endswith("Z")
    changed = cluster.provider.update("kubernetes:core/v1:Service", state, {**state.inputs, "spec": {"ports": [{"port": 81}]}}, 0)
    assert changed.outputs["spec"]["clusterIP"] == state.outputs["spec"]["clusterIP"]
    assert changed.outputs["metadata"]["uid"] == state.outputs["metadata"]["uid"]
    assert changed.outputs["metadata"]["generation"] == 2
    assert changed.outputs["metadata"]["resourceVersion"] != state.outputs["metadata"]["resourceVersion"]


def test_a_stateful_set_is_ready(tmp_path: Path) -> None:
    state = Cluster(tmp_path).create(stateful_set("default"))
    assert state.outputs["status"] == {"replicas": 3, "readyReplicas": 3, "availableReplicas": 3}


def test_the_namespace_of_the_provider_is_where_objects_go(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path)
    cluster.create(space("team"))
    cluster.provider.configure({"kubeconfig": kubeconfig(), "namespace": "team"})
    assert cluster.create(made("a", "v1", "ConfigMap", None, {})).id == "team/a"
    assert cluster.create(space("other")).id == "other"


def test_secrets_are_digests_in_the_store_and_secret_in_the_outputs(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path)
    state = cluster.create(secret("default", password="pa55word"))
    assert state.outputs["data"] == Secret({"password": base64.b64encode(b"pa55word").decode()})
    assert state.outputs["stringData"] == Secret({"password": "pa55word"})
    token = "kubernetes:core/v1:Secret"
    read = cluster.provider.read(token, state)
    assert read is not None
    assert read.inputs == state.inputs
    forgotten = cluster.provider.read(token, State(state.id, {}, {}))
    assert forgotten is not None
    assert forgotten.inputs["stringData"]["password"].startswith("hmac-sha256:")
    for path in tmp_path.iterdir():
        assert b"pa55word" not in path.read_bytes()
        assert base64.b64encode(b"pa55word") not in path.read_bytes()


def test_a_quota_counts_what_is_in_its_namespace_and_nothing_else(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path)
    for name in ("team", "team-two"):
        cluster.create(space(name))
    cluster.create(made("few", "v1", "ResourceQuota", "team", {"spec": {"hard": {"configmaps": "1"}}}))
    cluster.create(made("other", "v1", "ConfigMap", "team-two", {}))
    cluster.create(made("first", "v1", "ConfigMap", "team", {}))
    with pytest.raises(Refusal, match="exceeded quota: few, requested: configmaps=1, used: configmaps=1, limited: configmaps=1"):
        cluster.create(made("second", "v1", "ConfigMap", "team", {}))


def test_with_a_namespace_goes_all_that_is_in_it(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path)
    cluster.apply([space("team"), made("a", "v1", "ConfigMap", "team", {}), made("b", "v1", "ConfigMap", "default", {})])
    state = cluster.states["cluster-namespace-team"][1]
    cluster.provider.delete("kubernetes:core/v1:Namespace", state, 0)
    assert cluster.names() == ["namespaces/default/configmaps/b"]
    gone = cluster.states["team-configmap-a"][1]
    assert cluster.provider.read(CONFIG_MAP, gone) is None
    cluster.provider.delete(CONFIG_MAP, gone, 0)


def test_with_a_cluster_goes_all_that_is_in_it(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path)
    cluster.apply([space("team"), made("a", "v1", "ConfigMap", "team", {})])
    with cluster.store.transaction():
        cluster.store.remove(cluster.store.all(CLUSTER)[0].name)
    assert cluster.names() == []
    state = cluster.states["team-configmap-a"][1]
    with pytest.raises(Unreachable, match="PULUMI_K8S_DELETE_UNREACHABLE"):
        cluster.provider.read(CONFIG_MAP, state)
    with pytest.raises(Unreachable, match="PULUMI_K8S_DELETE_UNREACHABLE"):
        cluster.provider.delete(CONFIG_MAP, state, 0)
    cluster.provider.configure({"kubeconfig": kubeconfig(), "deleteUnreachable": "true"})
    assert cluster.provider.read(CONFIG_MAP, state) is None
    cluster.provider.delete(CONFIG_MAP, state, 0)


@pytest.mark.parametrize(
    ("config", "says"),
    [
        ({"kubeconfig": kubeconfig("nowhere.gke.goog")}, "dial tcp: lookup nowhere.gke.goog: no such host"),
        ({"kubeconfig": kubeconfig(), "context": "other"}, 'no configuration has been provided for the context "other"'),
        ({}, "no configuration has been provided"),
    ],
)
def test_a_cluster_that_is_not_there(tmp_path: Path, config: dict[str, str], says: str) -> None:
    cluster = Cluster(tmp_path)
    cluster.provider.configure(config)
    with pytest.raises(Unreachable, match=says):
        cluster.create(space("team"))


def test_a_preview_asks_the_api_server(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path)
    wrong = deployment("default", resources={"requests": {"memory": "2Gi"}, "limits": {"memory": "1Gi"}})
    with pytest.raises(LocalCloudError, match="must be less than or equal to memory limit"):
        cluster.provider.planned(wrong.type, dict(wrong.inputs), {})
    assert cluster.names() == []
    definition_to_come = made("daily", "backup.example.com/v1", "Backup", "default", {"spec": {"every": "1d"}})
    space_to_come = made("a", "v1", "ConfigMap", "not-yet", {})
    for tolerated in (space_to_come, definition_to_come, deployment("default", **resources(memory="500Gi"))):
        shown = cluster.provider.planned(tolerated.type, dict(tolerated.inputs), {})
        assert shown["metadata"]["uid"] is UNKNOWN
    assert cluster.names() == [], "a preview leaves no trace"


def test_a_preview_before_there_is_a_cluster_shows_the_inputs(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path)
    cluster.provider.configure({"kubeconfig": UNKNOWN})
    res = stateful_set("default")
    assert cluster.provider.planned(res.type, dict(res.inputs), {})["spec"]["serviceName"] == "db"
    unheard = Res("b", "kubernetes:backup.example.com/v1:Backup", {"metadata": {"name": "b"}, "spec": {"a": 1}})
    inputs, failures = cluster.provider.check(unheard.type, "b", dict(unheard.inputs), {}, b"seed")
    assert not failures
    assert cluster.provider.planned(unheard.type, inputs, {})["spec"] == {"a": 1}


def test_faults(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path)
    with cluster.store.transaction():
        for nth, effect in enumerate(("fail", "lose", "hang"), start=1):
            cluster.store.add_fault("create", CONFIG_MAP, nth, effect)
    names = [made(name, "v1", "ConfigMap", "default", {}) for name in ("a", "b", "c")]
    with pytest.raises(LocalCloudError, match="503"):
        cluster.create(names[0])
    with pytest.raises(LostAnswer):
        cluster.create(names[1])
    with pytest.raises(TimedOut, match="timed out waiting to be Ready"):
        cluster.create(names[2])
    assert cluster.names() == ["namespaces/default/configmaps/b", "namespaces/default/configmaps/c"]


def test_what_waits_is_told_to_the_engine_with_its_reasons(tmp_path: Path) -> None:
    from pulumi.runtime.proto import provider_pb2, status_pb2  # noqa: PLC0415

    from localcloud.wire import send  # noqa: PLC0415

    class Context:
        metadata: tuple[tuple[str, bytes], ...] = ()

        def set_trailing_metadata(self, metadata: tuple[tuple[str, bytes], ...]) -> None:
            self.metadata = metadata

        def abort(self, _code: object, message: str) -> None:
            raise AssertionError(message)

    cluster, context = Cluster(tmp_path), Context()
    res = deployment("default", **resources(memory="500Gi"))
    request = provider_pb2.CreateRequest(urn=f"urn:pulumi:t::t::{res.type}::{res.name}", properties=send(res.inputs), timeout=60)
    with pytest.raises(AssertionError, match="timed out waiting to be Ready"):
        Service(cluster.provider).Create(request, context)  # pyright: ignore[reportArgumentType]
    status, detail = status_pb2.Status(), provider_pb2.ErrorResourceInitFailed()
    status.ParseFromString(context.metadata[0][1])
    status.details[0].Unpack(detail)
    assert detail.id == "default/app"
    assert detail.reasons == ['pod "app-": 0/3 nodes are available: 3 Insufficient memory']


def test_refresh_says_it_too_until_it_is_mended(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path)
    res = deployment("default", env=[{"name": "A", "valueFrom": {"secretKeyRef": {"name": "login", "key": "password"}}}])
    with pytest.raises(NotReady) as caught:
        cluster.create(res)
    with pytest.raises(NotReady):
        cluster.provider.read(res.type, caught.value.state)
    cluster.create(secret("default"))
    read = cluster.provider.read(res.type, caught.value.state)
    assert read is not None
    assert read.outputs["status"]["readyReplicas"] == 1


def test_nobody_waits_where_the_program_says_so(tmp_path: Path) -> None:
    res = deployment("default", **resources(memory="500Gi"))
    metadata = {**res.inputs["metadata"], "annotations": {"pulumi.com/skipAwait": "true"}}
    assert Cluster(tmp_path).create(Res(res.name, res.type, {**res.inputs, "metadata": metadata})).id == "default/app"


def test_operations_take_their_time_on_the_virtual_clock(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path)
    with cluster.store.transaction():
        before = cluster.store.now()
    cluster.create(claim("default"))
    with cluster.store.transaction():
        assert 10 <= cluster.store.now() - before < 12


def test_settings_of_the_provider(tmp_path: Path) -> None:
    provider = Cluster(tmp_path).provider
    assert provider.check_config({"kubeconfig": kubeconfig(), "namespace": "a", "enableServerSideApply": "true"}) == []
    assert [failure.path for failure in provider.check_config({"kubeconfg": "x", "renderYamlToDirectory": "x"})] == [
        "kubeconfg",
        "renderYamlToDirectory",
    ]


def test_a_cluster_is_found_by_its_address_too(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path)
    with cluster.store.transaction():
        row = cluster.store.all(CLUSTER)[0]
        cluster.store.put(replace(row, computed={"endpoint": "10.0.0.2"}), {})
    with pytest.raises(Unreachable):
        cluster.create(space("team"))
    cluster.provider.configure({"kubeconfig": kubeconfig("10.0.0.2")})
    assert cluster.create(space("team")).id == "team"


def test_a_cluster_of_a_version_without_schemas(tmp_path: Path) -> None:
    cluster = Cluster(tmp_path)
    with cluster.store.transaction():
        row = cluster.store.all(CLUSTER)[0]
        cluster.store.put(replace(row, computed={**row.computed, "masterVersion": "1.99.1-gke.100"}), {})
    with pytest.raises(
        LocalCloudError, match=re.escape("runs Kubernetes 1.99.1-gke.100, and the local cloud has the schemas of 1.34")
    ):
        cluster.create(space("team"))
