"""Restores the newest backup with all of its log, starts it, and compares it with what is live.

A mark is written first: the restore must have it, so nothing that was archived since is missing. Then every table is counted,
before in the live database, in the restored one, and after in the live one: what is restored lies between the two. Of hypertables
the day before yesterday is counted, which is long complete, and in which the two should be the same."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from common import password, psql

TABLES = """
SELECT format('%I.%I', n.nspname, c.relname), '' FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname NOT IN ('information_schema', 'operations')
   AND n.nspname NOT LIKE ALL (ARRAY['pg\\_%', '\\_timescaledb%', 'timescaledb%']) ORDER BY 1
"""
HYPERTABLES = """
SELECT format('%I.%I', hypertable_schema, hypertable_name), format('%I', column_name) FROM timescaledb_information.dimensions
 WHERE dimension_number = 1 AND time_interval IS NOT NULL
"""
AT_LEAST = """
SELECT name, setting FROM pg_settings WHERE name IN
 ('max_connections', 'max_worker_processes', 'max_wal_senders', 'max_prepared_transactions', 'max_locks_per_transaction')
"""


def live(statements: str) -> list[list[str]]:
    """What the leader answers."""
    return psql(
        f"{os.environ['LEADER']} user=restore_test dbname={os.environ['DATABASE']}", statements, secret=password("restore-test")
    )


def restored(statements: str) -> list[list[str]]:
    """What the restored server answers."""
    return psql(f"host={os.environ['SOCKETS']} port=5432 user=postgres dbname={os.environ['DATABASE']}", statements)


def mark() -> str:
    """Writes a mark, and waits until it is in the bucket."""
    name = f"restore-test-{time.time_ns()}"
    live(f"INSERT INTO operations.mark (id) VALUES ('{name}')")  # noqa: S608
    segment = live("SELECT pg_walfile_name(pg_switch_wal())")[0][0]
    deadline = time.monotonic() + float(os.environ["RPO_SECONDS"])
    while live("SELECT coalesce(last_archived_wal, '') FROM pg_stat_archiver")[0][0] < segment:
        if time.monotonic() > deadline:
            raise TimeoutError(f"segment {segment} is not in the bucket within the RPO")
        time.sleep(1)
    return name


def queries() -> dict[str, str]:
    """A count for each table; of a hypertable, of the day before yesterday."""
    timed = live("SELECT to_regclass('timescaledb_information.dimensions')") != [[""]]
    times = {row[0]: row[1] for row in (live(HYPERTABLES) if timed else ())}
    day = live("SELECT quote_literal((date_trunc('day', now()) - interval '2 days')::text) || '::timestamptz'")[0][0]
    within = f" WHERE {{0}} >= {day} AND {{0}} < {day} + interval '1 day'"
    return {
        table: f"SELECT count(*) FROM {table}" + (within.format(times[table]) if table in times else "")  # noqa: S608
        for table, _ in live(TABLES)
    }


def restore() -> subprocess.Popen[bytes]:
    """Brings the files back, and starts a server on them that nobody else reaches."""
    data = Path(os.environ["RESTORED"])
    command = ["pgbackrest", f"--config={os.environ['CONFIGURATION']}", f"--stanza={os.environ['STANZA']}", "--archive-mode=off"]
    command += ["--no-delta", f"--pg1-path={data}", f"--link-map=pg_wal={data.parent / 'pg_wal'}", "restore"]
    (data.parent / "pg_wal").mkdir(mode=0o700)
    data.mkdir(mode=0o700)
    subprocess.run(command, check=True)
    options = {
        # What PostgreSQL demands to be no less than it was where the log was written; Patroni has it in no file.
        **{row[0]: row[1] for row in live(AT_LEAST)},
        "hba_file": f"'{data}/pg_hba.conf'", "ident_file": f"'{data}/pg_ident.conf'",
        "listen_addresses": "''", "unix_socket_directories": f"'{os.environ['SOCKETS']}'", "port": "5432", "ssl": "off",
        "huge_pages": "off", "shared_buffers": os.environ["BUFFERS"], "synchronous_standby_names": "''", "max_wal_size": "4GB",
    }  # fmt: skip
    # What Patroni wrote into the file is for the member that it ran on; what stands last counts.
    with (data / "postgresql.auto.conf").open("a", encoding="utf-8") as configuration:
        configuration.writelines(f"{name} = {value}\n" for name, value in options.items())
    (data / "pg_hba.conf").write_text("local all postgres peer\n", encoding="utf-8")
    (data / "pg_ident.conf").touch()
    server = subprocess.Popen(["postgres", "-D", str(data)])  # noqa: S607
    deadline = time.monotonic() + float(os.environ["SECONDS"])
    while True:
        try:
            if restored("SELECT pg_is_in_recovery()") == [["f"]]:
                return server
        except RuntimeError as error:
            problem = str(error)
        else:
            problem = "it is still being recovered"
        if time.monotonic() > deadline:
            raise TimeoutError(f"the restored server does not answer: {problem}")
        time.sleep(1)


def main() -> None:
    """Does it; fails where anything differs."""
    began = time.monotonic()
    name = mark()
    asked = queries()
    before = {table: int(live(query)[0][0]) for table, query in asked.items()}
    server = restore()
    try:
        _compare(name, asked, before, began)
    finally:
        server.send_signal(signal.SIGQUIT)
        server.wait()


def _compare(name: str, asked: dict[str, str], before: dict[str, int], began: float) -> None:
    """The mark and the tables of the restored server against those that are live."""
    if restored(f"SELECT count(*) FROM operations.mark WHERE id = '{name}'") != [["1"]]:  # noqa: S608
        sys.exit(f"{name} is missing: the log does not reach to when this test began")
    found = {table: int(restored(query)[0][0]) for table, query in asked.items()}
    after = {table: int(live(query)[0][0]) for table, query in asked.items()}
    wrong = [table for table in asked if not min(before[table], after[table]) <= found[table] <= max(before[table], after[table])]
    for table in wrong:
        sys.stderr.write(f"{table}: {found[table]} rows are restored, {before[table]} to {after[table]} are live\n")
    sys.stdout.write(
        f"{len(asked) - len(wrong)} of {len(asked)} tables are as they are live, after {time.monotonic() - began:.0f} s\n"
    )
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
