"""Pods: what the restricted security standard asks for, and what keeps them running."""

from __future__ import annotations

from ..checks import pods
from ..rule import EVERYWHERE, Check, Rule, Severity
from ..tokens import SERVING, STATEFUL_SET, WORKLOADS

TABLE: tuple[tuple[str, Check, tuple[str, ...], str, str, str, Severity, str, tuple[str, ...]], ...] = (
    # id, check, types, title, why, fix, severity, levels, frameworks
    ("pod-not-privileged", pods.not_privileged, WORKLOADS, "No container is privileged", "It would own the node, and with it every neighbour.", "Take securityContext.privileged out.", "critical", EVERYWHERE, ("CKV_K8S_16", "KSV-0017")),
    ("pod-no-privilege-escalation", pods.no_escalation, WORKLOADS, "No process gains rights", "A program with the setuid bit makes root of anybody.", "Set securityContext.allowPrivilegeEscalation to false.", "high", EVERYWHERE, ("CKV_K8S_20", "KSV-0001")),
    ("pod-run-as-non-root", pods.not_root, WORKLOADS, "Nothing runs as root", "Who breaks out of a container as root is root on the node.", "Set securityContext.runAsNonRoot to true.", "high", EVERYWHERE, ("CKV_K8S_23", "CKV_K8S_29", "CKV_K8S_30", "KSV-0012", "KSV-0118")),
    ("pod-read-only-rootfs", pods.reads_only, WORKLOADS, "Images stay as they were built", "What an intruder brings along has nowhere to go.", "Set securityContext.readOnlyRootFilesystem to true, and mount an emptyDir where it writes.", "high", "MAA", ("CKV_K8S_22", "KSV-0014")),
    ("pod-drop-all-caps", pods.drops_all_capabilities, WORKLOADS, "Containers have no capabilities", "Even the default ones let a process forge packets.", "List ALL under securityContext.capabilities.drop.", "medium", EVERYWHERE, ("CKV_K8S_28", "CKV_K8S_37", "KSV-0003")),
    ("pod-no-added-caps", pods.adds_no_capabilities, WORKLOADS, "Containers are given no capabilities", "SYS_ADMIN is root by another name.", "Take securityContext.capabilities.add out.", "high", EVERYWHERE, ("CKV_K8S_25", "CKV_K8S_39", "KSV-0022")),
    ("pod-seccomp", pods.seccomp, WORKLOADS, "System calls are filtered", "Most ways out of a container are rare system calls.", "Set securityContext.seccompProfile.type to RuntimeDefault.", "medium", EVERYWHERE, ("CKV_K8S_31", "KSV-0030", "KSV-0104")),
    ("pod-apparmor-selinux", pods.keeps_confinement, WORKLOADS, "The node's confinement stays on", "It is the last wall.", "Take seLinuxOptions, procMount and an unconfined AppArmor profile out.", "low", EVERYWHERE, ("KSV-0002", "KSV-0025", "KSV-0027")),
    ("pod-no-host-namespaces", pods.no_host_namespaces, WORKLOADS, "Pods do not see the node", "Its processes, and its network past every policy.", "Take hostPID, hostIPC and hostNetwork out.", "high", EVERYWHERE, ("CKV_K8S_17", "CKV_K8S_18", "CKV_K8S_19", "KSV-0008", "KSV-0009", "KSV-0010")),
    ("pod-no-host-ports", pods.no_host_ports, WORKLOADS, "Pods open no ports of the node", "No network policy looks at them.", "Take hostPort out; use a Service.", "medium", EVERYWHERE, ("CKV_K8S_26", "KSV-0024")),
    ("pod-no-host-path", pods.no_host_paths, WORKLOADS, "Pods see no folders of the node", "The container runtime's socket is in one of them.", "Use a volume claim, an emptyDir or a CSI volume.", "high", EVERYWHERE, ("CKV_K8S_27", "KSV-0023", "KSV-0028")),
    ("pod-csi-read-only", pods.mounts_read_only, WORKLOADS, "Mounted secrets are read-only", "A program that can write where its passwords are can be made to.", "Set csi.readOnly of the volume, and readOnly of its mounts, to true.", "low", EVERYWHERE, ()),
    ("pod-no-unsafe-sysctl-proc", pods.safe_sysctls, WORKLOADS, "Pods change no kernel settings", "They are the node's, and every neighbour's.", "Set them by the node pool's linuxNodeConfig.", "medium", EVERYWHERE, ("KSV-0026",)),
    ("pod-cpu-memory-requests", pods.has_requests, WORKLOADS, "Containers ask for what they need", "The scheduler puts what asks for nothing anywhere, and evicts it first.", "Set resources.requests.", "medium", EVERYWHERE, ("CKV_K8S_10", "CKV_K8S_12", "KSV-0015", "KSV-0016")),
    ("pod-memory-limit", pods.has_memory_limit, WORKLOADS, "Containers have a limit of memory", "A leak takes the node, and its neighbours with it.", "Set resources.limits.memory.", "medium", EVERYWHERE, ("CKV_K8S_13", "KSV-0018")),
    ("pod-probes", pods.has_probes, SERVING, "Containers are asked whether they live and can serve", "A process that hangs is sent requests for ever.", "Set livenessProbe and readinessProbe.", "medium", "MMA", ("CKV_K8S_8", "CKV_K8S_9")),
    ("pod-image-pinned", pods.image_is_pinned, WORKLOADS, "Images have a version", "Two pods of one workload would run different programs.", "Name a tag that is not latest.", "medium", EVERYWHERE, ("CKV_K8S_14", "KSV-0013")),
    ("pod-image-digest", pods.image_has_digest, WORKLOADS, "Images are named by digest", "A tag can be pushed again.", "Name the digest: image:tag@sha256:…", "low", "MAA", ("CKV_K8S_43",)),
    ("pod-image-registry", pods.image_is_ours, WORKLOADS, "Images come through our registry", "What is scanned and kept is what runs, also on the day when Docker Hub is down.", "Pull through the repositories of Artifact Registry.", "high", "MAA", ("KSV-0125", "KSV-0033")),
    ("pod-no-secret-env", pods.no_secret_in_env, WORKLOADS, "Secrets are files", "The environment is in every crash report.", "Mount the secret by the Secret Manager add-on.", "medium", EVERYWHERE, ("CKV_K8S_35",)),
    ("pod-no-automount-token", pods.no_token, WORKLOADS, "Pods have no token of the API server", "Most need none; an intruder tries it first.", "Set automountServiceAccountToken to false.", "medium", EVERYWHERE, ("CKV_K8S_38", "KSV-0036")),
    ("pod-dedicated-ksa", pods.has_own_account, WORKLOADS, "Pods have an account of their own", "What default may do, every pod may.", "Set serviceAccountName.", "medium", EVERYWHERE, ("CKV_K8S_41", "CKV_K8S_42")),
    ("k8s-not-default-namespace", pods.in_a_namespace, WORKLOADS, "Workloads have a namespace of their own", "Quotas, policies and pod security are by namespace.", "Set metadata.namespace.", "low", EVERYWHERE, ("CKV_K8S_21", "KSV-0110", "KSV-0037")),
    ("pod-topology-spread", pods.is_spread, SERVING, "Pods are spread", "Two pods on one node fail together.", "Set topologySpreadConstraints over zones and nodes.", "medium", "MMD", ()),
    ("pod-priority-class", pods.has_priority, SERVING, "Pods have a priority", "When a node is full, the database must not be what goes.", "Set priorityClassName.", "low", "MAA", ()),
    ("pod-termination-grace", pods.ends_in_peace, (STATEFUL_SET,), "Data stores have time to end", "A database that is killed recovers for minutes when it starts.", "Set terminationGracePeriodSeconds to 120 or more.", "medium", "MAA", ()),
    ("pod-no-privileged-ports", pods.no_privileged_ports, WORKLOADS, "Containers listen on ports above 1023", "Only root opens the others, and 22 is a login.", "Listen on another port, and let a Service translate.", "low", EVERYWHERE, ("KSV-0117",)),
    ("pod-no-dup-env", pods.env_is_once, WORKLOADS, "Variables are set once", "Which one counts is the order's secret.", "Take one of the two out.", "low", EVERYWHERE, ()),
)  # fmt: skip

RULES = tuple(
    Rule(id=id_, types=types, check=check, title=title, why=why, fix=fix, severity=severity, levels=levels, frameworks=frameworks)
    for id_, check, types, title, why, fix, severity, levels, frameworks in TABLE
)
