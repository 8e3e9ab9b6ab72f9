"""Alerts in PromQL: each fires on staged series and is silent on healthy ones, as Prometheus itself evaluates them."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from localcloud.gcp.metrics import USER_METRICS, labels_of, published

from ..environments import of_type
from ..installed import PROMTOOL, need
from .promtool import fires

HOUR, DAY = 60, 24 * 60
"""Minutes."""
SITE, STANDBY = 'job="alphintra-timeseries-db"', 'job="alphintra-timeseries-db-standby"'
POOLER, SEARCH = 'job="pgbouncer"', 'job="search-cluster"'
MIB = 1024**2
COLLECTED = {"project_id", "location", "cluster", "namespace", "job", "instance"}
"""Labels of the collector."""


@cache
def conditions() -> dict[str, dict[str, Any]]:
    """The conditions in PromQL of prod, by the name of their alert."""
    found = {known.inputs["userLabels"]["alert"]: known.inputs["conditions"][0] for known in of_type("prod", "AlertPolicy")}
    kind = "conditionPrometheusQueryLanguage"
    return {alert: condition[kind] for alert, condition in found.items() if kind in condition}


@dataclass(frozen=True)
class Staged:
    """Series when something is wrong and when all is well. A number is a value that stays; a text is promtool's own notation;
    None is a series that is not there."""

    series: Mapping[str, tuple[float | str | None, float | str | None]]
    minutes: int = 2 * HOUR
    step: int = 1

    def written(self, which: int) -> dict[str, str]:
        """The bad ones (0) or the good ones (1), in promtool's notation."""
        values = {name: both[which] for name, both in self.series.items() if both[which] is not None}
        return {name: v if isinstance(v, str) else f"{v}+0x{self.minutes // self.step}" for name, v in values.items()}


def members(metric: str, *values: float, of: str = SITE, more: str = "") -> dict[str, float]:
    """A series for each member."""
    return {f'{metric}{{{of},instance="{number}"{more}}}': value for number, value in enumerate(values)}


def both(bad: Mapping[str, float], good: Mapping[str, float]) -> dict[str, tuple[float | str | None, float | str | None]]:
    return {name: (bad.get(name), good.get(name)) for name in {**bad, **good}}


SITES_UP = members("pg_up", 1, 1, 1) | members("pg_up", 1, 1, of=STANDBY)


def counted(metric: str, alive: str, hours: int) -> Staged:
    """Something that was counted a day (or a week) ago for the last time, or an hour ago; what it is about is there all the time."""
    name = f"logging_googleapis_com:user_{metric}"
    length = 2 * hours * HOUR // 5
    return Staged(
        {name: ("1 _x" + str(length), f"_x{length - 20} 1 _x19"), alive: (f"1+0x{length}", f"1+0x{length}")},
        minutes=2 * hours * HOUR, step=5,
    )  # fmt: skip


EVENTS = '{monitored_resource="k8s_cluster"}'
VOLUME = 'kubernetes_io:pod_volume_utilization{monitored_resource="k8s_pod",namespace_name="timescaledb",volume_name="data",pod_name="a"}'
LATEST = f'elasticsearch_snapshot_stats_latest_snapshot_timestamp_seconds{{{SEARCH},repository="r"}}'
NODES = f"elasticsearch_cluster_health_number_of_nodes{{{SEARCH}}}"
LAST = f'{SEARCH},repository="r",state="SUCCESS",version="8"'
STATUS = f"elasticsearch_cluster_health_status{{{SEARCH},color="
SQL_UP = (
    'cloudsql_googleapis_com:database_up{monitored_resource="cloudsql_database",database_id="alphintra-prod:alphintra-main-db"}'
)
REDIS = 'redis_googleapis_com:cluster_memory_maximum_utilization{monitored_resource="redis.googleapis.com/Cluster",cluster_id="alphintra-redis-cluster"}'
VALKEY = 'memorystore_googleapis_com:instance_memory_maximum_utilization{monitored_resource="memorystore.googleapis.com/Instance",instance_id="alphintra-redis-sessions"}'


