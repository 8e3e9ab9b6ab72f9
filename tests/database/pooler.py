"""A PgBouncer of the tests' own, in transaction mode, before a server of theirs."""

from __future__ import annotations

import contextlib
import subprocess
import time
from collections.abc import Generator

import psycopg

from tools.programs import PACKAGES

from .server import SERVICES, Server, free_port, own, unprivileged

CONFIGURATION = """
[databases]
* = host=127.0.0.1 port={server}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = trust
auth_file = {users}
pool_mode = transaction
max_client_conn = 1000
default_pool_size = 25
server_idle_timeout = 600
server_lifetime = 3600
"""
"""As section 12.1 has it."""


@contextlib.contextmanager
def pooler(server: Server) -> Generator[int]:
    """The port of a running PgBouncer."""
    port = free_port()
    users, configuration = server.folder / "users.txt", server.folder / f"pgbouncer-{port}.ini"
    users.write_text("".join(f'"{service}_login" ""\n' for service in SERVICES))
    configuration.write_text(CONFIGURATION.format(server=server.port, port=port, users=users))
    for path in (users, configuration):
        own(path)
    with (server.folder / "pgbouncer.log").open("wb") as log:
        process = subprocess.Popen([*unprivileged(), PACKAGES["pgbouncer"], configuration], stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + 30
        while True:
            try:
                server.connect("postgres", "trading_login", port=port).close()
            except psycopg.OperationalError:
                if time.monotonic() > deadline or process.poll() is not None:
                    raise RuntimeError((server.folder / "pgbouncer.log").read_text()) from None
                time.sleep(0.05)
            else:
                break
        yield port
    finally:
        process.kill()
        process.wait()
