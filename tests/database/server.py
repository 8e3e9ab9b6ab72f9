"""A PostgreSQL 15 of the tests' own: unprivileged, on a free port of 127.0.0.1, gone with the tests."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import DictRow, dict_row

from tools.programs import POSTGRES

MAIN = Path(__file__).parents[2] / "database" / "main"
TEMPLATE = "template_main"
"""The newest schema, to make databases from."""
CRON_DATABASE = "alphintra"
"""The one database that pg_cron works in."""
SERVICES = (
    "auth", "trading", "strategy", "marketplace", "notification", "support", "compliance", "reporting", "monitoring",
    "audit_export", "backup", "search_ingest",
)  # fmt: skip
"""Each has a role, and here a login that is its member: trading_role, trading_login."""

PASSWORD = "of-every-login-9.~_-"
"""What logins sign in with over TLS, as through a pooler. Without TLS the server trusts whoever is on this machine."""
EC_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")

CONFIGURATION = """
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = '{folder}'
max_connections = 300
shared_buffers = 128MB
fsync = off
synchronous_commit = off
full_page_writes = off
autovacuum = off
shared_preload_libraries = '{preload}'
cron.database_name = '{cron}'
log_min_messages = warning
max_locks_per_transaction = 256
ssl = on
ssl_cert_file = '{folder}/server.crt'
ssl_key_file = '{folder}/server.key'
"""

Connection = psycopg.Connection[DictRow]


def ask(connection: Connection, query: str, *arguments: object) -> list[DictRow]:
    """The rows that a statement returns."""
    cursor = connection.execute(query.encode(), arguments or None)
    return cursor.fetchall() if cursor.description else []


def column(connection: Connection, query: str, *arguments: object) -> list[Any]:
    """The first column of those rows."""
    return [next(iter(row.values())) for row in ask(connection, query, *arguments)]


def act_as(connection: Connection, user: object) -> None:
    """Works for that user until the transaction ends."""
    ask(connection, "SELECT app.act_as(%s)", user)


def free_port() -> int:
    """A port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def unprivileged() -> list[str]:
    """What to put before a command so that it does not run as root, and ends when this process ends."""
    prefix = ["/usr/bin/setpriv", "--pdeathsig", "TERM"]
    if os.geteuid() == 0:
        prefix += ["--reuid", owner(), "--regid", str(pwd.getpwnam(owner()).pw_gid), "--clear-groups"]
    return prefix


def owner() -> str:
    """The user that servers run as."""
    return "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name


def own(path: Path) -> None:
    """Gives a file or folder to that user."""
    if os.geteuid() == 0:
        shutil.chown(path, owner())