def written(end: str, command: str = "hset") -> str:
    """The writes that a session store counts."""
    labels = f'monitored_resource="memorystore.googleapis.com/Instance",instance_id="alphintra-redis-sessions{end}"'
    return f'memorystore_googleapis_com:instance_commandstats_total_calls_count{{{labels},role="primary",command="{command}"}}'


STAGED: dict[str, Staged] = {
    "timeseries-member-down": Staged(both(SITES_UP | members("pg_up", 1, 0, 1), SITES_UP)),
    "timeseries-leader-missing": Staged(
        both(
            members("patroni_primary", 0, 0, 0) | members("patroni_standby_leader", 1, 0, of=STANDBY),
            members("patroni_primary", 0, 1, 0) | members("patroni_standby_leader", 1, 0, of=STANDBY),
        )
    ),
    "timeseries-signal-missing": Staged(both(members("pg_up", 1, 1, 1), SITES_UP)),
    "timeseries-connections-high": Staged(
        both(
            members("pg_stat_activity_count", 50, more=',state="active"') | members("pg_stat_activity_count", 31, more=',state="idle"'),
            members("pg_stat_activity_count", 50, 81, more=',state="active"') | members("pg_stat_activity_count", 30, more=',state="idle"')
            | {'pg_stat_activity_count{job="alphintra-timeseries-db",instance="1",state="active"}': 80},
        )
    ),
    "timeseries-replication-lag-high": Staged(both(members("pg_replication_lag_seconds", 0, 61), members("pg_replication_lag_seconds", 0, 60))),
    "timeseries-replication-stopped": Staged(
        both(
            members("patroni_replica", 0, 1) | members("patroni_postgres_streaming", 0, 0),
            members("patroni_replica", 0, 1) | members("patroni_postgres_streaming", 0, 1),
        )
    ),
    "timeseries-region-behind": Staged(
        both(members("pg_replication_lag_seconds", 1801, 0, of=STANDBY), members("pg_replication_lag_seconds", 1800, 0, of=STANDBY))
    ),
    "timeseries-archiving-stalled": Staged(
        both(
            members("pg_stat_archiver_last_archive_age", 901, 60) | members("pg_replication_is_replica", 0, 1),
            members("pg_stat_archiver_last_archive_age", 90, 9000) | members("pg_replication_is_replica", 0, 1),
        )
    ),
    "timeseries-archiving-failing": Staged({f"pg_stat_archiver_failed_count{{{SITE}}}": ("0+1x120", 7)}),
    "timeseries-disk-full": Staged({VOLUME: (0.86, 0.85)}),
    "timeseries-disk-filling": Staged({VOLUME: ("0.30+0.0005x480", "0.30+0.00005x480")}, minutes=8 * HOUR),
    "timeseries-policies-failing": Staged({f'timescaledb_policy_broken{{{SITE},policy="compression ticks"}}': (1, 0)}),
    "timeseries-policies-unknown": Staged({f'timescaledb_policy_broken{{{SITE},policy="compression ticks"}}': (None, 1)}),
    "timeseries-backup-missing": counted(f"timeseries_backups_finished{EVENTS}", f"pg_up{{{SITE}}}", 26),
    "timeseries-export-missing": counted(f"timeseries_exports_finished{EVENTS}", f"pg_up{{{SITE}}}", 26),
    "timeseries-restore-test-missing": counted(f"timeseries_restore_tests_finished{EVENTS}", f"pg_up{{{SITE}}}", 8 * 24),
    "database-backup-missing": counted('database_backups_succeeded{monitored_resource="cloudsql_database"}', SQL_UP, 26),
    "database-jobs-unwatched": counted('database_jobs_watched{monitored_resource="cloudsql_database"}', SQL_UP, 3),
    "database-restore-test-missing": counted(f"database_restore_tests_finished{EVENTS}", SQL_UP, 8 * 24),
    "cache-restore-test-missing": counted(f"cache_restore_tests_finished{EVENTS}", REDIS, 8 * 24),
    "sessions-restore-test-missing": counted(f"sessions_restore_tests_finished{EVENTS}", VALKEY, 8 * 24),
    "search-restore-test-missing": counted(f"search_restore_tests_finished{EVENTS}", NODES, 8 * 24),
    "search-ingest-missing": Staged(
        {'logging_googleapis_com:user_search_rounds_ingested{monitored_resource="k8s_container"}': ("1 _x40", "_x35 1 _x5"), NODES: ("6+0x40", "6+0x40")},
        minutes=40,
    ),
    # The same number of writes arrives; or four in ten do, and then half of them.
    "sessions-region-behind": Staged({written(""): ("0+100x120", "0+100x120"), written("-us-east1"): ("0+40x120", "0+50x120")}),
    "cache-warming-missing": Staged(
        {'logging_googleapis_com:user_cache_rounds_warmed{monitored_resource="k8s_container"}': ("1 _x40", "_x35 1 _x5"), REDIS: ("1+0x40", "1+0x40")},
        minutes=40,
    ),
    "cache-archive-missing": counted('cache_archives_finished{monitored_resource="cloud_scheduler_job"}', REDIS, 7),
    "pooler-down": Staged(both(members("pgbouncer_up", 1, 0, of=POOLER), members("pgbouncer_up", 1, 1, of=POOLER))),
    "pooler-signal-missing": Staged({f'pgbouncer_up{{{POOLER},location="us-central1"}}': (1, 1), f'pgbouncer_up{{{POOLER},location="us-east1"}}': (None, 1)}),
    "pooler-clients-waiting": Staged(
        both(
            members("pgbouncer_pools_client_waiting_connections", 6, 5, of=POOLER, more=',database="a"'),
            members("pgbouncer_pools_client_waiting_connections", 5, 5, of=POOLER, more=',database="a"'),
        )
    ),
    "pooler-wait-long": Staged({f'pgbouncer_pools_client_maxwait_seconds{{{POOLER},database="a"}}': (11, 10)}),
    "pooler-clients-high": Staged(
        both(
            members("pgbouncer_used_clients", 801, of=POOLER) | members("pgbouncer_config_max_client_connections", 1000, of=POOLER),
            members("pgbouncer_used_clients", 800, of=POOLER) | members("pgbouncer_config_max_client_connections", 1000, of=POOLER),
        )
    ),
    # The same pod for 336 days; and two, one after the other.
    "pooler-certificate-old": Staged(
        {
            f'pgbouncer_up{{{POOLER},instance="a"}}': (f"1+0x{336 * 24}", f"1+0x{300 * 24}"),
            f'pgbouncer_up{{{POOLER},instance="b"}}': (None, f"_x{300 * 24} 1+0x{36 * 24}"),
        },
        minutes=336 * DAY, step=60,
    ),
    "search-red": Staged({f'{STATUS}"red"}}': (1, 0), f'{STATUS}"yellow"}}': (0, 1)}),
    "search-yellow": Staged({f'{STATUS}"yellow"}}': (1, 0), f'{STATUS}"green"}}': (0, 1)}),
    "search-signal-missing": Staged({NODES: (None, 6)}),
    "search-disk-full": Staged(
        both(
            members("elasticsearch_filesystem_data_available_bytes", 19, of=SEARCH) | members("elasticsearch_filesystem_data_size_bytes", 100, of=SEARCH),
            members("elasticsearch_filesystem_data_available_bytes", 20, of=SEARCH) | members("elasticsearch_filesystem_data_size_bytes", 100, of=SEARCH),
        )
    ),
    "search-heap-high": Staged(
        {f'elasticsearch_jvm_memory_used_bytes{{{SEARCH},area="heap"}}': (91, 90), f'elasticsearch_jvm_memory_max_bytes{{{SEARCH},area="heap"}}': (100, 100)}
    ),
    "search-snapshot-failed": Staged({f'elasticsearch_slm_stats_snapshots_failed_total{{{SEARCH},policy="p"}}': ("0x100 1x100", 3)}),
    "search-snapshot-missing": Staged({LATEST: (3 * HOUR * 60, 30 * HOUR * 60), NODES: (6, 6)}, minutes=40 * HOUR, step=5),
    "search-snapshot-empty": Staged({f"elasticsearch_snapshot_stats_snapshot_number_of_indices{{{LAST}}}": (0, 1)}),
}  # fmt: skip


