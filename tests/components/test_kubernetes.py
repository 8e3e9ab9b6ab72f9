"""Kubernetes: nodes that the requirements' pods fit on, who reaches the clusters, their backups, and what is refused."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from localcloud.values import at
from settings import SettingsError, load_stack_file
from settings.machines import Size, allocatable, machine_size

from ..environments import ENVIRONMENTS, kubernetes_clusters, of_type, recorded, resources

KEYS = "projects/alphintra-prod/locations/{}/keyRings/alphintra-data/cryptoKeys/{}"
CLUSTERS = {"us-central1": "alphintra-us-central1", "us-east1": "alphintra-us-east1"}
PRIMARY = resources("prod")["cluster-us-central1-cluster"].inputs


def pool(name: str, region: str = "us-central1", environment: str = "prod") -> dict[str, Any]:
    return resources(environment)[f"cluster-{region}-pool-{name}"].inputs


# -- what fits


@pytest.mark.parametrize(
    ("machine", "cpu", "memory"),
    [
        # https://cloud.google.com/kubernetes-engine/docs/concepts/plan-node-sizes, worked through by hand
        ("n2-standard-8", 7910, 29023),  # 32 GiB: 1024 + 819.2 + 819.2 + 983.04, and 100
        ("n2-custom-10-43008", 9905, 38648),
        ("n2-custom-4-24576", 3920, 21322),
        ("e2-standard-2", 1930, 6249),
        ("n2-highmem-32", 31850, 249879),
    ],
)
def test_what_gke_leaves_of_a_machine(machine: str, cpu: int, memory: int) -> None:
    left = allocatable(machine_size(machine))
    assert (round(left.cpu), round(left.memory)) == (cpu, memory)


def test_a_custom_machine_says_its_size() -> None:
    assert machine_size("n2-custom-10-43008") == Size(10_000, 43_008)


@pytest.mark.parametrize(
    ("name", "machine", "requests", "count"),
    [
        ("timescaledb", "n2-custom-10-43008", {"cpu": "8000m", "memory": "23552Mi", "hugepages-2Mi": "9Gi"}, 3),  # 5.1: 8 and 32
        ("elasticsearch-data", "n2-custom-4-24576", {"cpu": "2000m", "memory": "16384Mi"}, 3),  # 8.1: three with 16
        ("elasticsearch-masters", "n2-custom-4-24576", {"cpu": "1000m", "memory": "16384Mi"}, 3),
    ],
)
def test_the_stores_have_room(name: str, machine: str, requests: dict[str, str], count: int) -> None:
    found = pool(name)
    assert found["nodeConfig"]["machineType"] == machine
    assert found["nodeLocations"] == ["us-central1-a", "us-central1-b", "us-central1-c"], "one in each zone"
    assert found["nodeCount"] == 1
    offered = recorded("prod").stack_outputs["clusters"]["us-central1"]["pools"][name]
    assert offered["pods"] == {name: {"count": count, "requests": requests}}
    assert found["nodeConfig"]["labels"] == offered["nodeSelector"] == {"alphintra.io/pool": name}
    assert found["nodeConfig"]["taints"] == [{"key": "alphintra.io/pool", "value": name, "effect": "NO_SCHEDULE"}]


def test_the_kernel_knows_what_runs_on_it() -> None:
    assert at(pool("timescaledb"), "nodeConfig.linuxNodeConfig") == {"hugepagesConfig": {"hugepageSize2m": 9 * 512}}
    for kind in ("data", "masters"):
        linux = at(pool(f"elasticsearch-{kind}"), "nodeConfig.linuxNodeConfig")
        assert linux == {"sysctls": {"vm.max_map_count": "1048576"}}
    assert at(pool("general"), "nodeConfig.linuxNodeConfig") is None


def test_a_pool_that_does_not_grow_has_no_autoscaler() -> None:
    over = {"kubernetes": {"clusters": {"primary": {"pools": {"timescaledb": {"max_nodes_per_zone": 1}}}}}}
    fixed = resources("prod", over)["cluster-us-central1-pool-timescaledb"].inputs
    assert ("autoscaling" in fixed, fixed["ignoreNodeCountChanges"]) == (False, False)
    assert (at(pool("timescaledb"), "autoscaling.maxNodeCount"), pool("timescaledb")["ignoreNodeCountChanges"]) == (2, True)


def test_the_standby_follows_the_time_series_and_nothing_else() -> None:
    there = {name for name in resources("prod") if name.startswith("cluster-us-east1-pool-") and ":" not in name}
    assert there == {"cluster-us-east1-pool-timescaledb", "cluster-us-east1-pool-general"}
    assert pool("timescaledb", "us-east1")["nodeLocations"] == ["us-east1-b", "us-east1-c"]  # 10.2: us-east1-b
    same = ("nodeConfig.machineType", "nodeConfig.linuxNodeConfig", "nodeConfig.diskType", "nodeConfig.taints")
    for path in same:
        assert at(pool("timescaledb", "us-east1"), path) == at(pool("timescaledb"), path)


# -- the clusters


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("name", "alphintra-us-central1"),
        ("location", "us-central1"),  # 10.2: a region, with three zones
        ("nodeLocations", ["us-central1-a", "us-central1-b", "us-central1-c"]),
        ("networkingMode", "VPC_NATIVE"),
        ("ipAllocationPolicy", {"clusterSecondaryRangeName": "pods", "servicesSecondaryRangeName": "services"}),
        ("subnetwork", "projects/alphintra-prod/regions/us-central1/subnetworks/alphintra-vpc-us-central1"),
        ("datapathProvider", "ADVANCED_DATAPATH"),
        ("enableIntranodeVisibility", True),
        ("privateClusterConfig", {"enablePrivateNodes": True, "enablePrivateEndpoint": True}),
        ("controlPlaneEndpointsConfig.dnsEndpointConfig.allowExternalTraffic", True),
        ("masterAuthorizedNetworksConfig.cidrBlocks", []),
        ("masterAuthorizedNetworksConfig.gcpPublicCidrsAccessEnabled", False),
        ("masterAuth.clientCertificateConfig.issueClientCertificate", False),
        ("enableLegacyAbac", False),
        ("workloadIdentityConfig.workloadPool", "alphintra-prod.svc.id.goog"),
        ("databaseEncryption", {"state": "ENCRYPTED", "keyName": KEYS.format("us-central1", "cluster")}),
        ("nodeConfig.bootDiskKmsKey", KEYS.format("us-central1", "cluster")),
        ("nodeConfig.serviceAccount", "gke-us-central1@alphintra-prod.iam.gserviceaccount.com"),
        ("removeDefaultNodePool", True),
        ("binaryAuthorization.evaluationMode", "PROJECT_SINGLETON_POLICY_ENFORCE"),
        ("enableShieldedNodes", True),
        ("securityPostureConfig.mode", "BASIC"),
        ("secretManagerConfig.enabled", True),
        ("releaseChannel.channel", "REGULAR"),
        ("monitoringConfig.managedPrometheus.enabled", True),
        ("costManagementConfig.enabled", True),
        ("addonsConfig.gkeBackupAgentConfig.enabled", True),
        ("addonsConfig.gcePersistentDiskCsiDriverConfig.enabled", True),
        ("addonsConfig.gcsFuseCsiDriverConfig.enabled", False),
        ("addonsConfig.dnsCacheConfig.enabled", True),
        ("deletionProtection", True),
        ("maintenancePolicy.recurringWindow", {"startTime": "2026-01-01T06:00:00Z", "endTime": "2026-01-01T12:00:00Z",
                                               "recurrence": "FREQ=WEEKLY;BYDAY=SA,SU"}),
    ],
)  # fmt: skip
def test_the_primary(path: str, value: Any) -> None:
    assert at(PRIMARY, path) == value


def test_both_clusters_come_from_one_description() -> None:
    standby = resources("prod")["cluster-us-east1-cluster"].inputs
    regional = {
        "location", "name", "nodeLocations", "subnetwork", "databaseEncryption", "nodeConfig", "maintenancePolicy",
    }  # fmt: skip
    assert {key for key in PRIMARY if PRIMARY[key] != standby.get(key)} == regional
    assert at(standby, "databaseEncryption.keyName") == KEYS.format("us-east1", "cluster")
    assert at(standby, "maintenancePolicy.recurringWindow.recurrence") == "FREQ=WEEKLY;BYDAY=TU,WE", "before the primary"


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_node_is_shielded_private_and_has_an_identity_that_can_little(environment: str) -> None:
    found = of_type(environment, "NodePool")
    assert found
    for known in found:
        nodes, region = known.inputs["nodeConfig"], known.inputs["location"]
        assert nodes["shieldedInstanceConfig"] == {"enableSecureBoot": True, "enableIntegrityMonitoring": True}
        assert nodes["workloadMetadataConfig"] == {"mode": "GKE_METADATA"}
        assert nodes["serviceAccount"].startswith(f"gke-{region}@")
        assert nodes["kubeletConfig"]["insecureKubeletReadonlyPortEnabled"] == "FALSE"
        assert known.inputs["networkConfig"]["enablePrivateNodes"] is True
        assert (nodes.get("bootDiskKmsKey") is None) is (environment == "dev")
        assert nodes["resourceLabels"]["environment"] == environment


def test_nodes_wait_for_their_grant() -> None:
    grant = resources("prod")["cluster-us-central1-nodes-defaultNodeServiceAccount"]
    for known in of_type("prod", "NodePool"):
        if known.inputs["location"] == "us-central1":
            assert grant.urn in known.dependencies


def test_the_default_pool_changes_nothing_once_it_is_gone() -> None:
    assert resources("prod")["cluster-us-central1-cluster"].ignore_changes == ["initialNodeCount", "nodeConfig"]


def test_the_disks_agent_comes_with_its_api() -> None:
    assert not [k for k in of_type("prod", "ServiceIdentity") if k.inputs["service"] == "compute.googleapis.com"]
    members = {k.inputs["member"].split("@")[1] for k in of_type("prod", "CryptoKeyIAMMember") if "-cluster-" in k.name}
    assert members == {"compute-system.iam.gserviceaccount.com", "container-engine-robot.iam.gserviceaccount.com"}


def test_clients_reach_a_cluster_by_its_dns_name() -> None:
    for region, found in recorded("prod").stack_outputs["clusters"].items():
        assert (found["name"], found["location"]) == (CLUSTERS[region], region)
        assert found["endpoint"].endswith(f".{region}.gke.goog")
        assert f"https://{found['endpoint']}" in found["kubeconfig"]


def test_a_workload_is_bound_once_there_is_a_cluster() -> None:
    bindings = [k for k in recorded("prod").registrations if k.inputs.get("role") == "roles/iam.workloadIdentityUser"]
    clusters = {known.urn for known in kubernetes_clusters("prod")}
    assert bindings
    assert all(clusters <= set(known.dependencies) for known in bindings)


def test_nodes_reach_their_control_plane_and_names() -> None:
    rule = resources("prod")["network-firewall-allow-cluster-egress"].inputs
    ports = {entry["ipProtocol"]: entry["ports"] for entry in rule["match"]["layer4Configs"]}
    assert {"443", "8132", "10250", "53"} <= set(ports["tcp"])
    assert ports["udp"] == ["53"]
    assert (rule["direction"], rule["action"]) == ("EGRESS", "allow")
    assert not {"0.0.0.0/0"} & set(rule["match"]["destIpRanges"])


# -- backups


def test_each_cluster_is_backed_up_into_the_other_region() -> None:
    found = {k.inputs["cluster"].rsplit("/", 1)[-1]: k.inputs for k in of_type("prod", "BackupPlan")}
    assert set(found) == set(CLUSTERS.values())
    for region, elsewhere in (("us-central1", "us-east1"), ("us-east1", "us-central1")):
        plan = found[CLUSTERS[region]]
        assert plan["location"] == elsewhere
        assert at(plan, "backupConfig.encryptionKey.gcpKmsEncryptionKey") == KEYS.format(elsewhere, "backups")
        assert at(plan, "backupConfig.allNamespaces") is at(plan, "backupConfig.includeSecrets") is True
        assert at(plan, "backupConfig.includeVolumeData") is True
        assert at(plan, "backupSchedule.rpoConfig.targetRpoMinutes") == 120
        assert plan["retentionPolicy"] == {"backupRetainDays": 30, "backupDeleteLockDays": 7}  # 10.1: 30 days


def test_the_primary_can_be_brought_back_in_either_region() -> None:
    found = {(k.inputs["backupPlan"].rsplit("/", 1)[-1], k.inputs["location"]): k.inputs for k in of_type("prod", "RestorePlan")}
    assert set(found) == {
        (CLUSTERS["us-central1"], "us-central1"), (CLUSTERS["us-central1"], "us-east1"), (CLUSTERS["us-east1"], "us-east1"),
    }  # fmt: skip
    for (_, location), restore in found.items():
        assert restore["cluster"].endswith(f"/locations/{location}/clusters/{CLUSTERS[location]}")
        assert at(restore, "restoreConfig.namespacedResourceRestoreMode") == "MERGE_SKIP_ON_CONFLICT"
        assert at(restore, "restoreConfig.clusterResourceRestoreScope.noGroupKinds") is True


# -- the other environments


def test_dev_is_one_small_cluster_in_one_zone() -> None:
    (found,) = kubernetes_clusters("dev")
    assert (found.inputs["location"], found.inputs["nodeLocations"]) == ("us-central1", ["us-central1-a"])
    (nodes,) = of_type("dev", "NodePool")
    assert (nodes.inputs["nodeCount"], at(nodes.inputs, "nodeConfig.machineType")) == (1, "e2-standard-4")
    assert "taints" not in nodes.inputs["nodeConfig"]
    assert at(nodes.inputs, "nodeConfig.linuxNodeConfig.sysctls") == {"vm.max_map_count": "1048576"}
    offered = recorded("dev").stack_outputs["clusters"]["us-central1"]["pools"]["general"]["pods"]
    assert {"timescaledb", "elasticsearch-data", "pgbouncer"} <= set(offered), "each store once"
    assert {pod["count"] for pod in offered.values()} == {1}


def test_staging_has_smaller_machines() -> None:
    machines = {
        name: pool(name, environment="staging")["nodeConfig"]["machineType"] for name in ("timescaledb", "elasticsearch-data")
    }
    assert machines == {"timescaledb": "n2-standard-4", "elasticsearch-data": "n2-standard-2"}


# -- bad input


def pools(text: str) -> str:
    return "{kubernetes: {clusters: {primary: {pools: {" + text + "}}}}}"


BAD = [
    (pools("timescaledb: {machine_type: n2-standard-8}"),
     r"pools.timescaledb.machine_type is n2-standard-8, which is too small: of 8000m CPU and 32768 MiB GKE leaves 7910m CPU and "
     r"29023 MiB; less 500m CPU and 1536 MiB for its own pods and 9216 MiB in huge pages that is 7410m CPU and 18271 MiB, but a "
     r"node must hold 1 x timescaledb \(8000m CPU and 23552 MiB\)"),
    (pools("elasticsearch-data: {machine_type: n2-custom-4-20480}"), "GKE leaves 3920m CPU and 17472 MiB"),
    (pools("timescaledb: {zones: [a]}"), "3 x timescaledb .* Take a larger machine, or more nodes_per_zone"),
    (pools("general: {machine_type: c3-standard-4}"), "take a type of the families e2, n2 or n2d"),
    (pools("general: {machine_type: n2-standard-5}"), "n2 machines have 2, 4, 8"),
    (pools("general: {machine_type: n2-custom-5-20480}"), "an even number of vCPUs"),
    (pools("general: {machine_type: n2-custom-2-20480}"), "in steps of 256: here 1024 to 16384"),
    (pools("general: {nodes_per_zone: 9}"), r"max_nodes_per_zone is 4, below nodes_per_zone \(9\)"),
    (pools("general: {dedicated: true}"), "pools are all dedicated"),
    (pools("general: {sysctls: {swappiness: '1'}}"), "it must match"),
    (pools("general: {max_nodes_per_zone: 100, max_pods_per_node: 256}"),
     r"network.primary.pods \(10.4.0.0/18\) has 16384 addresses, but kubernetes.clusters.primary can grow to 330 nodes, which need "
     r"156864 \(with the addresses that each takes: timescaledb 9 x 64, .*general 303 x 512\); take a /14, or fewer nodes"),
    (pools("general: {max_nodes_per_zone: 85, max_pods_per_node: 8}"),
     r"network.primary.nodes \(10.0.0.0/24\) has 256 addresses, but .* 285 nodes, which need 317 .*take a /23"),
    ("{kubernetes: {clusters: {primary: {maintenance: {days: [SU]}}}}}", "leave 24 hours in four weeks .* GKE needs 48"),
    ("{kubernetes: {clusters: {primary: null}}}", "clusters.primary is missing"),
    ("{kubernetes: {backups: {rpo_minutes: 60}}}", "which is 15 days; raise rpo_minutes to 120"),
    ("{kubernetes: {backups: {delete_lock_days: 31}}}", r"delete_lock_days is 31, more than retain_days \(30\)"),
    ("{kubernetes: {backups: {rpo_minutes: 30}}}", "60"),
    ("{kubernetes: {name: " + "a" * 30 + "}}", "would call a cluster a+-us-central1, 42 characters; GKE takes 40"),
    ("{encryption: {keys: {cluster: {regions: [primary]}}}}", "encryption.keys.cluster.regions lacks secondary, where kubernetes.clusters.secondary is"),
    ("{encryption: {keys: {backups: {regions: [primary]}}}}", "encryption.keys.backups.regions lacks secondary, where the backup of kubernetes.clusters.primary is"),
]  # fmt: skip
SMALL = "  alphintra:network: {primary: {nodes: 10.0.0.0/24, pods: 10.4.0.0/18}}\n"


@pytest.mark.parametrize(("text", "says"), BAD, ids=range(len(BAD)))
def test_bad_values(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "Pulumi.test.yaml"
    (section, _, body) = text.removeprefix("{").removesuffix("}").partition(": ")
    file.write_text(
        f"config:\n  alphintra:environment: prod\n  alphintra:project: {{id: alphintra-test}}\n{SMALL}  alphintra:{section}: {body}\n"
    )
    with pytest.raises(SettingsError) as caught:
        load_stack_file(file)
    assert re.search(says, str(caught.value)), str(caught.value)