class Server:
    """A running server with the newest schema of the main database in a template."""

    PRELOAD = "pg_cron,pg_stat_statements"
    """The libraries that it loads when it starts."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="alphintra-pg-"))
        own(self.folder)
        self.data = self.folder / "data"
        self.port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._made = 0
        run([*unprivileged(), POSTGRES / "initdb", "-D", self.data, "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8"])
        self._certify()
        access = self.data / "pg_hba.conf"
        access.write_text("hostssl all all 127.0.0.1/32 scram-sha-256\n" + access.read_text())
        with (self.data / "postgresql.conf").open("a") as configuration:
            configuration.write(
                CONFIGURATION.format(port=self.port, folder=self.folder, cron=CRON_DATABASE, preload=self.PRELOAD)
            )

    @property
    def ca(self) -> Path:
        """Who signed the server's certificate, as Cloud SQL has a CA for each instance."""
        return self.folder / "ca.crt"

    def _certify(self) -> None:
        ca, key, request = (self.folder / name for name in ("ca.key", "server.key", "server.csr"))
        made = "-subj", "/CN=instance-ca", "-days", "2", "-keyout", ca, "-out", self.ca
        run([*unprivileged(), "openssl", "req", "-x509", *EC_KEY, *made])
        run([*unprivileged(), "openssl", "req", *EC_KEY, "-subj", "/CN=project:instance", "-keyout", key, "-out", request])
        signed = "-CA", self.ca, "-CAkey", ca, "-CAcreateserial", "-days", "2", "-out", self.folder / "server.crt"
        run([*unprivileged(), "openssl", "x509", "-req", "-in", request, *signed])

    def start(self) -> None:
        """Starts it, and puts into it what the tests begin with."""
        log = (self.folder / "log").open("wb")
        self._process = subprocess.Popen(
            [*unprivileged(), POSTGRES / "postgres", "-D", self.data], stdout=log, stderr=log, cwd=self.folder
        )
        self._wait()
        with self.connect("postgres") as connection:
            # What Cloud SQL's administrator can: no superuser, but roles, and the database is its own.
            connection.execute("CREATE ROLE migrations LOGIN CREATEROLE")
        self._fill()

    def _fill(self) -> None:
        for name in (CRON_DATABASE, TEMPLATE):
            self.create(name, template="template1")
        with self.connect(CRON_DATABASE) as connection:
            # Cloud SQL lets its administrator do this; a plain server only a superuser.
            connection.execute("CREATE EXTENSION pg_cron; GRANT USAGE ON SCHEMA cron TO migrations")
        with self.connect(TEMPLATE) as connection:
            connection.execute("CREATE SCHEMA extensions AUTHORIZATION migrations")
            for extension in ("pg_stat_statements", "hypopg"):
                connection.execute(f"CREATE EXTENSION {extension} SCHEMA extensions")
        self.deploy(TEMPLATE)
        with self.connect("postgres") as connection:
            for service in SERVICES:
                connection.execute(f"CREATE ROLE {service}_login LOGIN IN ROLE {service}_role PASSWORD '{PASSWORD}'")
            connection.execute(f"CREATE ROLE pgbouncer LOGIN IN ROLE pooler_role PASSWORD '{PASSWORD}'")
        with self.connect(TEMPLATE) as connection:
            # What Cloud SQL does where the flag cloudsql.pg_shadow_select_role names the role.
            connection.execute("GRANT SELECT ON pg_shadow TO password_reader")

    def _wait(self) -> None:
        deadline = time.monotonic() + 60
        while True:
            try:
                self.connect("postgres").close()
            except psycopg.OperationalError:
                if time.monotonic() > deadline or (self._process and self._process.poll() is not None):
                    raise RuntimeError((self.folder / "log").read_text()) from None
                time.sleep(0.05)
            else:
                return

    def stop(self) -> None:
        """Stops it and removes everything it wrote."""
        if self._process:
            self._process.send_signal(signal.SIGQUIT)
            self._process.wait(timeout=30)
        shutil.rmtree(self.folder, ignore_errors=True)

    def connect(self, database: str, user: str = "postgres", *, autocommit: bool = True, port: int | None = None) -> Connection:
        """A connection whose rows are dicts."""
        return Connection.connect(self.dsn(database, user, port), autocommit=autocommit, row_factory=dict_row)

    def dsn(self, database: str, user: str, port: int | None = None) -> str:
        """Where a database is, for psycopg and psql; with a port it is a pooler's."""
        how = f"sslmode=require password={PASSWORD}" if port else "sslmode=disable"
        return f"host=127.0.0.1 port={port or self.port} user={user} dbname={database} connect_timeout=60 {how}"

    def url(self, database: str, user: str = "migrations") -> str:
        """Where a database is, for sqitch."""
        return f"db:{self.address(database, user).replace('postgresql', 'pg', 1)}"

    def address(self, database: str, user: str = "migrations") -> str:
        """Where a database is, for a program that is told so by a URL."""
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}?sslmode=disable"

    def create(self, name: str | None = None, template: str = TEMPLATE) -> str:
        """Makes a database from a template; returns its name."""
        self._made += 1
        name = name or f"test_{self._made}"
        with self.connect("postgres") as connection:
            connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER migrations STRATEGY FILE_COPY").format(
                    sql.Identifier(name), sql.Identifier(template)
                )
            )
        return name

    def drop(self, name: str) -> None:
        """Removes a database, whoever is connected."""
        with self.connect("postgres") as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def deploy(self, database: str) -> None:
        """Every change in one psql: what sqitch does, without its registry and in a quarter of its time."""
        plan = [line.split()[0] for line in (MAIN / "sqitch.plan").read_text().splitlines() if line[:1].isdigit()]
        files = [part for change in plan for part in ("-f", str(MAIN / "deploy" / f"{change}.sql"))]
        run([POSTGRES / "psql", "-XqAt", "-v", "ON_ERROR_STOP=1", *files, self.dsn(database, "migrations")])


def run(command: Sequence[str | Path], env: Mapping[str, str] | None = None) -> str:
    """Runs a command; its output where it succeeds, an error with it where not."""
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False, env=env, timeout=120)
    if done.returncode:
        raise RuntimeError(f"{command[-1]} failed ({done.returncode}):\n{done.stdout}{done.stderr}")
    return done.stdout
