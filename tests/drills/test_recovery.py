"""Backups of real members with the generated configuration: a restore to a point in time, the weekly test, and the standby."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

import psycopg
import pytest

from tests.database.server import free_port, own, run, unprivileged
from tools.programs import POSTGRES

from .cluster import PASSWORD, Cluster, Member, until
from .results import Result

pytestmark = [pytest.mark.drill, pytest.mark.timeout(900)]
DATABASE = "alphintra_timeseries"


def operation(site: Cluster, leader: Member, script: str, **variables: str) -> str:
    """Runs one of the stack's scripts as its pod would; what it said."""
    env: Mapping[str, str] = {
        **leader.environment,
        "PATH": f"{POSTGRES}:/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "DATABASE": DATABASE,
        "LEADER": f"host=127.0.0.1 port={leader.node.port} sslmode=require",
        **variables,
    }
    command = [*unprivileged(), site.python, f"{leader.places.configuration}/{script}.py"]
    done = subprocess.run(
        command, env=dict(env), capture_output=True, text=True, check=False, timeout=300, start_new_session=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def settle(site: Cluster) -> Member:
    """Roles, database and stanza, by the job's own script."""
    leader = until("a leader", site.leader)
    pgbackrest = f"pgbackrest --config={leader.places.repository} --stanza={site.site.stanza}"
    told = operation(
        site, leader, "settle", DYNAMIC=f"{leader.places.configuration}/dynamic.json", BACK_UP=pgbackrest,
        LEADER=f"host=127.0.0.1 port={leader.node.port} user=postgres sslmode=require",
    )  # fmt: skip
    assert told.startswith("leads")
    return leader


def back_up(leader: Member, stanza: str) -> None:
    """A full backup, as the CronJob asks for it."""
    command = f"pgbackrest --config={leader.places.repository} --stanza={stanza} --type=full backup"
    with connect(leader, "postgres") as connection:
        connection.execute(f"COPY (SELECT) TO PROGRAM '{command}'".encode())


def connect(member: Member, database: str = DATABASE) -> psycopg.Connection[tuple[object, ...]]:
    """The superuser, from outside."""
    where = f"host=127.0.0.1 port={member.node.port} user=postgres password={PASSWORD} dbname={database} sslmode=require"
    return psycopg.connect(where, autocommit=True)


def one(connection: psycopg.Connection[tuple[object, ...]], query: str) -> object:
    """A single value."""
    row = connection.execute(query.encode()).fetchone()
    assert row
    return row[0]


def test_backups_bring_back_every_row_and_a_standby_takes_over(site: Cluster) -> None:
    leader = settle(site)
    assert settle(site) is leader, "twice is once"
    with connect(leader) as connection:
        connection.execute(
            "CREATE TABLE ticks AS SELECT n, now() - n * interval '1 minute' AS time FROM generate_series(1, 10000) n"
        )
    back_up(leader, site.site.stanza)
    time.sleep(2)  # pgBackRest takes a backup that ended in an earlier second than the point
    with connect(leader) as connection:
        connection.execute("INSERT INTO ticks SELECT n, now() FROM generate_series(10001, 12345) n")
        point = str(one(connection, "SELECT clock_timestamp()"))
        time.sleep(0.1)
        connection.execute("DROP TABLE ticks")
        connection.execute("SELECT pg_switch_wal()")
    _restore_to(site, leader, point)
    _weekly_test(site, leader)
    _standby(site, leader)


def _restore_to(site: Cluster, leader: Member, point: str) -> None:
    """To the side, to the moment before the mistake."""
    began = time.monotonic()
    side = site.folder / "side"
    for path in (side, side / "pgdata", side / "pg_wal"):
        path.mkdir(mode=0o700)
        own(path)
    where = [
        f"--config={_own_configuration(leader, side)}",
        f"--stanza={site.site.stanza}",
        f"--pg1-path={side}/pgdata",
        "--no-delta",
    ]
    target = ["--type=time", f"--target={point}", "--target-action=promote", "--archive-mode=off"]
    command = [*unprivileged(), "pgbackrest", *where, f"--link-map=pg_wal={side}/pg_wal", *target, "restore"]
    run(command)
    port = free_port()
    with (side / "pgdata" / "postgresql.auto.conf").open("a") as configuration:
        configuration.write(
            f"hba_file = '{side}/hba'\nident_file = '{side}/ident'\nssl = off\nunix_socket_directories = '{side}'\n"
        )
        configuration.write(
            "synchronous_standby_names = ''\nmax_worker_processes = 64\nmax_locks_per_transaction = 1024\nmax_wal_senders = 10\n"
        )
    (side / "hba").write_text("host all all 127.0.0.1/32 trust\n")
    (side / "ident").touch()
    server = [*unprivileged(), POSTGRES / "postgres", "-D", side / "pgdata", "-p", str(port), "-c", "listen_addresses=127.0.0.1"]
    log = (side / "log").open("wb")
    running = subprocess.Popen(server, cwd=side, stdout=log, stderr=log)
    try:
        where_to = f"host=127.0.0.1 port={port} user=postgres dbname={DATABASE}"

        def recovered() -> bool:
            try:
                with psycopg.connect(where_to) as connection:
                    return not one(connection, "SELECT pg_is_in_recovery()")
            except psycopg.OperationalError:
                return False

        until("the restored server serves", recovered, 120)
        with psycopg.connect(where_to) as connection:
            assert one(connection, "SELECT count(*) FROM ticks") == 12345, "exact to the row"
    finally:
        running.send_signal(signal.SIGQUIT)
        running.wait(30)
    Result("restore to before DROP TABLE", lost=0, rejoined=time.monotonic() - began).noted()


def _own_configuration(member: Member, folder: Path) -> Path:
    """The member's pgbackrest.conf with locks and spool of one's own: members that share them wait for each other."""
    text = Path(member.places.repository).read_text()
    file = folder / "pgbackrest.conf"
    for key in ("lock-path", "spool-path"):
        text = re.sub(rf"^{key}=.*$", f"{key}={folder}/{key}", text, flags=re.MULTILINE)
        (folder / key).mkdir(exist_ok=True)
        own(folder / key)
    file.write_text(text)
    own(file)
    return file


def _weekly_test(site: Cluster, leader: Member) -> None:
    """The script of the CronJob."""
    with connect(leader) as connection:
        connection.execute("CREATE TABLE candles AS SELECT n FROM generate_series(1, 4321) n")
    folder = site.folder / "weekly"
    folder.mkdir()
    own(folder)
    began = time.monotonic()
    told = operation(
        site, leader, "restore_test", STANZA=site.site.stanza, CONFIGURATION=str(_own_configuration(leader, folder)),
        RESTORED=f"{folder}/pgdata", SOCKETS=str(folder), BUFFERS="64MB", SECONDS="120", RPO_SECONDS="120",
    )  # fmt: skip
    assert told.strip().splitlines()[-1].startswith("1 of 1 tables are as they are live")
    Result("weekly restore test", lost=0, rejoined=time.monotonic() - began).noted()


def _standby(site: Cluster, leader: Member) -> None:
    """A site made from the archive alone follows, and takes over when it is told to."""
    standby = Cluster(
        site.folder.parent, site.patroni, site.python, known=site.settings, role="secondary", count=1, repository=site.repository
    )
    [member] = standby.members
    try:
        began = time.monotonic()
        member.start()
        follower = until("the standby follows", lambda: [m for m in standby.view() if m["role"] == "standby_leader"], 180)
        assert follower
        made = time.monotonic() - began
        with connect(leader) as connection:
            connection.execute("CREATE TABLE last AS SELECT 42 AS row")
            connection.execute("SELECT pg_switch_wal()")
        began = time.monotonic()
        until("the standby has what was written last", lambda: _has(member, "last"), 120)
        lag = time.monotonic() - began
        assert lag < 5 * 60
        Result("standby from the archive", gap=lag, rejoined=made).noted()
        for lost in site.members:
            lost.all(signal.SIGKILL)
        began = time.monotonic()
        dynamic = Path(member.places.configuration) / "dynamic.json"
        alone = {key: value for key, value in json.loads(dynamic.read_text()).items() if key != "standby_cluster"}
        dynamic.write_text(json.dumps(alone))
        settle(standby)
        with connect(member) as connection:
            connection.execute("INSERT INTO last VALUES (43)")
            assert one(connection, "SELECT count(*) FROM last") == 2
            assert one(connection, "SELECT count(*) FROM candles") == 4321
        Result("promotion of the standby", gap=time.monotonic() - began, lost=0).noted()
    finally:
        standby.stop()


def _has(member: Member, table: str) -> bool:
    try:
        with connect(member) as connection:
            return one(connection, f"SELECT to_regclass('{table}') IS NOT NULL") is True
    except psycopg.OperationalError:
        return False
