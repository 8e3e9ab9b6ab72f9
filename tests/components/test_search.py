"""The search engine: sections 8.1 and 8.2, each number at the property that carries it, and what may reach what."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from database.search import PROGRAM
from localcloud.kubernetes.pods import quantity
from localcloud.values import at
from settings import SettingsError
from settings.search import Search

from ..environments import ENVIRONMENTS, recorded, resources

REGION = "us-central1"


def known(name: str, environment: str = "prod") -> dict[str, Any]:
    return resources(environment)[name].inputs


def nodes(environment: str = "prod") -> dict[str, dict[str, Any]]:
    return {entry["name"]: entry for entry in known(f"search-{REGION}-cluster", environment)["spec"]["nodeSets"]}


def plan(environment: str = "prod") -> dict[str, Any]:
    return json.loads(known(f"search-setup-{REGION}-plan", environment)["data"]["plan.json"])


def body(path: str, environment: str = "prod") -> dict[str, Any]:
    return next(put["body"] for put in plan(environment)["puts"] if put["path"] == path)


def policy(name: str) -> dict[str, Any]:
    return known(name)["spec"]


# -- 8.1


def test_three_masters_and_three_data_nodes_with_a_tebibyte_and_16_gib() -> None:
    assert known(f"search-{REGION}-cluster")["metadata"]["name"] == "alphintra-search-cluster"
    masters, data = nodes()["masters"], nodes()["data"]
    assert (masters["count"], masters["config"]["node.roles"]) == (3, ["master"]), "they do nothing else"
    assert (data["count"], "data" in data["config"]["node.roles"], "master" in data["config"]["node.roles"]) == (3, True, False)
    for entry in (masters, data):
        size = entry["podTemplate"]["spec"]["containers"][0]["resources"]
        assert quantity(size["requests"]["memory"]) == quantity("16Gi")
        assert size["limits"]["memory"] == size["requests"]["memory"], "the heap follows the limit"
    (claim,) = data["volumeClaimTemplates"]
    assert claim["metadata"]["name"] == "elasticsearch-data", "the operator mounts no other"
    assert quantity(claim["spec"]["resources"]["requests"]["storage"]) == quantity("1Ti")
    assert claim["spec"]["storageClassName"] == known(f"storage-classes-{REGION}-ssd")["metadata"]["name"]


def test_the_version_is_newer_than_8_8_and_its_image_is_pinned() -> None:
    spec = known(f"search-{REGION}-cluster")["spec"]
    assert tuple(int(part) for part in spec["version"].split(".")[:2]) >= (8, 8)
    assert f":{spec['version']}@sha256:" in spec["image"]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_nodes_are_spread_over_zones_and_on_their_pool(environment: str) -> None:
    pools = {r.inputs["name"]: r.inputs for r in recorded(environment).registrations if r.type.endswith(":NodePool")}
    for entry in nodes(environment).values():
        spec = entry["podTemplate"]["spec"]
        pool = pools[spec["nodeSelector"]["alphintra.io/pool"]]
        assert entry["zoneAwareness"] == {}
        tainted = {taint["value"] for taint in at(pool, "nodeConfig.taints") or ()}
        assert {toleration["value"] for toleration in spec.get("tolerations", ())} == tainted
        assert int(at(pool, "nodeConfig.linuxNodeConfig.sysctls")["vm.max_map_count"]) >= 262144, "mapped files"
        assert spec["priorityClassName"] == "alphintra-store"


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_a_cluster_that_is_deleted_or_upgraded_loses_nothing(environment: str) -> None:
    spec = known(f"search-{REGION}-cluster", environment)["spec"]
    assert spec["volumeClaimDeletePolicy"] == "DeleteOnScaledownOnly", "the default deletes the volumes"
    assert spec["updateStrategy"]["changeBudget"] == {"maxSurge": 0, "maxUnavailable": 1}


def test_an_update_waits_until_the_cluster_is_green() -> None:
    waited = json.loads(known(f"search-{REGION}-cluster")["metadata"]["annotations"]["pulumi.com/waitFor"])
    assert waited == ["jsonpath={.status.phase}=Ready", "jsonpath={.status.health}=green"]
    assert resources("prod")[f"search-{REGION}-cluster"].timeouts == {"create": "30m", "update": "30m"}


def test_tls_and_passwords_are_not_turned_off() -> None:
    text = json.dumps(known(f"search-{REGION}-cluster"))
    assert "xpack.security" not in text
    assert "selfSignedCertificate" not in text
    assert "anonymous" not in text
    assert "license" not in text


def test_nothing_that_is_paid_for() -> None:
    text = json.dumps(plan()) + json.dumps(known(f"search-{REGION}-cluster"))
    for paid in (
        "field_security",
        '"query"',
        "_ccr",
        "remoteClusters",
        "StackConfigPolicy",
        "watcher",
        '"ml"',
        "searchable_snapshot",
    ):
        assert paid not in text, paid


# -- 8.2, mended


def test_the_index_template() -> None:
    template = body("/_index_template/marketplace-strategies")
    assert template["index_patterns"] == ["marketplace-strategies-*"]
    settings = template["template"]["settings"]
    assert (settings["number_of_shards"], settings["number_of_replicas"]) == (2, 1)
    assert settings["index.search.slowlog.threshold.query.warn"] == "1000ms", "11.2"
    assert settings["analysis"]["analyzer"]["strategy_analyzer"] == {
        "type": "custom",
        "tokenizer": "standard",
        "filter": ["lowercase", "stop", "snowball"],
    }
    fields = template["template"]["mappings"]["properties"]
    assert template["template"]["mappings"]["dynamic"] == "strict"
    assert template["priority"] > 200, "above those that Elasticsearch brings along"
    literal = {
        "title": "text", "description": "text", "category": "keyword", "tags": "keyword", "average_rating": "float",
        "downloads_count": "integer", "risk_level": "keyword", "supported_markets": "keyword", "performance_metrics": "object",
        "created_at": "date", "updated_at": "date",
    }  # fmt: skip
    assert {name: fields[name]["type"] for name in literal} == literal
    assert {name: known["type"] for name, known in fields["performance_metrics"]["properties"].items()} == {
        "sharpe_ratio": "float", "max_drawdown": "float", "total_return": "float",
    }  # fmt: skip
    for name in ("title", "description"):
        assert fields[name]["analyzer"] == "strategy_analyzer"
    assert fields["title"]["fields"]["keyword"]["type"] == "keyword"


def test_only_approved_strategies_are_searched_and_they_cannot_be_got_by_id() -> None:
    (index,) = plan()["indices"]
    assert index["aliases"]["marketplace-strategies"]["filter"] == {"term": {"status": "APPROVED"}}
    role = body("/_security/role/search-query")
    assert [entry["names"] for entry in role["indices"]] == [["marketplace-strategies"]]
    assert all("search" in privilege for privilege in role["indices"][0]["privileges"]), "an alias filters searches only"
    writer = body("/_security/role/search-ingest")
    assert writer == {"cluster": [], "indices": [{"names": ["marketplace-strategies-write"], "privileges": ["index"]}]}


def test_snapshots_go_to_the_other_region_as_the_pods_own_identity() -> None:
    repository, policy = body("/_snapshot/backups"), body("/_slm/policy/snapshots")
    assert repository == {
        "type": "gcs",
        "settings": {"bucket": "alphintra-backups", "base_path": "database/elasticsearch", "client": "default"},
    }
    assert known("storage-backups")["location"].lower() == "us-east1"
    assert policy["repository"] == "backups"
    assert policy["retention"]["expire_after"] == "30d", "10.1"
    assert policy["config"]["include_global_state"] is True
    assert policy["config"]["indices"] == ["*", "-search-verify-*"], "not what is restored for a look"
    for entry in nodes().values():
        assert entry["podTemplate"]["spec"]["serviceAccountName"] == "elasticsearch"
    grant = known("storage-backups-search")
    assert "objects/database/elasticsearch/" in grant["condition"]["expression"]


def test_an_index_in_use_is_never_deleted_and_one_that_was_replaced_goes() -> None:
    assert [*body("/_ilm/policy/marketplace-strategies")["policy"]["phases"]] == ["hot"]
    assert body("/_ilm/policy/retired")["policy"]["phases"] == {"delete": {"min_age": "7d", "actions": {"delete": {}}}}


# -- the set-up


def test_the_job_is_made_anew_for_every_change_and_for_nothing_else() -> None:
    names = [
        resources("prod", over)[f"search-setup-{REGION}-job"].inputs["metadata"]["name"]
        for over in (
            {},
            {"search": {"index": {"slow_query_ms": 500}}},
            {"secrets": {"credentials": {"search-query": {"version": 2}}}},
            {"labels": {"owner": "others"}},
        )
    ]
    assert len(set(names[:3])) == 3
    assert names[3] == names[0]


def test_the_job_runs_what_the_tests_run() -> None:
    assert known(f"search-setup-{REGION}-plan")["data"]["apply.py"] == PROGRAM.read_text()
    spec = known(f"search-setup-{REGION}-job")["spec"]
    assert (spec["backoffLimit"], spec["activeDeadlineSeconds"]) == (3, 1800)
    assert "ttlSecondsAfterFinished" not in spec, "a Job that goes by itself would be made again by every update"


def test_passwords_are_files_of_secret_manager_and_in_no_object() -> None:
    classes = [r.inputs for r in recorded("prod").registrations if r.type.endswith(":SecretProviderClass") and "search" in r.name]
    mounted = {file["path"]: file["resourceName"] for c in classes for file in json.loads(c["spec"]["parameters"]["secrets"])}
    assert mounted["search-ingest"] == "projects/alphintra-prod/secrets/search-ingest/versions/latest"
    assert mounted["password"] == "projects/alphintra-prod/secrets/search-monitor/versions/latest"
    assert not [r.urn for r in recorded("prod").registrations if r.type == "kubernetes:core/v1:Secret"]
    assert "[secret]" not in json.dumps(
        [known(f"search-{part}-{REGION}-{kind}") for part, kind in (("setup", "job"), ("exporter", "deployment"))]
    )


# -- the operator


def test_the_kinds_outlive_the_operator() -> None:
    kinds = [r for r in recorded("prod").registrations if r.type.endswith(":CustomResourceDefinition")]
    assert len(kinds) == 12, "it waits for all of them"
    assert all(kind.protect for kind in kinds)
    operator = resources("prod")[f"elastic-operator-{REGION}-deployment"]
    assert {kind.urn for kind in kinds} <= set(operator.dependencies)
    assert operator.urn in resources("prod")[f"search-{REGION}-cluster"].dependencies


def test_the_definition_knows_what_is_declared_with_it() -> None:
    schema = known(f"elastic-operator-{REGION}-elasticsearches")["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    declared = known(f"search-{REGION}-cluster")["spec"]
    assert declared.keys() <= schema["properties"]["spec"]["properties"].keys()
    fields = schema["properties"]["spec"]["properties"]["nodeSets"]["items"]["properties"]
    assert all(entry.keys() <= fields.keys() for entry in declared["nodeSets"])


def test_the_operator_may_act_in_two_namespaces() -> None:
    roles = [r.inputs for r in recorded("prod").registrations if r.type.endswith(":Role") and "elastic" in r.name]
    assert {role["metadata"]["namespace"] for role in roles} == {"elastic-system", "elasticsearch"}
    cluster = known(f"elastic-operator-{REGION}-role:ClusterRole")
    assert {(r, v) for rule in cluster["rules"] for r in rule["resources"] for v in rule["verbs"]} == {
        (resource, verb) for resource in ("nodes", "storageclasses") for verb in ("get", "list", "watch")
    }
    config = json.loads(known(f"elastic-operator-{REGION}-config")["data"]["eck.yaml"])
    assert config["namespaces"] == ["elasticsearch"]
    assert config["enable-webhook"] is False
    assert "topology.kubernetes.io/.*" in config["exposed-node-labels"], "else zone awareness is refused"


def test_a_changed_configuration_restarts_the_operator() -> None:
    template = known(f"elastic-operator-{REGION}-deployment")["spec"]["template"]
    assert len(template["metadata"]["annotations"]["alphintra.io/config"]) == 16


# -- who reaches what


def test_who_reaches_the_nodes() -> None:
    incoming = policy(f"search-{REGION}-traffic")["ingress"]
    found = {
        (
            at(rule["from"][0], "namespaceSelector.matchLabels")
            and at(rule["from"][0], "namespaceSelector.matchLabels")["kubernetes.io/metadata.name"],
            *(port["port"] for port in rule["ports"]),
        )
        for rule in incoming
    }
    assert found == {(None, 9200, 9300), (None, 9200), ("elastic-system", 9200), ("services", 9200)}


def test_what_the_nodes_reach() -> None:
    peers, google = policy(f"search-{REGION}-traffic")["egress"]
    assert [port["port"] for port in peers["ports"]] == [9200, 9300]
    assert (google["to"], google["ports"][0]["port"]) == ([{"ipBlock": {"cidr": "199.36.153.8/30"}}], 443), "Cloud Storage"


def test_the_operator_reaches_the_control_plane_and_the_nodes() -> None:
    api, elasticsearch = policy(f"elastic-operator-{REGION}-traffic")["egress"]
    assert (api["to"], api["ports"][0]["port"]) == ([{"ipBlock": {"cidr": "10.0.0.0/20"}}], 443)
    assert elasticsearch["ports"][0]["port"] == 9200


def test_metrics_are_collected_of_the_cluster_and_the_operator() -> None:
    for role, namespace in (("cluster", "elasticsearch"), ("operator", "elastic-system")):
        found = known(f"search-exporter-{REGION}-monitoring-{role}")
        assert found["metadata"]["namespace"] == namespace
        assert found["spec"]["endpoints"] == [{"port": "metrics", "interval": "30s"}]
    command = known(f"search-exporter-{REGION}-deployment")["spec"]["template"]["spec"]["containers"][0]["command"]
    assert "--es.ca=/etc/search/ca/ca.crt" in command[-1]
    assert "skip-verify" not in command[-1]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_pods_keep_to_the_restricted_profile(environment: str) -> None:
    names = [f"{part}-{REGION}-deployment" for part in ("elastic-operator", "search-exporter")] + [f"search-setup-{REGION}-job"]
    specs = [known(name, environment)["spec"]["template"]["spec"] for name in names]
    specs += [entry["podTemplate"]["spec"] for entry in nodes(environment).values()]
    for spec in specs:
        assert spec["securityContext"]["runAsNonRoot"] is True
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        for container in spec["containers"]:
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }


def test_only_the_operator_talks_to_the_api_server() -> None:
    mounts = {
        name: resources("prod")[name].inputs["spec"]["template"]["spec"]["automountServiceAccountToken"]
        for name in (
            f"elastic-operator-{REGION}-deployment",
            f"search-exporter-{REGION}-deployment",
            f"search-setup-{REGION}-job",
        )
    }
    assert [name for name, mounted in mounts.items() if mounted] == [f"elastic-operator-{REGION}-deployment"]


# -- smaller environments


def test_dev_is_one_node_and_staging_has_all_of_them_smaller() -> None:
    (one,) = nodes("dev").values()
    assert (one["count"], set(one["config"]["node.roles"])) == (1, {"master", "data", "ingest", "transform"})
    assert body("/_index_template/marketplace-strategies", "dev")["template"]["settings"]["number_of_replicas"] == 0
    assert [entry["count"] for entry in nodes("staging").values()] == [3, 3]
    claim = nodes("staging")["data"]["volumeClaimTemplates"][0]
    assert claim["spec"]["resources"]["requests"]["storage"] == "200Gi"


# -- bad settings

BAD: list[tuple[dict[str, Any], str]] = [
    ({"kubernetes": {"clusters": {"primary": {"pools": {"elasticsearch-masters": {"pods": {"elasticsearch-masters": {"count": 2}}}}}}}},
     r"search.node_sets has 2 nodes with the role master \(2 in masters\), an even number, which survives no more failures than one fewer"),
    ({"search": {"node_sets": {"masters": None}}}, r"search.node_sets has 0 nodes with the role master \(none\), an even number, which survives nothing at all"),
    ({"search": {"node_sets": {"data": {"pods": "elasticsearch"}}}}, "search.node_sets.data.pods is elasticsearch, but no pool of kubernetes.clusters.primary has such pods; there are timescaledb"),
    ({"search": {"index": {"replicas": 3}}}, "search.index.replicas is 3, but there are 3 nodes with the role data: each copy needs one of its own, so 3 nodes hold 2"),
    ({"search": {"index": {"replicas": 2}}}, "search.index.replicas is 2, but of 3 nodes with the role data 2 are left while one is away, and hold 1 beside the first: the cluster would stay yellow"),
    ({"search": {"node_sets": {"data": {"disk_gib": 2048}}}}, r"search.node_sets ask for 3 x 20 \+ 3 x 2048 = 6204 GiB of disks, but workspaces.namespaces.elasticsearch.quota.storage_gib is 4096"),
    ({"kubernetes": {"clusters": {"primary": {"pools": {"elasticsearch-data": {"pods": {"elasticsearch-data": {"memory_gib": 1}}}}}}}}, "pods elasticsearch-data have 1 GiB, but a node needs 2"),
    ({"kubernetes": {"clusters": {"primary": {"pools": {"elasticsearch-data": {"pods": {"elasticsearch-data": {"memory_gib": 24}}}}}}}}, "elasticsearch-data.machine_type is n2-custom-4-24576, which is too small"),
    ({"search": {"image": "docker.elastic.co/elasticsearch/elasticsearch:8.19.20"}}, "search.image is docker.elastic.co/elasticsearch/elasticsearch:8.19.20, but in prod an image has its digest too"),
    ({"search": {"exporter_image": "gcr.io/some/exporter:v1@sha256:" + "0" * 64}}, "search.exporter_image is gcr.io/.*, but images.upstreams has no gcr.io; there are docker.io"),
    ({"search": {"version": "8.19.21"}}, "image has the tag '8.19.20', but version is 8.19.21"),
    ({"search": {"version": "8.19.14"}}, "version is 8.19.14, in which workloads' identities do not work with Cloud Storage"),
    ({"search": {"version": "8.7.1"}}, r"version is 8.7.1, but 8.8 is the oldest that is wanted \(§8.1\)"),
    ({"search": {"name": "a" * 37}}, "search.name"),
    ({"search": {"node_sets": {"data": {"roles": ["data", "ml"]}}}}, "search.node_sets.data.roles"),
    ({"search": {"clients": ["nobody"]}}, "search.clients names 'nobody', which is no workload"),
    ({"search": {"clients": ["cache-archive"]}}, "search.clients names cache-archive, which runs outside the clusters"),
    ({"search": {"snapshots": {"bucket": "datasets", "folder": "market-data/"}}}, "search.snapshots.bucket is datasets, which is in the region that would be lost"),
    ({"search": {"snapshots": {"folder": "database/search/"}}}, "search.snapshots.folder is database/search/, but the workload elasticsearch writes to database/elasticsearch/ in backups"),
    ({"search": {"snapshots": {"keep_days": 90}}}, r"keep_at_most is 60, below keep_at_least \(7\) or what keep_days \(90\) comes to"),
]  # fmt: skip


@pytest.mark.parametrize(("over", "says"), BAD, ids=[says[:40] for _, says in BAD])
def test_bad_settings(over: dict[str, Any], says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        recorded("prod", over)


def test_a_digest_alone_is_no_version() -> None:
    with pytest.raises(ValidationError, match="image"):
        Search(image="docker.elastic.co/elasticsearch/elasticsearch@sha256:" + "0" * 64)
