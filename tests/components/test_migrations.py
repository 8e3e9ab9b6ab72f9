"""The Jobs that run migrations: one for each state, before what reads the database, with no more than they need."""

from __future__ import annotations

import json
from typing import Any

import pytest

from components.migration_files import Login, digest, migration_files
from settings import SettingsError, load_stack_file
from tools.recorder import ROOT

from ..environments import ENVIRONMENTS, recorded, resources

MAIN = "migrations-main-us-central1"
MOST_BYTES = 1024 * 1024
"""What a ConfigMap holds, with its keys."""


def spec(name: str, environment: str = "prod", over: dict[str, Any] | None = None) -> dict[str, Any]:
    return resources(environment, over)[name].inputs["spec"]


def pod(environment: str = "prod") -> dict[str, Any]:
    return spec(f"{MAIN}-job", environment)["template"]["spec"]


def variables(environment: str = "prod") -> dict[str, str]:
    (container,) = pod(environment)["containers"]
    return {variable["name"]: variable["value"] for variable in container["env"]}


def named(over: dict[str, Any] | None = None) -> tuple[str, str]:
    """What the Job and its files are called."""
    found = resources("prod", over)
    return tuple(found[f"{MAIN}-{part}"].inputs["metadata"]["name"] for part in ("job", "files"))  # pyright: ignore[reportReturnType]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_it_runs_in_the_primary_region_alone(environment: str) -> None:
    jobs = [known for known in resources(environment) if known.startswith("migrations-main") and known.endswith(":Job")]
    assert jobs == [f"{MAIN}-job:Job"]


@pytest.mark.parametrize(
    "over",
    [
        {"identities": {"workloads": {"support-service": {"database": False}}}},
        {"identities": {"groups": {"data-readers": {"database": "none"}}}},
        {"generation": 2},
        {"migrations": {"image": f"docker.io/sqitch/sqitch:v1.6.2@sha256:{64 * '0'}"}},
    ],
)
def test_another_state_is_another_job_with_files_of_its_own(over: dict[str, Any]) -> None:
    job, files = named()
    assert job == files
    assert {job, files}.isdisjoint(named(over))
    assert named({"migrations": {"minutes": 90}}) == (job, files), "the same state is not made twice"


def test_a_changed_script_is_another_state() -> None:
    files = migration_files("main", [])
    assert digest(files) == digest(dict(reversed(files.items())))
    for path in ("main/deploy/001_roles.sql", "main/lib/begin.sql", "main/sqitch.plan", "migrate", "enrol.sql", "job.sh"):
        assert digest(files) != digest(files | {path: files[path] + "\n"})


def test_every_change_is_among_the_files_with_its_revert_and_its_verification() -> None:
    files = migration_files("main", [])
    plan = [line.split()[0] for line in files["main/sqitch.plan"].splitlines() if line[:1].isdigit()]
    assert len(plan) >= 24
    assert {f"main/{kind}/{change}.sql" for kind in ("deploy", "revert", "verify") for change in plan} <= files.keys()


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_files_fit_into_a_config_map_and_stay_as_they_are(environment: str) -> None:
    known = resources(environment)[f"{MAIN}-files"].inputs
    assert known["immutable"] is True
    assert sum(len(key) + len(text.encode()) for key, text in known["data"].items()) < MOST_BYTES / 2, "half of it is for later"


def test_it_signs_in_with_a_mounted_password_to_the_instance_that_its_authority_vouches_for() -> None:
    known = variables()
    assert known["DATABASE_URL"] == "db:pg://migrations@main-db.alphintra.internal:5432/alphintra"
    assert (known["PGSSLMODE"], known["PGSSLROOTCERT"]) == ("verify-ca", "/migrations/server-ca.pem")
    assert known["PASSWORD"] == "/run/secrets/migrations/password"
    provider = resources("prod")[f"{MAIN}-password-class"].inputs["spec"]["parameters"]["secrets"]
    (file,) = json.loads(provider)
    assert (file["path"], file["resourceName"].split("/")[3]) == ("password", "main-db-migrations")
    user = resources("prod")["main-db-user-migrations"].inputs
    assert (user["name"], user["type"]) == ("migrations", "BUILT_IN")


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_nobody_else_reads_the_password(environment: str) -> None:
    readers = [name for name in resources(environment) if name.startswith("secrets-main-db-migrations-") and ":" not in name]
    assert readers == ["secrets-main-db-migrations-migrations"]


def test_it_reaches_the_databases_and_nothing_reaches_it() -> None:
    policy = spec(f"{MAIN}-traffic")
    range_ = str(load_stack_file(ROOT / "Pulumi.prod.yaml").network.managed_services)
    assert policy["egress"] == [{"to": [{"ipBlock": {"cidr": range_}}], "ports": [{"protocol": "TCP", "port": 5432}]}]
    assert policy["policyTypes"] == ["Egress"]
    labels = spec(f"{MAIN}-job")["template"]["metadata"]["labels"]
    assert policy["podSelector"]["matchLabels"] == labels
    assert pod()["serviceAccountName"] == "migrations"