def evaluated(alert: str, series: Mapping[str, str], folder: Path) -> bool:
    need(PROMTOOL)
    staged = STAGED[alert]
    return fires(conditions()[alert], series, minutes=staged.minutes, step=staged.step, folder=folder)


@pytest.mark.parametrize("alert", STAGED)
def test_it_fires_when_something_is_wrong(alert: str, tmp_path: Path) -> None:
    assert evaluated(alert, STAGED[alert].written(0), tmp_path)


@pytest.mark.parametrize("alert", STAGED)
def test_it_is_silent_when_all_is_well(alert: str, tmp_path: Path) -> None:
    assert not evaluated(alert, STAGED[alert].written(1), tmp_path)


ABSENCES = {alert for alert in STAGED if alert.endswith(("signal-missing", "policies-unknown"))}
"""Those that fire where there is nothing."""


@pytest.mark.parametrize("alert", sorted(STAGED.keys() - ABSENCES))
def test_it_is_silent_on_another_store(alert: str, tmp_path: Path) -> None:
    ours = r'(job|namespace_name|database_id|cluster_id|instance_id)="[^"]*"'
    others = {re.sub(ours, r'\1="another"', name): values for name, values in STAGED[alert].written(0).items()}
    assert not evaluated(alert, others, tmp_path)


