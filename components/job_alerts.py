"""What somebody is told of the jobs on the clusters that back up a store, or prove its backups, as data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .alert import Definition, LogMatch, LogMetric, Omission
from .signals import Signal

EVENT = 'resource.type="k8s_cluster" AND log_id("events") AND jsonPayload.involvedObject.kind="Job"'
"""https://cloud.google.com/kubernetes-engine/docs/concepts/about-logs#system-logs"""
FAILED = '("BackoffLimitExceeded" OR "DeadlineExceeded" OR "PodFailurePolicy")'
"""https://kubernetes.io/docs/concepts/workloads/controllers/job/#terminal-job-conditions"""


@dataclass(frozen=True, kw_only=True)
class Scheduled:
    """A job that backs up, or proves a backup."""

    store: str
    """The store that it is about, as the names of alerts begin."""
    store_title: str
    runbook: str
    what: str
    """Names its alerts and its count."""
    title: str
    namespace: str
    jobs: tuple[str, ...]
    """The names of its CronJobs."""

    @property
    def finished(self) -> LogMetric:
        """Its jobs that succeeded."""
        return LogMetric(
            f"{self.store}-{self.what}s-finished",
            f"{self.store_title}: {self.title}s that succeeded",
            self._event('jsonPayload.reason="Completed"'),
            "k8s_cluster",
        )

    def alerts(self, alive: Signal | str) -> Iterator[Definition]:
        """It fails; it does not run at all."""
        yield Definition(
            name=f"{self.store}-{self.what}-failed", title=f"{self.store_title}: a {self.title} failed", runbook=self.runbook,
            text="The job was tried as often as it may be, or took longer than it may.",
            condition=LogMatch(self._event(f"jsonPayload.reason={FAILED}")),
        )  # fmt: skip
        yield Definition(
            name=f"{self.store}-{self.what}-missing", title=f"{self.store_title}: there was no {self.title}",
            runbook=self.runbook,
            text="None succeeded for longer than the schedule allows, and none was seen to fail: it is suspended.",
            condition=Omission(self.finished, alive),
        )  # fmt: skip

    def empty(self, instance: str) -> Definition:
        """A backup of this store that could be brought back, and has nothing in it: a proof says so in its log
        (database/proof.py)."""
        return Definition(
            name=f"{self.store}-{self.what}-empty", title=f"{self.store_title}: the backup is empty", runbook=self.runbook,
            text="It succeeded and can be brought back, and there is nothing in it.",
            condition=LogMatch(
                f'resource.type="k8s_container" AND resource.labels.namespace_name="{self.namespace}" AND '
                f'jsonPayload.instance="{instance}" AND jsonPayload.verification="empty"'
            ),
        )  # fmt: skip

    def _event(self, what: str) -> str:
        names = "|".join(self.jobs)
        return (
            f'{EVENT} AND jsonPayload.involvedObject.namespace="{self.namespace}" AND '
            f'jsonPayload.involvedObject.name=~"^({names})-[0-9]+$" AND {what}'
        )
