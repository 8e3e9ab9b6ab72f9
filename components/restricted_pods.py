"""What every pod says of itself that keeps to the restricted profile of pod security."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi_kubernetes as k8s


def pod_security(uid: int) -> k8s.core.v1.PodSecurityContextArgs:
    """A pod of this user, to whose group its volumes belong."""
    return k8s.core.v1.PodSecurityContextArgs(
        run_as_non_root=True,
        run_as_user=uid,
        run_as_group=uid,
        fs_group=uid,
        fs_group_change_policy="OnRootMismatch",
        seccomp_profile=k8s.core.v1.SeccompProfileArgs(type="RuntimeDefault"),
    )


def container_security() -> k8s.core.v1.SecurityContextArgs:
    """A container that can gain nothing, and writes to its volumes only."""
    return k8s.core.v1.SecurityContextArgs(
        allow_privilege_escalation=False,
        read_only_root_filesystem=True,
        capabilities=k8s.core.v1.CapabilitiesArgs(drop=["ALL"]),
    )


def spread(labels: Mapping[str, str]) -> k8s.core.v1.TopologySpreadConstraintArgs:
    """Pods with these labels in different zones, where there is room."""
    return k8s.core.v1.TopologySpreadConstraintArgs(
        max_skew=1,
        topology_key="topology.kubernetes.io/zone",
        when_unsatisfiable="ScheduleAnyway",
        label_selector=k8s.meta.v1.LabelSelectorArgs(match_labels=labels),
    )
