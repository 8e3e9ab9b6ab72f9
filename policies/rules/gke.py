"""GKE: clusters and node pools."""

from __future__ import annotations

from ..checks.properties import must_be, must_be_set
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
)  # fmt: skip
