"""Backups of a cluster in another region, and where they can be brought back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

import settings.kubernetes as spec


@dataclass(frozen=True, kw_only=True)
class ClusterBackupsArgs:
    """What `ClusterBackups` takes."""

    settings: spec.ClusterBackups
    plan_name: str
    """The plan's physical name; those of the restore plans begin with it."""
    cluster: pulumi.Input[str]
    """The id of the cluster that is backed up."""
    location: str
    """The region that backups are kept in: not the cluster's, or they would be lost with it."""
    key: pulumi.Input[str] | None
    """The id of that region's key for backups; None for Google's own."""
    restore_into: Mapping[str, pulumi.Input[str]]
    """The clusters that backups can be brought back to, by region: their ids."""
    protect: bool
    """Whether the plan refuses to be deleted."""
    requires: Sequence[pulumi.Resource] = ()
    """What must be there first: the enabled APIs."""


class ClusterBackups(pulumi.ComponentResource):
    """A backup plan of everything in a cluster, and a restore plan for each cluster that can take over from it."""

    plan: gcp.gkebackup.BackupPlan
    restores: dict[str, gcp.gkebackup.RestorePlan]
    """Restore plans by the region of the cluster that they restore into."""

    def __init__(self, name: str, args: ClusterBackupsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("alphintra:data:ClusterBackups", name, {}, opts)
        b = gcp.gkebackup
        self.plan = b.BackupPlan(
            f"{name}-plan",
            name=args.plan_name,
            location=args.location,
            cluster=args.cluster,
            description="Everything in the cluster",
            backup_config=b.BackupPlanBackupConfigArgs(
                all_namespaces=True,
                include_secrets=True,
                include_volume_data=args.settings.volumes,
                encryption_key=b.BackupPlanBackupConfigEncryptionKeyArgs(gcp_kms_encryption_key=args.key)
                if args.key is not None
                else None,
            ),
            backup_schedule=b.BackupPlanBackupScheduleArgs(
                rpo_config=b.BackupPlanBackupScheduleRpoConfigArgs(target_rpo_minutes=args.settings.rpo_minutes)
            ),
            retention_policy=b.BackupPlanRetentionPolicyArgs(
                backup_retain_days=args.settings.retain_days, backup_delete_lock_days=args.settings.delete_lock_days
            ),
            deletion_policy="PREVENT" if args.protect else "DELETE",
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect, depends_on=args.requires),
        )
        self.restores = {
            region: b.RestorePlan(
                f"{name}-restore-{region}",
                name=f"{args.plan_name}-into-{region}",
                location=region,
                backup_plan=self.plan.id,
                cluster=cluster,
                description="Brings back what is missing, and overwrites nothing",
                restore_config=_restore(),
                opts=pulumi.ResourceOptions(parent=self),
            )
            for region, cluster in args.restore_into.items()
        }
        self.register_outputs({"plan": self.plan.id})


def _restore() -> gcp.gkebackup.RestorePlanRestoreConfigArgs:
    b = gcp.gkebackup
    return b.RestorePlanRestoreConfigArgs(
        all_namespaces=True,
        namespaced_resource_restore_mode="MERGE_SKIP_ON_CONFLICT",
        volume_data_restore_policy="RESTORE_VOLUME_DATA_FROM_BACKUP",
        # Storage classes name a key of their own region: each cluster has its own, from this program.
        cluster_resource_restore_scope=b.RestorePlanRestoreConfigClusterResourceRestoreScopeArgs(no_group_kinds=True),
        cluster_resource_conflict_policy="USE_EXISTING_VERSION",
    )
