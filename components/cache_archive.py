"""Backups of the cache cluster beside the daily ones: Memorystore's own schedule knows once a day only."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

import settings.cache as spec

from .cache_connection import only
from .durations import days

ROLE = "cacheArchive"
PERMISSIONS = ["redis.clusters.backup"]
"""All that the job needs. The narrowest role of Google's own that has it, roles/redis.editor, may change every store."""


@dataclass(frozen=True, kw_only=True)
class CacheArchiveArgs:
    """What `CacheArchive` takes."""

    settings: spec.Archive
    project: str
    """The project's id."""
    region: str
    """The cluster's region, in which the job runs too."""
    cluster: pulumi.Input[str]
    """The cluster's id."""
    cluster_name: str
    account: tuple[pulumi.Input[str], pulumi.Input[str]]
    """E-mail and IAM member of the service account that the job acts as."""
    requires: Sequence[pulumi.Resource] = ()
    """What must be there first: the enabled APIs."""


class CacheArchive(pulumi.ComponentResource):
    """A job that asks for a backup every few hours, under an identity that can do nothing else."""

    APIS = ("cloudscheduler.googleapis.com",)

    job: gcp.cloudscheduler.Job

    def __init__(self, name: str, args: CacheArchiveArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("alphintra:data:CacheArchive", name, {}, opts)
        email, member = args.account
        after = pulumi.ResourceOptions(parent=self, depends_on=args.requires)
        role = gcp.projects.IAMCustomRole(
            f"{name}-role",
            role_id=ROLE,
            title="Cache archive",
            description="Asks for backups of a Redis Cluster",
            permissions=PERMISSIONS,
            opts=after,
        )
        gcp.projects.IAMMember(
            f"{name}-grant",
            project=args.project,
            role=f"projects/{args.project}/roles/{ROLE}",
            member=member,
            condition=only(args.cluster_name, [f"projects/{args.project}/locations/{args.region}/clusters/{args.cluster_name}"]),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[role]),
        )
        # Google's own default is to keep such a backup for a hundred years.
        body = json.dumps({"ttl": days(args.settings.retention_days)})
        self.job = gcp.cloudscheduler.Job(
            f"{name}-job",
            name=archive_job(args.cluster_name),
            region=args.region,
            description=f"A backup of {args.cluster_name}, kept for {args.settings.retention_days} days",
            schedule=f"0 {','.join(map(str, args.settings.hours))} * * *",
            time_zone="Etc/UTC",
            http_target=gcp.cloudscheduler.JobHttpTargetArgs(
                uri=pulumi.Output.concat("https://redis.googleapis.com/v1/", args.cluster, ":backup"),
                http_method="POST",
                headers={"Content-Type": "application/json"},
                body=base64.b64encode(body.encode()).decode(),
                oauth_token=gcp.cloudscheduler.JobHttpTargetOauthTokenArgs(
                    service_account_email=email, scope="https://www.googleapis.com/auth/cloud-platform"
                ),
            ),
            retry_config=gcp.cloudscheduler.JobRetryConfigArgs(
                retry_count=args.settings.attempts, min_backoff_duration="300s", max_backoff_duration="1800s"
            ),
            opts=after,
        )
        self.register_outputs({"job": self.job.id})


def archive_job(cluster: str) -> str:
    """The name of the job that archives a cluster."""
    return f"{cluster}-archive"
