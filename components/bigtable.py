"""Bigtable: a replicated instance for real-time analytics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

import settings.optional_stores as spec

USER_ROLE = "roles/bigtable.user"


@dataclass(frozen=True, kw_only=True)
class BigtableArgs:
    """What `Bigtable` takes."""

    settings: spec.Bigtable
    instance: str
    """The instance's physical name."""
    key: pulumi.Input[str] | None
    """The id of the key of the clusters' region, or None for Google's own."""
    users: Mapping[str, pulumi.Input[str]]
    """The members that read and write, by a short name of each."""
    protect: bool
    """Whether instance and tables refuse to be deleted."""
    requires: Sequence[pulumi.Resource] = ()
    """What must be there first: the enabled APIs."""


class Bigtable(pulumi.ComponentResource):
    """A cluster in each zone, which grow and shrink by themselves, and tables that are backed up every day."""

    APIS = ("bigtable.googleapis.com", "bigtableadmin.googleapis.com")

    def __init__(self, name: str, args: BigtableArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("alphintra:data:Bigtable", name, {}, opts)
        known = args.settings
        kept = pulumi.ResourceOptions(parent=self, protect=args.protect, depends_on=args.requires)
        instance = gcp.bigtable.Instance(
            f"{name}-instance",
            name=args.instance,
            display_name=args.instance,
            clusters=[
                gcp.bigtable.InstanceClusterArgs(
                    cluster_id=f"{args.instance}-{zone.rpartition('-')[2]}",
                    zone=zone,
                    storage_type="SSD",
                    kms_key_name=args.key,
                    autoscaling_config=gcp.bigtable.InstanceClusterAutoscalingConfigArgs(
                        min_nodes=known.min_nodes, max_nodes=known.max_nodes, cpu_target=known.cpu_target_percent
                    ),
                )
                for zone in known.zones
            ],
            deletion_protection=args.protect,
            force_destroy=False,
            opts=kept,
        )
        for table, spec_ in known.tables.items():
            gcp.bigtable.Table(
                f"{name}-{table}",
                name=table,
                instance_name=instance.name,
                column_families=[gcp.bigtable.TableColumnFamilyArgs(family=family) for family in spec_.families],
                deletion_protection="PROTECTED" if args.protect else "UNPROTECTED",
                automated_backup_policy=gcp.bigtable.TableAutomatedBackupPolicyArgs(
                    retention_period=f"{spec_.backup_days * 24}h0m0s", frequency="24h0m0s"
                ),
                opts=pulumi.ResourceOptions(parent=self, protect=args.protect),
            )
        for label, member in args.users.items():
            gcp.bigtable.InstanceIamMember(
                f"{name}-{label}",
                instance=instance.name,
                role=USER_ROLE,
                member=member,
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.register_outputs({"instance": instance.id})
