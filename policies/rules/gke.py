"""GKE: clusters and node pools."""

from __future__ import annotations

from ..checks.gke import control_plane_is_not_public, first_pool_is_hardened, holds_data, own_account
from ..checks.properties import (
    both,
    must_be,
    must_be_in_range,
    must_be_set,
    must_contain,
    must_have_items,
    must_match,
    must_not_be,
    where,
)
from ..rule import EVERYWHERE, Rule
from ..tokens import CLUSTER, NODE_POOL

RULES = (
    Rule(
        id="gke-private-nodes", types=(CLUSTER,), check=must_be("privateClusterConfig.enablePrivateNodes", True),
        title="Nodes have private addresses only", why="A node with a public address is attacked within minutes.",
        fix="Set privateClusterConfig.enablePrivateNodes to true.", severity="high",
        levels=EVERYWHERE, frameworks=("CKV_GCP_25", "CKV_GCP_64", "GCP-0059", "GKE 5.6.5"),
    ),
    Rule(
        id="gke-workload-identity", types=(CLUSTER,), check=must_be_set("workloadIdentityConfig.workloadPool"),
        title="Pods have identities of their own", why="Without it every pod can act as the node that it runs on.",
        fix="Set workloadIdentityConfig.workloadPool to the project's pool, PROJECT.svc.id.goog.", severity="high",
        levels=EVERYWHERE, frameworks=("GKE 5.2.2",),
    ),
    Rule(
        id="gke-no-client-cert", types=(CLUSTER,),
        check=must_be("masterAuth.clientCertificateConfig.issueClientCertificate", False),
        title="Clusters issue no client certificates", why="A certificate cannot be taken back before it expires.",
        fix="Set masterAuth.clientCertificateConfig.issueClientCertificate to false.", severity="high",
        levels=EVERYWHERE, frameworks=("CKV_GCP_13", "GCP-0064", "GKE 5.8.2"),
    ),
    Rule(
        id="gke-secrets-cmek", types=(CLUSTER,), check=must_be_set("databaseEncryption.keyName"),
        title="Kubernetes secrets are encrypted under our own keys", why="A key of our own can be taken away from a stolen copy.",
        fix="Give databaseEncryption.keyName a key of the cluster's own region.", severity="high", frameworks=("GKE 5.3.1",),
    ),
    Rule(
        id="gke-deletion-protection", types=(CLUSTER,), check=must_be("deletionProtection", True),
        title="A cluster is not deleted by mistake", why="With the cluster go all its nodes, and what only they hold.",
        fix="Set deletionProtection to true; protection.tear_down takes it off where that is meant.", severity="high",
        is_guard=True,
    ),
    Rule(
        id="gke-metadata-server", types=(NODE_POOL,), check=must_be("nodeConfig.workloadMetadataConfig.mode", "GKE_METADATA"),
        title="Pods cannot ask for the node's credentials", why="Any pod could act as the node, and read what the node may read.",
        fix="Set nodeConfig.workloadMetadataConfig.mode to GKE_METADATA.", severity="high",
        levels=EVERYWHERE, frameworks=("CKV_GCP_69", "GCP-0057", "GKE 5.4.2"),
    ),
    Rule(
        id="gke-secure-boot", types=(NODE_POOL,), check=must_be("nodeConfig.shieldedInstanceConfig.enableSecureBoot", True),
        title="Nodes boot signed software only", why="A changed kernel would see the memory of every pod.",
        fix="Set nodeConfig.shieldedInstanceConfig.enableSecureBoot to true.", severity="high",
        levels=EVERYWHERE, frameworks=("CKV_GCP_68", "GKE 5.5.7"),
    ),
    Rule(
        id="gke-node-disk-cmek", types=(NODE_POOL,), check=must_be_set("nodeConfig.bootDiskKmsKey"),
        title="Disks of nodes are encrypted under our own keys", why="Logs and caches of databases are on them.",
        fix="Give nodeConfig.bootDiskKmsKey a key of the pool's own region.", severity="medium",
        frameworks=("GCP-0034", "GKE 5.9.1"),
    ),
    Rule(
        id="gke-private-endpoint", types=(CLUSTER,), check=must_be("privateClusterConfig.enablePrivateEndpoint", True), levels="MMA",
        title="Control planes have no public address", why="What cannot be reached cannot be tried.",
        fix="Set privateClusterConfig.enablePrivateEndpoint to true; the DNS endpoint asks IAM.", severity="high",
        frameworks=("GKE 5.6.4",),
    ),
    Rule(
        id="gke-control-plane-not-public", types=(CLUSTER,), check=control_plane_is_not_public, levels=EVERYWHERE,
        title="No public range may talk to control planes", why="A range of the internet is a range of strangers.",
        fix="Take the range out of masterAuthorizedNetworksConfig.cidrBlocks.", severity="critical",
        frameworks=("CKV_GCP_18", "GCP-0053", "GKE 5.6.3"),
    ),
    Rule(
        id="gke-master-authorized-networks", types=(CLUSTER,), levels="MMA",
        check=must_be("masterAuthorizedNetworksConfig.privateEndpointEnforcementEnabled", True),
        title="The control plane's address takes named networks only", why="Without a list everything in the network may try.",
        fix="Set masterAuthorizedNetworksConfig with privateEndpointEnforcementEnabled.", severity="high",
        frameworks=("CKV_GCP_20", "GCP-0061", "GKE 5.6.3"),
    ),
    Rule(
        id="gke-no-google-cloud-ranges", types=(CLUSTER,), levels=EVERYWHERE,
        check=must_not_be("masterAuthorizedNetworksConfig.gcpPublicCidrsAccessEnabled", True),
        title="Google Cloud's public ranges may not talk to control planes", why="Every customer of Google's has an address there.",
        fix="Set masterAuthorizedNetworksConfig.gcpPublicCidrsAccessEnabled to false.", severity="high", frameworks=("GKE 5.6.3",),
    ),
    Rule(
        id="gke-no-legacy-metadata", types=(NODE_POOL,), check=must_be("nodeConfig.metadata.disable-legacy-endpoints", "true"),
        title="Nodes do not answer old metadata requests", why="They need no header, so any request that a pod can be made to send does.",
        fix="Set nodeConfig.metadata disable-legacy-endpoints to \"true\".", severity="high", levels=EVERYWHERE,
        frameworks=("GCP-0048", "GKE 5.4.1"),
    ),
    Rule(
        id="gke-no-legacy-abac", types=(CLUSTER,), check=must_not_be("enableLegacyAbac", True), levels=EVERYWHERE,
        title="Rights come from RBAC", why="The older way gives every service account everything.",
        fix="Set enableLegacyAbac to false.", severity="high", frameworks=("CKV_GCP_7", "GCP-0062", "GKE 5.8.4"),
    ),
    Rule(
        id="gke-network-policy", types=(CLUSTER,), check=must_be("datapathProvider", "ADVANCED_DATAPATH"), levels=EVERYWHERE,
        title="Network policies are enforced", why="Without Dataplane V2 they are accepted, and do nothing.",
        fix="Set datapathProvider to ADVANCED_DATAPATH.", severity="high", frameworks=("CKV_GCP_12", "GCP-0056", "GKE 5.6.7"),
    ),
    Rule(
        id="gke-vpc-native", types=(CLUSTER,), check=must_be_set("ipAllocationPolicy.clusterSecondaryRangeName"), levels=EVERYWHERE,
        title="Pods have addresses of the network", why="Firewalls and private services know them.",
        fix="Set ipAllocationPolicy with the names of the subnetwork's ranges.", severity="medium",
        frameworks=("CKV_GCP_23", "GCP-0049", "GKE 5.6.2"),
    ),
    Rule(
        id="gke-intranode-visibility", types=(CLUSTER,), check=must_be("enableIntranodeVisibility", True), levels="MMA",
        title="Traffic between pods of a node is seen", why="Flow logs would miss who talked to whom.",
        fix="Set enableIntranodeVisibility to true.", severity="medium", frameworks=("CKV_GCP_61", "GKE 5.6.1"),
    ),
    Rule(
        id="gke-shielded-nodes", types=(CLUSTER,), check=must_not_be("enableShieldedNodes", False), levels=EVERYWHERE,
        title="Nodes prove what they are", why="Anything could join the cluster as a node, and be sent secrets.",
        fix="Set enableShieldedNodes to true.", severity="high", frameworks=("CKV_GCP_71", "GCP-0055", "GKE 5.5.5"),
    ),
    Rule(
        id="gke-integrity-monitoring", types=(NODE_POOL,), levels=EVERYWHERE,
        check=must_be("nodeConfig.shieldedInstanceConfig.enableIntegrityMonitoring", True),
        title="Changes of the boot chain are noticed", why="A root kit changes it first.",
        fix="Set nodeConfig.shieldedInstanceConfig.enableIntegrityMonitoring to true.", severity="medium",
        frameworks=("CKV_GCP_72", "GKE 5.5.6"),
    ),
    Rule(
        id="gke-cos-image", types=(NODE_POOL,), check=must_be("nodeConfig.imageType", "COS_CONTAINERD"), levels=EVERYWHERE,
        title="Nodes run Google's hardened image", why="It has no package manager, and a read-only root.",
        fix="Set nodeConfig.imageType to COS_CONTAINERD.", severity="medium", frameworks=("CKV_GCP_22", "GCP-0054", "GKE 5.5.1"),
    ),
    Rule(
        id="gke-auto-repair", types=(NODE_POOL,), check=must_be("management.autoRepair", True), levels=EVERYWHERE,
        title="Broken nodes are replaced", why="At night nobody else does it.",
        fix="Set management.autoRepair to true.", severity="medium", frameworks=("CKV_GCP_9", "GCP-0063", "GKE 5.5.2"),
    ),
    Rule(
        id="gke-auto-upgrade", types=(NODE_POOL,), check=must_be("management.autoUpgrade", True), levels=EVERYWHERE,
        title="Nodes get security fixes", why="A kernel's holes are public on the day of their fix.",
        fix="Set management.autoUpgrade to true.", severity="medium", frameworks=("CKV_GCP_10", "GCP-0058", "GKE 5.5.3"),
    ),
    Rule(
        id="gke-release-channel", types=(CLUSTER,), check=must_be("releaseChannel.channel", "REGULAR", "STABLE"), levels="MMA",
        title="Clusters follow a tried release channel", why="RAPID is where others find the defects.",
        fix="Set releaseChannel.channel to REGULAR or STABLE.", severity="high", frameworks=("CKV_GCP_70", "GKE 5.5.4"),
    ),
    Rule(
        id="gke-binary-authorization", types=(CLUSTER,), levels="MMD",
        check=must_be("binaryAuthorization.evaluationMode", "PROJECT_SINGLETON_POLICY_ENFORCE"),
        title="Only images that the project's policy admits run", why="A stolen credential can push an image, and not an attestation.",
        fix="Set binaryAuthorization.evaluationMode to PROJECT_SINGLETON_POLICY_ENFORCE.", severity="medium",
        frameworks=("CKV_GCP_66", "GKE 5.10.5"),
    ),
    Rule(
        id="gke-secrets-encrypted", types=(CLUSTER,), check=must_be("databaseEncryption.state", "ENCRYPTED"),
        title="Kubernetes secrets are encrypted once more", why="A key that is named and not used protects nothing.",
        fix="Set databaseEncryption.state to ENCRYPTED.", severity="high", frameworks=("GKE 5.3.1",),
    ),
    Rule(
        id="gke-logging", types=(CLUSTER,), check=must_contain("loggingConfig.enableComponents", "SYSTEM_COMPONENTS", "WORKLOADS", "APISERVER"),
        title="The cluster, its pods and its API server are logged", why="An intruder in a cluster speaks with the API server.", levels="MMA",
        fix="List SYSTEM_COMPONENTS, WORKLOADS and APISERVER under loggingConfig.enableComponents.", severity="medium",
        frameworks=("CKV_GCP_1", "GCP-0060", "GKE 5.7.1"),
    ),
    Rule(
        id="gke-monitoring", types=(CLUSTER,), check=must_contain("monitoringConfig.enableComponents", "SYSTEM_COMPONENTS", "STORAGE", "POD"),
        title="The cluster is measured", why="A volume that fills up is seen days before.", levels="MMA",
        fix="List SYSTEM_COMPONENTS, STORAGE and POD under monitoringConfig.enableComponents.", severity="medium",
        frameworks=("CKV_GCP_8", "GCP-0052", "GKE 5.7.1"),
    ),
    Rule(
        id="gke-managed-prometheus", types=(CLUSTER,), check=must_be("monitoringConfig.managedPrometheus.enabled", True), levels="MMA",
        title="Exporters are scraped", why="The stores on the cluster tell their state nowhere else.",
        fix="Set monitoringConfig.managedPrometheus.enabled to true.", severity="medium",
    ),
    Rule(
        id="gke-no-inline-node-pool", types=(CLUSTER,), check=must_be("removeDefaultNodePool", True), levels=EVERYWHERE,
        title="No pool is made with the cluster", why="A change of such a pool replaces the cluster.",
        fix="Set removeDefaultNodePool to true and declare NodePools.", severity="medium", frameworks=("CKV_GCP_123",),
    ),
    Rule(
        id="gke-no-alpha", types=(CLUSTER,), check=must_not_be("enableKubernetesAlpha", True), levels=EVERYWHERE,
        title="No alpha clusters", why="They are deleted after 30 days, and never upgraded.",
        fix="Take enableKubernetesAlpha out.", severity="medium", frameworks=("CKV2_GCP_19", "GKE 5.10.2"),
    ),
    Rule(
        id="gke-no-default-sa", types=(NODE_POOL,), check=own_account, levels=EVERYWHERE,
        title="Nodes have an account of their own", why="The project's default account may edit everything.",
        fix="Give nodeConfig.serviceAccount an account that was made for nodes.", severity="high",
        frameworks=("CKV2_GCP_1", "GCP-0050", "GKE 5.2.1"),
    ),
    Rule(
        id="gke-regional", types=(CLUSTER,), check=must_match("location", r"[a-z]+-[a-z]+\d"),
        title="Control planes are in three zones", why="A zonal one is away during every upgrade.",
        fix="Set location to a region.", severity="high",
    ),
    Rule(
        id="gke-three-zones", types=(CLUSTER,), check=must_have_items("nodeLocations", 3),
        title="Nodes are in three zones", why="A quorum needs a third place.", fix="List three zones under nodeLocations.",
        severity="high",
    ),
    Rule(
        id="gke-pool-multizone", types=(NODE_POOL,), check=must_have_items("nodeLocations", 2),
        title="Pools are in two zones or more", why="A zone that fails must leave somewhere to go.",
        fix="List two zones or more under nodeLocations.", severity="medium",
    ),
    Rule(
        id="gke-pool-autoscale", types=(NODE_POOL,), check=must_be_in_range("autoscaling.maxNodeCount", 1),
        title="Pools grow, up to a limit", why="A standby cluster takes over with more pods than it had.",
        fix="Set autoscaling with minNodeCount and maxNodeCount.", severity="medium",
    ),
    Rule(
        id="gke-pool-private-nodes", types=(NODE_POOL,), check=must_be("networkConfig.enablePrivateNodes", True), levels=EVERYWHERE,
        title="Pools have private addresses only", why="A pool may say otherwise than its cluster.",
        fix="Set networkConfig.enablePrivateNodes to true.", severity="high", frameworks=("GCP-0059", "GKE 5.6.5"),
    ),
    Rule(
        id="gke-security-posture", types=(CLUSTER,), check=must_be("securityPostureConfig.mode", "BASIC", "ENTERPRISE"), levels="MMA",
        title="Workloads are watched for misconfiguration", why="Not everything on a cluster comes from this program.",
        fix="Set securityPostureConfig.mode to BASIC.", severity="medium",
    ),
    Rule(
        id="gke-maintenance-window", types=(CLUSTER,), check=must_be_set("maintenancePolicy.recurringWindow"),
        title="Upgrades come when it is quiet", why="Nodes of databases restart with them.",
        fix="Set maintenancePolicy.recurringWindow.", severity="low",
    ),
    Rule(
        id="gke-addon-disks", types=(CLUSTER,), check=must_be("addonsConfig.gcePersistentDiskCsiDriverConfig.enabled", True),
        title="Disks can be attached", why="Without the driver no database gets its volume.", levels=EVERYWHERE,
        fix="Set addonsConfig.gcePersistentDiskCsiDriverConfig.enabled to true.", severity="medium",
    ),
    Rule(
        id="gke-addon-backup", types=(CLUSTER,), check=must_be("addonsConfig.gkeBackupAgentConfig.enabled", True), levels="MMA",
        title="Clusters can be backed up", why="Without the agent a backup plan does nothing.",
        fix="Set addonsConfig.gkeBackupAgentConfig.enabled to true.", severity="medium",
    ),
    Rule(
        id="gke-addon-dns-cache", types=(CLUSTER,), check=must_be("addonsConfig.dnsCacheConfig.enabled", True), levels="MMA",
        title="Names are looked up on the node", why="Under load the cluster's DNS is the first to fail.",
        fix="Set addonsConfig.dnsCacheConfig.enabled to true.", severity="low",
    ),
    Rule(
        id="gke-secret-manager-addon", types=(CLUSTER,), check=must_be("secretManagerConfig.enabled", True), levels=EVERYWHERE,
        title="Secrets reach pods as files", why="Without the add-on they would be Kubernetes secrets, which many may read.",
        fix="Set secretManagerConfig.enabled to true.", severity="medium",
    ),
    Rule(
        id="gke-kubelet-readonly-port-off", types=(NODE_POOL,), levels=EVERYWHERE,
        check=must_be("nodeConfig.kubeletConfig.insecureKubeletReadonlyPortEnabled", "FALSE"),
        title="Kubelets answer nobody without credentials", why="The port tells every pod's environment to whoever asks.",
        fix="Set nodeConfig.kubeletConfig.insecureKubeletReadonlyPortEnabled to FALSE.", severity="high", frameworks=("GKE 3.2.4",),
    ),
    Rule(
        id="gke-anonymous-auth-limited", types=(CLUSTER,), check=must_be("anonymousAuthenticationConfig.mode", "LIMITED"), levels="MMA",
        title="Nobody asks the API server without a name", why="One wrong binding to system:anonymous opens the cluster.",
        fix="Set anonymousAuthenticationConfig.mode to LIMITED.", severity="medium",
    ),
    Rule(
        id="gke-cost-management", types=(CLUSTER,), check=must_be("costManagementConfig.enabled", True), levels=EVERYWHERE,
        title="Costs are told by namespace", why="Otherwise the bill says: nodes.", fix="Set costManagementConfig.enabled to true.",
        severity="low",
    ),
    Rule(
        id="gke-data-pool-dedicated", types=(NODE_POOL,), check=where(holds_data, must_be_set("nodeConfig.taints")),
        title="Data stores have nodes of their own", why="A neighbour that takes the memory kills the database.",
        fix="List a taint under nodeConfig.taints.", severity="high",
    ),
    Rule(
        id="gke-no-spot", types=(NODE_POOL,), check=both(must_not_be("nodeConfig.spot", True), must_not_be("nodeConfig.preemptible", True)),
        title="No node is taken away", why="Spot machines go within 30 seconds, and all at once.",
        fix="Take nodeConfig.spot and nodeConfig.preemptible out.", severity="high",
    ),
    Rule(
        id="gke-first-pool-hardened", types=(CLUSTER,), check=first_pool_is_hardened,
        title="The first pool is as safe as the others", why="It is there for some minutes, with the cluster's credentials.",
        fix="Give the cluster's nodeConfig the metadata server, secure boot, integrity monitoring and a key.", severity="medium",
        frameworks=("CKV_GCP_69",),
    ),
)  # fmt: skip
