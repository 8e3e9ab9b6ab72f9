"""The time series on Kubernetes: every number of the requirements at the property that carries it."""

from __future__ import annotations

import itertools
import json
import re
from pathlib import Path
from typing import Any

import pytest

from components.timescaledb.parameters import everywhere, own
from localcloud.kubernetes.pods import quantity
from settings import load_stack_file
from settings.timeseries import Members, TimeSeries
from settings.yaml_file import parse
from tools.recorder import ROOT

from ..environments import ENVIRONMENTS, recorded, resources
from ..settings.refusals import refusal

PRIMARY, STANDBY = "timeseries-us-central1", "timeseries-us-east1"


def spec(name: str, environment: str = "prod") -> dict[str, Any]:
    return resources(environment)[name].inputs["spec"]


def pod(region: str = PRIMARY, environment: str = "prod") -> dict[str, Any]:
    return spec(f"{region}-members", environment)["template"]["spec"]


def files(region: str = PRIMARY, environment: str = "prod") -> dict[str, Any]:
    return resources(environment)[f"{region}-configuration"].inputs["data"]


def patroni(region: str = PRIMARY, environment: str = "prod") -> dict[str, Any]:
    return json.loads(files(region, environment)["patroni.yml"])


# -- members


def test_three_members_of_8_processors_and_32_gib() -> None:
    members = spec(f"{PRIMARY}-members")
    assert members["replicas"] == 3
    asked = [container["resources"]["requests"] for container in pod()["containers"]]
    assert sum(quantity(each["cpu"]) for each in asked) == 8, "5.1: 8 vCPU"
    memory = sum(quantity(each["memory"]) for each in asked) + quantity(asked[0]["hugepages-2Mi"])
    assert memory == quantity("32Gi"), "5.1: 32 GB"
    for container in pod()["containers"]:
        assert container["resources"]["limits"]["memory"] == container["resources"]["requests"]["memory"]


@pytest.mark.parametrize(("volume", "size"), [("data", "5120Gi"), ("log", "256Gi")])
def test_volumes(volume: str, size: str) -> None:
    for region, members in ((PRIMARY, 3), (STANDBY, 2)):
        scope = spec(f"{region}-members")["serviceName"].removesuffix("-pods")
        for number in range(members):
            known = resources("prod")[f"{region}-{volume}-{number}"]
            assert known.inputs["metadata"]["name"] == f"{volume}-{scope}-{number}", "the name that the set looks for"
            assert known.inputs["spec"]["resources"]["requests"]["storage"] == size, "5.1: 5 TB"
            assert known.inputs["spec"]["storageClassName"] == "alphintra-ssd"
            assert known.protect


