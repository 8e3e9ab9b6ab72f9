"""Our own programs in the clusters: what they are run with, what they reach, what they wait for, and that without an image there are none."""

from __future__ import annotations

import json
import os
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from components.own_program import ALIVE_FILE, ALIVE_SECONDS, IS_ALIVE, LEAVES_SECONDS
from database.reading import LIMITS
from settings import SettingsError
from settings.section import NOT_LOOKED_UP

from ..environments import ENVIRONMENTS, of_type, recorded, resources

REGION = "us-central1"
PROGRAMS = ("cache-warmer", "search-ingest")
SPACE = {"cache-warmer": "jobs", "search-ingest": "elasticsearch"}
OWN = "us-central1-docker.pkg.dev/alphintra-prod/alphintra-images/jobs:"


def known(
    program: str, part: str = "deployment", environment: str = "prod", over: dict[str, Any] | None = None
) -> dict[str, Any]:
    return resources(environment, over)[f"{program}-{REGION}-{part}"].inputs


def pod(program: str, environment: str = "prod") -> dict[str, Any]:
    return known(program, environment=environment)["spec"]["template"]["spec"]


def container(program: str, environment: str = "prod") -> dict[str, Any]:
    (only,) = pod(program, environment)["containers"]
    return only


def variables(program: str) -> dict[str, str]:
    return {entry["name"]: entry["value"] for entry in container(program)["env"]}


def egress(program: str) -> list[tuple[Any, list[Any]]]:
    """Whom a program's own policy lets it reach, and the ports."""
    rules = known(program, "traffic")["spec"]["egress"]
    return [(rule["to"], [(port["port"], port.get("endPort")) for port in rule["ports"]]) for rule in rules]


def mounted(program: str) -> dict[str, str]:
    """The secrets that are mounted, by their file."""
    listed = json.loads(known(program, "secrets-class")["spec"]["parameters"]["secrets"])
    return {entry["path"]: entry["resourceName"].split("/")[3] for entry in listed}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
@pytest.mark.parametrize("program", PROGRAMS)
def test_it_runs_from_our_own_image_as_itself_and_may_do_nothing_in_its_pod(program: str, environment: str) -> None:
    only, spec = container(program, environment), pod(program, environment)
    assert only["image"].startswith(OWN.replace("alphintra-prod", f"alphintra-{environment}"))
    assert (spec["serviceAccountName"], spec["automountServiceAccountToken"]) == (program, False)
    assert spec["securityContext"]["runAsNonRoot"]
    assert only["securityContext"]["readOnlyRootFilesystem"]
    assert spec["priorityClassName"] == "alphintra-batch"
    assert known(program, environment=environment)["metadata"]["namespace"] == SPACE[program]


@pytest.mark.parametrize("program", PROGRAMS)
def test_no_password_is_in_an_object(program: str) -> None:
    for name, value in variables(program).items():
        if name.endswith("_URL"):
            assert ":" not in value.partition("://")[2].rpartition("@")[0], name
            assert "password" not in value
        if name.endswith(("_PASSWORD", "_CONNECTION")):
            assert value.startswith("/run/secrets/program/")
            assert value.rpartition("/")[2] in mounted(program)


def test_the_warmer_reads_through_the_poolers_and_the_site_beside_it_and_fills_the_cluster() -> None:
    assert container("cache-warmer")["command"] == ["python", "-m", "database.cache.warmer", "--jitter-seconds", "30"]
    assert mounted("cache-warmer") == {
        "main-db": "main-db-cache-warmer", "timeseries": "timeseries-cache-warmer", "cache": "alphintra-redis-cluster-connection",
    }  # fmt: skip
    assert variables("cache-warmer") == {
        "MAIN_DATABASE_URL": "postgresql://cache-warmer@pgbouncer.pgbouncer.svc.cluster.local:6432/alphintra?sslmode=require",
        "MAIN_DATABASE_PASSWORD": "/run/secrets/program/main-db",
        "TIMESERIES_DATABASE_URL": "postgresql://cache_warmer@alphintra-timeseries-db.timescaledb.svc.cluster.local:5432/alphintra_timeseries?sslmode=require",
        "TIMESERIES_DATABASE_PASSWORD": "/run/secrets/program/timeseries",
        "CACHE_CONNECTION": "/run/secrets/program/cache",
        "ALIVE_FILE": ALIVE_FILE,
    }  # fmt: skip
    nodes = [resources("prod")[f"network-subnet-{region}"].inputs["ipCidrRange"] for region in (REGION, "us-east1")]
    either = [{"ipBlock": {"cidr": cidr}} for cidr in nodes]
    assert egress("cache-warmer")[1:] == [(either, [(6379, None), (11000, 13047)])], "the cache may have failed over"


