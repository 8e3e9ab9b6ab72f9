"""Clusters: room, images, namespaces, and what runs on them beside the time series."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..images import registry_of
from ..kubernetes import LONGEST_CLUSTER_NAME, SURGE
from ..pooling import POD, SHARE_PERCENT, login_secret
from ..pooling import SURGE as POOLER_SURGE
from ..section import images
from .known import known_folder, require_known

if TYPE_CHECKING:
    from ..environment import Environment

RESERVED_ADDRESSES = 32
"""Of a subnetwork: four are Google's, one is the control plane's, the others are for internal load balancers."""


def clusters(env: Environment) -> None:
    for role, cluster in env.kubernetes.clusters.items():
        name = env.kubernetes.cluster_name(getattr(env.regions, role))
        if len(name) > LONGEST_CLUSTER_NAME:
            raise ValueError(
                f"kubernetes.name would call a cluster {name}, {len(name)} characters; GKE takes {LONGEST_CLUSTER_NAME}"
            )
        ranges = getattr(env.network, role)
        pools = {
            name: ((pool.max_nodes_per_zone + SURGE) * len(cluster.zones_of(pool)), pool.addresses_per_node)
            for name, pool in cluster.pools.items()
        }
        listed = ", ".join(f"{name} {nodes} x {each}" for name, (nodes, each) in pools.items())
        pods, nodes = sum(n * each for n, each in pools.values()), sum(n for n, _ in pools.values())
        for kind, needed, why in (
            ("pods", pods, f"with the addresses that each takes: {listed}"),
            ("nodes", nodes + RESERVED_ADDRESSES, f"with {RESERVED_ADDRESSES} for Google and internal load balancers"),
        ):
            there = getattr(ranges, kind)
            if needed > there.num_addresses:
                raise ValueError(
                    f"network.{role}.{kind} ({there}) has {there.num_addresses} addresses, but kubernetes.clusters.{role} "
                    f"can grow to {nodes} nodes, which need {needed} ({why}); "
                    f"take a /{32 - (needed - 1).bit_length()}, or fewer nodes"
                )


def pulled_images(env: Environment) -> None:
    if env.environment == "prod" and not env.images.admission.enforced:
        raise ValueError("images.admission.enforced is false, but prod runs no image that its settings do not name")
    for key, reference in images(env):
        if "@" not in reference and env.environment == "prod":
            raise ValueError(f"{key} is {reference}, but in prod an image has its digest too: {reference}@sha256:…")
        if registry_of(reference) not in env.images.upstreams:
            raise ValueError(
                f"{key} is {reference}, but images.upstreams has no {registry_of(reference)}; "
                f"there are {', '.join(env.images.upstreams)}"
            )


def workspaces(env: Environment) -> None:
    namespaces = env.workspaces.namespaces
    for account, workload in env.identities.workloads.items():
        namespace = (workload.kubernetes or "").partition("/")[0]
        if namespace and namespace not in namespaces:
            raise ValueError(
                f"identities.workloads.{account}.kubernetes is {workload.kubernetes}, but workspaces.namespaces has no "
                f"{namespace}; there are {', '.join(namespaces)}"
            )


def pooled_clients(env: Environment) -> None:
    for client in env.pooling.clients:
        require_known("pooling.clients", client, env.identities.workloads, "workload")
        workload = env.identities.workloads[client]
        if workload.kubernetes is None:
            raise ValueError(
                f"pooling.clients has {client}, but identities.workloads.{client}.kubernetes says nothing: "
                "poolers are reached from within the clusters"
            )
        if login_secret(client) not in workload.secrets:
            raise ValueError(
                f"pooling.clients has {client}, but identities.workloads.{client}.secrets lacks {login_secret(client)}, "
                "the password that it signs in with"
            )


def poolers(env: Environment) -> None:
    known, poolers = env.pooling, env.poolers
    if "secondary" in poolers and env.regions.secondary not in env.database.replicas:
        raise ValueError(
            f"kubernetes.clusters.secondary has pods {POD}, but database.replicas has no {env.regions.secondary} "
            "for them to serve"
        )
    for role, pod in poolers.items():
        namespace = env.workspaces.namespaces.get(POD)
        if namespace is None or role not in namespace.clusters:
            raise ValueError(f"workspaces.namespaces has no {POD} in the {role} cluster, where pods of that name are to run")
        if known.max_replicas < pod.count:
            raise ValueError(
                f"pooling.max_replicas is {known.max_replicas}, below kubernetes.clusters.{role}.pools…pods.{POD}.count "
                f"({pod.count})"
            )
        needed = (known.max_replicas + POOLER_SURGE) * pod.cpu
        if needed > namespace.quota.cpu:
            raise ValueError(
                f"pooling.max_replicas needs ({known.max_replicas} + {POOLER_SURGE} during an update) x {pod.cpu} = "
                f"{needed} vCPU, but workspaces.namespaces.{POD}.quota.cpu is {namespace.quota.cpu}"
            )
    total, sum_ = known.most_connections(len(env.database.databases))
    budget = env.database.max_connections * SHARE_PERCENT // 100
    if poolers and total > budget:
        raise ValueError(
            f"pooling can take {sum_} connections, but {SHARE_PERCENT} % of database.max_connections "
            f"({env.database.max_connections}) is {budget}: take fewer max_replicas or max_db_connections, "
            "or raise max_connections"
        )


def search(env: Environment) -> None:
    search, snapshots = env.search, env.search.snapshots
    if "elasticsearch" in env.workspaces.namespaces:
        search.check(env.kubernetes, env.workspaces.namespaces["elasticsearch"].quota.storage_gib)
    for client in search.clients:
        require_known("search.clients", client, env.identities.workloads, "workload")
        if env.identities.workloads[client].kubernetes is None:
            raise ValueError(f"search.clients names {client}, which runs outside the clusters; only pods reach the search engine")
    bucket = known_folder(env, "search.snapshots", snapshots.bucket, snapshots.folder)
    if bucket.region == "primary":
        raise ValueError(f"search.snapshots.bucket is {snapshots.bucket}, which is in the region that would be lost")
    writable = [
        access.folder for access in bucket.access.values() if access.workload == "elasticsearch" and access.role == "write"
    ]
    if not snapshots.folder.startswith(tuple(writable)):
        raise ValueError(
            f"search.snapshots.folder is {snapshots.folder}, but the workload elasticsearch writes to "
            f"{', '.join(writable) or 'nothing'} in {snapshots.bucket}"
        )
