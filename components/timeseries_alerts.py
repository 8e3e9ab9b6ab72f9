"""What somebody is told of the time series and of the jobs that back it up, as data. Metrics are those of postgres_exporter 0.20
(https://github.com/prometheus-community/postgres_exporter), of Patroni (https://patroni.readthedocs.io/en/latest/rest_api.html),
and of our own query in database/timeseries/operations/queries.yaml."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .alert import Absence, Definition, LogMatch, LogMetric, Omission, Query

PAGE = "timeseries"
"""The runbook."""
MIB = 1024**2
EVENT = 'resource.type="k8s_cluster" AND log_id("events") AND jsonPayload.involvedObject.kind="Job"'
"""https://cloud.google.com/kubernetes-engine/docs/concepts/about-logs#system-logs"""
FAILED = '("BackoffLimitExceeded" OR "DeadlineExceeded" OR "PodFailurePolicy")'
"""https://kubernetes.io/docs/concepts/workloads/controllers/job/#terminal-job-conditions"""


@dataclass(frozen=True, kw_only=True)
class Scheduled:
    """A job that backs up, or proves a backup."""

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
            f"timeseries-{self.what}s-finished",
            f"Time series: {self.title}s that succeeded",
            self._event('jsonPayload.reason="Completed"'),
            "k8s_cluster",
        )

    def alerts(self, alive: str) -> Iterator[Definition]:
        """It fails; it does not run at all."""
        yield Definition(
            name=f"timeseries-{self.what}-failed", title=f"Time series: a {self.title} failed", runbook=PAGE,
            text="The job was tried as often as it may be, or took longer than it may.",
            condition=LogMatch(self._event(f"jsonPayload.reason={FAILED}")),
        )  # fmt: skip
        yield Definition(
            name=f"timeseries-{self.what}-missing", title=f"Time series: there was no {self.title}", runbook=PAGE,
            text="None succeeded for longer than the schedule allows, and none was seen to fail: it is suspended.",
            condition=Omission(self.finished, alive),
        )  # fmt: skip

    def _event(self, what: str) -> str:
        names = "|".join(self.jobs)
        return (
            f'{EVENT} AND jsonPayload.involvedObject.namespace="{self.namespace}" AND '
            f'jsonPayload.involvedObject.name=~"^({names})-[0-9]+$" AND {what}'
        )


@dataclass(frozen=True, kw_only=True)
class Sites:
    """The sites that are watched: PodMonitoring, and so the label `job`, has a site's name."""

    leader: str
    members: Mapping[str, int]
    """How many there are to be, by the site's name."""
    namespace: str
    max_connections: int
    rpo_minutes: int

    @property
    def all(self) -> str:
        """Their label."""
        return f'job=~"{"|".join(self.members)}"'

    @property
    def followers(self) -> list[str]:
        """Those that follow the leader's archive."""
        return [name for name in self.members if name != self.leader]


