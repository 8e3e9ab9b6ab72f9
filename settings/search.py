"""The search engine: Elasticsearch on Kubernetes, run by Elastic's operator."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from .kubernetes import Kubernetes, Pod
from .section import ImageReference, ResourceName, Section, setting

DOCS = "https://www.elastic.co/docs"
LONGEST_NAME = 36
"""What the operator leaves room for: it makes longer names of it."""
OLDEST = (8, 8)
"""Section 8.1: 8.8 or newer."""
BROKEN: dict[tuple[int, ...], str] = {
    (8, 19, 14): "workloads' identities do not work with Cloud Storage (https://github.com/elastic/elasticsearch/pull/146020)",
}
"""Versions that this platform cannot run, and why."""
LEAST_MEMORY_GIB = 2
"""Half of it is the heap; with less a node spends its time collecting garbage."""

NodeRole = Literal["master", "data", "ingest", "transform"]
"""What a node does. Without a licence there is no more to ask for: machine learning is paid for."""


class NodeSet(Section):
    """Nodes of the cluster that are alike. How many there are, and their size, stands with the pool that holds them."""

    pods: ResourceName = Field(json_schema_extra={"source": "§8.1"})
    """The kind of pod, one of those of the primary cluster's pools: `kubernetes.clusters.primary.pools.<pool>.pods`."""
    roles: tuple[NodeRole, ...] = Field(min_length=1, json_schema_extra={"source": "§8.1"})
    """What the nodes do."""
    disk_gib: int = Field(ge=1, le=65536, json_schema_extra={"source": "§8.1", "unit": "GiB"})
    """The SSD of each node. It can be made larger in place, never smaller."""


INGEST = "search-ingest"
"""The workload, of `identities`, that follows the listings into the search engine; its user there has the same name."""
SPACE = "elasticsearch"
"""The namespace of the cluster, and of what is given its certificate."""


class Ingest(Section):
    """What follows the main database's listings into the search engine, all the time. It runs where `images.jobs` says what."""

    every_seconds: int = setting(30, "design: an approved listing is found within a minute", unit="seconds", ge=5, le=3600)
    """From one look for changes to the next."""
    whole_hours: int = setting(24, "design: what a long transaction hid from a look", unit="hours", ge=1, le=168)
    """How often everything is read."""
    cpu: float = setting(0.05, "design: it waits for both ends", unit="vCPU", ge=0.05, le=4)
    """What the pod asks for."""
    memory_mib: int = setting(128, "design: 200 listings at once", unit="MiB", ge=128, le=4096)
    """What the pod asks for, and has at most."""


class Index(Section):
    """The indices of the marketplace."""

    shards: int = setting(2, "§8.2", ge=1, le=32)
    """Primary shards."""
    replicas: int = setting(1, "§8.2", unit="copies of each shard", ge=0, le=5)
    """Copies beside the first, each on another node."""
    slow_query_ms: int = setting(1000, "§11.2 query_latency_high", unit="milliseconds", ge=1, le=60000)
    """From when on a query is written to the slow log."""
    retired_days: int = setting(7, "design: time to go back", unit="days", ge=1, le=90)
    """How long an index stays after another has taken its place."""


class Snapshots(Section):
    """Snapshots in Cloud Storage, in the other region."""

    bucket: ResourceName = setting("backups", "§7.1, §10.1")
    """The bucket, one of `storage.buckets`."""
    folder: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9/-]*/$")] = setting("database/elasticsearch/", "§7.1")
    """The folder in it, which the workload `elasticsearch` writes to."""
    schedule: Annotated[str, StringConstraints(pattern=r"^\S+( \S+){5,6}$")] = setting(
        "0 30 1 * * ?", f"{DOCS}/deploy-manage/tools/snapshot-and-restore/create-snapshots", unit="cron with seconds, UTC"
    )
    """When one is taken."""
    keep_days: int = setting(30, "§10.1", unit="days", ge=1, le=3650)
    """How long one is kept."""
    keep_at_least: int = setting(7, "design: a week's worth, whatever their age", unit="snapshots", ge=1, le=1000)
    """How many are kept though they are older."""
    keep_at_most: int = setting(60, "design: twice as many as the days", unit="snapshots", ge=1, le=5000)
    """How many are kept though they are younger."""

    @model_validator(mode="after")
    def _order(self) -> Snapshots:
        if self.keep_at_most < max(self.keep_at_least, self.keep_days):
            raise ValueError(
                f"keep_at_most is {self.keep_at_most}, below keep_at_least ({self.keep_at_least}) or what keep_days "
                f"({self.keep_days}) comes to with one a day"
            )
        return self


