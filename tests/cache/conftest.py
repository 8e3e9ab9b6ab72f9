"""What the cache tests share: a cluster of six processes, and a primary with its replica."""

from __future__ import annotations

from collections.abc import Generator

import pytest

from database.cache.store import Store
from tests.installed import REDIS, need

from .server import Cluster, Pair


@pytest.fixture(scope="session")
def cluster() -> Generator[Cluster]:
    """Three primaries and three replicas."""
    need(REDIS)
    made = Cluster()
    yield made
    made.remove()


@pytest.fixture(scope="session")
def pair() -> Generator[Pair]:
    """A primary and a replica."""
    need(REDIS)
    made = Pair()
    yield made
    made.remove()


@pytest.fixture(params=["cluster", "standalone"])
def store(request: pytest.FixtureRequest) -> Store:
    """A store of either kind."""
    if request.param == "cluster":
        return Store.cluster(request.getfixturevalue("cluster").client())
    return Store.standalone(request.getfixturevalue("pair").primary.client())
