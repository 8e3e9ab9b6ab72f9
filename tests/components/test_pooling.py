"""PgBouncer in front of the main database: the numbers of section 12.1, where it runs, who reaches it, and its budget."""

from __future__ import annotations

from configparser import ConfigParser
from typing import Any

import pytest

from localcloud.kubernetes.pods import quantity
from settings import SettingsError, load_stack_file
from tools.recorder import ROOT

from ..environments import ENVIRONMENTS, recorded, resources

PRIMARY, SECONDARY = "pgbouncer-us-central1", "pgbouncer-us-east1"


def spec(name: str, environment: str = "prod") -> dict[str, Any]:
    return resources(environment)[name].inputs["spec"]


def pod(environment: str = "prod") -> dict[str, Any]:
    return spec(f"{PRIMARY}-deployment", environment)["template"]["spec"]


def ini(name: str = PRIMARY, environment: str = "prod") -> ConfigParser:
    parser = ConfigParser(interpolation=None)
    parser.read_string(resources(environment)[f"{name}-files"].inputs["data"]["pgbouncer.ini"])
    return parser


def test_the_numbers_of_the_document() -> None:
    known = ini()["pgbouncer"]
    assert {
        key: known[key] for key in ("pool_mode", "max_client_conn", "default_pool_size", "server_idle_timeout", "server_lifetime")
    } == {
        "pool_mode": "transaction",
        "max_client_conn": "1000",
        "default_pool_size": "25",
        "server_idle_timeout": "600",
        "server_lifetime": "3600",
    }
    assert int(known["max_prepared_statements"]) > 0


def test_passwords_are_looked_up_and_both_sides_are_encrypted() -> None:
    known = ini()["pgbouncer"]
    assert (known["auth_type"], known["auth_user"]) == ("scram-sha-256", "pgbouncer")
    assert "pgbouncer.get_auth($1)" in known["auth_query"]
    assert (known["client_tls_sslmode"], known["server_tls_sslmode"]) == ("require", "verify-ca")
    flags = {flag["name"]: flag["value"] for flag in resources("prod")["main-db-primary"].inputs["settings"]["databaseFlags"]}
    assert flags["cloudsql.pg_shadow_select_role"] == "password_reader"


def test_each_cluster_serves_the_instance_of_its_region() -> None:
    assert ini()["databases"]["alphintra"] == "host=main-db.alphintra.internal port=5432"
    assert ini(SECONDARY)["databases"]["alphintra"] == "host=main-db-us-east1.alphintra.internal port=5432"
    assert f"{SECONDARY}-files" not in resources("dev")


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_all_poolers_together_leave_a_fifth_of_the_connections(environment: str) -> None:
    known = ini(environment=environment)
    flags = resources(environment)["main-db-primary"].inputs["settings"]["databaseFlags"]
    most = next(int(flag["value"]) for flag in flags if flag["name"] == "max_connections")
    poolers = spec(f"{PRIMARY}-autoscaler", environment)["maxReplicas"]
    surge = spec(f"{PRIMARY}-deployment", environment)["strategy"]["rollingUpdate"]["maxSurge"]
    each = int(known["pgbouncer"]["max_db_connections"])
    assert (poolers + surge) * each * len(known["databases"]) <= 0.8 * most


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_pods_are_as_large_as_the_pool_has_room_for(environment: str) -> None:
    pools = load_stack_file(ROOT / f"Pulumi.{environment}.yaml").kubernetes.clusters["primary"].pools
    size = next(known.pods["pgbouncer"] for known in pools.values() if "pgbouncer" in known.pods)
    containers = [container["resources"]["requests"] for container in pod(environment)["containers"]]
    assert sum(quantity(asked["cpu"]) for asked in containers) == size.cpu
    assert sum(quantity(asked["memory"]) for asked in containers) == size.memory_gib * 1024**3
    assert spec(f"{PRIMARY}-autoscaler", environment)["minReplicas"] == size.count


def test_the_number_of_poolers_is_the_autoscalers() -> None:
    assert "replicas" not in spec(f"{PRIMARY}-deployment")
    scaled = spec(f"{PRIMARY}-autoscaler")
    assert scaled["scaleTargetRef"] == {"apiVersion": "apps/v1", "kind": "Deployment", "name": "pgbouncer"}
    assert scaled["metrics"][0]["containerResource"]["container"] in {known["name"] for known in pod()["containers"]}
    assert spec(f"{PRIMARY}-disruptions")["maxUnavailable"] == 1
    spread = {known["topologyKey"]: known["whenUnsatisfiable"] for known in pod()["topologySpreadConstraints"]}
    assert spread["topology.kubernetes.io/zone"] == "DoNotSchedule"


def test_a_pooler_leaves_without_breaking_transactions() -> None:
    leave = pod()["containers"][0]["lifecycle"]["preStop"]["exec"]["command"][-1]
    assert leave.startswith("sleep 15; kill -INT 1;")
    assert pod()["terminationGracePeriodSeconds"] == 120


