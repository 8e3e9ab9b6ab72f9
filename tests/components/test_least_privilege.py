"""Least privilege: for each identity exactly these grants, and none on the project where a narrower one exists."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from localcloud.gcp.rules.iam_policy import roles
from policies.tokens import GRANTS

from ..environments import ENVIRONMENTS, kubernetes_clusters, recorded

Grants = set[tuple[str, str]]

# What each identity may do: (role without `roles/`, on what). A folder of a bucket is `bucket/folder/`, a grant on the project that
# a condition narrows is `main-db`, `cache` or `sessions`.
SIGN_IN: Grants = {("cloudsql.client", "main-db"), ("cloudsql.instanceUser", "main-db")}
CACHE: Grants = {
    ("redis.dbConnectionUser", "cache"), ("secretmanager.secretAccessor", "secret alphintra-redis-cluster-connection")
}  # fmt: skip
SESSIONS: Grants = {
    ("memorystore.dbConnectionUser", "sessions"), ("secretmanager.secretAccessor", "secret alphintra-redis-sessions-connection")
}  # fmt: skip
READ, WRITE, CREATE = "storage.objectViewer", "storage.objectUser", "storage.objectCreator"
SIGN_AS = "iam.serviceAccountTokenCreator"


def pooled(service: str) -> Grants:
    """The password of a service's login through PgBouncer."""
    return {("secretmanager.secretAccessor", f"secret main-db-{service}-service")}


