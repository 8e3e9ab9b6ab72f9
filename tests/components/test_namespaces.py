"""Namespaces of the clusters: what is enforced in them, what may be asked for, and which identities are there."""

from __future__ import annotations

from typing import Any

import pytest

from components.allowed_traffic import NAMESPACE_NAME
from localcloud.kubernetes.kinds import kinds
from localcloud.kubernetes.pods import quantity
from settings import SettingsError, load_stack_file
from tools.recorder import ROOT

from ..environments import ENVIRONMENTS, recorded, resources

PRIMARY, SECONDARY = "namespaces-us-central1", "namespaces-us-east1"


def objects(environment: str, kind: str) -> list[dict[str, Any]]:
    found = recorded(environment).registrations
    return [known.inputs for known in found if known.type.startswith("kubernetes:") and known.type.endswith(f":{kind}")]


def spec(name: str) -> dict[str, Any]:
    return resources("prod")[name].inputs["spec"]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_object_is_what_its_schema_says(environment: str) -> None:
    found = [known for known in recorded(environment).registrations if known.type.startswith("kubernetes:")]
    assert found
    for known in found:
        assert kinds()[known.type].problems(known.inputs) == [], known.urn


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_object_goes_through_the_provider_of_its_cluster(environment: str) -> None:
    for known in recorded(environment).registrations:
        if known.type.startswith("kubernetes:"):
            region = next(region for region in ("us-central1", "us-east1") if f"-{region}" in known.name)
            assert f"::cluster-{region}-access::" in known.provider, known.urn


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_pods_keep_to_the_restricted_profile(environment: str) -> None:
    for known in objects(environment, "Namespace"):
        labels = known["metadata"]["labels"]
        assert labels["pod-security.kubernetes.io/enforce"] == "restricted", known["metadata"]["name"]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_nothing_is_reached_that_is_not_allowed(environment: str) -> None:
    names = {known["metadata"]["name"] for known in objects(environment, "Namespace")}
    policies = [known for known in objects(environment, "NetworkPolicy") if known["metadata"]["name"] == "deny-all"]
    assert {known["metadata"]["namespace"] for known in policies} == names
    for known in policies:
        assert known["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
@pytest.mark.parametrize("region", ["us-central1", "us-east1"])
def test_what_may_come_in_is_let_out_where_it_comes_from(environment: str, region: str) -> None:
    """All namespaces deny both ways, so traffic that is opened at one end only never flows."""
    known = [found for found in recorded(environment).registrations if f"-{region}" in found.name]
    ours = {found.inputs["metadata"]["name"] for found in known if found.type.endswith("/v1:Namespace")}
    policies = [found.inputs for found in known if found.type.endswith(":NetworkPolicy")]
    let_out = {
        (policy["metadata"]["namespace"], *flow)
        for policy in policies
        for rule in policy["spec"].get("egress", ())
        for flow in _flows(rule, "to", policy["metadata"]["namespace"])
    }
    for policy in policies:
        here = policy["metadata"]["namespace"]
        for rule in policy["spec"].get("ingress", ()):
            for source, port in _flows(rule, "from", here):
                if source in ours:
                    assert (source, here, port) in let_out, policy["metadata"]["name"]


def _flows(rule: dict[str, Any], end: str, here: str) -> set[tuple[str, int]]:
    """The namespaces at the other end, each with each port."""
    peers = [peer for peer in rule[end] if "ipBlock" not in peer]
    names = [peer.get("namespaceSelector", {}).get("matchLabels", {}).get(NAMESPACE_NAME, here) for peer in peers]
    return {(name, port["port"]) for name in names for port in rule["ports"]}


def test_dns_and_the_tokens_of_identities_are_reached() -> None:
    allowed = spec(f"{PRIMARY}-timescaledb-dns")["egress"]
    assert [port["port"] for port in allowed[0]["ports"]] == [53, 53]
    assert allowed[0]["to"][2] == {"ipBlock": {"cidr": "169.254.20.10/32"}}
    assert spec(f"{PRIMARY}-timescaledb-identity")["egress"][0]["to"] == [{"ipBlock": {"cidr": "169.254.169.254/32"}}]
    assert f"{PRIMARY}-elastic-system-identity" not in resources("prod"), "nothing in there has an identity of Google's"


def test_the_standby_has_the_namespaces_of_what_stands_by() -> None:
    names = {name for name, known in resources("prod").items() if known.type.endswith("/v1:Namespace") and ":" not in name}
    assert {name.removeprefix(f"{SECONDARY}-") for name in names if name.startswith(SECONDARY)} == {
        "timescaledb",
        "pgbouncer",
        "monitoring",
        "jobs",
    }
    assert {name.removeprefix(f"{PRIMARY}-") for name in names if name.startswith(PRIMARY)} == {
        *("timescaledb", "elasticsearch", "elastic-system", "pgbouncer", "services", "jobs", "monitoring"),
    }  # fmt: skip


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_quotas_have_room_for_the_pods_that_the_nodes_hold(environment: str) -> None:
    pools = load_stack_file(ROOT / f"Pulumi.{environment}.yaml").kubernetes.clusters["primary"].pools.values()
    for name, start in (("timescaledb", "timescaledb"), ("elasticsearch", "elasticsearch-"), ("pgbouncer", "pgbouncer")):
        pods = [pod for pool in pools for kind, pod in pool.pods.items() if kind.startswith(start)]
        hard = resources(environment)[f"{PRIMARY}-{name}-quota"].inputs["spec"]["hard"]
        assert sum(pod.count * pod.cpu for pod in pods) <= quantity(hard["requests.cpu"]), name
        assert sum(pod.count * pod.memory_gib for pod in pods) * 1024**3 <= quantity(hard["limits.memory"]), name


def test_storage_of_the_stores_fits_the_quotas() -> None:
    timescaledb, elasticsearch = (
        spec(f"{PRIMARY}-{name}-quota")["hard"]["requests.storage"] for name in ("timescaledb", "elasticsearch")
    )
    assert quantity(timescaledb) >= 3 * quantity("5376Gi"), "5 TiB of data and 256 GiB of log for each of three members (5.1)"
    assert quantity(elasticsearch) >= 3 * quantity("1Ti") + 3 * quantity("20Gi"), "three data nodes and three masters (8.1)"


def test_a_container_that_says_nothing_gets_little() -> None:
    assert spec(f"{PRIMARY}-services-limits")["limits"] == [
        {"type": "Container", "default": {"memory": "128Mi"}, "defaultRequest": {"cpu": "50m", "memory": "128Mi"}}
    ]


def test_every_workload_of_a_cluster_has_its_account() -> None:
    workloads = load_stack_file(ROOT / "Pulumi.prod.yaml").identities.workloads
    wanted = {
        known.kubernetes: f"{name}@alphintra-prod.iam.gserviceaccount.com"
        for name, known in workloads.items()
        if known.kubernetes
    }
    found = [
        known for known in recorded("prod").registrations if known.type.endswith(":ServiceAccount") and PRIMARY in known.name
    ]
    meta = [known.inputs["metadata"] for known in found]
    given = {f"{m['namespace']}/{m['name']}": m["annotations"]["iam.gke.io/gcp-service-account"] for m in meta}
    assert given == wanted
    assert not any(known.inputs["automountServiceAccountToken"] for known in found)


def test_stores_go_before_poolers_before_jobs() -> None:
    found = {known["metadata"]["name"]: known for known in objects("prod", "PriorityClass")}
    assert found["alphintra-store"]["value"] > found["alphintra-path"]["value"] > found["alphintra-batch"]["value"] > 0
    assert found["alphintra-batch"]["preemptionPolicy"] == "Never"
    assert not any(known["globalDefault"] for known in found.values())


@pytest.mark.parametrize(
    ("over", "says"),
    [
        ({"namespaces": {"kube-data": {}}}, "namespaces.kube-data begins as the cluster's own do"),
        (
            {"namespaces": {"jobs": None}},
            r"identities.workloads.migrations.kubernetes is jobs/migrations, but workspaces.namespaces has no jobs",
        ),
        ({"priorities": {"system-data": {"purpose": "Data stores"}}}, "priorities.system-data begins with system-"),
        ({"namespaces": {"jobs": {"pod_security": "privileged"}}}, "workspaces.namespaces.jobs.pod_security"),
        ({"namespaces": {"jobs": {"clusters": []}}}, "workspaces.namespaces.jobs.clusters"),
        ({"priorities": {"alphintra-store": {"value": 2_000_000_000}}}, "workspaces.priorities.alphintra-store.value"),
    ],
)
def test_bad_settings(over: dict[str, Any], says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        recorded("prod", {"workspaces": over})
