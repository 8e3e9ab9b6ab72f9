"""What the database tests share: one server a process, databases made from its template."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from tests.installed import POSTGRES, need

from .server import Connection, Server


@pytest.fixture(scope="session")
def server() -> Generator[Server]:
    """A real PostgreSQL 15 with the newest schema."""
    need(POSTGRES)
    running = Server()
    try:
        running.start()
        yield running
    finally:
        running.stop()


@pytest.fixture
def database(server: Server) -> Generator[str]:
    """The name of a database with the newest schema and nothing else in it."""
    name = server.create()
    yield name
    server.drop(name)


@pytest.fixture(scope="module")
def shared(server: Server) -> Generator[str]:
    """The same, one for all tests of a module: they leave nothing behind."""
    name = server.create()
    yield name
    server.drop(name)


@pytest.fixture
def admin(server: Server, shared: str) -> Generator[Connection]:
    """A transaction of the owner in the module's database; it is rolled back."""
    with server.connect(shared, "migrations", autocommit=False) as connection:
        connection.execute("SET LOCAL ROLE alphintra_owner")
        yield connection
        connection.rollback()
