"""The nodes of GKE clusters: machines, zones, addresses, and what the kernel is told."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from typing import Any

from ...errors import Refusal
from ...machines import MI, capacity
from ...store import Row
from ...values import at, every
from ..catalog import types
from ..view import Request, invalid, not_allowed
from . import rule
from .clusters import CLUSTER, DOCS, PROVIDER

NODE_POOL = "gcp:container/nodePool:NodePool"
MACHINES = "https://cloud.google.com/compute/docs/general-purpose-machines"
SHARED = frozenset({"e2-micro", "e2-small", "e2-medium", "f1-micro", "g1-small"})
PREDEFINED = re.compile(
    r"([a-z]\d[a-z]?)-(?:standard|highmem|highcpu|ultramem|megamem|highgpu|megagpu|ultragpu)-(\d+)g?(?:-lssd)?"
)
CUSTOM = re.compile(r"(?:([a-z]\d[a-z]?)-)?custom-(\d+)-(\d+)(-ext)?")
CPUS = {
    "e2": (2, 4, 8, 16, 32),
    "n2": (2, 4, 8, 16, 32, 48, 64, 80, 96, 128),
    "n2d": (2, 4, 8, 16, 32, 48, 64, 80, 96, 128, 224),
}
"""The sizes of some families; those of the others are taken as they come."""
CUSTOM_FAMILIES = (None, "n1", "n2", "n2d", "n4", "e2", "g2")
MEMORY_PER_CPU = 8192
ZONES = {"us-central1": "abcf", "us-east1": "bcd", "europe-west1": "bcd"}
"""The zones of regions that do not simply have a, b and c (https://cloud.google.com/compute/docs/regions-zones)."""
SYSCTLS = {
    "net.core": "busy_poll busy_read netdev_max_backlog rmem_max rmem_default wmem_default wmem_max optmem_max somaxconn",
    "net.ipv4": "tcp_rmem tcp_wmem tcp_tw_reuse tcp_mtu_probing tcp_max_orphans tcp_max_tw_buckets tcp_syn_retries tcp_ecn"
    " tcp_congestion_control",
    "net.netfilter": "nf_conntrack_max nf_conntrack_buckets nf_conntrack_acct",
    "kernel": "shmmni shmmax shmall perf_event_paranoid sched_rt_runtime_us softlockup_panic yama.ptrace_scope "
    "kptr_restrict dmesg_restrict sysrq",
    "fs": "aio-max-nr file-max inotify.max_user_instances inotify.max_user_watches nr_open",
    "vm": "dirty_background_ratio dirty_background_bytes dirty_expire_centisecs dirty_ratio dirty_bytes "
    "dirty_writeback_centisecs max_map_count overcommit_memory overcommit_ratio vfs_cache_pressure swappiness "
    "watermark_scale_factor min_free_kbytes",
}
"""The kernel parameters that can be set, by what their names begin with."""
DEFAULT_PODS_PER_NODE = 110


@rule("node-machine-type", CLUSTER, NODE_POOL, source=MACHINES)
def node_machine_type(request: Request) -> Refusal | None:
    """Nodes have a machine type that Compute Engine has."""
    name = request.get("nodeConfig.machineType")
    if name is None or name in SHARED:
        return None
    sized = PREDEFINED.fullmatch(name)
    if sized and int(sized[2]) in CPUS.get(sized[1], (int(sized[2]),)):
        return None
    custom = CUSTOM.fullmatch(name)
    if custom and custom[1] in CUSTOM_FAMILIES:
        cpus, memory = int(custom[2]), int(custom[3])
        if (cpus == 1 or cpus % 2 == 0) and memory % 256 == 0 and (custom[4] or memory <= cpus * MEMORY_PER_CPU):
            return None
    return invalid(
        f"Invalid value for field 'node_config.machine_type': '{name}'. Machine type with name '{name}' does not exist."
    )


@rule("node-zones", CLUSTER, NODE_POOL, source=f"{DOCS}/concepts/regional-clusters")
def node_zones(request: Request) -> Refusal | None:
    """Nodes are in zones of the cluster's region."""
    location = str(request.get("location"))
    region = location if re.fullmatch(r"[a-z]+-[a-z]+\d", location) else location.rpartition("-")[0]
    known = {f"{region}-{letter}" for letter in ZONES.get(region, "abc")}
    for zone in request.get("nodeLocations", []):
        if zone not in known:
            return invalid(f'Location "{zone}" is not a zone of region "{region}"; zones are {", ".join(sorted(known))}.')
    return None


@rule("node-sysctls", CLUSTER, NODE_POOL, source=f"{DOCS}/how-to/node-system-config#sysctl-options")
def node_sysctls(request: Request) -> Refusal | None:
    """Only some kernel parameters of nodes can be set."""
    for name in request.get("nodeConfig.linuxNodeConfig.sysctls", {}):
        known = any(name.removeprefix(f"{group}.") in names.split() for group, names in SYSCTLS.items())
        if not known and not name.startswith("net.netfilter.nf_conntrack_tcp_timeout_"):
            return invalid(f"Invalid linux_node_config: sysctl {name} is not supported.")
    return None


@rule("node-huge-pages", CLUSTER, NODE_POOL, source=f"{DOCS}/how-to/node-system-config#huge-page-options")
def node_huge_pages(request: Request) -> Refusal | None:
    """Huge pages take at most 60 % of a machine's memory, and 80 % from 30 GB on."""
    config = request.get("nodeConfig.linuxNodeConfig.hugepagesConfig", {})
    wanted = 2 * config.get("hugepageSize2m", 0) + 1024 * config.get("hugepageSize1g", 0)
    if not wanted:
        return None
    memory = int(capacity(str(request.get("nodeConfig.machineType", "e2-medium")))[1] / MI)
    share = 0.8 if memory >= 30_000 else 0.6
    if wanted <= share * memory:
        return None
    return invalid(f"Invalid hugepages config: {wanted} MiB are more than {share:.0%} of the machine's {memory} MiB.")


@rule("node-identities", NODE_POOL, source=f"{DOCS}/how-to/workload-identity")
def node_identities(request: Request) -> Refusal | None:
    """Nodes serve pods' identities only in a cluster with workload identity."""
    cluster = _cluster(request)
    pool = at(cluster.config, "workloadIdentityConfig.workloadPool") if cluster else None
    if request.get("nodeConfig.workloadMetadataConfig.mode") != "GKE_METADATA" or pool:
        return None
    return invalid("Workload metadata mode GKE_METADATA requires Workload Identity to be enabled on the cluster.")


@rule("node-counts", NODE_POOL, source=f"{PROVIDER}/blob/main/google/services/container/resource_container_node_pool.go")
def node_counts(request: Request) -> Refusal | None:
    """A pool says how many nodes it has, or how many it begins with, not both; the autoscaler's least is below its most."""
    if request.get("nodeCount") and request.get("initialNodeCount"):
        return not_allowed("Cannot set both initial_node_count and node_count on node pool.")
    low, high = request.get("autoscaling.minNodeCount", 0), request.get("autoscaling.maxNodeCount")
    if high is not None and low > high:
        return invalid(f"max_node_count ({high}) must be greater than or equal to min_node_count ({low}).")
    return None


@rule("node-addresses", NODE_POOL, source=f"{DOCS}/how-to/flexible-pod-cidr")
def node_addresses(request: Request) -> Refusal | None:
    """The pods' range has room for every node: twice the pods that a node can run, rounded up to a power of two."""
    cluster = _cluster(request)
    there = _pods_range(request, cluster) if cluster else None
    if cluster is None or there is None:
        return None
    others = [row.config for row in request.cloud.all(NODE_POOL, request.project) if row.name != request.name]
    pools = [request.new, *(config for config in others if config.get("cluster") == request.get("cluster"))]
    needed = sum(_addresses(pool, cluster.config) for pool in pools)
    if needed <= there.num_addresses:
        return None
    return invalid(
        f"IP_SPACE_EXHAUSTED: the pod address range {there} of cluster {cluster.name.rsplit('/', 1)[-1]} has "
        f"{there.num_addresses} addresses; its nodes need {needed}.",
        "failedPrecondition",
    )


def _addresses(pool: Mapping[str, Any], cluster: Mapping[str, Any]) -> int:
    pods = int(pool.get("maxPodsPerNode") or cluster.get("defaultMaxPodsPerNode") or DEFAULT_PODS_PER_NODE)
    zones = len(pool.get("nodeLocations") or cluster.get("nodeLocations") or "abc")
    nodes = max(int(pool.get("nodeCount") or pool.get("initialNodeCount") or 0), int(at(pool, "autoscaling.minNodeCount") or 0))
    return nodes * zones * (1 << (2 * pods - 1).bit_length())


def _cluster(request: Request) -> Row | None:
    return request.target(request.type.references[0], request.get("cluster"))[1]


def _pods_range(request: Request, cluster: Row) -> ipaddress.IPv4Network | None:
    """The cluster's range of pods, where it is a secondary range of its subnetwork."""
    reference = types()[CLUSTER].references[1]
    subnetwork, name = cluster.config.get("subnetwork"), at(cluster.config, "ipAllocationPolicy.clusterSecondaryRangeName")
    row = request.cloud.target(reference, str(subnetwork), cluster.properties)[1] if subnetwork and name else None
    ranges = every(row.config, "secondaryIpRanges[]") if row else []
    return next((ipaddress.IPv4Network(entry["ipCidrRange"]) for entry in ranges if entry.get("rangeName") == name), None)
