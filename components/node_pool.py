"""One function that describes the nodes of a kind, in whichever cluster."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

import settings.kubernetes as spec

POOL_KEY = "alphintra.io/pool"
"""The label of a pool's nodes, and the taint of a dedicated one's; the value is the pool's name."""
PAGES_PER_GIB = 512
"""Huge pages of 2 MiB in a GiB."""


@dataclass(frozen=True, kw_only=True)
class NodePoolArgs:
    """A node pool."""

    settings: spec.Pool
    name: str
    """The physical name, unique within the cluster."""
    zones: Sequence[str]
    region: str
    cluster: pulumi.Input[str]
    """The cluster's id."""
    service_account: pulumi.Input[str]
    """The e-mail of the nodes' identity."""
    key: pulumi.Input[str] | None
    """The id of the region's key, for boot disks; None for Google's own."""
    labels: Mapping[str, str]
    """Labels of the machines, for the bill."""


def node_pool(resource_name: str, args: NodePoolArgs, opts: pulumi.ResourceOptions) -> gcp.container.NodePool:
    """Declares a node pool. Its size, its machines and what the kernel is told change in place, node by node."""
    known, n = args.settings, gcp.container
    grows = known.max_nodes_per_zone > known.nodes_per_zone
    return n.NodePool(
        resource_name,
        name=args.name,
        cluster=args.cluster,
        location=args.region,
        node_locations=list(args.zones),
        node_count=known.nodes_per_zone,
        # What the autoscaler added is no drift.
        ignore_node_count_changes=grows,
        autoscaling=n.NodePoolAutoscalingArgs(
            min_node_count=known.nodes_per_zone, max_node_count=known.max_nodes_per_zone, location_policy="BALANCED"
        )
        if grows
        else None,
        max_pods_per_node=known.max_pods_per_node,
        management=n.NodePoolManagementArgs(auto_repair=True, auto_upgrade=True),
        upgrade_settings=n.NodePoolUpgradeSettingsArgs(strategy="SURGE", max_surge=spec.SURGE, max_unavailable=0),
        network_config=n.NodePoolNetworkConfigArgs(enable_private_nodes=True),
        node_config=_nodes(args),
        opts=opts,
    )


def _nodes(args: NodePoolArgs) -> gcp.container.NodePoolNodeConfigArgs:
    known, n = args.settings, gcp.container
    pages = known.huge_pages_gib(len(args.zones)) * PAGES_PER_GIB
    return n.NodePoolNodeConfigArgs(
        machine_type=known.machine_type,
        image_type="COS_CONTAINERD",
        disk_type=known.disk_type,
        disk_size_gb=known.disk_gb,
        boot_disk_kms_key=args.key,
        service_account=args.service_account,
        oauth_scopes=["https://www.googleapis.com/auth/cloud-platform"],  # the account's roles say what it may do
        shielded_instance_config=n.NodePoolNodeConfigShieldedInstanceConfigArgs(
            enable_secure_boot=True, enable_integrity_monitoring=True
        ),
        workload_metadata_config=n.NodePoolNodeConfigWorkloadMetadataConfigArgs(mode="GKE_METADATA"),
        metadata={"disable-legacy-endpoints": "true"},
        kubelet_config=n.NodePoolNodeConfigKubeletConfigArgs(insecure_kubelet_readonly_port_enabled="FALSE"),
        linux_node_config=n.NodePoolNodeConfigLinuxNodeConfigArgs(
            sysctls=dict(known.sysctls) or None,
            hugepages_config=n.NodePoolNodeConfigLinuxNodeConfigHugepagesConfigArgs(hugepage_size2m=pages) if pages else None,
        )
        if known.sysctls or pages
        else None,
        labels={POOL_KEY: args.name},
        taints=[n.NodePoolNodeConfigTaintArgs(key=POOL_KEY, value=args.name, effect="NO_SCHEDULE")] if known.dedicated else None,
        resource_labels=dict(args.labels),
    )