def test_members_are_in_different_zones_and_on_nodes_of_their_own() -> None:
    [spread] = pod()["topologySpreadConstraints"]
    assert (spread["topologyKey"], spread["maxSkew"], spread["whenUnsatisfiable"]) == (
        "topology.kubernetes.io/zone",
        1,
        "DoNotSchedule",
    )
    apart = pod()["affinity"]["podAntiAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    assert [term["topologyKey"] for term in apart] == ["kubernetes.io/hostname"]
    assert pod()["nodeSelector"] == {"alphintra.io/pool": "timescaledb"}


def test_one_disruption_at_a_time_over_all_members() -> None:
    budget = spec(f"{PRIMARY}-access-disruption")
    assert budget == {"maxUnavailable": 1, "selector": spec(f"{PRIMARY}-members")["selector"]}
    assert "role" not in budget["selector"]["matchLabels"], "one for the leader alone would block every drain"


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_pods_keep_to_the_restricted_profile_with_nothing_writable_but_volumes(environment: str) -> None:
    for known in recorded(environment).registrations:
        if not known.name.startswith("timeseries-") or not known.type.endswith((":StatefulSet", ":Job", ":CronJob")):
            continue
        found = known.inputs["spec"]
        inside = found.get("jobTemplate", found).get("spec", found) if "jobTemplate" in found else found
        one = inside["template"]["spec"]
        assert one["securityContext"]["runAsNonRoot"] is True, known.name
        assert one["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert one["automountServiceAccountToken"] is known.type.endswith(":StatefulSet"), "only Patroni talks to the API server"
        for container in one["containers"]:
            context = container["securityContext"]
            assert context == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"]},
            }


def test_a_member_hands_over_before_it_stops_and_has_time_to() -> None:
    assert pod()["containers"][0]["lifecycle"]["preStop"]["exec"]["command"] == ["python3", "/etc/timescaledb/hand_over.py"]
    assert pod()["terminationGracePeriodSeconds"] == 300
    assert "hand_over.py" in files()


def test_probes() -> None:
    server = pod()["containers"][0]
    for probe, path in (("startupProbe", "/liveness"), ("livenessProbe", "/liveness"), ("readinessProbe", "/readiness")):
        assert server[probe]["httpGet"] == {"path": path, "port": 8008, "scheme": "HTTP"}


def test_the_containers_shared_memory_is_not_the_runtimes_64_mib() -> None:
    [shm] = [volume for volume in pod()["volumes"] if volume["name"] == "shm"]
    assert quantity(shm["emptyDir"]["sizeLimit"]) > quantity("1Gi")
    assert shm["emptyDir"]["medium"] == "Memory"


# -- Patroni


def test_patronis_clocks() -> None:
    dcs = patroni()["bootstrap"]["dcs"]
    assert dcs["loop_wait"] + 2 * dcs["retry_timeout"] <= dcs["ttl"] < 30, "an unplanned failover takes less than 30 s"
    assert dcs["synchronous_mode"] is True
    assert dcs["failsafe_mode"] is True
    assert json.loads(files()["dynamic.json"]) == dcs, "what the job brings about is what a new site begins with"


def test_the_parameters_that_patroni_takes_from_its_store_are_in_no_file() -> None:
    found = patroni()
    assert not found["bootstrap"]["dcs"]["postgresql"]["parameters"].keys() & found["postgresql"]["parameters"].keys()


def test_leader_service_endpoints_and_ports_have_one_name() -> None:
    found = patroni()
    service = resources("prod")[f"{PRIMARY}-access-leader"].inputs
    assert service["metadata"]["name"] == found["scope"] == "alphintra-timeseries-db", "5.1; the endpoints are the scope's"
    assert "selector" not in service["spec"], "Patroni says who is behind it"
    assert [port["name"] for port in service["spec"]["ports"]] == [port["name"] for port in found["kubernetes"]["ports"]]
    assert found["kubernetes"]["use_endpoints"] is True
    assert not [known for known in recorded("prod").registrations if known.type.endswith((":Endpoints", ":EndpointSlice"))]


def test_the_endpoints_of_patronis_settings_have_a_service() -> None:
    service = resources("prod")[f"{PRIMARY}-access-config"].inputs
    assert service["metadata"]["name"] == "alphintra-timeseries-db-config"
    assert service["spec"]["clusterIP"] == "None"
    assert "selector" not in service["spec"]


def test_standbys_are_those_that_patroni_calls_so() -> None:
    service = resources("prod")[f"{PRIMARY}-access-standbys"].inputs
    assert service["spec"]["selector"]["role"] == "replica"
    assert service["metadata"]["annotations"] == {"pulumi.com/skipAwait": "true"}, (
        "it has no endpoints while members are restored"
    )
    assert patroni()["kubernetes"]["role_label"] == "role"


def test_patronis_rights() -> None:
    rules = resources("prod")[f"{PRIMARY}-access-role"].inputs["rules"]
    assert {tuple(rule["resources"]): set(rule["verbs"]) for rule in rules} == {
        ("endpoints",): {"create", "get", "list", "patch", "update", "watch", "delete", "deletecollection"},
        ("pods",): {"get", "list", "patch", "update", "watch"},
    }


def test_who_reaches_members_and_whom_they_reach() -> None:
    traffic = spec(f"{PRIMARY}-access-traffic")
    reached: dict[int, set[str]] = {}
    for rule in traffic["ingress"]:
        for peer, port in itertools.product(rule["from"], rule["ports"]):
            selected = peer.get("namespaceSelector", {}).get("matchLabels", {"": "members and their jobs"})
            reached.setdefault(port["port"], set()).update(selected.values())
    collectors = {"gmp-system", "gke-gmp-system"}
    assert reached[5432] == {"members and their jobs", "services", "jobs"}
    assert reached[8008] == {"members and their jobs", *collectors}, "Patroni does what it is asked by whoever reaches it"
    assert reached[9187] == collectors
    assert reached.keys() == {5432, 8008, 9187}
    ranges = [peer["ipBlock"]["cidr"] for peer in traffic["egress"][1]["to"]]
    assert ranges == ["10.0.0.0/20", "199.36.153.8/30"], "the API server, and the bucket"
    assert {port["port"] for port in traffic["egress"][0]["ports"]} == {5432, 8008}, "the failsafe asks every member"


def test_connections_are_encrypted_and_have_passwords() -> None:
    access = patroni()["postgresql"]["pg_hba"]
    assert all(
        line.startswith("hostssl ") and line.endswith(" scram-sha-256") for line in access if not line.startswith("local ")
    )
    assert patroni()["postgresql"]["parameters"]["password_encryption"] == "scram-sha-256"


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_no_password_is_in_a_file(environment: str) -> None:
    for known in recorded(environment).registrations:
        if known.type.endswith(":ConfigMap"):
            assert "[secret]" not in json.dumps(known.inputs)
            assert "password:" not in known.inputs["data"].get("patroni.yml", "")


# -- parameters

MEMBERS = Members(pool="p", count=3, cpu=8, memory_gib=23, huge_pages_gib=9)
PLACES = {"archive_command": "", "certificate": "", "key": "", "sockets": ""}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("shared_buffers", "8192MB"), ("effective_cache_size", "24576MB"), ("maintenance_work_mem", "2047MB"), ("work_mem", "30MB"),
        ("max_parallel_workers", 8), ("max_parallel_workers_per_gather", 4), ("huge_pages", "on"), ("max_wal_size", "65536MB"),
        ("archive_timeout", "60s"), ("wal_log_hints", True),
    ],
)  # fmt: skip
def test_parameters_follow_from_what_a_member_has(name: str, value: object) -> None:
    assert own(TimeSeries(), MEMBERS, **PLACES)[name] == value


