"""Notices of new objects: Cloud Storage tells a topic, and the workload concerned pulls from its subscription."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

import settings.object_events as spec

from .durations import days
from .looked_up import needing

PUBLISHER, SUBSCRIBER = "roles/pubsub.publisher", "roles/pubsub.subscriber"
NEVER = ""
"""An expiry of Pub/Sub's own making: a subscription that nobody pulled from for a month would be gone."""


@dataclass(frozen=True, kw_only=True)
class ObjectEventsArgs:
    """What `ObjectEvents` takes."""

    settings: spec.ObjectEvents
    buckets: Mapping[str, gcp.storage.Bucket]
    """Buckets by their name in the settings."""
    regions: Sequence[str]
    """Where notices may be stored."""
    key: pulumi.Input[str] | None
    """The id of the key for messages at rest, or None for Google's own."""
    agent: pulumi.Input[str] | None
    """The IAM member of Pub/Sub's agent, or None where nobody has made it yet."""
    members: Mapping[str, pulumi.Input[str]]
    """The IAM member of each workload."""
    labels: Mapping[str, str]
    """Labels on topics and subscriptions."""
    requires: Sequence[pulumi.Resource] = ()
    """What must be there first: the enabled APIs."""


class ObjectEvents(pulumi.ComponentResource):
    """Each folder has a topic and a pull subscription of its own; what nobody can take is put aside."""

    APIS = ("pubsub.googleapis.com", "storage.googleapis.com")

    subscriptions: dict[str, gcp.pubsub.Subscription]
    """Subscriptions by the name of the arrival, and `undelivered`."""

    def __init__(self, name: str, args: ObjectEventsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("alphintra:data:ObjectEvents", name, {}, opts)
        asked = pulumi.InvokeOutputOptions(parent=self, depends_on=args.requires)
        storage_agent = needing(args.requires, gcp.storage.get_project_service_account_output(opts=asked).member)
        pubsub_agent = self._agent(name, args) if args.agent is None else args.agent
        put_aside = self._topic(name, "undelivered", args)
        self._publisher(f"{name}-undelivered-publisher", put_aside, pubsub_agent)
        self.subscriptions = {"undelivered": self._subscription(name, "undelivered", put_aside, args, put_aside=None)}
        for label, arrival in args.settings.arrivals.items():
            topic = self._topic(name, label, args)
            publisher = self._publisher(f"{name}-{label}-publisher", topic, storage_agent)
            subscription = self._subscription(name, label, topic, args, put_aside=put_aside)
            # To put a message aside, Pub/Sub takes it from the subscription as any consumer does.
            for who, member in (("consumer", args.members[arrival.consumer]), ("agent", pubsub_agent)):
                gcp.pubsub.SubscriptionIAMMember(
                    f"{name}-{label}-{who}",
                    subscription=subscription.name,
                    role=SUBSCRIBER,
                    member=member,
                    opts=pulumi.ResourceOptions(parent=self),
                )
            gcp.storage.Notification(
                f"{name}-{label}-notification",
                bucket=args.buckets[arrival.bucket].name,
                topic=topic.id,
                event_types=["OBJECT_FINALIZE"],
                object_name_prefix=arrival.folder,
                payload_format="NONE",  # the attributes name the object; nothing else about it leaves the bucket
                # Not before the subscription: what a topic gets that nobody subscribes to, nobody gets.
                opts=pulumi.ResourceOptions(parent=self, depends_on=[publisher, subscription]),
            )
            self.subscriptions[label] = subscription
        self.register_outputs({"subscriptions": {label: found.id for label, found in self.subscriptions.items()}})

    def _agent(self, name: str, args: ObjectEventsArgs) -> pulumi.Output[str]:
        return gcp.projects.ServiceIdentity(
            f"{name}-agent",
            service="pubsub.googleapis.com",
            opts=pulumi.ResourceOptions(parent=self, depends_on=args.requires),
        ).member

    def _topic(self, name: str, label: str, args: ObjectEventsArgs) -> gcp.pubsub.Topic:
        return gcp.pubsub.Topic(
            f"{name}-{label}",
            name=f"objects-{label}",
            kms_key_name=args.key,
            message_retention_duration=days(args.settings.retention_days),
            message_storage_policy=gcp.pubsub.TopicMessageStoragePolicyArgs(allowed_persistence_regions=list(args.regions)),
            labels=dict(args.labels),
            opts=pulumi.ResourceOptions(parent=self, depends_on=args.requires),
        )

    def _publisher(self, name: str, topic: gcp.pubsub.Topic, member: pulumi.Input[str]) -> gcp.pubsub.TopicIAMMember:
        return gcp.pubsub.TopicIAMMember(
            name, topic=topic.name, role=PUBLISHER, member=member, opts=pulumi.ResourceOptions(parent=self)
        )

    def _subscription(
        self, name: str, label: str, topic: gcp.pubsub.Topic, args: ObjectEventsArgs, *, put_aside: gcp.pubsub.Topic | None
    ) -> gcp.pubsub.Subscription:
        known = args.settings
        last = put_aside is None
        return gcp.pubsub.Subscription(
            f"{name}-{label}-subscription",
            name=f"objects-{label}",
            topic=topic.id,
            ack_deadline_seconds=known.ack_deadline_seconds,
            message_retention_duration=days(known.undelivered_days if last else known.retention_days),
            expiration_policy=gcp.pubsub.SubscriptionExpirationPolicyArgs(ttl=NEVER),
            retry_policy=gcp.pubsub.SubscriptionRetryPolicyArgs(
                minimum_backoff=f"{known.shortest_retry_seconds}s", maximum_backoff=f"{known.longest_retry_seconds}s"
            ),
            dead_letter_policy=None
            if put_aside is None
            else gcp.pubsub.SubscriptionDeadLetterPolicyArgs(
                dead_letter_topic=put_aside.id, max_delivery_attempts=known.delivery_attempts
            ),
            labels=dict(args.labels),
            opts=pulumi.ResourceOptions(parent=self),
        )
