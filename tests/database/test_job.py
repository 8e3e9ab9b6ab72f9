"""What the Job of the migrations runs, from the files that the stack hands it, as it finds them."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Generator
from pathlib import Path

import pytest

from components.migration_files import Login, key, migration_files
from tests.environments import resources

from .server import PASSWORD, Server, ask, column, own, unprivileged

pytestmark = pytest.mark.database

LOGINS = [
    Login("trading-service", "trading-service@a.iam"),
    Login("trading-service", "trading-service"),
    Login("pgbouncer", "pooler"),
    Login("data-readers", "data-readers@alphintra.com"),
]
POWERS = "SELECT rolname FROM pg_roles WHERE rolcreaterole OR rolcreatedb"


class Job:
    """A run's folder, and a database that is empty as Cloud SQL makes it."""

    def __init__(self, folder: Path, server: Server) -> None:
        self.server, self.folder = server, folder / "migrations"
        self.name = server.create(template="template1")
        self.secret = folder / "password"
        self.secret.write_text(PASSWORD)
        self.hand(LOGINS)

    def hand(self, logins: list[Login]) -> None:
        for path, text in migration_files("main", logins).items():
            (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / path).write_text(text)

    def run(self, status: int = 0, **env: str) -> str:
        """As in the pod: by TLS, with a password, and vouched for by the server's own CA."""
        known = {
            "PATH": os.environ["PATH"],
            "HOME": "/nowhere",
            "DATABASE_URL": f"db:pg://migrations@127.0.0.1:{self.server.port}/{self.name}",
            "PASSWORD": str(self.secret),
            "PGSSLMODE": "verify-ca",
            "PGSSLROOTCERT": str(self.server.ca),
        }
        done = subprocess.run(
            [*unprivileged()[:3], "/bin/sh", self.folder / "job.sh", "main"],
            env=known | env,
            capture_output=True,
            text=True,
            check=False,
            timeout=180,
        )
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout + done.stderr


@pytest.fixture
def job(tmp_path: Path, server: Server) -> Generator[Job]:
    made = Job(tmp_path, server)
    own(made.secret)
    with server.connect("postgres") as admin:
        # As Cloud SQL makes users: those with a password may create roles, those of IAM may do nothing.
        admin.execute("CREATE ROLE cloudsqlsuperuser CREATEROLE CREATEDB")
        admin.execute(f"ALTER ROLE migrations PASSWORD '{PASSWORD}'")
        for _, login in LOGINS:
            powers = "" if "@" in login else "CREATEROLE CREATEDB IN ROLE cloudsqlsuperuser"
            admin.execute(f'CREATE ROLE "{login}" LOGIN {powers}'.encode())
    yield made
    server.drop(made.name)
    with server.connect("postgres") as admin:
        for name in ("cloudsqlsuperuser", *(login for _, login in LOGINS)):
            admin.execute(f'DROP ROLE "{name}"'.encode())


def test_from_an_empty_database_to_logins_with_their_roles_and_twice_is_once(job: Job) -> None:
    assert "028_search_ingest" in job.run()
    said = job.run()
    assert "Nothing to deploy" in said
    assert PASSWORD not in said
    with job.server.connect(job.name) as admin:
        for workload, login in LOGINS:
            (role,) = column(admin, "SELECT role FROM ops.workloads WHERE workload = %s", workload)
            assert column(admin, "SELECT pg_has_role(%s::name, %s::name, 'MEMBER')", login, role) == [True]
        assert set(column(admin, POWERS)) == {"postgres", "migrations", "cloudsqlsuperuser"}
        assert ask(admin, "SELECT FROM pg_auth_members WHERE roleid = 'cloudsqlsuperuser'::regrole") == []


def test_what_somebody_took_away_by_hand_is_missed(job: Job) -> None:
    job.run()
    with job.server.connect(job.name) as admin:
        admin.execute("DROP FUNCTION ops.unused_indexes CASCADE")
    assert "ops.unused_indexes(interval,bigint,timestamptz) is missing" in job.run(status=2)


def test_without_it_a_service_could_become_the_owner(job: Job) -> None:
    """What is taken away is worth taking: on PostgreSQL 15 whoever creates roles gives himself any."""
    job.hand([])
    job.run()
    with job.server.connect("postgres", "trading-service") as service:
        ask(service, 'GRANT alphintra_owner TO "trading-service"')
        assert column(service, "SELECT pg_has_role('alphintra_owner', 'MEMBER')") == [True]


def test_a_workload_without_a_role_stops_it_and_nobody_is_enrolled(job: Job) -> None:
    job.hand([*LOGINS, Login("unheard-of", "trading-service")])
    assert "no workload unheard-of; there are audit-export" in job.run(status=3)
    with job.server.connect(job.name) as admin:
        assert column(admin, "SELECT pg_has_role('pooler', 'pooler_role', 'MEMBER')") == [False]


def test_a_login_that_is_not_there_is_named(job: Job) -> None:
    job.hand([Login("trading-service", "nobody")])
    assert 'role "nobody" does not exist' in job.run(status=3)


def test_a_server_that_another_authority_vouches_for_is_not_believed(job: Job, tmp_path: Path) -> None:
    other = tmp_path / "other.crt"
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=other", "-keyout", str(tmp_path / "k")]
    subprocess.run([*made, "-out", str(other)], check=True, capture_output=True)
    assert "certificate verify failed" in job.run(status=69, PGSSLROOTCERT=str(other))
    with job.server.connect(job.name) as admin:
        assert column(admin, "SELECT to_regclass('schema_migrations')") == [None]


def test_a_wrong_password_is_an_error_that_does_not_show_it(job: Job) -> None:
    job.secret.write_text("wrong-one")
    said = job.run(status=69)
    assert "password authentication failed" in said
    assert "wrong-one" not in said


def test_the_pod_finds_each_file_under_its_path() -> None:
    found = resources("prod")["migrations-main-us-central1-files"].inputs["data"]
    (volume,) = (
        volume
        for volume in resources("prod")["migrations-main-us-central1-job"].inputs["spec"]["template"]["spec"]["volumes"]
        if volume["name"] == "files"
    )
    paths = {item["key"]: item["path"] for item in volume["configMap"]["items"]}
    assert paths.keys() == found.keys()
    for path, text in migration_files("main", []).items():
        assert paths[key(path)] == path
        if path != "logins.json":
            assert found[key(path)] == text
