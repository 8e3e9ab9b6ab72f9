"""A private GKE cluster in one region: its control plane, its nodes, and the identity that the nodes act under."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_gcp as gcp
import pulumi_kubernetes as k8s

import settings.kubernetes as spec

from .kubeconfig import kubeconfig
from .node_pool import POOL_KEY, NodePoolArgs, node_pool

NODE_ROLE = "roles/container.defaultNodeServiceAccount"
"""Logs, metrics and autoscaling of nodes, and nothing else: none of it is about a thing that a grant could be on
(https://cloud.google.com/kubernetes-engine/docs/how-to/hardening-your-cluster#use_least_privilege_sa)."""
LOGGED = ["SYSTEM_COMPONENTS", "WORKLOADS", "APISERVER", "CONTROLLER_MANAGER", "SCHEDULER"]
MEASURED = ["SYSTEM_COMPONENTS", "STORAGE", "POD", "STATEFULSET", "DEPLOYMENT", "CADVISOR", "KUBELET"]
FIRST_DAY = "2026-01-01"
"""A day in the past that the recurring maintenance window is counted from."""
ONLY_WHEN_MADE = ["initialNodeCount", "nodeConfig"]
"""What only the default node pool has, which is removed at once. A change of it later would replace the cluster for nothing."""


@dataclass(frozen=True, kw_only=True)
class KubernetesClusterArgs:
    """What `KubernetesCluster` takes."""

    settings: spec.Cluster
    release_channel: str
    cluster_name: str
    """The physical name."""
    project: str
    region: str
    network: pulumi.Input[str]
    """The network's id."""
    subnetwork: pulumi.Input[str]
    """The id of the region's subnetwork, with the secondary ranges `pods` and `services`."""
    key: pulumi.Input[str] | None
    """The id of the region's key, for Kubernetes secrets and boot disks; None for Google's own."""
    labels: Mapping[str, str]
    """Labels of the machines; the cluster itself has the provider's."""
    protect: bool
    """Whether the cluster refuses to be deleted."""
    requires: Sequence[pulumi.Resource] = ()
    """What must be there first: the enabled APIs."""


class KubernetesCluster(pulumi.ComponentResource):
    """A cluster whose nodes and control plane have private addresses only; whom IAM lets in reaches it by its DNS name."""

    APIS = ("binaryauthorization.googleapis.com", "container.googleapis.com", "gkebackup.googleapis.com")

    cluster: gcp.container.Cluster
    node_account: gcp.serviceaccount.Account
    """The identity of the nodes; whoever owns images grants it their reading."""
    pools: dict[str, gcp.container.NodePool]
    """Node pools by name; what runs on one depends on it."""
    endpoint: pulumi.Output[str]
    """The DNS name of the control plane."""
    ca: pulumi.Output[str]
    """The cluster's own certificate authority, in base64, for clients inside the network that use the private address."""
    kubeconfig: pulumi.Output[str]
    """How clients reach it by its DNS name; nothing in it is secret."""
    access: k8s.Provider
    """The provider of what is declared in it: components on the cluster get it among their `providers`."""
    contract: dict[str, Any]
    """What others need to run something on it: how to reach it, and for each pool which pods it has room for."""

    def __init__(self, name: str, args: KubernetesClusterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("alphintra:platform:KubernetesCluster", name, {}, opts)
        self.node_account = gcp.serviceaccount.Account(
            f"{name}-nodes",
            account_id=f"gke-{args.region}",
            display_name=f"gke-{args.region}",
            description=f"Nodes of the cluster {args.cluster_name}",
            opts=pulumi.ResourceOptions(parent=self, depends_on=args.requires),
        )
        grant = gcp.projects.IAMMember(
            f"{name}-nodes-{NODE_ROLE.rpartition('.')[2]}",
            project=args.project,
            role=NODE_ROLE,
            member=self.node_account.member,
            opts=pulumi.ResourceOptions(parent=self),
        )
        # Without the grant the first nodes would come up and be unable to log why.
        self.cluster = self._cluster(name, args, [*args.requires, grant])
        self.pools = {
            pool: node_pool(
                f"{name}-pool-{pool}",
                NodePoolArgs(
                    settings=known,
                    name=pool,
                    zones=[f"{args.region}-{letter}" for letter in args.settings.zones_of(known)],
                    region=args.region,
                    cluster=self.cluster.id,
                    service_account=self.node_account.email,
                    key=args.key,
                    labels=args.labels,
                ),
                opts=pulumi.ResourceOptions(parent=self, depends_on=[grant]),
            )
            for pool, known in args.settings.pools.items()
        }
        self.endpoint = self.cluster.control_plane_endpoints_config.apply(
            lambda found: (found.dns_endpoint_config.endpoint if found.dns_endpoint_config else None) or ""
        )
        self.ca = self.cluster.master_auth.apply(lambda found: found.cluster_ca_certificate or "")
        self.kubeconfig = self.endpoint.apply(lambda endpoint: kubeconfig(args.cluster_name, endpoint))
        self.access = k8s.Provider(
            f"{name}-access",
            kubeconfig=self.kubeconfig,
            # Else every change of the cluster, in whose preview the endpoint may be unknown, plans all that is in it anew.
            cluster_identifier=self.cluster.id,
            # Else a changed value replaces its ConfigMap or Secret, and whatever mounts it finds none for a while.
            enable_config_map_mutable=True,
            enable_secret_mutable=True,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.contract = {
            "name": self.cluster.name,
            "location": args.region,
            "endpoint": self.endpoint,
            "ca": self.ca,
            "kubeconfig": self.kubeconfig,
            "pools": {
                pool: {
                    "nodeSelector": {POOL_KEY: pool},
                    "dedicated": known.dedicated,
                    "pods": {kind: {"count": pod.count, "requests": requests(pod)} for kind, pod in known.pods.items()},
                }
                for pool, known in args.settings.pools.items()
            },
        }
        self.register_outputs({"cluster": self.cluster.id, "endpoint": self.endpoint})

    def _cluster(self, name: str, args: KubernetesClusterArgs, requires: Sequence[pulumi.Resource]) -> gcp.container.Cluster:
        c = gcp.container
        return c.Cluster(
            f"{name}-cluster",
            name=args.cluster_name,
            location=args.region,
            node_locations=[f"{args.region}-{letter}" for letter in args.settings.zones],
            deletion_protection=args.protect,
            release_channel=c.ClusterReleaseChannelArgs(channel=args.release_channel),
            maintenance_policy=_maintenance(args.settings.maintenance),
            # The network.
            networking_mode="VPC_NATIVE",
            network=args.network,
            subnetwork=args.subnetwork,
            ip_allocation_policy=c.ClusterIpAllocationPolicyArgs(
                cluster_secondary_range_name="pods", services_secondary_range_name="services"
            ),
            datapath_provider="ADVANCED_DATAPATH",
            enable_intranode_visibility=True,
            enable_l4_ilb_subsetting=True,
            # Who reaches it.
            private_cluster_config=c.ClusterPrivateClusterConfigArgs(enable_private_nodes=True, enable_private_endpoint=True),
            control_plane_endpoints_config=c.ClusterControlPlaneEndpointsConfigArgs(
                dns_endpoint_config=c.ClusterControlPlaneEndpointsConfigDnsEndpointConfigArgs(allow_external_traffic=True)
            ),
            master_authorized_networks_config=c.ClusterMasterAuthorizedNetworksConfigArgs(
                cidr_blocks=[
                    c.ClusterMasterAuthorizedNetworksConfigCidrBlockArgs(cidr_block=str(cidr), display_name=network)
                    for network, cidr in args.settings.authorized_networks.items()
                ],
                gcp_public_cidrs_access_enabled=False,
                private_endpoint_enforcement_enabled=True,
            ),
            master_auth=c.ClusterMasterAuthArgs(
                client_certificate_config=c.ClusterMasterAuthClientCertificateConfigArgs(issue_client_certificate=False)
            ),
            anonymous_authentication_config=c.ClusterAnonymousAuthenticationConfigArgs(mode="LIMITED"),
            enable_legacy_abac=False,
            workload_identity_config=c.ClusterWorkloadIdentityConfigArgs(workload_pool=f"{args.project}.svc.id.goog"),
            # What runs in it, and under which keys.
            database_encryption=c.ClusterDatabaseEncryptionArgs(state="ENCRYPTED", key_name=args.key)
            if args.key is not None
            else None,
            binary_authorization=c.ClusterBinaryAuthorizationArgs(evaluation_mode="PROJECT_SINGLETON_POLICY_ENFORCE"),
            enable_shielded_nodes=True,
            security_posture_config=c.ClusterSecurityPostureConfigArgs(mode="BASIC", vulnerability_mode="VULNERABILITY_DISABLED"),
            secret_manager_config=c.ClusterSecretManagerConfigArgs(enabled=True),
            addons_config=_addons(),
            vertical_pod_autoscaling=c.ClusterVerticalPodAutoscalingArgs(enabled=True),
            # What is seen of it.
            logging_config=c.ClusterLoggingConfigArgs(enable_components=LOGGED),
            monitoring_config=c.ClusterMonitoringConfigArgs(
                enable_components=MEASURED,
                managed_prometheus=c.ClusterMonitoringConfigManagedPrometheusArgs(enabled=True),
                advanced_datapath_observability_config=c.ClusterMonitoringConfigAdvancedDatapathObservabilityConfigArgs(
                    enable_metrics=True, enable_relay=False
                ),
            ),
            cost_management_config=c.ClusterCostManagementConfigArgs(enabled=True),
            # The default pool is made and removed; a policy that demands our keys looks at it all the same.
            remove_default_node_pool=True,
            initial_node_count=1,
            node_config=c.ClusterNodeConfigArgs(
                service_account=self.node_account.email,
                boot_disk_kms_key=args.key,
                shielded_instance_config=c.ClusterNodeConfigShieldedInstanceConfigArgs(
                    enable_secure_boot=True, enable_integrity_monitoring=True
                ),
                workload_metadata_config=c.ClusterNodeConfigWorkloadMetadataConfigArgs(mode="GKE_METADATA"),
            ),
            opts=pulumi.ResourceOptions(
                parent=self, protect=args.protect, depends_on=requires, ignore_changes=list(ONLY_WHEN_MADE)
            ),
        )


def requests(pod: spec.Pod) -> dict[str, str]:
    """What a pod asks for, as Kubernetes writes it."""
    pages = {"hugepages-2Mi": f"{pod.huge_pages_gib}Gi"} if pod.huge_pages_gib else {}
    return {"cpu": f"{pod.cpu * 1000:.0f}m", "memory": f"{pod.memory_gib * 1024:.0f}Mi", **pages}


def _addons() -> gcp.container.ClusterAddonsConfigArgs:
    c = gcp.container
    return c.ClusterAddonsConfigArgs(
        dns_cache_config=c.ClusterAddonsConfigDnsCacheConfigArgs(enabled=True),
        gce_persistent_disk_csi_driver_config=c.ClusterAddonsConfigGcePersistentDiskCsiDriverConfigArgs(enabled=True),
        gke_backup_agent_config=c.ClusterAddonsConfigGkeBackupAgentConfigArgs(enabled=True),
        gcs_fuse_csi_driver_config=c.ClusterAddonsConfigGcsFuseCsiDriverConfigArgs(enabled=False),
        horizontal_pod_autoscaling=c.ClusterAddonsConfigHorizontalPodAutoscalingArgs(disabled=False),
        http_load_balancing=c.ClusterAddonsConfigHttpLoadBalancingArgs(disabled=False),
        # Calico's switch; Dataplane V2 enforces network policies by itself.
        network_policy_config=c.ClusterAddonsConfigNetworkPolicyConfigArgs(disabled=True),
    )


def _maintenance(window: spec.Maintenance) -> gcp.container.ClusterMaintenancePolicyArgs:
    hours, minutes = (int(part) for part in window.start.split(":"))
    end = hours + window.hours
    return gcp.container.ClusterMaintenancePolicyArgs(
        recurring_window=gcp.container.ClusterMaintenancePolicyRecurringWindowArgs(
            start_time=f"{FIRST_DAY}T{window.start}:00Z",
            end_time=f"{FIRST_DAY[:-2]}{1 + end // 24:02}T{end % 24:02}:{minutes:02}:00Z",
            recurrence=f"FREQ=WEEKLY;BYDAY={','.join(window.days)}",
        )
    )
