"""Firestore: a database for notifications and presence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

import settings.optional_stores as spec

from .durations import days

USER_ROLE = "roles/datastore.user"


@dataclass(frozen=True, kw_only=True)
class FirestoreArgs:
    """What `Firestore` takes."""

    settings: spec.Firestore
    project: str
    """The project's id."""
    database: str
    """The database's physical id."""
    region: str
    """A region: a multi-region would need a key of a multi-region."""
    key: pulumi.Input[str] | None
    """The id of that region's key, or None for Google's own."""
    users: Mapping[str, pulumi.Input[str]]
    """The members that read and write, by a short name of each."""
    protect: bool
    """Whether the database refuses to be deleted."""
    requires: Sequence[pulumi.Resource] = ()
    """What must be there first: the enabled APIs."""


class Firestore(pulumi.ComponentResource):
    """A database in one region, backed up every day, that named workloads read and write."""

    APIS = ("firestore.googleapis.com",)

    def __init__(self, name: str, args: FirestoreArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("alphintra:data:Firestore", name, {}, opts)
        recovery = "ENABLED" if args.settings.point_in_time_recovery else "DISABLED"
        database = gcp.firestore.Database(
            f"{name}-database",
            name=args.database,
            location_id=args.region,
            type="FIRESTORE_NATIVE",
            concurrency_mode="PESSIMISTIC",
            point_in_time_recovery_enablement=f"POINT_IN_TIME_RECOVERY_{recovery}",
            delete_protection_state=f"DELETE_PROTECTION_{'ENABLED' if args.protect else 'DISABLED'}",
            deletion_policy="PREVENT" if args.protect else "DELETE",
            cmek_config=None if args.key is None else gcp.firestore.DatabaseCmekConfigArgs(kms_key_name=args.key),
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect, depends_on=args.requires),
        )
        gcp.firestore.BackupSchedule(
            f"{name}-daily",
            database=database.name,
            retention=days(args.settings.backup_days),
            daily_recurrence=gcp.firestore.BackupScheduleDailyRecurrenceArgs(),
            opts=pulumi.ResourceOptions(parent=self),
        )
        for label, member in args.users.items():
            # Firestore has no grants on a database; a condition on the project's narrows it to this one.
            gcp.projects.IAMMember(
                f"{name}-{label}",
                project=args.project,
                role=USER_ROLE,
                member=member,
                condition=gcp.projects.IAMMemberConditionArgs(
                    title=f"only-{args.database}",
                    description="The database of notifications and presence",
                    expression='resource.type == "firestore.googleapis.com/Database" && '
                    f'resource.name == "projects/{args.project}/databases/{args.database}"',
                ),
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.register_outputs({"database": database.id})