@pytest.mark.parametrize("alert", sorted(ABSENCES))
def test_the_signal_of_another_store_does_not_count(alert: str, tmp_path: Path) -> None:
    others = {re.sub(r'job="[^"]*"', 'job="another"', name): values for name, values in STAGED[alert].written(1).items()}
    assert evaluated(alert, others, tmp_path)


LASTING = sorted(
    alert for alert, staged in STAGED.items()
    if alert not in ABSENCES and conditions()[alert]["duration"] != "0s"
    and all(isinstance(value, int | float) for values in staged.series.values() for value in values)
)  # fmt: skip


@pytest.mark.parametrize("alert", LASTING)
def test_a_moment_is_not_enough(alert: str, tmp_path: Path) -> None:
    """Only the last minute is bad; the condition must hold for its whole duration."""
    steps = STAGED[alert].minutes
    mixed = {name: f"{good}+0x{steps - 1} {bad}" for name, (bad, good) in STAGED[alert].series.items()}
    assert not evaluated(alert, mixed, tmp_path)


@pytest.mark.parametrize("alert", [alert for alert, staged in STAGED.items() if "user_" in str(staged.series)])
def test_what_is_new_is_not_blamed_for_what_was_not_done_before_it_was_there(alert: str, tmp_path: Path) -> None:
    staged = STAGED[alert]
    length = staged.minutes // staged.step
    new = {name: f"_x{length - 10} 1+0x10" for name in staged.series if "user_" not in name}
    assert not evaluated(alert, new, tmp_path)


def test_a_new_search_engine_is_not_blamed_for_snapshots_that_it_does_not_have(tmp_path: Path) -> None:
    steps = 40 * HOUR // 5
    assert not evaluated("search-snapshot-missing", {LATEST: "0x" + str(steps), NODES: f"_x{steps - 12} 6+0x12"}, tmp_path)
    assert evaluated("search-snapshot-missing", {NODES: f"6+0x{steps}"}, tmp_path), "one that never had a repository"


def test_a_snapshot_that_lacks_shards_is_told(tmp_path: Path) -> None:
    assert evaluated(
        "search-snapshot-failed", {f"elasticsearch_snapshot_stats_snapshot_failed_shards{{{LAST}}}": "1+0x120"}, tmp_path
    )


@pytest.mark.parametrize(
    ("series", "told"),
    [
        ({written(""): "0+100x120"}, True),  # nothing ever arrived
        ({written(""): "0+100x120", written("-us-east1"): "0+100x90 9000x30"}, True),  # and then no more
        ({written("", "get"): "0+100x120", written("-us-east1"): "0+0x120"}, False),  # reads are not replicated
        ({written(""): "0+100x90 9000x30", written("-us-east1"): "0+100x90 9000x30"}, False),  # nobody writes
        ({written("", "SET"): "0+100x120", written("-us-east1", "SET"): "0+0x120"}, True),  # however it is written
    ],
)  # fmt: skip
def test_what_does_not_arrive_in_the_other_region_is_told_and_what_nobody_wrote_is_not(
    series: Mapping[str, str], told: bool, tmp_path: Path
) -> None:
    assert evaluated("sessions-region-behind", series, tmp_path) == told


