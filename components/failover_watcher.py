"""Automatic failover: the program that watches the main database from the other region, and what it may do there."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_gcp as gcp
import pulumi_kubernetes as k8s

import settings.database as spec

from .allowed_traffic import Traffic, allow
from .cloud_storage import grant_folder
from .durations import DAY
from .firewall import PRIVATE_GOOGLE_RANGE
from .own_role import Worker
from .pgbouncer_files import SERVER_PORT
from .pods import NOBODY, amounts, container_security, empty, files_of, given, metadata, pod_security, spread, written

NAME = "failover-watcher"
LABELS = {"app": NAME}
FOLDER, FILE = "/etc/failover", "watch.json"
RECORD, SWITCH = "record.json", "frozen.json"
"""The objects of the bucket, as database/failover/google.py calls them."""
INTERVAL_SECONDS, LEASE_SECONDS = 15, 60
"""How often it looks, and after how long without a word of it another one takes its place."""
BEAT, BEAT_MINUTES = "/tmp/looked", 3  # noqa: S108 - a volume of the pod's own
"""The file that it touches after each look, and how old that may be."""
FENCE_SECONDS, SLOW_SECONDS = 300, 1800
"""How long the old instance may take to stop before it is left for later, and after how long somebody is told that it is slow."""
DAYS_KEPT = 7
LOOKS_STILL = f"find {BEAT} -mmin -{BEAT_MINUTES} | grep -q ."
OF_INSTANCE = 'resource.type == "sqladmin.googleapis.com/Instance"'
LOOKS = ["cloudsql.instances.get"]
STOPS = ["cloudsql.instances.update"]
PROMOTES = ["cloudsql.instances.promoteReplica"]
MEASURES = ["monitoring.timeSeries.list"]
REACHES = ["container.clusters.connect"]
LEADS = ["dns.changes.create", "dns.resourceRecordSets.get", "dns.resourceRecordSets.update"]
"""https://cloud.google.com/sql/docs/postgres/iam-permissions, https://cloud.google.com/dns/docs/access-control,
https://cloud.google.com/kubernetes-engine/docs/how-to/dns-based-endpoint"""


@dataclass(frozen=True, kw_only=True)
class Side:
    """An instance, as the watcher is told of it."""

    instance: str
    host: pulumi.Input[str]
    ca: pulumi.Input[str]


@dataclass(frozen=True, kw_only=True)
class Watched:
    """What is watched, and who watches."""

    old: Side
    """The instance that serves."""
    new: Side
    """The replica that may take over."""
    database: str
    rpo_minutes: int | None
    server_range: str
    """The range that instances' addresses are in."""
    zone: pulumi.Input[str]
    """The zone of Cloud DNS."""
    host: str
    """The name that leads to the database."""
    cluster: str
    """The cluster of the primary region, in full: projects/…/locations/…/clusters/…"""
    endpoint: pulumi.Input[str]
    """The DNS name of its control plane."""
    edge: str
    """An address of Google's edge."""
    email: pulumi.Input[str]
    """Of the identity."""
    account: pulumi.Input[str]
    """The Kubernetes account that it runs as."""
    namespace: pulumi.Input[str]
    priority: pulumi.Input[str]
    image: pulumi.Input[str]
    command: str
    """What a person runs after it acted."""


@dataclass(frozen=True, kw_only=True)
class FailoverWatcherArgs:
    """What `FailoverWatcher` takes."""

    settings: spec.Failover
    project: str
    """The project's id."""
    region: str
    """The region that it watches from, and keeps what it knows in."""
    watched: Watched | None
    """None while nothing could take over: after a failover, until the failback is done."""
    member: pulumi.Input[str]
    """The identity, as an IAM member."""
    bucket: str
    """The name of the bucket for what it knows."""
    key: pulumi.Input[str] | None
    """The key that this is encrypted under; None for Google's own."""
    access_logs: pulumi.Input[str]
    """The bucket in which accesses to that are written down."""
    protect: bool
    requires: Sequence[pulumi.Resource] = ()
    """What must be there first: the enabled APIs."""


