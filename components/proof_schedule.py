"""When a proof of backups runs, and how it ends."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
import pulumi_kubernetes as k8s

from .pods import job, metadata, scheduled

REMOVAL_HOURS = 1
"""What a proof has left to take away what it made, once its time is up or its pod is told to end: what is still being made can be
deleted only afterwards. It is the longest that GKE waits when it drains a node
(https://cloud.google.com/kubernetes-engine/docs/concepts/node-pool-upgrade-strategies)."""


def proof_schedule(
    name: str,
    called: str,
    *,
    namespace: pulumi.Input[str],
    schedule: str,
    hours: int,
    pod: k8s.core.v1.PodSpecArgs,
    labels: Mapping[str, str],
    opts: pulumi.ResourceOptions,
) -> k8s.batch.v1.CronJob:
    """A job of this pod at these times, which is given so many hours to come to an answer."""
    pod.termination_grace_period_seconds = REMOVAL_HOURS * 3600
    # One that failed is looked at, not tried until it succeeds.
    work = job(pod, labels, hours=hours + REMOVAL_HOURS, tries=0)
    return k8s.batch.v1.CronJob(name, metadata=metadata(called, namespace), spec=scheduled(schedule, work), opts=opts)