def test_parameters_of_all_members() -> None:
    found = everywhere(TimeSeries(), MEMBERS)
    assert found["max_worker_processes"] == 3 + 16 + 8
    assert found["max_locks_per_transaction"] == 1024
    smaller = everywhere(TimeSeries(), Members(pool="p", count=1, cpu=1, memory_gib=4, huge_pages_gib=0))
    assert (smaller["max_worker_processes"], smaller["max_locks_per_transaction"]) == (20, 512)


def test_the_plan_of_a_slow_statement_is_logged() -> None:
    parameters = patroni()["postgresql"]["parameters"]
    assert "auto_explain" in parameters["shared_preload_libraries"].split(",")
    assert parameters["auto_explain.log_min_duration"] == parameters["log_min_duration_statement"] == "1s"


def test_a_standby_that_reads_is_not_cut_off_by_what_the_primary_cleans_up() -> None:
    assert patroni()["postgresql"]["parameters"]["hot_standby_feedback"] == "on"


def test_an_update_waits_as_long_as_a_restore_may_take() -> None:
    hours = load_stack_file(ROOT / "Pulumi.prod.yaml").timeseries.rto_hours
    assert resources("prod")[f"{PRIMARY}-members"].timeouts == {"create": f"{hours}h", "update": f"{hours}h"}


