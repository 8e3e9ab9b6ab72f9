"""Objects on the clusters."""

from __future__ import annotations

from ..checks import kubernetes as checks
from ..checks.properties import both, must_be, must_be_set, must_match, must_not_be
from ..rule import EVERYWHERE, Rule, StackRule
from ..tokens import (
    CONFIG_MAP,
    CRON_JOB,
    ELASTICSEARCH,
    KUBERNETES_ACCOUNT,
    NAMESPACE,
    NETWORK_POLICY,
    ROLE_BINDINGS,
    ROLES,
    SERVICE,
    STATEFUL_SET,
    STORAGE_CLASS,
    WORKLOADS,
)

RULES = (
    StackRule(
        id="sts-replicas-pdb", types=(STATEFUL_SET,), check=checks.can_be_disrupted,
        title="Nodes are drained one pod at a time", why="An upgrade of the nodes would take the quorum.",
        fix="Declare a PodDisruptionBudget for its labels.", severity="high",
    ),
    StackRule(
        id="sts-headless-service", types=(STATEFUL_SET,), check=checks.has_headless_service, levels=EVERYWHERE,
        title="Pods of a set have names", why="Without the service they do not find each other.",
        fix="Declare the Service with clusterIP None.", severity="medium",
    ),
    Rule(
        id="sts-storage", types=(STATEFUL_SET, ELASTICSEARCH), check=checks.stored_where_we_say, levels=EVERYWHERE,
        title="Volumes are of our own class", why="The cluster's default is slow, under Google's key, and deleted with its claim.",
        fix="Name a storage class of StorageClasses.", severity="high",
    ),
    Rule(
        id="sts-pvc-retained", types=(STATEFUL_SET,), levels="MAA",
        check=both(
            must_be("spec.persistentVolumeClaimRetentionPolicy.whenDeleted", "Retain"),
            must_be("spec.persistentVolumeClaimRetentionPolicy.whenScaled", "Retain"),
        ),
        title="Volumes outlive their pods", why="Scaling down is not meant to delete a replica's data.",
        fix="Set persistentVolumeClaimRetentionPolicy to Retain for both.", severity="high",
    ),
    Rule(
        id="storageclass-cmek-retain", types=(STORAGE_CLASS,), check=must_be_set("parameters.disk-encryption-kms-key"),
        title="Volumes are encrypted under our own keys", why="A key of our own can be taken away from a stolen copy.",
        fix="Give parameters disk-encryption-kms-key a key of the cluster's region.", severity="high", frameworks=("GKE 5.9.1",),
    ),
    Rule(
        id="storageclass-retain", types=(STORAGE_CLASS,), check=must_be("reclaimPolicy", "Retain"),
        title="A volume stays when its claim goes", why="A claim is deleted with its namespace.",
        fix="Set reclaimPolicy to Retain.", severity="high",
    ),
    Rule(
        id="storageclass-grows", types=(STORAGE_CLASS,), levels=EVERYWHERE,
        check=both(must_be("allowVolumeExpansion", True), must_be("volumeBindingMode", "WaitForFirstConsumer")),
        title="Volumes grow, and are where their pod is", why="A disk cannot move to another zone, and a full one stops the store.",
        fix="Set allowVolumeExpansion to true and volumeBindingMode to WaitForFirstConsumer.", severity="medium",
    ),
    Rule(
        id="ns-pss-labels", types=(NAMESPACE,), check=checks.namespace_is_restricted, levels=EVERYWHERE,
        title="Namespaces take restricted pods only", why="Not everything on a cluster comes from this program.",
        fix="Set the label pod-security.kubernetes.io/enforce to restricted.", severity="high", frameworks=("CKV_GCP_24",),
    ),
    StackRule(
        id="ns-quota-limits", types=(NAMESPACE,), check=checks.namespace_has_limits, levels="MMA",
        title="Namespaces have quotas and defaults", why="One runaway job would take every node.",
        fix="Declare a ResourceQuota and a LimitRange.", severity="low", frameworks=("KSV-0039", "KSV-0040"),
    ),
    Rule(
        id="netpol-says-directions", types=(NETWORK_POLICY,), check=checks.policy_says_its_directions, levels=EVERYWHERE,
        title="Network policies say which directions they are about", why="Kubernetes would guess: a policy without rules denies ingress alone, and rules of a direction that is not listed do nothing.",
        fix="List Ingress, Egress or both under spec.policyTypes, as there are rules.", severity="medium",
    ),
    Rule(
        id="ksa-no-automount", types=(KUBERNETES_ACCOUNT,), check=must_be("automountServiceAccountToken", False), levels=EVERYWHERE,
        title="Accounts give no token to pods that do not ask", why="A pod that forgets to refuse it would have one.",
        fix="Set automountServiceAccountToken of the account to false.", severity="medium", frameworks=("CKV_K8S_38",),
    ),
    StackRule(
        id="netpol-default-deny", types=(NAMESPACE,), check=checks.namespace_denies_by_default, levels=EVERYWHERE,
        title="Namespaces deny what nothing allows", why="Any pod would reach every database.",
        fix="Declare a NetworkPolicy with an empty podSelector, for Ingress and Egress.", severity="high",
        frameworks=("CKV2_K8S_6", "KSV-0038"),
    ),
    Rule(
        id="svc-no-external", types=(SERVICE,), check=checks.service_is_internal, levels=EVERYWHERE,
        title="Services are internal", why="A load balancer without the annotation has a public address.",
        fix="Use ClusterIP, or annotate the load balancer as internal.", severity="high", frameworks=("KSV-0108",),
    ),
    Rule(
        id="rbac-no-wildcard", types=ROLES, check=checks.role_has_no_wildcard, levels=EVERYWHERE,
        title="Roles name what they are for", why="A * covers what comes with the next version too.",
        fix="List apiGroups, resources and verbs.", severity="critical", frameworks=("CKV_K8S_49", "KSV-0046"),
    ),
    Rule(
        id="rbac-no-cluster-admin", types=ROLE_BINDINGS, check=checks.binding_is_narrow, levels=EVERYWHERE,
        title="Nobody on the cluster may do everything", why="Nothing that runs there needs it.",
        fix="Bind a role that was made for it, to an account.", severity="critical", frameworks=("KSV-0111",),
    ),
    Rule(
        id="rbac-no-secrets-read", types=ROLES, check=checks.role_reads_no_secrets, levels=EVERYWHERE,
        title="No role reads all secrets", why="Tokens of every account are among them.",
        fix="List resourceNames.", severity="high", frameworks=("CKV2_K8S_5", "KSV-0041", "KSV-0113"),
    ),
    Rule(
        id="rbac-no-escalation", types=ROLES, check=checks.role_does_not_escalate, levels=EVERYWHERE,
        title="No role is a way to more rights", why="Who may bind, impersonate or make pods may do everything.",
        fix="Take the verb or the resource out.", severity="high",
        frameworks=(
            "CKV2_K8S_1", "CKV2_K8S_2", "CKV2_K8S_3", "CKV2_K8S_4", "CKV_K8S_155", "CKV_K8S_156", "CKV_K8S_157", "CKV_K8S_158",
            "KSV-0043", "KSV-0048", "KSV-0050",
        ),
    ),
    Rule(
        id="configmap-no-secrets", types=(CONFIG_MAP,), check=checks.config_has_no_secret, levels=EVERYWHERE,
        title="Config maps have no secrets", why="Everybody in the namespace reads them, and backups have them in the clear.",
        fix="Put it into Secret Manager, and mount it.", severity="high", frameworks=("KSV-0109", "KSV-01010"),
    ),
    Rule(
        id="cronjob-sane", types=(CRON_JOB,), check=checks.cron_job_is_sane, levels=EVERYWHERE,
        title="Scheduled jobs run one at a time", why="A backup that takes longer than planned meets the next one.",
        fix="Set concurrencyPolicy to Forbid and startingDeadlineSeconds.", severity="medium",
    ),
    Rule(
        id="k8s-stable-api", types=("kubernetes:*",), check=checks.api_is_stable, levels=EVERYWHERE,
        title="Objects are of stable APIs", why="Beta APIs go with an upgrade, and the objects with them.",
        fix="Use v1 of the API.", severity="low", frameworks=("KSV-0107",),
    ),
    Rule(
        id="k8s-names-explicit", types=("kubernetes:*/v1:*",), check=must_be_set("metadata.name"), levels=EVERYWHERE,
        title="Objects have names that say what they are", why="A random one cannot be referred to, and changes with every replacement.",
        fix="Set metadata.name.", severity="low",
    ),
    Rule(
        id="es-secure", types=(ELASTICSEARCH,), levels=EVERYWHERE,
        check=must_not_be("spec.http.tls.selfSignedCertificate.disabled", True),
        title="The search cluster takes TLS only", why="Queries and passwords cross the network.",
        fix="Take spec.http.tls.selfSignedCertificate.disabled out.", severity="critical",
    ),
    Rule(
        id="es-version-pinned", types=(ELASTICSEARCH,), check=must_match("spec.version", r"8\.\d+\.\d+"), levels=EVERYWHERE,
        title="The search cluster's version is named", why="The operator upgrades to what is written, and never back.",
        fix="Set spec.version to 8.x.y.", severity="medium",
    ),
    StackRule(
        id="secret-refs-exist", types=WORKLOADS, check=checks.references_resolve, levels=EVERYWHERE,
        title="What pods refer to is declared", why="A pod that misses a file or its account waits for ever.",
        fix="Declare it in the pod's namespace, or correct the name.", severity="high",
    ),
)  # fmt: skip
