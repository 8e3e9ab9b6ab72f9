"""The search engine: the operator, the cluster, what it holds, and its metrics."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from database.search.definitions import VISIBLE, WRITTEN, Numbers, plan
from settings import Environment
from settings.search import SPACE
from settings.verification import SEARCH_USER, SEARCH_WORKLOAD

from ..elastic_operator import ElasticOperator, ElasticOperatorArgs
from ..elasticsearch import Elasticsearch, ElasticsearchArgs
from ..search_exporter import SearchExporter, SearchExporterArgs
from ..search_setup import SearchSetup, SearchSetupArgs
from ..search_verification import SearchVerification, SearchVerificationArgs
from .clusters import Clusters
from .foundation import Foundation

OPERATOR = "elastic-system"
"""The namespace of the operator."""
REACHES_SEARCH = {"alphintra.io/reaches": "search"}
"""The label of pods in the cluster's own namespace that reach it."""


@dataclass(frozen=True)
class Searched:
    """The cluster, and what brings what it holds up to date."""

    cluster: Elasticsearch
    setup: SearchSetup

    @property
    def contract(self) -> dict[str, Any]:
        """What clients need of it."""
        return {"url": self.cluster.url, "searched": VISIBLE, "written": WRITTEN}


def search(base: Foundation, running: Clusters) -> Searched:
    """Declares it, in the primary region: the other region brings it back from snapshots."""
    settings, region = base.settings, base.primary
    known, spaces = settings.search, running.namespaces[region]
    cluster = settings.kubernetes.clusters["primary"]
    in_space, in_operators = (running.running_in(base, region, space) for space in (SPACE, OPERATOR))
    pull = running.images.pull
    store, path, batch = (spaces.priorities[f"alphintra-{name}"].metadata.name for name in ("store", "path", "batch"))
    namespace = spaces.namespaces[SPACE].metadata.name
    operator_namespace = spaces.namespaces[OPERATOR].metadata.name
    accounts = {
        name: spaces.accounts[f"{SPACE}/{name}"].metadata.name
        for name in ("elasticsearch", "search-setup", "search-exporter", SEARCH_WORKLOAD)
    }
    credentials = {user: base.secrets.credentials[user] for user in plan(_numbers(settings)).users}
    operator = ElasticOperator(
        f"elastic-operator-{region}",
        ElasticOperatorArgs(
            image=pull(known.operator_image),
            pods=next(pool.pods["elastic-operator"] for pool in cluster.pools.values() if "elastic-operator" in pool.pods),
            namespace=operator_namespace,
            manages=namespace,
            manages_name=SPACE,
            priority=path,
            control_plane=str(settings.network.primary.nodes),
            protect=base.protect,
        ),
        opts=in_operators,
    )
    elasticsearch = Elasticsearch(
        f"search-{region}",
        ElasticsearchArgs(
            settings=known,
            cluster=cluster,
            image=pull(known.image),
            namespace=namespace,
            operator=operator,
            operator_namespace=OPERATOR,
            clients=spaces.named(sorted({_namespace(settings, client) for client in known.clients})),
            account=accounts["elasticsearch"],
            priority=store,
            storage_class=running.classes[region].ssd.metadata.name,
            jobs=REACHES_SEARCH,
            protect=base.protect,
        ),
        opts=in_space,
    )
    setup = SearchSetup(
        f"search-setup-{region}",
        SearchSetupArgs(
            plan=plan(_numbers(settings)),
            image=pull(known.setup_image),
            cluster=elasticsearch,
            namespace=namespace,
            account=accounts["search-setup"],
            priority=batch,
            labels=REACHES_SEARCH,
            credentials=credentials,
        ),
        opts=in_space,
    )
    SearchExporter(
        f"search-exporter-{region}",
        SearchExporterArgs(
            image=pull(known.exporter_image),
            cluster=elasticsearch,
            setup=setup,
            namespace=namespace,
            operator_namespace=operator_namespace,
            account=accounts["search-exporter"],
            priority=path,
            labels=REACHES_SEARCH,
            credential=credentials["search-monitor"],
        ),
        opts=in_space,
    )
    SearchVerification(
        f"search-verification-{region}",
        SearchVerificationArgs(
            settings=settings.verification.search,
            name=known.name,
            cluster=elasticsearch,
            setup=setup,
            whole_hours=known.ingest.whole_hours,
            bucket=settings.storage.bucket_name(settings.verification.bucket),
            namespace=namespace,
            account=accounts[SEARCH_WORKLOAD],
            priority=batch,
            image=pull(known.setup_image),
            labels=REACHES_SEARCH,
            credential=credentials[SEARCH_USER],
        ),
        opts=in_space,
    )
    return Searched(elasticsearch, setup)


def _namespace(settings: Environment, workload: str) -> str:
    return (settings.identities.workloads[workload].kubernetes or "").partition("/")[0]


def _numbers(settings: Environment) -> Numbers:
    index, snapshots = settings.search.index, settings.search.snapshots
    return Numbers(
        shards=index.shards,
        replicas=index.replicas,
        slow_query_ms=index.slow_query_ms,
        retired_days=index.retired_days,
        bucket=settings.storage.bucket_name(snapshots.bucket),
        folder=snapshots.folder.rstrip("/"),
        schedule=snapshots.schedule,
        snapshot_days=snapshots.keep_days,
        snapshots_min=snapshots.keep_at_least,
        snapshots_max=snapshots.keep_at_most,
    )