class FailoverWatcher(pulumi.ComponentResource):
    """One watcher, the object that keeps two from acting, and an identity that can stop one instance, promote another, and move
    a name; where it is only rehearsed, none of the three."""

    bucket: gcp.storage.Bucket

    def __init__(self, name: str, args: FailoverWatcherArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("alphintra:data:FailoverWatcher", name, {}, opts)
        self._name, self._args, self._inside = name, args, pulumi.ResourceOptions(parent=self)
        self.bucket = self._keeps()
        if args.watched:
            self._may(args.watched)
            self._runs(args.watched)
        self.register_outputs({"bucket": self.bucket.name})

    def _keeps(self) -> gcp.storage.Bucket:
        """The record, which it writes, and the switch, which it can make and nobody but a person can take away."""
        args = self._args
        bucket = gcp.storage.Bucket(
            f"{self._name}-bucket",
            name=args.bucket,
            location=args.region.upper(),  # as Google spells it, so that it is read back unchanged
            storage_class="STANDARD",
            uniform_bucket_level_access=True,
            public_access_prevention="enforced",
            force_destroy=False,
            # The record is written every few seconds: old versions are kept for a while, for whoever asks what happened.
            versioning=gcp.storage.BucketVersioningArgs(enabled=True),
            encryption=None if args.key is None else gcp.storage.BucketEncryptionArgs(default_kms_key_name=args.key),
            soft_delete_policy=gcp.storage.BucketSoftDeletePolicyArgs(retention_duration_seconds=DAYS_KEPT * DAY),
            lifecycle_rules=[
                gcp.storage.BucketLifecycleRuleArgs(
                    action=gcp.storage.BucketLifecycleRuleActionArgs(type="Delete"),
                    condition=gcp.storage.BucketLifecycleRuleConditionArgs(days_since_noncurrent_time=1, with_state="ARCHIVED"),
                ),
                gcp.storage.BucketLifecycleRuleArgs(
                    action=gcp.storage.BucketLifecycleRuleActionArgs(type="AbortIncompleteMultipartUpload"),
                    condition=gcp.storage.BucketLifecycleRuleConditionArgs(age=DAYS_KEPT),
                ),
            ],
            logging=gcp.storage.BucketLoggingArgs(log_bucket=args.access_logs, log_object_prefix=NAME),
            deletion_policy="PREVENT" if args.protect else "DELETE",
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect, depends_on=args.requires),
        )
        for label, file, role in (("record", RECORD, "write"), ("switch", SWITCH, "create"), ("switch-read", SWITCH, "read")):
            grant_folder(
                f"{self._name}-{label}",
                bucket=bucket,
                bucket_name=args.bucket,
                folder=file,
                role=role,
                lists=False,
                member=args.member,
                parent=self,
            )
        return bucket

    def _may(self, watched: Watched) -> None:
        """Roles of its own: Google's narrowest that may change one instance may change every one."""
        project = self._args.project
        old, new = (f'resource.name == "projects/{project}/instances/{side.instance}"' for side in (watched.old, watched.new))
        cluster = f'resource.type == "container.googleapis.com/Cluster" && resource.name == "{watched.cluster}"'
        worker = Worker(
            parent=self,
            name=self._name,
            role_id="failoverWatcher",
            title="Failover watcher",
            project=project,
            member=self._args.member,
            about=watched.old.instance,
            requires=self._args.requires,
        )
        worker.may("looks", "Looks at the two instances", LOOKS, f"{OF_INSTANCE} && ({old} || {new})")
        worker.may("measures", "Reads metrics", MEASURES)
        worker.may("reaches", "Asks the primary region's cluster whether it is well", REACHES, cluster)
        if self._args.settings.mode == "automatic":
            worker.may("stops", "Stops the old instance", STOPS, f"{OF_INSTANCE} && {old}")
            worker.may("promotes", "Promotes the replica", PROMOTES, f"{OF_INSTANCE} && {new}")
            worker.may("leads", "Moves the name of the database", LEADS)

    def _runs(self, watched: Watched) -> None:
        allow(
            f"{self._name}-traffic",
            NAME,
            namespace=watched.namespace,
            labels=LABELS,
            outgoing=[
                Traffic(ports=[443], cidrs=[PRIVATE_GOOGLE_RANGE]),
                Traffic(ports=[SERVER_PORT], cidrs=[watched.server_range]),
            ],
            opts=self._inside,
        )
        told = pulumi.Output.json_dumps(self._told(watched), sort_keys=True)
        files = k8s.core.v1.ConfigMap(
            f"{self._name}-files", metadata=metadata(NAME, watched.namespace), data={FILE: told}, opts=self._inside
        )
        apps = k8s.apps.v1
        apps.Deployment(
            f"{self._name}-deployment",
            metadata=metadata(NAME, watched.namespace),
            spec=apps.DeploymentSpecArgs(
                replicas=1,
                selector=k8s.meta.v1.LabelSelectorArgs(match_labels=LABELS),
                # One at a time; the lease would hold a second one back, and does where a node is lost.
                strategy=apps.DeploymentStrategyArgs(type="Recreate"),
                template=k8s.core.v1.PodTemplateSpecArgs(
                    metadata=k8s.meta.v1.ObjectMetaArgs(
                        labels=LABELS,
                        annotations={"alphintra.com/files": told.apply(lambda text: hashlib.sha256(text.encode()).hexdigest())},
                    ),
                    spec=_pod(watched, files.metadata.name),
                ),
            ),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[self.bucket]),
        )

    def _told(self, watched: Watched) -> dict[str, Any]:
        """What database/failover/config.py reads."""
        known = self._args.settings
        user = pulumi.Output.from_input(watched.email).apply(lambda email: email.removesuffix(".gserviceaccount.com"))
        return {
            "project": self._args.project,
            **{
                side: {"instance": server.instance, "host": server.host, "ca": server.ca}
                for side, server in (("old", watched.old), ("new", watched.new))
            },
            "port": SERVER_PORT,
            "database": watched.database,
            "user": user,
            "zone": watched.zone,
            "name": f"{watched.host}.",
            "bucket": self._args.bucket,
            "edge_name": watched.endpoint,
            "edge_address": watched.edge,
            "rehearsal": known.mode == "rehearsed",
            "quorum": known.quorum,
            "hold_seconds": known.hold_minutes * 60,
            "interval_seconds": INTERVAL_SECONDS,
            "lease_seconds": LEASE_SECONDS,
            "fence_seconds": FENCE_SECONDS,
            "slow_seconds": SLOW_SECONDS,
            "rpo_seconds": None if watched.rpo_minutes is None else watched.rpo_minutes * 60,
            "command": watched.command,
        }


def _pod(watched: Watched, files: pulumi.Input[str]) -> k8s.core.v1.PodSpecArgs:
    c = k8s.core.v1
    young = c.ExecActionArgs(command=["/bin/sh", "-c", LOOKS_STILL])
    return c.PodSpecArgs(
        service_account_name=watched.account,
        automount_service_account_token=False,
        priority_class_name=watched.priority,
        termination_grace_period_seconds=60,  # a look that was begun is ended
        security_context=pod_security(NOBODY),
        topology_spread_constraints=[spread(LABELS)],
        containers=[
            c.ContainerArgs(
                name="watcher",
                image=watched.image,
                command=["python", "-m", "database.failover", "--config", f"{FOLDER}/{FILE}", "--beat", BEAT],
                readiness_probe=c.ProbeArgs(exec_=young, period_seconds=20),
                liveness_probe=c.ProbeArgs(exec_=young, initial_delay_seconds=BEAT_MINUTES * 60, period_seconds=60),
                resources=amounts(0.1, 256),
                security_context=container_security(),
                volume_mounts=[*given(files=FOLDER), *written(tmp="/tmp")],  # noqa: S108
            )
        ],
        volumes=[files_of("files", files), empty("tmp", in_memory="8Mi")],
    )
