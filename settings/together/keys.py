"""Keys: each where the data is that it encrypts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..environment import Environment


def keys(env: Environment) -> None:
    for data_class, role, what in _keyed(env):
        if env.encryption.customer_managed and role not in env.encryption.keys[data_class].regions:
            raise ValueError(f"encryption.keys.{data_class}.regions lacks {role}, where {what} is")


def _keyed(env: Environment) -> Iterator[tuple[str, str, str]]:
    """(class of data, region's role, what is there) of everything that needs a key in its own region."""
    for role in ("primary", "secondary"):
        yield "secrets", role, "a copy of every secret"
    yield "database", "primary", "database.zone"
    for region in env.database.replicas:
        yield "database", "secondary", f"database.replicas.{region}"
    for name, bucket in env.storage.buckets.items():
        yield "objects", bucket.region, f"storage.buckets.{name}"
    yield "analytics", env.analytics.region, "analytics"
    yield "cache", "primary", "cache.cluster"
    for name, store in (("cluster", env.cache.cluster), ("sessions", env.cache.sessions)):
        for region in store.secondaries:
            yield "cache", "secondary", f"cache.{name}.secondaries.{region}"
    for name in ("images", "bigtable", "firestore"):
        yield name, "primary", name
    for role in env.kubernetes.clusters:
        yield "cluster", role, f"kubernetes.clusters.{role}"
        yield "backups", "secondary" if role == "primary" else "primary", f"the backup of kubernetes.clusters.{role}"