WORKLOADS: dict[str, Grants] = {
    "auth-service": SIGN_IN | CACHE | SESSIONS | pooled("auth"),
    "trading-service": SIGN_IN | CACHE | pooled("trading"),
    "strategy-service": SIGN_IN | CACHE | pooled("strategy") | {
        (WRITE, "ml-models/production/"),
        (READ, "datasets/market-data/"), (WRITE, "datasets/user-datasets/"), (WRITE, "datasets/processed/"),
        ("pubsub.subscriber", "subscription objects-market-data"),
    },
    "marketplace-service": SIGN_IN | CACHE | pooled("marketplace") | {
        (WRITE, "uploads/uploads/"), ("pubsub.subscriber", "subscription objects-uploads"), (SIGN_AS, "account/uploads-url-signer"),
        ("secretmanager.secretAccessor", "secret search-query"),
    },
    "compliance-service": SIGN_IN | pooled("compliance") | {
        (WRITE, "documents/kyc-documents/"), (WRITE, "documents/legal/"), (READ, "documents/templates/"),
        ("pubsub.subscriber", "subscription objects-kyc-documents"), (SIGN_AS, "account/kyc-url-signer"),
    },
    "notification-service": SIGN_IN | CACHE,
    "support-service": SIGN_IN,
    "market-data-ingest": CACHE | {(WRITE, "datasets/market-data/")},
    "pgbouncer": {("secretmanager.secretAccessor", "secret main-db-pgbouncer")},
    "timescaledb": {
        (WRITE, "timescaledb-repository/database/timescaledb/repository/"),
        *(("secretmanager.secretAccessor", f"secret timeseries-{kind}") for kind in (
            "superuser", "replication", "rest-api", "monitoring", "export", "restore-test", "migrations", "cache-warmer",
        )),
    },
    "elasticsearch": {(WRITE, "backups/database/elasticsearch/")},
    "search-setup": {("secretmanager.secretAccessor", f"secret search-{user}") for user in ("ingest", "query", "monitor", "verify")},
    "search-ingest": {("secretmanager.secretAccessor", f"secret {name}") for name in ("main-db-search-ingest", "search-ingest")},
    "search-exporter": {("secretmanager.secretAccessor", "secret search-monitor")},
    "search-verifier": {
        (CREATE, "backups/database/verification/elasticsearch/"), ("secretmanager.secretAccessor", "secret search-verify"),
    },
    "migrations": {("secretmanager.secretAccessor", "secret main-db-migrations")},
    "timeseries-migrations": {("secretmanager.secretAccessor", "secret timeseries-migrations")},
    "database-backup": SIGN_IN | {
        (CREATE, "backups/database/postgresql/"), (CREATE, "backups/database/timescaledb/logical/"),
        ("secretmanager.secretAccessor", "secret timeseries-export"),
    },
    "restore-test": {
        (READ, "backups/database/"), (READ, "timescaledb-repository/database/timescaledb/repository/"),
        ("secretmanager.secretAccessor", "secret timeseries-restore-test"),
    },
    "backup-verifier": {
        (CREATE, "backups/database/postgresql/verification/"),
        ("backupVerifierLists", "project"), ("backupVerifierReads", "main-db"), ("backupVerifierMakes", "main-db-verify-*"),
    },
    "cache-verifier": {
        (CREATE, "backups/redis/verification/"),
        *((f"{store}Verifier{what}", on) for store in ("cache", "sessions") for what, on in (
            ("Begins", "project"), ("Reads", store), ("Ends", f"{store}-verify-*"),
        )),
    },
    "audit-export": SIGN_IN | {(CREATE, "logs/audit/")},
    "frontend-release": {(WRITE, "static-assets/")},
    "cache-warmer": CACHE | {("secretmanager.secretAccessor", f"secret {db}-cache-warmer") for db in ("main-db", "timeseries")},
    "failover-watcher": SIGN_IN,  # what else it has where it runs: test_failover_watcher.py
    "metrics-exporter": SIGN_IN,
}  # fmt: skip
SIGNERS: dict[str, Grants] = {
    "kyc-url-signer": {(CREATE, "documents/kyc-documents/"), (READ, "documents/kyc-documents/")},
    "uploads-url-signer": {(CREATE, "uploads/uploads/"), (READ, "uploads/uploads/")},
}
"""What signed URLs may do; nothing runs as these."""
ARCHIVIST = "cache-archive"
"""Acts for Cloud Scheduler, and so for no Kubernetes account; it does nothing in dev, where nothing is archived."""
GROUPS: dict[str, Grants] = {
    "data-readers": SIGN_IN | {
        ("monitoring.viewer", "project"), ("bigquery.jobUser", "project"),
        ("bigquery.dataViewer", "dataset alphintra_analytics"), ("bigquery.connectionUser", "connection main-db-replica"),
    },
    "data-developers": {("logging.viewAccessor", "logs _Default/_Default"), ("monitoring.viewer", "project")},
    "data-admins": SIGN_IN | {
        ("cloudsql.viewer", "main-db"), ("logging.viewAccessor", "logs _Default/_Default"), ("monitoring.viewer", "project"),
    },
    "data-compliance": {
        (READ, "documents/kyc-documents/"), (READ, "documents/legal/"),
        ("bigquery.dataViewer", "dataset alphintra_audit"), ("bigquery.jobUser", "project"),
        ("logging.viewAccessor", "logs _Default/_AllLogs"), ("logging.viewAccessor", "logs _Required/_AllLogs"),
    },
}  # fmt: skip
SQL_INSTANCE = "sqladmin.googleapis.com/Instance"
THROW_AWAY = "instances whose names begin with the main database's, and -verify-"
SQL_DOCS = "https://cloud.google.com/sql/docs/postgres/iam-conditions"
CACHE_STORE, SESSION_STORE = "clusters/alphintra-redis-cluster", "instances/alphintra-redis-sessions"
CACHE_DOCS = "https://cloud.google.com/memorystore/docs"
ON_THE_PROJECT: dict[str, tuple[str, str, str | None]] = {
    # role: (why there is nothing narrower, where that is written, the type or name of what its condition is about)
    "cloudsql.client": ("instances have no grants", SQL_DOCS, SQL_INSTANCE),
    "cloudsql.instanceUser": ("instances have no grants", SQL_DOCS, SQL_INSTANCE),
    "cloudsql.viewer": ("instances have no grants", SQL_DOCS, SQL_INSTANCE),
    "bigquery.jobUser": ("jobs belong to the project", "https://cloud.google.com/bigquery/docs/access-control", None),
    "redis.dbConnectionUser": ("stores have no grants", f"{CACHE_DOCS}/cluster/about-iam-auth", CACHE_STORE),
    "memorystore.dbConnectionUser": ("stores have no grants", f"{CACHE_DOCS}/valkey/about-iam-auth", SESSION_STORE),
    "cacheArchive": ("stores have no grants", f"{CACHE_DOCS}/cluster/access-control", CACHE_STORE),
    **{f"{store}VerifierBegins": ("lists and creations are the place's", CACHE_DOCS, None) for store in ("cache", "sessions")},
    "cacheVerifierReads": ("stores have no grants", CACHE_DOCS, CACHE_STORE),
    "sessionsVerifierReads": ("stores have no grants", CACHE_DOCS, SESSION_STORE),
    **{f"{store}VerifierEnds": ("stores have no grants", CACHE_DOCS, f"{store}-verify-*") for store in ("cache", "sessions")},
    "backupVerifierLists": ("lists are the project's", SQL_DOCS, None),
    "backupVerifierReads": ("instances have no grants", SQL_DOCS, SQL_INSTANCE),
    "backupVerifierMakes": ("instances have no grants", SQL_DOCS, THROW_AWAY),
    "monitoring.viewer": (
        "metrics have neither grants nor conditions",
        "https://cloud.google.com/monitoring/access-control",
        None,
    ),
    "container.defaultNodeServiceAccount": (
        "nodes write logs and metrics, which belong to the project",
        "https://cloud.google.com/kubernetes-engine/docs/how-to/hardening-your-cluster#use_least_privilege_sa",
        None,
    ),
}
"""The roles that are granted on the project, because they cannot be granted on anything smaller."""
NARROWED_TO = {SQL_INSTANCE: "main-db", CACHE_STORE: "cache", SESSION_STORE: "sessions", THROW_AWAY: "main-db-verify-*"} | {
    away: away for away in ("cache-verify-*", "sessions-verify-*")
}
"""What a grant on the project with a condition on such resources is called above."""
NODES: Grants = {
    ("container.defaultNodeServiceAccount", "project"),
    *(
        ("artifactregistry.reader", f"repository {name}")
        for name in ("alphintra-images", "docker-hub", "elastic", "github", "quay")
    ),
}


