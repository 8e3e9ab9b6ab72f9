"""What holds for every test."""

from __future__ import annotations

import signal
from collections.abc import Generator

import pytest

from tools.garbage import without_collections


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """pytest parses every test file that it loads."""
    with without_collections():
        return (yield)


@pytest.fixture(autouse=True)
def broken_pipes() -> Generator[None]:
    """A command that a test runs in its own process changes what a broken pipe does to that: it would end the tests after it."""
    before = signal.getsignal(signal.SIGPIPE)
    yield
    signal.signal(signal.SIGPIPE, before)