def test_the_other_site_is_watched_too(tmp_path: Path) -> None:
    fewer = SITES_UP | members("pg_up", 1, 0, of=STANDBY)
    assert evaluated("timeseries-member-down", Staged(both(fewer, {})).written(0), tmp_path)


# -- all of them


def test_every_alert_in_promql_is_staged() -> None:
    assert STAGED.keys() == conditions().keys()


def selectors(query: str) -> list[tuple[str, set[str]]]:
    """The metrics of a query, each with the labels that it is selected by."""
    found = re.findall(r"([a-zA-Z_][\w:]*)\{([^}]*)\}", query)
    return [(name, set(re.findall(r"(\w+)=~?", labels))) for name, labels in found]


@cache
def exported() -> dict[str, list[str]]:
    exporters: dict[str, dict[str, list[str]]] = tomllib.loads(Path(__file__).with_name("exported.toml").read_text())
    return {metric: labels for metrics in exporters.values() for metric, labels in metrics.items()}


def google() -> dict[str, tuple[str, list[str]]]:
    """Google's metrics as PromQL names them: the resources that they are measured on, and all labels."""
    names: dict[str, tuple[str, list[str]]] = {}
    for metric, facts in published().items():
        service, path = metric.split("/", 1)
        name = f"{re.sub(r'[^a-z0-9]', '_', service)}:{re.sub(r'[^a-z0-9]', '_', path)}"
        names[name] = (metric, [*facts.labels, *(label for kind in facts.resources for label in labels_of(kind))])
    return names


@cache
def shown() -> dict[str, str]:
    """What prod's dashboards ask in PromQL, by the names of dashboard and chart."""
    found: dict[str, str] = {}
    for known in of_type("prod", "Dashboard"):
        for tile in json.loads(known.inputs["dashboardJson"])["mosaicLayout"]["tiles"]:
            for number, drawn in enumerate(tile["widget"].get("xyChart", {}).get("dataSets", ())):
                if query := drawn["timeSeriesQuery"].get("prometheusQuery"):
                    found[f"{known.name}: {tile['widget']['title']} {number}"] = query
    return found


ASKED = {**{alert: condition["query"] for alert, condition in conditions().items()}, **shown()}


@pytest.mark.parametrize("by", sorted(ASKED))
def test_metrics_and_labels_are_those_that_somebody_exports(by: str) -> None:
    counts = {re.sub(r"\W", "_", known.inputs["name"]) for known in of_type("prod", "Metric")}
    asked = selectors(ASKED[by])
    assert asked, "no series"
    for metric, labels in asked:
        if metric.startswith("logging_googleapis_com:user_"):
            assert metric.removeprefix("logging_googleapis_com:user_") in counts
        elif ":" in metric:
            assert labels <= {*google()[metric][1], "monitored_resource"}, metric
        else:
            assert labels <= {*exported()[metric], *COLLECTED}, metric


def test_what_is_exported_is_asked_for() -> None:
    asked = {metric for query in ASKED.values() for metric, _ in selectors(query)}
    assert exported().keys() <= asked, "a list of what is of use, not of everything"


def test_durations_and_windows_are_those_of_the_settings() -> None:
    found = conditions()
    assert {alert: found[alert]["duration"] for alert in ("timeseries-member-down", "search-yellow", "pooler-wait-long")} == {
        "timeseries-member-down": "600s", "search-yellow": "1800s", "pooler-wait-long": "120s"
    }  # fmt: skip
    assert found["search-snapshot-missing"]["query"].count("1560") == 2
    assert "[11520m]" in found["timeseries-restore-test-missing"]["query"]
    assert all(condition["disableMetricValidation"] for condition in found.values()), "exporters are not heard of yet"
    assert USER_METRICS == "logging.googleapis.com/user/"