def test_who_reaches_whom() -> None:
    known = spec(f"{PRIMARY}-traffic")
    callers = [
        (
            rule["from"][0]["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"],
            rule["from"][0].get("podSelector", {}).get("matchLabels", {}).get("app"),
            rule["ports"][0]["port"],
        )
        for rule in known["ingress"]
    ]
    assert callers == [
        ("services", None, 6432), ("jobs", "cache-warmer", 6432), ("elasticsearch", "search-ingest", 6432),
        ("gmp-system", None, 9127), ("gke-gmp-system", None, 9127),
    ]  # fmt: skip
    settings = load_stack_file(ROOT / "Pulumi.prod.yaml")
    assert known["egress"] == [
        {"to": [{"ipBlock": {"cidr": str(settings.network.managed_services)}}], "ports": [{"protocol": "TCP", "port": 5432}]}
    ]
    out = spec(f"{PRIMARY}-traffic-services")["egress"][0]
    assert out["ports"] == [{"protocol": "TCP", "port": 6432}]
    assert f"{SECONDARY}-traffic-services" not in resources("prod"), "no services run in the standby's cluster yet"


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_client_has_a_login_and_alone_reads_its_password(environment: str) -> None:
    found, settings = resources(environment), load_stack_file(ROOT / f"Pulumi.{environment}.yaml")
    for client in settings.pooling.clients:
        by_iam_too = "-by-password" if settings.identities.workloads[client].database else ""
        user = found[f"main-db-user-{client}{by_iam_too}"].inputs
        assert (user["name"], user["type"]) == (client, "BUILT_IN")
        readers = [name for name in found if name.startswith(f"secrets-main-db-{client}-") and ":" not in name]
        assert readers == [f"secrets-main-db-{client}-{client}"]


def test_a_rotated_password_and_a_changed_limit_start_the_poolers_anew() -> None:
    def annotations(over: dict[str, Any]) -> dict[str, str]:
        found = {known.name: known.inputs for known in recorded("prod", over).registrations}
        return found[f"{PRIMARY}-deployment"]["spec"]["template"]["metadata"]["annotations"]

    before = annotations({})
    rotated = annotations({"secrets": {"credentials": {"main-db-pgbouncer": {"version": 2}}}})
    assert {key for key in before if before[key] != rotated[key]} == {"alphintra.com/password"}
    limited = annotations({"pooling": {"max_client_conn": 500}})
    assert {key for key in before if before[key] != limited[key]} == {"alphintra.com/files"}


@pytest.mark.parametrize(
    ("over", "says"),
    [
        (
            {"pooling": {"max_db_connections": 100}},
            r"\(4 max_replicas \+ 1 during an update\) x 1 databases x 100 \(max_db_connections 100, or 8 logins, .* = 500 "
            r"connections, but 80 % of database.max_connections \(500\) is 400",
        ),
        ({"database": {"max_connections": 400}}, r"80 % of database.max_connections \(400\) is 320"),
        ({"pooling": {"max_replicas": 2}}, r"pooling.max_replicas is 2, below .*pgbouncer.count \(3\)"),
        (
            {"pooling": {"max_replicas": 16, "max_db_connections": 20}},
            r"needs \(16 \+ 1 during an update\) x 1.0 = 17.0 vCPU, but workspaces.namespaces.pgbouncer.quota.cpu is 16",
        ),
        (
            {"pooling": {"clients": ["nobody-service"]}, "secrets": {"credentials": {"main-db-nobody-service": {}}}},
            "pooling.clients names 'nobody-service', which is no workload",
        ),
        ({"pooling": {"clients": ["support-service"]}}, "secrets.credentials.main-db-support-service is missing"),
        (
            {"pooling": {"clients": ["support-service"]}, "secrets": {"credentials": {"main-db-support-service": {}}}},
            "identities.workloads.support-service.secrets lacks main-db-support-service",
        ),
        (
            {"identities": {"workloads": {"auth-service": {"kubernetes": None}}}},
            "identities.workloads.auth-service.kubernetes says nothing: poolers are reached from within",
        ),
        ({"workspaces": {"namespaces": {"pgbouncer": {"clusters": ["primary"]}}}}, "no pgbouncer in the secondary cluster"),
        (
            {"pooling": {"image": f"docker.io/edoburu/pgbouncer:v1.25.1-p0@sha256:{64 * '0'}"}},
            "image has the tag v1.25.1-p0, but PgBouncer must be 1.25.2 or newer",
        ),
        ({"pooling": {"image": "docker.io/edoburu/pgbouncer:v1.26.1-p0"}}, "in prod an image has its digest"),
        ({"pooling": {"pool_mode": "statement"}}, "pooling.pool_mode"),
    ],
)
def test_bad_settings(over: dict[str, Any], says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        recorded("prod", over)


def test_a_pooler_without_an_instance_in_its_region_is_refused() -> None:
    pool = {"machine_type": "e2-standard-4", "dedicated": False, "pods": {"pgbouncer": {"cpu": 0.25, "memory_gib": 0.5}}}
    over = {"kubernetes": {"clusters": {"secondary": {"zones": ["b"], "pools": {"general": pool}}}}}
    with pytest.raises(SettingsError, match="clusters.secondary has pods pgbouncer, but database.replicas has no us-east1"):
        recorded("dev", over)