def test_the_ingest_reads_through_the_poolers_and_writes_as_a_user_of_the_search_engine() -> None:
    assert container("search-ingest")["command"] == [
        "python",
        "-m",
        "database.search.follow",
        "--every-seconds",
        "30",
        "--whole-hours",
        "24",
    ]
    assert mounted("search-ingest") == {"main-db": "main-db-search-ingest", "search": "search-ingest"}
    assert variables("search-ingest") == {
        "MAIN_DATABASE_URL": "postgresql://search-ingest@pgbouncer.pgbouncer.svc.cluster.local:6432/alphintra?sslmode=require",
        "MAIN_DATABASE_PASSWORD": "/run/secrets/program/main-db",
        "SEARCH_URL": "https://alphintra-search-cluster-es-http.elasticsearch.svc:9200",
        "SEARCH_CA": "/etc/search/ca/ca.crt",
        "SEARCH_PASSWORD": "/run/secrets/program/search",
        "ALIVE_FILE": ALIVE_FILE,
    }  # fmt: skip
    volumes = {volume["name"]: volume for volume in pod("search-ingest")["volumes"]}
    assert volumes["authority"]["secret"] == {"secretName": "alphintra-search-cluster-es-http-certs-public"}
    labels = known("search-ingest")["spec"]["template"]["metadata"]["labels"]
    lets_in = resources("prod")[f"search-{REGION}-traffic-jobs"].inputs["spec"]["podSelector"]["matchLabels"]
    assert lets_in.items() <= labels.items(), "which reaches the search engine"
    assert len(egress("search-ingest")) == 1


@pytest.mark.parametrize("program", PROGRAMS)
def test_it_alone_is_let_out_to_the_poolers_and_in_there(program: str) -> None:
    poolers = resources("prod")[f"pgbouncer-{REGION}-traffic"].inputs["spec"]
    (peer,), ports = egress(program)[0]
    assert peer["podSelector"]["matchLabels"] == poolers["podSelector"]["matchLabels"]
    assert ports == [(6432, None)]
    froms = [one for rule in poolers["ingress"] for one in rule["from"]]
    assert {
        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": SPACE[program]}},
        "podSelector": {"matchLabels": {"app": program}},
    } in froms
    names = [one.inputs["metadata"] for one in of_type("prod", "NetworkPolicy")]
    assert {"name": "allow-pgbouncer", "namespace": SPACE[program]} not in names, "others there are not"


@pytest.mark.parametrize("store", ["alphintra-timeseries-db"])
def test_its_namespace_is_let_out_to_the_time_series_and_in_there(store: str) -> None:
    policies = [one.inputs for one in of_type("prod", "NetworkPolicy") if f"-{REGION}-" in one.name]
    (out,) = [one for one in policies if one["metadata"] == {"name": f"allow-{store}", "namespace": "jobs"}]
    (rule,) = out["spec"]["egress"]
    (in_,) = [one for one in policies if one["metadata"]["name"] == store and "ingress" in one["spec"]]
    froms = [peer for one in in_["spec"]["ingress"] for peer in one.get("from", [])]
    assert {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "jobs"}}} in froms
    assert rule["to"][0]["podSelector"]["matchLabels"].items() <= in_["spec"]["podSelector"]["matchLabels"].items()


WAITS_FOR = {
    "cache-warmer": {
        f"pgbouncer-{REGION}-deployment", f"migrations-timeseries-{REGION}-job", f"cache-warmer-{REGION}-traffic",
    },
    "search-ingest": {
        f"pgbouncer-{REGION}-deployment", f"search-setup-{REGION}-job", f"search-ingest-{REGION}-traffic",
    },
}  # fmt: skip


