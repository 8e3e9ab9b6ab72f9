"""Buckets, and who may do what with which folder of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_gcp as gcp

import settings.storage as spec

from .durations import DAY

ROLES = {"read": "roles/storage.objectViewer", "write": "roles/storage.objectUser", "create": "roles/storage.objectCreator"}
ACCESS_LOG_WRITER = "group:cloud-storage-analytics@google.com"
"""Who delivers access logs: https://cloud.google.com/storage/docs/access-logs#delivery"""
ACTIONS = {"delete": "Delete", "move": "SetStorageClass"}


@dataclass(frozen=True, kw_only=True)
class CloudStorageArgs:
    """What `CloudStorage` takes."""

    settings: spec.Storage
    regions: Mapping[str, str]
    """The regions by role: `primary` and `secondary`."""
    keys: Mapping[str, pulumi.Input[str] | None]
    """The id of each region's key, or None for Google's own."""
    members: Mapping[str, pulumi.Input[str]]
    """The IAM member of each workload and each group."""
    protect: bool
    """Whether buckets refuse to be deleted."""
    requires: Sequence[pulumi.Resource] = ()
    """What must be there first: the enabled APIs."""


class CloudStorage(pulumi.ComponentResource):
    """Private buckets with uniform access; workloads reach their own folders and nothing else."""

    APIS = ("storage.googleapis.com",)

    buckets: dict[str, gcp.storage.Bucket]
    """Buckets by their name in the settings."""
    grants: dict[str, list[gcp.storage.BucketIAMMember]]
    """The grants on each bucket, by its name in the settings."""
    contract: dict[str, dict[str, Any]]
    """What producers and consumers agreed on: each bucket's name and its folders."""

    def __init__(self, name: str, args: CloudStorageArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("alphintra:data:CloudStorage", name, {}, opts)
        collector = args.settings.access_log_bucket
        self.buckets = {collector: self._bucket(name, collector, args, logs=None)}
        for bucket in args.settings.buckets:
            if bucket != collector:
                self.buckets[bucket] = self._bucket(name, bucket, args, logs=self.buckets[collector].name)
        gcp.storage.BucketIAMMember(
            f"{name}-{collector}-delivery",
            bucket=self.buckets[collector].name,
            role="roles/storage.objectCreator",
            member=ACCESS_LOG_WRITER,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.grants = {
            bucket: [
                grant_folder(
                    f"{name}-{bucket}-{label}",
                    bucket=self.buckets[bucket],
                    bucket_name=args.settings.bucket_name(bucket),
                    folder=access.folder,
                    role=access.role,
                    lists=access.role != "create",
                    member=args.members[access.member],
                    parent=self,
                )
                for label, access in known.access.items()
            ]
            for bucket, known in args.settings.buckets.items()
        }
        self.contract = {
            bucket: {"name": self.buckets[bucket].name, "folders": list(known.folders)}
            for bucket, known in args.settings.buckets.items()
        }
        self.register_outputs({"buckets": self.contract})

    def usable(self, bucket: str) -> list[pulumi.Resource]:
        """What must be there before a bucket can be used by who may."""
        return [self.buckets[bucket], *self.grants[bucket]]

    def _bucket(self, name: str, bucket: str, args: CloudStorageArgs, *, logs: pulumi.Input[str] | None) -> gcp.storage.Bucket:
        known = args.settings.buckets[bucket]
        region = args.regions[known.region]
        key = args.keys[region]
        return gcp.storage.Bucket(
            f"{name}-{bucket}",
            name=args.settings.bucket_name(bucket),
            location=region.upper(),  # as Google spells it, so that it is read back unchanged
            storage_class=known.storage_class,
            uniform_bucket_level_access=True,
            public_access_prevention="enforced",
            force_destroy=False,
            versioning=gcp.storage.BucketVersioningArgs(enabled=known.versioning),
            encryption=None if key is None else gcp.storage.BucketEncryptionArgs(default_kms_key_name=key),
            retention_policy=gcp.storage.BucketRetentionPolicyArgs(
                retention_period=str(known.retention_days * DAY), is_locked=known.retention_locked
            )
            if known.retention_days
            else None,
            soft_delete_policy=gcp.storage.BucketSoftDeletePolicyArgs(retention_duration_seconds=known.soft_delete_days * DAY),
            cors=_cross_origin(known),
            lifecycle_rules=list(_lifecycle(known, args.settings.abort_uploads_days)),
            logging=None if logs is None else gcp.storage.BucketLoggingArgs(log_bucket=logs, log_object_prefix=bucket),
            deletion_policy="PREVENT" if args.protect else "DELETE",
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect, depends_on=args.requires),
        )


def grant_folder(
    name: str,
    *,
    bucket: gcp.storage.Bucket,
    bucket_name: str,
    folder: str,
    role: str,
    lists: bool,
    member: pulumi.Input[str],
    parent: pulumi.Resource,
) -> gcp.storage.BucketIAMMember:
    """Grants a role (read, create or write) on a bucket, narrowed to a folder; `lists` also to listing that folder."""
    allowed = [f'resource.name.startsWith("projects/_/buckets/{bucket_name}/objects/{folder}")']
    if lists:  # a listing names no object; it asks for what begins with the folder
        allowed.append(f'api.getAttribute("storage.googleapis.com/objectListPrefix", "").startsWith("{folder}")')
    return gcp.storage.BucketIAMMember(
        name,
        bucket=bucket.name,
        role=ROLES[role],
        member=member,
        condition=gcp.storage.BucketIAMMemberConditionArgs(
            title=f"only-{folder.rstrip('/').replace('/', '-')}",
            description=f"Objects below {folder}",
            expression=" || ".join(allowed),
        ),
        opts=pulumi.ResourceOptions(parent=parent),
    )


def _cross_origin(bucket: spec.Bucket) -> list[gcp.storage.BucketCorArgs] | None:
    known = bucket.cross_origin
    if known is None:
        return None
    return [
        gcp.storage.BucketCorArgs(
            origins=list(known.origins),
            methods=list(known.methods),
            response_headers=list(known.headers),
            max_age_seconds=known.max_age_seconds,
        )
    ]


def _lifecycle(bucket: spec.Bucket, abort_days: int) -> Iterator[gcp.storage.BucketLifecycleRuleArgs]:
    for rule in bucket.lifecycle.values():
        yield gcp.storage.BucketLifecycleRuleArgs(
            action=gcp.storage.BucketLifecycleRuleActionArgs(type=ACTIONS[rule.action], storage_class=rule.to),
            condition=gcp.storage.BucketLifecycleRuleConditionArgs(
                age=rule.age_days,
                num_newer_versions=rule.newer_versions,
                with_state=rule.state,
                matches_storage_classes=list(rule.classes) or None,
            ),
        )
    yield gcp.storage.BucketLifecycleRuleArgs(
        action=gcp.storage.BucketLifecycleRuleActionArgs(type="AbortIncompleteMultipartUpload"),
        condition=gcp.storage.BucketLifecycleRuleConditionArgs(age=abort_days),
    )