def test_half_the_memory_is_half_the_buffers() -> None:
    half = Members(pool="p", count=3, cpu=4, memory_gib=16, huge_pages_gib=0)
    found = own(TimeSeries(), half, **PLACES)
    assert (found["shared_buffers"], found["huge_pages"], found["max_parallel_workers"]) == ("4096MB", "off", 4)


def test_huge_pages_hold_the_shared_buffers() -> None:
    for environment in ENVIRONMENTS:
        server = pod(environment=environment)["containers"][0]["resources"]["limits"]
        parameters = patroni(environment=environment)["postgresql"]["parameters"]
        assert (parameters["huge_pages"] == "on") == ("hugepages-2Mi" in server)
        if "hugepages-2Mi" in server:
            buffers = int(parameters["shared_buffers"].removesuffix("MB"))
            assert buffers * 1.06 * 1024 * 1024 <= quantity(server["hugepages-2Mi"])


# -- backups


def test_the_repository_is_in_the_other_region_under_its_own_bucket() -> None:
    bucket = resources("prod")["storage-timescaledb-repository"].inputs
    assert (bucket["location"], bucket["storageClass"]) == ("US-EAST1", "STANDARD")
    assert bucket["versioning"] == {"enabled": False}
    assert "retentionPolicy" not in bucket, "pgBackRest writes over its own files"
    config = files()["pgbackrest.conf"]
    for line in ("repo1-type=gcs", f"repo1-gcs-bucket={bucket['name']}", "repo1-gcs-key-type=auto", "compress-type=zst"):
        assert f"\n{line}\n" in config
    assert "repo1-retention-full=4" in config
    assert resources("prod")["namespaces-us-central1-timescaledb-account-timescaledb"].inputs["metadata"]["annotations"] == {
        "iam.gke.io/gcp-service-account": "timescaledb@alphintra-prod.iam.gserviceaccount.com"
    }


def test_the_log_is_archived_within_the_rpo() -> None:
    parameters = patroni()["postgresql"]["parameters"]
    assert parameters["archive_mode"] == "on"
    assert int(parameters["archive_timeout"].removesuffix("s")) + 60 < 3600, "10.2: RPO < 1 hour"
    assert parameters["archive_command"] == (
        'pgbackrest --config=/etc/timescaledb/pgbackrest.conf --stanza=alphintra-timeseries-db archive-push "%p"'
    )


def test_schedules() -> None:
    times = {kind: spec(f"{PRIMARY}-backups-{kind}")["schedule"] for kind in ("full", "diff", "incr")}
    assert times == {"full": "0 1 * * 0", "diff": "0 1 * * 1-6", "incr": "0 7,13,19 * * *"}
    assert spec("timeseries-proofs-us-central1-export")["schedule"] == "30 3 * * *", "10.1: daily logical backups"
    assert spec("timeseries-proofs-us-central1-restore-test")["schedule"] == "0 6 * * 3", "10.1: automated restore testing"
    for name in (
        *(f"{PRIMARY}-backups-{kind}" for kind in times),
        "timeseries-proofs-us-central1-export",
        "timeseries-proofs-us-central1-restore-test",
    ):
        assert spec(name)["concurrencyPolicy"] == "Forbid"
        assert spec(name)["jobTemplate"]["spec"]["activeDeadlineSeconds"] <= 20 * 3600


def test_who_makes_and_who_tries_backups() -> None:
    accounts = {
        name: spec(f"timeseries-proofs-us-central1-{name}")["jobTemplate"]["spec"]["template"]["spec"]["serviceAccountName"]
        for name in ("export", "restore-test")
    }
    assert accounts == {"export": "database-backup", "restore-test": "restore-test"}


