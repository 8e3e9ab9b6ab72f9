"""The jobs of pg_cron, and that a failure is seen."""

from __future__ import annotations

import re
from collections.abc import Generator

import psycopg
import pytest

from .server import CRON_DATABASE, Connection, Server, ask, column

pytestmark = pytest.mark.database

JOBS = {
    "maintain-partitions": "30 1 * * *", "cleanup-old-data": "0 2 * * *", "forget-job-runs": "0 3 * * 0", "report-indexes": "0 5 * * 0",
    "tell-jobs": "20 * * * *",
}  # fmt: skip


@pytest.fixture(scope="module")
def scheduled(server: Server) -> None:
    """The one database that pg_cron works in, with the newest schema."""
    server.deploy(CRON_DATABASE)


@pytest.fixture
def cron(server: Server, scheduled: None) -> Generator[Connection]:  # noqa: ARG001
    """A superuser's transaction there, which may write runs that pg_cron did not make; it is rolled back."""
    with server.connect(CRON_DATABASE, autocommit=False) as connection:
        yield connection
        connection.rollback()


def run(connection: Connection, job: str, status: str, ago: str, message: str = "") -> None:
    ask(
        connection,
        """INSERT INTO cron.job_run_details (jobid, runid, username, status, return_message, end_time)
           SELECT jobid, nextval('cron.runid_seq'), username, %s, %s, now() - %s::interval FROM cron.job WHERE jobname = %s""",
        status, message, ago, job,
    )  # fmt: skip


def health(connection: Connection) -> dict[str, str]:
    return {row["job"]: row["state"] for row in ask(connection, "SELECT * FROM ops.job_health()")}


def test_the_jobs_are_scheduled_as_their_table_says(cron: Connection) -> None:
    assert {row["jobname"]: row["schedule"] for row in ask(cron, "SELECT * FROM cron.job")} == JOBS
    assert set(column(cron, "SELECT username FROM cron.job")) == {"migrations"}
    assert health(cron) == dict.fromkeys(JOBS, "never run")


def test_a_scheduled_command_works_for_the_login_that_runs_it(server: Server, cron: Connection) -> None:
    commands = column(cron, "SELECT command FROM cron.job")
    assert len(commands) == len(JOBS)
    for command in commands:
        with server.connect(CRON_DATABASE, "migrations") as connection:
            status = connection.execute(command).statusmessage  # raises where the login may not
            assert status
            assert status.split()[0] in ("CALL", "SELECT", "DELETE"), command


@pytest.mark.parametrize(
    ("runs", "state"),
    [
        ([("succeeded", "1 hour")], "ok"),
        ([("succeeded", "26 hours"), ("failed", "2 hours")], "failed"),
        ([("failed", "26 hours"), ("succeeded", "2 hours")], "ok"),
        ([("succeeded", "49 hours")], "overdue"),
    ],
    ids=["succeeded", "failed", "recovered", "overdue"],
)
def test_how_a_job_does_is_seen(cron: Connection, runs: list[tuple[str, str]], state: str) -> None:
    for status, ago in runs:
        run(cron, "cleanup-old-data", status, ago, "lock timeout")
    assert health(cron)["cleanup-old-data"] == state
    (said,) = column(cron, "SELECT message FROM ops.job_health() WHERE job = 'cleanup-old-data'")
    assert said == ("lock timeout" if ("failed" in dict(runs)) else None)


def test_a_job_that_is_not_scheduled_is_seen(cron: Connection) -> None:
    ask(cron, "DELETE FROM cron.job WHERE jobname = 'cleanup-old-data'")
    assert health(cron)["cleanup-old-data"] == "unscheduled"


def told(connection: Connection, server: Server) -> list[str]:
    """What looking at the jobs writes into the log."""
    log = server.folder / "log"
    before = len(log.read_text())
    ask(connection, "SELECT ops.tell_jobs()")
    return re.findall(r"LOG:  (job watch: .*)", log.read_text()[before:])


def test_the_log_tells_which_jobs_are_ill(server: Server, cron: Connection) -> None:
    assert told(cron, server) == [f"job watch: {len(JOBS)} looked at, 0 ill"]
    run(cron, "cleanup-old-data", "failed", "1 hour", "a message with what a user wrote")
    run(cron, "maintain-partitions", "succeeded", "49 hours")
    ask(cron, "DELETE FROM cron.job WHERE jobname = 'report-indexes'")
    assert told(cron, server) == [
        "job watch: cleanup-old-data is failed",
        "job watch: maintain-partitions is overdue",
        "job watch: report-indexes is unscheduled",
        f"job watch: {len(JOBS)} looked at, 3 ill",
    ]
    with server.connect(CRON_DATABASE, "trading_login") as trading, pytest.raises(psycopg.errors.InsufficientPrivilege):
        ask(trading, "SELECT ops.tell_jobs()")


def test_scheduling_again_brings_a_job_to_what_its_table_says(server: Server, cron: Connection) -> None:
    cron.rollback()
    with server.connect(CRON_DATABASE, "migrations") as migrations:
        ask(migrations, "SELECT cron.schedule('cleanup-old-data', '1 1 1 1 *', 'SELECT 1')")
        assert set(column(migrations, "SELECT ops.schedule_jobs()")) == set(JOBS)
        assert {row["jobname"]: row["schedule"] for row in ask(migrations, "SELECT * FROM cron.job")} == JOBS


def test_a_database_without_pg_cron_says_so(server: Server, shared: str) -> None:
    with server.connect(shared, "monitoring_login") as monitoring:
        assert health(monitoring) == dict.fromkeys(JOBS, "unscheduled")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            ask(monitoring, "SELECT cleanup_old_data()")


def test_only_monitoring_asks(server: Server, shared: str) -> None:
    with server.connect(shared, "trading_login") as trading, pytest.raises(psycopg.errors.InsufficientPrivilege):
        ask(trading, "SELECT * FROM ops.job_health()")