def narrowed(condition: str) -> str:
    """What a condition of a grant on the project narrows it to."""
    if re.fullmatch(
        r'resource\.type == "[^"]+" && resource\.name\.startsWith\("projects/[^/]+/instances/[a-z-]+-verify-"\)', condition
    ):
        return NARROWED_TO[THROW_AWAY]
    if away := re.fullmatch(r'resource\.name\.startsWith\("projects/[^/]+/locations/us-central1/([^"]+)-verify-"\)', condition):
        return f"{NARROWED_TO[away[1]]}-verify-*"
    about = re.match(r'resource\.type == "([^"]+)" && ', condition)
    store = re.match(r'resource\.name == "projects/[^/]+/locations/us-central1/([^"]+)"', condition)
    found = about or store
    return NARROWED_TO[found[1]] if found else "project"


def granted(environment: str) -> Iterator[tuple[str, str, str]]:
    """(member, role, on what) of every grant."""
    for known in recorded(environment).registrations:
        if known.type not in GRANTS:
            continue
        given = known.inputs
        condition = given.get("condition", {}).get("expression", "")
        if known.type.startswith("gcp:storage/"):
            folder = re.match(r'resource\.name\.startsWith\("projects/_/buckets/[^/]+/objects/([^"]+)"\)', condition)
            bucket = re.sub(r"^alphintra(-dev|-staging)?-", "", given["bucket"])
            on = f"{bucket}/{folder[1] if folder else ''}"
        elif known.type.startswith("gcp:logging/"):
            on = f"logs {given['bucket']}/{given['name']}"
        elif "datasetId" in given or "connectionId" in given:
            on = f"dataset {given['datasetId']}" if "datasetId" in given else f"connection {given['connectionId']}"
        elif "serviceAccountId" in given:
            on = "account/" + given["serviceAccountId"].rsplit("/", 1)[-1].split("@")[0]
        elif kind := next((kind for kind in ("secretId", "subscription", "topic", "repository") if kind in given), None):
            on = f"{kind.removesuffix('Id')} {given[kind]}"
        else:
            on = given.get("cryptoKeyId") or narrowed(condition)
        yield given["member"], re.sub(r"^(projects/[^/]+/)?roles/", "", given["role"]), on


def by_identity(environment: str, member: str) -> dict[str, Grants]:
    """The grants of every identity whose member matches: its first group is the name."""
    found: dict[str, Grants] = {}
    for who, role, on in granted(environment):
        name = re.fullmatch(member, who)
        if name:
            found.setdefault(name[1], set()).add((role, on))
    return found


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_what_workloads_may_do(environment: str) -> None:
    workloads = WORKLOADS | ({"cache-verifier": {(CREATE, "backups/redis/verification/")}} if environment == "dev" else {})
    archivist = {} if environment == "dev" else {ARCHIVIST: {("cacheArchive", "cache")}}
    nodes = {f"gke-{known.inputs['location']}": NODES for known in kubernetes_clusters(environment)}
    assert (
        by_identity(environment, r"serviceAccount:((?!(?:service|bq)-\d)[^@\[]+)@.+") == workloads | SIGNERS | archivist | nodes
    )


