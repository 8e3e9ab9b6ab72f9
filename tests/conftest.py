"""What holds for every test."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from tools.garbage import without_collections


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """pytest parses every test file that it loads."""
    with without_collections():
        return (yield)