def test_a_restore_has_a_volume_of_its_own_that_goes_with_it() -> None:
    one = spec("timeseries-proofs-us-central1-restore-test")["jobTemplate"]["spec"]["template"]["spec"]
    [scratch] = [volume for volume in one["volumes"] if volume["name"] == "scratch"]
    claim = scratch["ephemeral"]["volumeClaimTemplate"]["spec"]
    assert claim["resources"]["requests"]["storage"] == f"{5120 + 256}Gi"
    assert claim["storageClassName"] == "alphintra-scratch"
    assert resources("prod")["storage-classes-us-central1-scratch"].inputs["reclaimPolicy"] == "Delete"


def test_metrics() -> None:
    found = spec(f"{PRIMARY}-metrics")
    named = {port["name"] for container in pod()["containers"] for port in container["ports"]}
    assert {endpoint["port"] for endpoint in found["endpoints"]} == {"metrics", "patroni"} <= named
    exporter = {variable["name"]: variable["value"] for variable in pod()["containers"][1]["env"]}
    assert exporter["DATA_SOURCE_USER"] == "monitoring"
    mounted = {mount["name"] for mount in pod()["containers"][1]["volumeMounts"]}
    assert mounted == {"monitoring", "configuration"}, "the exporter sees its own password and no other"
    assert exporter["DATA_SOURCE_URI"] == "127.0.0.1:5432/alphintra_timeseries?sslmode=require", "where policies are"
    asked = parse(resources("prod")[f"{PRIMARY}-configuration"].inputs["data"]["queries.yaml"])
    assert "--extend.query-path=/etc/timescaledb/queries.yaml" in pod()["containers"][1]["args"]
    assert {f"{name}_{column}" for name, query in asked.items() for metric in query["metrics"] for column in metric} == {
        "timescaledb_policy_policy", "timescaledb_policy_broken", "timescaledb_policy_failures", "timescaledb_policy_age_seconds",
        *(f"timescaledb_hypertable_{column}" for column in ("hypertable", "chunks", "compressed", "bytes")),
    }  # fmt: skip


# -- the standby


def test_the_standby_follows_the_archive_of_the_primary_and_writes_its_own() -> None:
    found = patroni(STANDBY)
    follows = found["bootstrap"]["dcs"]["standby_cluster"]
    assert "--stanza=alphintra-timeseries-db archive-get" in follows["restore_command"]
    assert follows["create_replica_methods"] == ["archive"]
    assert found["postgresql"]["archive"]["no_leader"] is True
    assert "--stanza=alphintra-timeseries-db-standby archive-push" in found["postgresql"]["parameters"]["archive_command"]
    assert "standby_cluster" not in patroni()["bootstrap"]["dcs"]


def test_members_of_both_sites_have_different_names() -> None:
    assert patroni(STANDBY)["scope"] == "alphintra-timeseries-db-standby"
    assert spec(f"{STANDBY}-members")["replicas"] == 2


def test_when_the_standby_leads_the_other_follows_it() -> None:
    over = {"timeseries": {"leader": "secondary"}}
    data = {region: resources("prod", over)[f"{region}-configuration"].inputs["data"] for region in (PRIMARY, STANDBY)}
    assert "standby_cluster" not in json.loads(data[STANDBY]["dynamic.json"])
    follows = json.loads(data[PRIMARY]["dynamic.json"])["standby_cluster"]
    assert "--stanza=alphintra-timeseries-db-standby archive-get" in follows["restore_command"]


def test_dev_has_one_member_and_no_standby() -> None:
    assert spec(f"{PRIMARY}-members", "dev")["replicas"] == 1
    assert not [name for name in resources("dev") if name.startswith(STANDBY)]
    assert patroni(environment="dev")["bootstrap"]["dcs"]["synchronous_mode"] is False


# -- what changes, and what acts on it


