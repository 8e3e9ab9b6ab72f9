"""The data platform: the only place where components are put together."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pulumi

from settings import Environment

from .clusters import clusters
from .exports import exports
from .failover import automatic_failover
from .foundation import labels, lay_foundation
from .objects import analytics, objects
from .oversight import budget, governance, observability, people_and_audit
from .pooling import found_at, pooling
from .programs import Stores, programs
from .proofs import backup_verification, cache_verification
from .schemas import main_schema
from .search import search
from .stores import caches, main_database, optional_stores
from .timeseries import timeseries

__all__ = ["DataPlatform", "labels"]


class DataPlatform(pulumi.ComponentResource):
    """Everything the Alphintra trading platform stores data in."""

    exports: Mapping[str, pulumi.Output[Any]]
    """What the stack tells others: references, never values of secrets."""

    def __init__(self, name: str, settings: Environment, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("alphintra:platform:DataPlatform", name, {}, opts)
        base = lay_foundation(settings, inside=pulumi.ResourceOptions(parent=self))
        running = clusters(base)
        people_and_audit(base)
        database = main_database(base)
        cached = caches(base)
        stored = objects(base)
        analysed = analytics(base, database, stored.storage)
        optional_stores(base)
        series = timeseries(base, running, stored.storage)
        schema = main_schema(base, running, database)
        poolers = pooling(base, running, database, schema)
        searched = search(base, running)
        programs(base, running, Stores(poolers=poolers, series=series, cache=cached.cluster, search=searched))
        backup_verification(base, running)
        cache_verification(base, running)
        automatic_failover(base, running, database, stored.storage)
        watched = observability(base, stores=[database.primary, *database.replicas.values(), *cached.stores])
        budget(base)
        governance(base)
        self.exports = exports(
            base,
            database=database,
            caches=cached,
            objects=stored,
            analytics=analysed,
            clusters=running,
            on_clusters={"timeSeries": series.contract, "poolers": found_at(poolers), "search": searched.contract},
            dashboards=watched,
        )
        self.register_outputs(dict(self.exports))
