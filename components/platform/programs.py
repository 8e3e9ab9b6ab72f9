"""Our own programs on the primary cluster, where there is an image of them: what fills the cache before it is asked, and what
follows the listings into the search engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

from settings import Environment
from settings.cache import WARMER
from settings.pooling import login_secret
from settings.search import INGEST
from settings.timeseries import PASSWORDS, READERS

from ..allowed_traffic import Traffic
from ..own_program import SECRETS, OwnProgram, OwnProgramArgs, Program
from ..pgbouncer import POOLERS, PgBouncer
from ..pgbouncer_files import PORT as POOLER_PORT
from ..pods import secret_of
from ..redis_cluster import RedisCluster
from ..timescaledb import PORT as SERIES_PORT
from .clusters import Clusters
from .foundation import Foundation
from .search import REACHES_SEARCH, Searched
from .timeseries import TimeSeries

PRIORITY = "alphintra-batch"
AUTHORITY = "/etc/search/ca"
CACHE_PORTS = (6379, (11000, 13047))
"""Where a Redis Cluster is found, and where its nodes are
(https://cloud.google.com/memorystore/docs/cluster/networking#reserved_network_ports)."""


@dataclass(frozen=True, kw_only=True)
class Stores:
    """What our own programs read and write."""

    poolers: Mapping[str, PgBouncer]
    """By region."""
    series: TimeSeries
    cache: RedisCluster
    search: Searched


def programs(base: Foundation, on: Clusters, stores: Stores) -> None:
    """Declares them; nothing where there is no image."""
    image = base.settings.images.jobs
    if image is not None:
        _run(base, on, WARMER, image, _cache_warmer(base, stores))
        _run(base, on, INGEST, image, _search_ingest(base, stores))


def _cache_warmer(base: Foundation, stores: Stores) -> Program:
    settings, region, credentials = base.settings, base.primary, base.secrets.credentials
    known, pooler, site = settings.cache.warmer, stores.poolers[region], stores.series.contract[region]
    passwords = {"main-db": credentials[login_secret(WARMER)], "timeseries": credentials[PASSWORDS[WARMER]]}
    connected = stores.cache.connected
    return Program(
        command=["python", "-m", "database.cache.warmer", "--jitter-seconds", str(known.jitter_seconds)],
        variables={
            **_main_database(base, pooler, WARMER),
            "TIMESERIES_DATABASE_URL": pulumi.Output.concat(
                f"postgresql://{READERS[WARMER]}@", site["host"], f":{SERIES_PORT}/{site['database']}?sslmode=require"
            ),
            "TIMESERIES_DATABASE_PASSWORD": f"{SECRETS}/timeseries",
            "CACHE_CONNECTION": f"{SECRETS}/cache",
        },
        secrets={**passwords, "cache": connected},
        versions={file: str(known.version) for file, known in passwords.items()} | {"cache": connected.version},
        replicas=known.replicas,
        cpu=known.cpu,
        memory_mib=known.memory_mib,
        # Of the time series, what lets the namespace in lets it out, too. The cache's own addresses are among the nodes'.
        outgoing=[POOLERS, Traffic(ports=CACHE_PORTS, cidrs=_cache_ranges(settings))],
        requires=[pooler.deployment, stores.series.schema.job],
    )


def _cache_ranges(settings: Environment) -> list[str]:
    """Where the cluster that is written to has its addresses, whichever of them that is."""
    ranges = settings.network
    return [str(ranges.primary.nodes), *([str(ranges.secondary.nodes)] if settings.cache.cluster.secondaries else [])]


def _search_ingest(base: Foundation, stores: Stores) -> Program:
    known, pooler, credentials = base.settings.search.ingest, stores.poolers[base.primary], base.secrets.credentials
    passwords = {"main-db": credentials[login_secret(INGEST)], "search": credentials[INGEST]}
    rounds = ["--every-seconds", str(known.every_seconds), "--whole-hours", str(known.whole_hours)]
    return Program(
        command=["python", "-m", "database.search.follow", *rounds],
        variables={
            **_main_database(base, pooler, INGEST),
            "SEARCH_URL": stores.search.cluster.url,
            "SEARCH_CA": f"{AUTHORITY}/ca.crt",
            "SEARCH_PASSWORD": f"{SECRETS}/search",
        },
        secrets=passwords,
        versions={file: str(known.version) for file, known in passwords.items()},
        files={AUTHORITY: secret_of("authority", stores.search.cluster.ca_secret)},
        replicas=1,
        cpu=known.cpu,
        memory_mib=known.memory_mib,
        labels=REACHES_SEARCH,
        outgoing=[POOLERS],
        requires=[pooler.deployment, stores.search.setup.job],
    )


def _main_database(base: Foundation, pooler: PgBouncer, login: str) -> dict[str, pulumi.Input[str]]:
    """How a program reads the main database; the pooler makes its own certificate, and nobody signs that."""
    database = base.settings.migrations.database
    return {
        "MAIN_DATABASE_URL": pulumi.Output.concat(
            f"postgresql://{login}@", pooler.host, f":{POOLER_PORT}/{database}?sslmode=require"
        ),
        "MAIN_DATABASE_PASSWORD": f"{SECRETS}/main-db",
    }


def _run(base: Foundation, on: Clusters, workload: str, image: str, program: Program) -> None:
    """As the workload, in its namespace."""
    region = base.primary
    spaces, known_as = on.namespaces[region], base.settings.identities.workloads[workload].kubernetes or ""
    OwnProgram(
        f"{workload}-{region}",
        OwnProgramArgs(
            program=program,
            called=workload,
            image=on.images.own(image),
            account=spaces.accounts[known_as],
            priority=spaces.priorities[PRIORITY].metadata.name,
        ),
        opts=on.running_in(base, region, known_as.partition("/")[0]),
    )