@pytest.mark.parametrize("program", PROGRAMS)
def test_it_starts_once_the_schemas_are_there_and_it_can_sign_in(program: str) -> None:
    found = resources("prod")
    names = {one.rsplit("::", 1)[-1] for one in found[f"{program}-{REGION}-deployment"].dependencies}
    assert WAITS_FOR[program] <= names
    pooler = {one.rsplit("::", 1)[-1] for one in found[f"pgbouncer-{REGION}-deployment"].dependencies}
    assert f"migrations-main-{REGION}-job" in pooler, "and so does what waits for the poolers"
    kept = {one.rsplit("::", 1)[-1] for one in found[f"{program}-{REGION}-secrets-class"].dependencies}
    assert {f"secrets-{secret}" for secret in mounted(program).values() if "connection" not in secret} <= kept
    if program == "cache-warmer":
        assert {"redis-cluster-connection", "redis-cluster-cache-warmer-connect", "redis-cluster-cache-warmer-connection"} <= kept


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_new_password_or_address_starts_it_anew(program: str) -> None:
    def versions(over: dict[str, Any] | None = None) -> dict[str, str]:
        template = known(program, over=over)["spec"]["template"]["metadata"]
        return json.loads(template["annotations"]["alphintra.io/secrets"])

    assert versions().keys() == mounted(program).keys()
    rotated = versions({"secrets": {"credentials": {f"main-db-{program}": {"version": 2}}}})
    assert {file for file, version in rotated.items() if version != versions()[file]} == {"main-db"}
    if program == "cache-warmer":
        moved = versions({"network": {"dns_zone": "other.internal."}})
        assert {file for file, version in moved.items() if version != versions()[file]} == {"cache"}


@pytest.mark.parametrize("program", PROGRAMS)
def test_what_stops_saying_that_it_is_alive_is_started_anew(program: str, tmp_path: Path) -> None:
    only = container(program)
    assert {only[probe]["exec"]["command"][-1] for probe in ("startupProbe", "readinessProbe", "livenessProbe")} == {IS_ALIVE[-1]}
    command = [part.replace(ALIVE_FILE, str(tmp_path / "alive")) for part in IS_ALIVE]

    def alive() -> bool:
        return subprocess.run(command, capture_output=True, check=False).returncode == 0

    assert not alive(), "before it has begun"
    (tmp_path / "alive").touch()
    assert alive()
    old = time.time() - ALIVE_SECONDS - 1
    os.utime(tmp_path / "alive", (old, old))
    assert not alive()


@pytest.mark.parametrize("program", PROGRAMS)
def test_it_may_end_what_it_is_at(program: str) -> None:
    assert "'statement_timeout', '30s'" in LIMITS
    assert pod(program)["terminationGracePeriodSeconds"] == LEAVES_SECONDS > 2 * 30
    spec = known(program)["spec"]
    assert spec["strategy"]["rollingUpdate"] == {"maxSurge": 1, "maxUnavailable": 0}
    assert known(program, "disruptions")["spec"]["maxUnavailable"] == 1


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_without_an_image_there_is_none_and_nobody_misses_it(environment: str) -> None:
    found = resources(environment, {"images": {"jobs": None}})
    assert not [name for name in found if name.startswith(tuple(f"{program}-{REGION}" for program in PROGRAMS))]
    assert not [
        name
        for name in found
        if name.startswith(("alerts-cache-warming", "alerts-cache-rounds", "alerts-search-ingest", "alerts-search-rounds"))
    ]
    assert {"alerts-cache-warming-missing", "alerts-search-ingest-missing"} <= resources(environment).keys()
    assert not [
        one
        for one in recorded(environment, {"images": {"jobs": None}}).registrations
        if NOT_LOOKED_UP in str(one.inputs) and "jobs:" in str(one.inputs)
    ]


NO_POOLERS = {"kubernetes": {"clusters": {"primary": {"pools": {"general": {"pods": {"pgbouncer": None}}}}}}}


@pytest.mark.parametrize(
    ("over", "says"),
    [
        ({"identities": {"workloads": {"cache-warmer": {"kubernetes": "elsewhere/cache-warmer"}}}}, "has no elsewhere"),
        ({"pooling": {"clients": ["auth-service"]}}, "pooling.clients lacks cache-warmer, which reads the main database"),
        ({"identities": {"workloads": {"cache-warmer": {"secrets": ["main-db-cache-warmer"]}}}}, "secrets lacks timeseries-cache-warmer, the password"),
        ({"identities": {"workloads": {"cache-warmer": {"caches": []}}}}, "caches lacks cluster, which it fills"),
        ({"identities": {"workloads": {"search-ingest": {"secrets": ["main-db-search-ingest"]}}}}, "secrets lacks search-ingest, the password that it writes with"),
        ({"identities": {"workloads": {"search-ingest": {"kubernetes": "jobs/search-ingest"}}}}, "but only in elasticsearch is the certificate"),
        ({"workspaces": {"namespaces": {"jobs": {"clusters": ["secondary"]}}}}, "namespaces.jobs.clusters has no primary"),
        (NO_POOLERS, "cache-warmer reads the main database through the poolers, but no pool of kubernetes.clusters.primary has any; .*images.jobs to null"),
        ({"cache": {"warmer": {"replicas": 0}}}, "cache.warmer.replicas"),
    ],
)  # fmt: skip
def test_bad_settings(over: dict[str, Any], says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        recorded("prod", over)
