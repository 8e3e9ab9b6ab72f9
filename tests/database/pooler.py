"""A PgBouncer of the tests' own, with the configuration that the stack generates, before a server of theirs."""

from __future__ import annotations

import contextlib
import subprocess
import tempfile
import time
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

import psycopg

from components.pgbouncer_files import Places, pgbouncer_ini, preparation
from settings.pooling import Pooling
from tools.programs import PACKAGES

from .server import PASSWORD, POSTGRES, Server, free_port, own, run, unprivileged

NEWER = ("max_prepared_statements",)
"""What Debian's 1.18 does not know yet, and refuses to start with."""


@dataclass
class Pooler:
    """A running PgBouncer."""

    server: Server
    folder: Path
    port: int
    database: str
    process: subprocess.Popen[bytes]

    def dsn(self, user: str = "trading_login") -> str:
        """How a client connects: by password, over TLS."""
        return self.server.dsn(self.database, user, self.port)

    def console(self, command: str) -> list[list[str]]:
        """What the console answers, asked as the exporter asks: over the socket, as the same user, without a password."""
        where = f"host={self.folder} port={self.port} user=pgbouncer dbname=pgbouncer"
        return [line.split("|") for line in run([*unprivileged(), POSTGRES / "psql", "-XqAt", where, "-c", command]).splitlines()]

    def configure(self, settings: Pooling) -> None:
        """Writes another configuration, and has the running PgBouncer read it."""
        configure(self.server, self.folder, self.port, self.database, settings)
        self.console("RELOAD")


def configure(server: Server, folder: Path, port: int, database: str, settings: Pooling) -> Places:
    """Writes what the stack generates, but for addresses, ports, paths, and what 1.18 does not know."""
    places = Places(address="127.0.0.1", port=port, run=str(folder), server_ca=str(server.ca), password=str(folder / "password"))
    lines = pgbouncer_ini(settings, "127.0.0.1", [database], places, server.port).splitlines(keepends=True)
    written = folder / "pgbouncer.ini"
    written.write_text("".join(line for line in lines if not line.startswith(NEWER)))
    own(written)
    return places


@contextlib.contextmanager
def pooler(server: Server, database: str, settings: Pooling | None = None) -> Generator[Pooler]:
    """A pooler for a database, prepared by the commands that prepare the pod."""
    port = free_port()
    folder = Path(tempfile.mkdtemp(prefix="pooler-", dir=server.folder))
    (folder / "password").write_text(PASSWORD)
    own(folder / "password")
    own(folder)
    places = configure(server, folder, port, database, settings or Pooling())
    run([*unprivileged(), "/bin/sh", "-c", preparation(places, ["pgbouncer.test"])])
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*unprivileged(), PACKAGES["pgbouncer"], folder / "pgbouncer.ini"], stdout=output, stderr=output
        )
    running = Pooler(server, folder, port, database, process)
    try:
        deadline = time.monotonic() + 30
        while True:
            try:
                psycopg.connect(running.dsn()).close()
            except psycopg.OperationalError:
                if time.monotonic() > deadline or process.poll() is not None:
                    raise RuntimeError(log.read_text()) from None
                time.sleep(0.05)
            else:
                break
        yield running
    finally:
        process.kill()
        process.wait()
