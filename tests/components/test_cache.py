"""Memorystore: the numbers of section 6, who may do what, how clients find it, and what is refused."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from typing import Any

import pytest

from components.cache_connection import Endpoint, contents
from localcloud.values import at
from settings import SettingsError, load_stack_file

from ..environments import of_type, recorded, resources

GB = 2**30
DAY = 86400
PRIMARY = resources("prod")["redis-cluster-primary"]
SECONDARY = resources("prod")["redis-cluster-secondary-us-east1"]
SESSIONS = resources("prod")["redis-sessions-store"]
FOLLOWING = resources("prod")["redis-sessions-secondary-us-east1"]
KEY = "projects/alphintra-prod/locations/{}/keyRings/alphintra-data/cryptoKeys/cache"
LITERAL = {
    "cache": {
        "sessions": {
            "form": "redis",
            "persistence": {"mode": "RDB", "snapshot_hours": 1},
            "backups": None,
            "rpo_minutes": 60,
            "secondaries": {"us-east1": None},
        }
    }
}
"""Sessions in the literal version of Redis."""


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("name", "alphintra-redis-cluster"),  # 6.1
        ("shardCount", 3),
        ("replicaCount", 1),
        ("nodeType", "REDIS_STANDARD_LARGE"),  # 20.8 GB of data: the smallest that takes 16
        ("redisConfigs", {"maxmemory": str(15 * GB), "maxmemory-policy": "allkeys-lru"}),  # 6.3
        ("zoneDistributionConfig", {"mode": "MULTI_ZONE"}),
        ("authorizationMode", "AUTH_MODE_IAM_AUTH"),  # 6.3: instead of requirepass
        ("transitEncryptionMode", "TRANSIT_ENCRYPTION_MODE_SERVER_AUTHENTICATION"),  # 9.1
        ("kmsKey", KEY.format("us-central1")),
        ("persistenceConfig", {"mode": "AOF", "aofConfig": {"appendFsync": "EVERYSEC"}}),  # 10.1
        ("automatedBackupConfig.retention", f"{30 * DAY}s"),
        ("automatedBackupConfig.fixedFrequencySchedule.startTime.hours", 3),
        ("region", "us-central1"),  # 10.2
        ("labels.rpo-minutes", "5"),
        ("pscConfigs", [{"network": "projects/alphintra-prod/global/networks/alphintra-vpc"}]),
        ("maintenancePolicy.weeklyMaintenanceWindows", [{"day": "SUNDAY", "startTime": {"hours": 6}}]),
        ("deletionProtectionEnabled", True),
    ],
)
def test_the_cluster(path: str, value: Any) -> None:
    assert at(PRIMARY.inputs, path) == value


def test_the_session_store_that_follows_is_the_other_but_for_what_is_its_own() -> None:
    own = {"instanceId", "location", "kmsKey", "crossInstanceReplicationConfig", "maintenancePolicy", "automatedBackupConfig"}
    assert {key for key in FOLLOWING.inputs if FOLLOWING.inputs[key] != SESSIONS.inputs.get(key)} == own
    assert (FOLLOWING.inputs["location"], FOLLOWING.inputs["kmsKey"]) == ("us-east1", KEY.format("us-east1"))
    assert at(FOLLOWING.inputs, "crossInstanceReplicationConfig") == {
        "instanceRole": "SECONDARY",
        "primaryInstance": {"instance": "projects/alphintra-prod/locations/us-central1/instances/alphintra-redis-sessions"},
    }
    assert FOLLOWING.protect
    assert SESSIONS.urn in FOLLOWING.dependencies, "Memorystore makes one at a time"


def test_the_secondary_is_its_primary_but_for_what_is_its_own() -> None:
    own = {"name", "region", "kmsKey", "crossClusterReplicationConfig", "maintenancePolicy", "automatedBackupConfig"}
    assert {key for key in SECONDARY.inputs if SECONDARY.inputs[key] != PRIMARY.inputs.get(key)} == own
    assert SECONDARY.inputs["region"] == "us-east1"
    assert SECONDARY.inputs["kmsKey"] == KEY.format("us-east1")
    assert at(SECONDARY.inputs, "crossClusterReplicationConfig.clusterRole") == "SECONDARY"
    followed = at(SECONDARY.inputs, "crossClusterReplicationConfig.primaryCluster.cluster")
    assert followed == "projects/alphintra-prod/locations/us-central1/clusters/alphintra-redis-cluster"
    assert at(SECONDARY.inputs, "maintenancePolicy.weeklyMaintenanceWindows") == [{"day": "SATURDAY", "startTime": {"hours": 6}}]


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("instanceId", "alphintra-redis-sessions"),  # 6.1
        ("mode", "CLUSTER_DISABLED"),
        ("shardCount", 1),
        ("replicaCount", 1),
        ("nodeType", "STANDARD_SMALL"),  # 5.2 GB of data: the smallest that takes 4
        ("engineConfigs", {"maxmemory": str(4 * GB), "maxmemory-policy": "noeviction"}),
        ("engineVersion", "VALKEY_8_0"),
        ("persistenceConfig", {"mode": "AOF", "aofConfig": {"appendFsync": "EVERY_SEC"}}),
        ("authorizationMode", "IAM_AUTH"),
        ("transitEncryptionMode", "SERVER_AUTHENTICATION"),
        ("kmsKey", KEY.format("us-central1")),
        ("zoneDistributionConfig", {"mode": "MULTI_ZONE"}),
        ("automatedBackupConfig.retention", f"{30 * DAY}s"),
        ("deletionProtectionEnabled", True),
    ],
)
def test_sessions(path: str, value: Any) -> None:
    assert at(SESSIONS.inputs, path) == value


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("name", "alphintra-redis-sessions"),
        ("redisVersion", "REDIS_7_0"),  # 6.1, to the letter
        ("tier", "STANDARD_HA"),
        ("memorySizeGb", 4),
        ("persistenceConfig", {"persistenceMode": "RDB", "rdbSnapshotPeriod": "ONE_HOUR"}),
        ("redisConfigs", {"maxmemory-policy": "noeviction"}),
        ("authEnabled", True),
        ("transitEncryptionMode", "SERVER_AUTHENTICATION"),
        ("customerManagedKey", KEY.format("us-central1")),
        ("connectMode", "PRIVATE_SERVICE_ACCESS"),
        ("reservedIpRange", "alphintra-vpc-managed-services"),
        ("deletionProtection", True),
    ],
)
def test_sessions_in_the_literal_form(path: str, value: Any) -> None:
    assert at(resources("prod", LITERAL)["redis-sessions-store"].inputs, path) == value


def test_the_literal_form_has_a_password_which_is_in_the_secret_alone() -> None:
    recorder = recorded("prod", LITERAL)
    found = {known.name: known for known in recorder.registrations if known.type.endswith(":SecretVersion")}
    assert found["redis-sessions-connection"].inputs["secretDataWo"] == "[secret]"
    assert "authString" not in json.dumps(recorder.stack_outputs)
    connects = [known for known in recorder.registrations if known.name == "redis-sessions-auth-service-connect"]
    assert connects == [], "there is no IAM authentication"


def test_stores_of_an_api_are_made_one_after_the_other_and_all_after_what_they_connect_through() -> None:
    clusters = {PRIMARY.urn, SECONDARY.urn}
    assert PRIMARY.urn in SECONDARY.dependencies
    assert not clusters & set(SESSIONS.dependencies), "Valkey has an API of its own"
    literal = resources("prod", LITERAL)["redis-sessions-store"]
    behind = [known.urn for known in of_type("prod", "Connection") if known.type.startswith("gcp:servicenetworking/")]
    assert {*clusters, *behind} <= set(literal.dependencies)
    assert len(behind) == 1
    policies = {known.urn: known.inputs for known in of_type("prod", "ServiceConnectionPolicy")}
    assert len(policies) == 4
    assert {(p["serviceClass"], p["location"]) for p in policies.values()} == {
        (kind, region) for kind in ("gcp-memorystore-redis", "gcp-memorystore") for region in ("us-central1", "us-east1")
    }
    for store in (PRIMARY, SECONDARY, SESSIONS):
        assert policies.keys() <= set(store.dependencies)
    for inputs in policies.values():
        assert at(inputs, "pscConfig.subnetworks") == [
            f"projects/alphintra-prod/regions/{inputs['location']}/subnetworks/alphintra-vpc-{inputs['location']}"
        ]


def test_a_backup_is_asked_for_every_six_hours_by_somebody_who_can_do_nothing_else() -> None:
    found = resources("prod")
    job, role, grant = (found[f"cache-archive-{name}"].inputs for name in ("job", "role", "grant"))
    cluster = "projects/alphintra-prod/locations/us-central1/clusters/alphintra-redis-cluster"
    assert job["schedule"] == "0 1,7,13,19 * * *"
    assert at(job, "httpTarget.uri") == f"https://redis.googleapis.com/v1/{cluster}:backup"
    assert json.loads(base64.b64decode(at(job, "httpTarget.body"))) == {"ttl": f"{7 * DAY}s"}
    assert at(job, "httpTarget.oauthToken.serviceAccountEmail") == "cache-archive@alphintra-prod.iam.gserviceaccount.com"
    assert role["permissions"] == ["redis.clusters.backup"]
    assert grant["role"] == f"projects/alphintra-prod/roles/{role['roleId']}"
    assert grant["condition"]["expression"] == f'resource.name == "{cluster}"'


def test_clients_find_the_stores_by_name_and_their_authorities_in_a_secret() -> None:
    names = {
        known.inputs["name"] for known in of_type("prod", "RecordSet") if re.match(r"(cache|sessions)", known.inputs["name"])
    }
    assert names == {
        f"{label}.alphintra.internal." for label in ("cache", "cache-us-east1", "sessions", "sessions-read", "sessions-us-east1")
    }
    listens = Endpoint(address="10.0.0.9", port=6379, certificates=["PEM"])
    said: dict[str, Any] = {"host": "cache.alphintra.internal", "address": "10.0.0.9", "port": 6379, "certificates": ["PEM"]}
    assert contents({"primary": said["host"]}, {"primary": listens}, None) == {"endpoints": {"primary": said}}
    assert contents({}, {}, "secret") == {"endpoints": {}, "password": "secret"}
    for store in ("cluster", "sessions"):
        secret = resources("prod")[f"redis-{store}-connection:Secret"].inputs
        assert secret["secretId"] == f"alphintra-redis-{store}-connection"


def test_a_new_authority_is_a_new_version_of_the_secret() -> None:
    version = resources("prod")["redis-cluster-connection:SecretVersion"].inputs["secretDataWoVersion"]
    other = resources("prod", {"network": {"dns_zone": "other.internal."}})["redis-cluster-connection:SecretVersion"]
    assert re.fullmatch(r"[0-9a-f]{12}", version)
    assert other.inputs["secretDataWoVersion"] != version


def test_staging_is_smaller_and_dev_is_small() -> None:
    cluster = resources("staging")["redis-cluster-primary"].inputs
    assert (cluster["nodeType"], cluster["shardCount"], cluster["replicaCount"]) == ("REDIS_STANDARD_SMALL", 3, 1)
    cluster, sessions = (resources("dev")[name].inputs for name in ("redis-cluster-primary", "redis-sessions-store"))
    assert (cluster["nodeType"], cluster["shardCount"], cluster["replicaCount"]) == ("REDIS_SHARED_CORE_NANO", 1, 0)
    assert (sessions["nodeType"], sessions["replicaCount"]) == ("SHARED_CORE_NANO", 0)
    for inputs in (cluster, sessions):
        assert inputs["zoneDistributionConfig"] == {"mode": "SINGLE_ZONE", "zone": "us-central1-a"}
        assert not {"kmsKey", "automatedBackupConfig", *FOLLOWS} & inputs.keys()
    assert not [known for known in of_type("dev", "Job") if known.type.startswith("gcp:")]


FOLLOWS = ("crossClusterReplicationConfig", "crossInstanceReplicationConfig")
RDB = "persistence: {mode: RDB}"
BAD = [
    ("{cluster: {node_type: HIGHMEM_MEDIUM}}",
     r"cache.cluster.node_type: node_type HIGHMEM_MEDIUM takes 10.4 GB of data \(80 % of 13 GB\), which is less than memory_gb \(16\); the smallest that does is STANDARD_LARGE \(20.8 GB\)"),
    ("{cluster: {memory_gb: 200}}", "no node does; use more shards"),
    ("{cluster: {node_type: REDIS_16GB}}", "is \"REDIS_16GB\"; it should be 'SHARED_CORE_NANO'"),
    ("{cluster: {maxmemory_gb: 17}}", r"maxmemory_gb is 17, which is more than memory_gb \(16\)"),
    ("{cluster: {persistence: {mode: RDB, snapshot_hours: 1}}}",
     "cache.cluster.persistence.mode: persistence.mode is RDB, with which up to 60 min can be lost, but rpo_minutes is 5; take AOF"),
    ("{cluster: {persistence: {mode: DISABLED}}}", "with which everything can be lost, but rpo_minutes is 5"),
    ("{sessions: {" + RDB + "}}", "with which up to 360 min can be lost, but rpo_minutes is 5"),
    ("{cluster: {zone: us-central1-a}}", "zone is us-central1-a, but a cluster with replicas has them in other zones"),
    ("{cluster: {backups: {hour: 7}}}", "archive.first_hour is 1: with every_hours 6 it meets the daily backup at 7"),
    ("{cluster: {backups: {hour: 24}}}", "less than or equal to 23"),
    ("{cluster: {backups: {retention_days: 366}}}", "less than or equal to 365"),
    ("{cluster: {backups: {retention_days: 0}}}", "greater than or equal to 1"),
    ("{cluster: {archive: {every_hours: 5}}}", "is 5; it should be 1, 2, 3, 4, 6, 8 or 12"),
    ("{cluster: {archive: {workload: nobody-known}}}", "names 'nobody-known', which is no workload"),
    ("{cluster: {replicas: 6}}", "less than or equal to 5"),
    ("{cluster: {replicas: 0}}", "cache.cluster.replicas is 0, but prod needs a replica"),
    ("{cluster: {rpo_minutes: null}}", "cache.cluster.rpo_minutes is null, but prod promises"),
    ("{cluster: {secondaries: {us-east1: null}}}", "cache.cluster.secondaries is empty, but prod needs"),
    ("{cluster: {secondaries: {us-west1: {}}}}", "secondaries.us-west1 is not in the secondary region, where network and keys are: us-east1"),
    ("{sessions: {eviction: allkeys-lru}}", "eviction is allkeys-lru, which throws away tokens of the JWT blacklist"),
    ("{sessions: {memory_gb: 6}}", r"node_type STANDARD_SMALL takes 5.2 GB of data .* the smallest that does is HIGHMEM_MEDIUM"),
    ("{sessions: {form: redis}}", "persistence.mode is AOF, which form redis does not have"),
    ("{sessions: {form: redis, rpo_minutes: 60, persistence: {mode: RDB, snapshot_hours: 1}}}", "form redis has no managed backups"),
    ("{sessions: {form: redis, rpo_minutes: 60, backups: null, replicas: 2, persistence: {mode: RDB, snapshot_hours: 1}}}",
     "replicas is 2; form redis has 0 or 1"),
    ("{sessions: {replicas: 0, zone: us-east1-b, secondaries: {us-east1: null}}}", "cache.sessions.zone is us-east1-b, which is not in the primary region"),
    ("{sessions: {zone: us-central1-a}}", "zone is us-central1-a, but a store with replicas"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "says"), BAD, ids=lambda value: value if "{" in value else "")
def test_bad_values(tmp_path: Path, text: str, says: str) -> None:
    assert re.search(says, _refusal(tmp_path, f"alphintra:cache: {text}"))


@pytest.mark.parametrize(
    ("where", "environment", "more"),
    [
        ("cluster", "prod", ""),
        ("sessions", "dev", "alphintra:cache: {sessions: {zone: null, secondaries: {us-east1: {replicas: 0}}}}"),
    ],
)
def test_the_key_is_where_the_caches_are(tmp_path: Path, where: str, environment: str, more: str) -> None:
    keys = "alphintra:encryption: {customer_managed: true, keys: {cache: {regions: [primary]}}}"
    said = _refusal(tmp_path, f"{keys}\n  {more}", environment)
    assert f"encryption.keys.cache.regions lacks secondary, where cache.{where}.secondaries.us-east1 is" in said


def _refusal(folder: Path, line: str, environment: str = "prod") -> str:
    file = folder / "Pulumi.test.yaml"
    file.write_text(f"config:\n  alphintra:environment: {environment}\n  alphintra:project: {{id: alphintra-test}}\n  {line}\n")
    with pytest.raises(SettingsError) as caught:
        load_stack_file(file)
    return str(caught.value)