def site_alerts(sites: Sites) -> Iterator[Definition]:
    """Alerts of the members."""
    leader, everyone = f'job="{sites.leader}"', sites.all
    mounted = f'monitored_resource="k8s_pod",namespace_name="{sites.namespace}",volume_name=~"data|log"'
    volumes = f"kubernetes_io:pod_volume_utilization{{{mounted}}}"

    def alert(what: str, title: str, text: str, condition: Query | Absence) -> Definition:
        return Definition(name=f"timeseries-{what}", title=f"Time series: {title}", text=text, runbook=PAGE, condition=condition)

    fewer = (f'sum by (job) (pg_up{{job="{name}"}}) < {count}' for name, count in sites.members.items())
    leads = [f"max by (job) (patroni_primary{{{leader}}}) < 1"]
    leads += [f'max by (job) (patroni_standby_leader{{job="{name}"}}) < 1' for name in sites.followers]
    yield alert(
        "member-down", "a member is down", "One failure less is survived. Patroni brings it back, or cannot.",
        Query(promql=" or ".join(fewer)),
    )  # fmt: skip
    yield alert(
        "leader-missing", "a site has no leader", "Nobody takes writes there, or nobody follows the other region.",
        Query(promql=" or ".join(leads)),
    )  # fmt: skip
    yield alert(
        "signal-missing", "nothing is heard", "Every other alert of that site is blind, too.",
        Absence([f'pg_up{{job="{name}"}}' for name in sites.members]),
    )  # fmt: skip
    yield alert(
        "connections-high", "connections are running out", "So large a part of max_connections is taken on one member.",
        Query(promql=f"sum by (job, instance) (pg_stat_activity_count{{{everyone}}}) > $threshold", times=sites.max_connections),
    )  # fmt: skip
    yield alert(
        "replication-lag-high", "a standby is behind", "What it lacks is lost if it must take over now.",
        Query(promql=f"pg_replication_lag_seconds{{{leader}}} > $threshold"),
    )  # fmt: skip
    yield alert(
        "replication-stopped", "a standby no longer replicates",
        "It does not stream from the leader, so its lag says nothing, and it gets older by the minute.",
        Query(promql=f"patroni_replica{{{leader}}} == 1 and patroni_postgres_streaming{{{leader}}} == 0"),
    )  # fmt: skip
    if sites.followers:
        others = "|".join(sites.followers)
        yield alert(
            "region-behind", "the other region is behind",
            f"What it has not replayed is lost with this region: {sites.rpo_minutes} minutes are allowed.",
            Query(promql=f'max by (job) (pg_replication_lag_seconds{{job=~"{others}"}}) > $threshold', times=60),
        )  # fmt: skip
    yield alert(
        "archiving-stalled", "the log is not archived",
        f"A lost region loses what was not archived: {sites.rpo_minutes} minutes are allowed. The volume of the log fills, too.",
        Query(
            promql=f"pg_stat_archiver_last_archive_age{{{leader}}} > $threshold and pg_replication_is_replica{{{leader}}} == 0",
            times=60,
        ),
    )  # fmt: skip
    yield alert(
        "archiving-failing", "archiving the log fails", "pgBackRest refuses segments, or cannot reach its bucket.",
        Query(promql=f"increase(pg_stat_archiver_failed_count{{{leader}}}[10m]) > 0"),
    )  # fmt: skip
    yield alert(
        "disk-full", "a volume is nearly full", "A full volume stops the member. It grows by a setting, in place.",
        Query(promql=f"{volumes} > $threshold"),
    )  # fmt: skip
    yield alert(
        "disk-filling", "a volume is filling", "At this rate it is full before somebody looks by chance.",
        Query(promql=f"predict_linear({volumes}[6h], $ahead) > $threshold"),
    )  # fmt: skip
    yield alert(
        "policies-failing", "chunks pile up",
        "A policy that compresses, drops or refreshes failed, is overdue or is off: the disk fills, or candles get old.",
        Query(promql=f"max by (policy) (timescaledb_policy_broken{{{leader}}}) > 0"),
    )  # fmt: skip
    yield alert(
        "policies-unknown", "nobody knows how the policies do",
        "The query behind it fails: before the migrations have run, or without the right to run it.",
        Absence([f"timescaledb_policy_broken{{{leader}}}"]),
    )  # fmt: skip


def export_small(export: Scheduled) -> Definition:
    """A logical backup that succeeded, and has next to nothing in it."""
    return Definition(
        name="timeseries-export-small", title="Time series: the logical backup is empty", runbook=PAGE,
        text="It succeeded, and is smaller than a dump without a row: of a wrong database, or of an empty one.",
        condition=LogMatch(
            f'resource.type="k8s_container" AND resource.labels.namespace_name="{export.namespace}" AND jsonPayload.exported:*',
            below="jsonPayload.bytes",
            times=MIB,
        ),
    )  # fmt: skip