def test_a_run_ends_and_is_not_swept_away() -> None:
    known = spec(f"{MAIN}-job")
    assert (known["backoffLimit"], known["activeDeadlineSeconds"]) == (2, 3600)
    assert "ttlSecondsAfterFinished" not in known, "a Job that goes by itself would be made again by every update"


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_poolers_come_after_it_and_it_after_the_logins(environment: str) -> None:
    found = resources(environment)
    job = found[f"{MAIN}-job"]
    poolers = [known for name, known in found.items() if name.startswith("pgbouncer-") and name.endswith("-deployment")]
    assert poolers
    assert all(job.urn in known.dependencies for known in poolers)
    assert found["main-db-user-trading-service"].urn in found[MAIN].dependencies, "what is in it waits as it does"
    assert found[f"{MAIN}-traffic"].urn in job.dependencies


SERIES = "migrations-timeseries-us-central1"


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_the_time_series_are_changed_where_they_take_writes_after_the_site_is_settled(environment: str) -> None:
    found = resources(environment)
    assert [name for name in found if name.startswith("migrations-timeseries") and name.endswith(":Job")] == [f"{SERIES}-job:Job"]
    assert found["timeseries-us-central1-settle"].urn in found[SERIES].dependencies
    (container,) = spec(f"{SERIES}-job", environment)["template"]["spec"]["containers"]
    known = {variable["name"]: variable["value"] for variable in container["env"]}
    host = "alphintra-timeseries-db.timescaledb.svc.cluster.local"
    assert known["DATABASE_URL"] == f"db:pg://migrations@{host}:5432/alphintra_timeseries"
    assert known["PGSSLMODE"] == "require"
    assert container["command"][-1] == "timeseries"
    files = found[f"{SERIES}-files"].inputs["data"]
    assert "timeseries.deploy.003_market.sql" in files
    assert "timeseries.lib.begin.sql" in files, "which is the main database's"
    assert not [name for name in files if name.startswith("main.")]


def test_a_site_that_leads_from_now_on_has_the_job() -> None:
    promoted = resources("prod", {"timeseries": {"leader": "secondary"}})
    assert f"{SERIES}-job" not in promoted
    assert promoted["migrations-timeseries-us-east1-job"].inputs["metadata"]["namespace"] == "jobs"


def test_the_job_of_the_time_series_is_somebody_else_and_reaches_that_database_alone() -> None:
    policy, job = spec(f"{SERIES}-traffic"), spec(f"{SERIES}-job")["template"]
    (rule,) = policy["egress"]
    assert rule["to"] == [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "timescaledb"}}}]
    assert (
        policy["podSelector"]["matchLabels"] == job["metadata"]["labels"] != spec(f"{MAIN}-job")["template"]["metadata"]["labels"]
    )
    assert job["spec"]["serviceAccountName"] == "timeseries-migrations"
    readers = [name for name in resources("prod") if name.startswith("secrets-timeseries-migrations-") and ":" not in name]
    assert readers == [f"secrets-timeseries-migrations-{reader}" for reader in ("timescaledb", "timeseries-migrations")]


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_login_but_administrators_is_given_its_role(environment: str) -> None:
    logins = json.loads(resources(environment)[f"{MAIN}-files"].inputs["data"]["logins.json"])
    users = {known.inputs["name"] for name, known in resources(environment).items() if name.startswith("main-db-user-")}
    assert {login["login"] for login in logins} == users - {"migrations", "data-admins@alphintra.com"}
    assert all(Login(name, name)._asdict() in logins for name in ("cache-warmer", "search-ingest"))
    series = json.loads(resources(environment)[f"{SERIES}-files"].inputs["data"]["logins.json"])
    assert series == [Login("cache-warmer", "cache_warmer")._asdict()]


@pytest.mark.parametrize(
    ("over", "says"),
    [
        (
            {"migrations": {"lock_seconds": 600, "minutes": 10}},
            r"lock_seconds is 600, but a run is stopped after minutes \(10 \* 60",
        ),
        (
            {"migrations": {"database": "others"}},
            "migrations.database names 'others', which is no database of database.databases",
        ),
        ({"identities": {"workloads": {"migrations": None}}}, "identities.workloads names 'migrations', which is no workload"),
        (
            {"identities": {"workloads": {"migrations": {"kubernetes": None}}}},
            "identities.workloads.migrations.kubernetes says nothing, but it runs as a Job",
        ),
        (
            {"identities": {"workloads": {"migrations": {"secrets": []}}}},
            "identities.workloads.migrations.secrets lacks main-db-migrations, the password that the Job signs in with",
        ),
        ({"timeseries": {"clients": ["services"]}}, "timeseries.clients lacks jobs, where the Job of timeseries-migrations runs"),
        ({"workspaces": {"namespaces": {"jobs": {"clusters": ["secondary"]}}}}, "namespaces.jobs.clusters has no primary"),
        (
            {
                "secrets": {"credentials": {"main-db-migrations": None}},
                "identities": {"workloads": {"migrations": {"secrets": []}}},
            },
            "secrets.credentials.main-db-migrations is missing",
        ),
        (
            {"migrations": {"image": "docker.io/sqitch/sqitch:v1.6.1"}},
            "migrations.image is .*, but in prod an image has its digest",
        ),
    ],
)
def test_bad_settings(over: dict[str, Any], says: str) -> None:
    with pytest.raises(SettingsError, match=says):
        recorded("prod", over)
