"""The servers of the database tests."""

from __future__ import annotations

from tests.database.conftest import database, server

__all__ = ["database", "server"]