def test_what_patroni_takes_from_its_store_restarts_nobody_and_is_settled_by_another_job() -> None:
    over = {"timeseries": {"failover": {"ttl_seconds": 30}}}
    before, after = resources("prod"), resources("prod", over)
    assert before[f"{PRIMARY}-members"].inputs == after[f"{PRIMARY}-members"].inputs
    assert before[f"{PRIMARY}-settle"].inputs["metadata"]["name"] != after[f"{PRIMARY}-settle"].inputs["metadata"]["name"]


def test_what_a_member_reads_when_it_starts_restarts_members() -> None:
    over = {"timeseries": {"repository": {"archive_timeout_seconds": 90}}}
    [before, after] = [
        resources("prod", given)[f"{PRIMARY}-members"].inputs["spec"]["template"]["metadata"]["annotations"]
        for given in (None, over)
    ]
    assert before != after


# -- bad settings

POOL = "kubernetes: {clusters: {primary: {pools: {timescaledb: {pods: {timescaledb: {%s}}}}}}}"


@pytest.mark.parametrize(
    ("section", "says"),
    [
        ("timeseries: {failover: {loop_wait_seconds: 11}}", r"loop_wait_seconds \+ 2 \* retry_timeout_seconds is 11 \+ 2 \* 5 = 21, more than ttl_seconds \(20\)"),
        ("timeseries: {repository: {archive_timeout_seconds: 3600}}", r"archive_timeout_seconds is 3600: with 60 s for the push .* after 3660 s, later than rpo_minutes \(60 \* 60 = 3600 s\)"),
        ("timeseries: {restore_test: {hours: 7}}", r"restore_test.hours is 7, more than rto_hours \(6\)"),
        ("timeseries: {sites: {secondary: {name: alphintra-timeseries-db}}}", "members of both would be called alphintra-timeseries-db-0"),
        ("timeseries: {sites: {secondary: {stanza: alphintra-timeseries-db}}}", "both would write one history into one folder"),
        ("timeseries: {leader: secondary, sites: {secondary: null}}", "leader is secondary, which is none of sites: primary"),
        ("timeseries: {volumes: {data_gib: 9000}}", r"needs 3 \* \(9000 \+ 256\) = 27768 GiB, but workspaces.namespaces.timescaledb.quota.storage_gib is 24576"),
        ("timeseries: {volumes: {data_gib: 6000}}", r"makes a restore need 6000 \+ 256 = 6256 GiB, but workspaces.namespaces.jobs.quota.storage_gib is 6144"),
        ("timeseries: {bucket: static-assets}", "timeseries.bucket.folder is database/timescaledb/repository/, which is in none of the folders of static-assets"),
        ("timeseries: {bucket: backups}", "the workload timescaledb cannot write database/timescaledb/repository/ there"),
        ("timeseries: {image: 'docker.io/timescale/timescaledb-ha:pg15'}", "timeseries.image is docker.io/timescale/timescaledb-ha:pg15, but in prod an image has its digest too"),
        ("storage: {buckets: {timescaledb-repository: {region: primary}}}", "which is in the primary region: it would be lost with what it is a backup of"),
        ("storage: {buckets: {timescaledb-repository: {retention_days: 30}}}", "whose retention_days keeps every object, but pgBackRest replaces some"),
        (POOL % "count: 2", "count is 2: an even number of members outlives no more failures than 1"),
        (POOL % "count: 1", "count is 1, but timeseries.failover.synchronous is true"),
        (POOL % "huge_pages_gib: 8", r"has 7.75 GiB of shared buffers \(a quarter\), with what is beside them 8.21 GiB"),
        (POOL % "memory_gib: 40", "machine_type is n2-custom-10-43008, which is too small"),
        ("secrets: {credentials: {timeseries-superuser: null}}", "timeseries-superuser"),
    ],
)  # fmt: skip
def test_bad_settings_are_refused_with_the_sum(tmp_path: Path, section: str, says: str) -> None:
    message = refusal(tmp_path, "prod", section)
    assert re.search(says, message), message