@pytest.mark.parametrize("environment", ["staging", "prod"])
def test_what_people_may_do(environment: str) -> None:
    assert by_identity(environment, r"group:(.+)@alphintra\.com") == GROUPS


def test_developers_may_more_where_the_data_is_made_up() -> None:
    found = by_identity("dev", r"group:(.+)@alphintra\.com")
    more = SIGN_IN | {("secretmanager.secretAccessor", "secret main-db-pgbouncer")}
    readers = GROUPS["data-readers"] - {("bigquery.connectionUser", "connection main-db-replica")}  # dev has no replica
    assert found == {**GROUPS, "data-readers": readers, "data-developers": GROUPS["data-developers"] | more}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_nothing_is_granted_to_a_single_person(environment: str) -> None:
    assert not [who for who, _, _ in granted(environment) if not who.startswith(("serviceAccount:", "group:"))]


def test_the_local_cloud_knows_every_role_that_is_granted() -> None:
    """It lets pass what it has no list of: a misspelt role of another service would go unnoticed."""
    known = {f"{service}.{name}" for service, names in roles().items() for name in names}
    known |= {role.inputs["roleId"] for role in recorded("prod").registrations if role.type.endswith(":IAMCustomRole")}
    assert {role for _, role, _ in granted("prod")} <= known


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_on_the_project_is_granted_only_what_can_be_granted_nowhere_else(environment: str) -> None:
    for known in recorded(environment).registrations:
        if known.type != "gcp:projects/iAMMember:IAMMember":
            continue
        role = re.sub(r"^(projects/[^/]+/)?roles/", "", known.inputs["role"])
        assert role in ON_THE_PROJECT, f"{known.urn}: grant {role} on the thing itself, or say here why that cannot be done"
        _, _, about = ON_THE_PROJECT[role]
        condition = known.inputs.get("condition", {}).get("expression", "")
        assert narrowed(condition) == (NARROWED_TO[about] if about else "project"), known.urn
        assert bool(about) is ("resource.name" in condition), f"{known.urn}: which of them?"


@pytest.mark.parametrize(("environment", "replicas"), [("dev", []), ("prod", ["alphintra-read-replica-us-east1"])])
def test_the_condition_names_the_database_and_its_replicas(environment: str, replicas: list[str]) -> None:
    grant = next(k for k in recorded(environment).registrations if k.name == "main-db-auth-service-client")
    named = re.findall(r'resource\.name == "projects/([^/]+)/instances/([^"]+)"', grant.inputs["condition"]["expression"])
    assert named == [(f"alphintra-{environment}", instance) for instance in ("alphintra-main-db", *replicas)]


def test_every_reason_to_grant_on_the_project_is_used() -> None:
    assert {role for _, role, on in granted("prod") if on in ("project", *NARROWED_TO.values())} == ON_THE_PROJECT.keys()


# -- who may act as a workload


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_each_workload_is_one_kubernetes_account(environment: str) -> None:
    pool = rf"serviceAccount:alphintra-{environment}\.svc\.id\.goog\[(.+)\]"
    bound = {
        (on.removeprefix("account/"), role, name)
        for name, grants in by_identity(environment, pool).items()
        for role, on in grants
    }
    assert {role for _, role, _ in bound} == {"iam.workloadIdentityUser"}
    assert sorted(account for account, _, _ in bound) == sorted(WORKLOADS), "exactly one each"
    assert all(re.fullmatch(r"[a-z-]+/[a-z-]+", name) for _, _, name in bound)


def test_the_binding_is_on_the_account_itself() -> None:
    binding = next(k for k in recorded("prod").registrations if k.name == "workload-identity-timescaledb")
    assert binding.inputs == {
        "serviceAccountId": "projects/alphintra-prod/serviceAccounts/timescaledb@alphintra-prod.iam.gserviceaccount.com",
        "role": "roles/iam.workloadIdentityUser",
        "member": "serviceAccount:alphintra-prod.svc.id.goog[timescaledb/timescaledb]",
    }


def test_there_are_no_keys() -> None:
    assert not [k.urn for env in ENVIRONMENTS for k in recorded(env).registrations if k.type.startswith("gcp:serviceaccount/key")]