class Search(Section):
    """Elasticsearch."""

    name: ResourceName = setting("alphintra-search-cluster", "§8.1", max_length=LONGEST_NAME)
    """The cluster's name."""
    version: Annotated[str, StringConstraints(pattern=r"^8\.\d+\.\d+$")] = setting("8.19.20", "§8.1: 8.8+")
    """The version: the last minor of 8."""
    image: ImageReference = setting(
        "docker.elastic.co/elasticsearch/elasticsearch:8.19.20"
        "@sha256:e4797708584bd0df7c746b33a6640d243018a0ae8c8b088391c6f4675a3bef52",
        "§8.1",
    )
    """Its image, with the version as its tag."""
    operator_image: ImageReference = setting(
        "docker.elastic.co/eck/eck-operator:3.5.0@sha256:b6f261372d9d9af7b00aab03efea25263314d16063c4d440ac322e52c2fdf314",
        f"{DOCS}/release-notes/cloud-on-k8s",
    )
    """The operator's image."""
    exporter_image: ImageReference = setting(
        "ghcr.io/prometheus-community/elasticsearch-exporter:v1.11.0"
        "@sha256:54c6d05ae745c12643501b2b056474faab530ad4b963ff2bceecc6aefc650869",
        "§11.1",
    )
    """The image of what makes metrics of it."""
    setup_image: ImageReference = setting(
        "docker.io/library/python:3.12-slim-bookworm@sha256:54c85f3c47607a77f32adec749d3c81d1348bf25833671f512b26a9b6d778cb3",
        "§8.2",
    )
    """The image in which the set-up runs: Python, and nothing else is needed of it."""
    node_sets: dict[ResourceName, NodeSet] = setting(
        {
            "masters": NodeSet(pods="elasticsearch-masters", roles=("master",), disk_gib=20),
            "data": NodeSet(pods="elasticsearch-data", roles=("data", "ingest", "transform"), disk_gib=1024),
        },
        "§8.1: three masters, three data nodes",
        min_length=1,
    )
    """The nodes."""
    index: Index = Index()
    """The indices."""
    snapshots: Snapshots = Snapshots()
    """Backups."""
    clients: tuple[str, ...] = setting(("marketplace-service",), "§15.5", min_length=1)
    """The workloads that search; they reach it from their namespaces."""
    ingest: Ingest = Ingest()
    """What writes."""

    @model_validator(mode="after")
    def _runnable(self) -> Search:
        number = tuple(int(part) for part in self.version.split("."))
        if number[:2] < OLDEST:
            raise ValueError(f"version is {self.version}, but 8.8 is the oldest that is wanted (§8.1)")
        if number in BROKEN:
            raise ValueError(f"version is {self.version}, in which {BROKEN[number]}; take another")
        tag = re.sub(r"^.*/[^:]+:?|@.*$", "", self.image)
        if tag != self.version:
            raise ValueError(f"image has the tag '{tag}', but version is {self.version}: the operator goes by the version")
        return self

    def nodes(self, kubernetes: Kubernetes) -> Iterator[tuple[str, NodeSet, Pod]]:
        """Each set of nodes, by its name, with the pods that make it up.

        Raises:
            ValueError: no pool has such pods.
        """
        pools = kubernetes.clusters["primary"].pools
        pods = {kind: pod for pool in pools.values() for kind, pod in pool.pods.items()}
        for name, known in self.node_sets.items():
            if known.pods not in pods:
                raise ValueError(
                    f"search.node_sets.{name}.pods is {known.pods}, but no pool of kubernetes.clusters.primary has such pods; "
                    f"there are {', '.join(pods)}"
                )
            yield name, known, pods[known.pods]

    def check(self, kubernetes: Kubernetes, storage_gib: int) -> None:
        """Refuses what cannot run on the pools, or would lose data there.

        Args:
            kubernetes: the clusters.
            storage_gib: how much storage the namespace may ask for.

        Raises:
            ValueError: with what to change.
        """
        nodes = list(self.nodes(kubernetes))
        masters = sum(pod.count for _, known, pod in nodes if "master" in known.roles)
        holders = sum(pod.count for _, known, pod in nodes if "data" in known.roles)
        listed = " + ".join(f"{pod.count} in {name}" for name, known, pod in nodes if "master" in known.roles)
        if masters % 2 == 0:
            more = "no more failures than one fewer" if masters else "nothing at all"
            raise ValueError(
                f"search.node_sets has {masters} nodes with the role master ({listed or 'none'}), an even number, which survives "
                f"{more}; change kubernetes.clusters.primary.pools.<pool>.pods.<kind>.count"
            )
        if self.index.replicas >= holders:
            raise ValueError(
                f"search.index.replicas is {self.index.replicas}, but there are {holders} nodes with the role data: each copy "
                f"needs one of its own, so {holders} nodes hold {max(holders - 1, 0)} beside the first"
            )
        if holders > 1 and self.index.replicas > holders - 2:
            raise ValueError(
                f"search.index.replicas is {self.index.replicas}, but of {holders} nodes with the role data {holders - 1} are "
                f"left while one is away, and hold {holders - 2} beside the first: the cluster would stay yellow, and no node be "
                "drained"
            )
        for name, known, pod in nodes:
            if pod.memory_gib < LEAST_MEMORY_GIB:
                raise ValueError(
                    f"search.node_sets.{name}: pods {known.pods} have {pod.memory_gib:g} GiB, but a node needs {LEAST_MEMORY_GIB}"
                )
        disks = sum(known.disk_gib * pod.count for _, known, pod in nodes)
        if disks > storage_gib:
            parts = " + ".join(f"{pod.count} x {known.disk_gib}" for _, known, pod in nodes)
            raise ValueError(
                f"search.node_sets ask for {parts} = {disks} GiB of disks, but "
                f"workspaces.namespaces.elasticsearch.quota.storage_gib is {storage_gib}"
            )
