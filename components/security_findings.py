"""Findings of Security Command Center, as messages on a topic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

import settings.governance as spec

from .durations import days

PUBLISHER = "roles/pubsub.publisher"


@dataclass(frozen=True, kw_only=True)
class SecurityFindingsArgs:
    """What `SecurityFindings` takes."""

    settings: spec.Findings
    regions: Sequence[str]
    """Where messages may be stored."""
    key: pulumi.Input[str] | None
    """The id of the key for messages at rest, or None for Google's own."""
    labels: Mapping[str, str]
    """Labels on the topic."""
    requires: Sequence[pulumi.Resource] = ()
    """What must be there first: the enabled APIs."""


class SecurityFindings(pulumi.ComponentResource):
    """A topic that Security Command Center, and nobody else, publishes to."""

    APIS = ("securitycenter.googleapis.com", "pubsub.googleapis.com")

    publisher: pulumi.Output[str]
    """The IAM member that publishes. It lives outside the project."""

    def __init__(self, name: str, args: SecurityFindingsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("alphintra:security:SecurityFindings", name, {}, opts)
        known = args.settings
        topic = gcp.pubsub.Topic(
            f"{name}-topic",
            name=known.name,
            kms_key_name=args.key,
            message_retention_duration=days(known.retention_days),
            message_storage_policy=gcp.pubsub.TopicMessageStoragePolicyArgs(allowed_persistence_regions=list(args.regions)),
            labels=dict(args.labels),
            opts=pulumi.ResourceOptions(parent=self, depends_on=args.requires),
        )
        notification = gcp.securitycenter.V2ProjectNotificationConfig(
            f"{name}-notification",
            config_id=known.name,
            location="global",
            description="Findings that somebody must look at",
            pubsub_topic=topic.id,
            streaming_config=gcp.securitycenter.V2ProjectNotificationConfigStreamingConfigArgs(filter=known.filter),
            opts=pulumi.ResourceOptions(parent=self, depends_on=args.requires),
        )
        # The account exists from its first notification on; granting it anything before is refused.
        self.publisher = pulumi.Output.format("serviceAccount:{0}", notification.service_account)
        gcp.pubsub.TopicIAMMember(
            f"{name}-publisher",
            topic=topic.name,
            role=PUBLISHER,
            member=self.publisher,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.register_outputs({"topic": topic.id})
