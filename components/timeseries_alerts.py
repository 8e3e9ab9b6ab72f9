"""What somebody is told of the time series and of the jobs that back it up, as data. Metrics are those of postgres_exporter 0.20
(https://github.com/prometheus-community/postgres_exporter), of Patroni (https://patroni.readthedocs.io/en/latest/rest_api.html),
and of our own query in database/timeseries/operations/queries.yaml."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from .alert import Absence, Definition, LogMatch, Query
from .job_alerts import Scheduled

PAGE = "timeseries"
"""The runbook."""
MIB = 1024**2


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


def series_job(*, what: str, title: str, namespace: str, jobs: tuple[str, ...]) -> Scheduled:
    """A job of the time series."""
    return Scheduled(
        store="timeseries", store_title="Time series", runbook=PAGE, what=what, title=title, namespace=namespace, jobs=jobs
    )


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
