"""Alerts, channels, objectives and dashboards: the numbers of section 11, and what the settings refuse."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from localcloud.gcp.metrics import USER_METRICS, parse_filter, published
from localcloud.gcp.rules.monitoring import misfit
from localcloud.values import at, every
from settings import SettingsError, load_stack_file
from tools.recorder import ROOT

from ..environments import ENVIRONMENTS, of_type, recorded

READY = {"monitoring": {"channels": {"slack": {"token_version": 3}, "pagerduty": {"token_version": 1}}}}


def policies(environment: str = "prod", over: Mapping[str, Any] | None = None) -> dict[str, dict[str, Any]]:
    found = [known for known in recorded(environment, over).registrations if known.type.endswith(":AlertPolicy")]
    return {known.inputs["userLabels"]["alert"]: known.inputs for known in found}


def told(policy: Mapping[str, Any]) -> set[str]:
    return set(re.findall(r"<alert-channels-(\w+)>", json.dumps(policy["notificationChannels"])))


@pytest.mark.parametrize(
    ("alert", "metric", "aligner", "comparison", "value", "seconds", "severity", "channels"),
    [
        # 11.2
        ("database-connections-high", "postgresql/num_backends", "ALIGN_MAX", "GT", 0.8 * 500, 300, "WARNING", {"slack", "email"}),
        ("database-query-latency-high", "postgresql/insights/aggregate/latencies", "ALIGN_DELTA", "GT", 1000 * 1000, 300, "CRITICAL",
         {"pagerduty", "slack"}),
        ("database-replication-lag-high", "replication/replica_lag", "ALIGN_MAX", "GT", 60, 300, "CRITICAL", {"pagerduty"}),
        # what an operator adds
        ("database-down", "up", "ALIGN_MIN", "LT", 1, 180, "CRITICAL", {"pagerduty", "slack"}),
        ("database-replication-stopped", "replication/replica_lag", "ALIGN_MAX", "LT", 0, 300, "CRITICAL", {"pagerduty"}),
        ("database-failover", "auto_failover_request_count", "ALIGN_DELTA", "GT", 0, 0, "WARNING", {"slack", "email"}),
        ("database-cpu-high", "cpu/utilization", "ALIGN_MEAN", "GT", 0.9, 900, "WARNING", {"slack", "email"}),
        ("database-memory-high", "memory/utilization", "ALIGN_MEAN", "GT", 0.9, 900, "WARNING", {"slack", "email"}),
        ("database-disk-full", "disk/utilization", "ALIGN_MAX", "GT", 0.9, 600, "CRITICAL", {"pagerduty", "slack"}),
        ("database-disk-filling", "disk/bytes_used", "ALIGN_MAX", "GT", 0.9 * 4096 * 1024**3, 3600, "WARNING", {"slack", "email"}),
        ("database-transaction-ids-high", "postgresql/transaction_id_utilization", "ALIGN_MAX", "GT", 0.5, 1800, "WARNING", {"slack", "email"}),
        ("database-locks-waiting", "postgresql/backends_in_wait", "ALIGN_MEAN", "GT", 20, 300, "WARNING", {"slack", "email"}),
        ("database-deadlocks", "postgresql/deadlock_count", "ALIGN_DELTA", "GT", 5, 0, "WARNING", {"slack", "email"}),
        ("database-logins-failing", "network/connection_attempt_count", "ALIGN_DELTA", "GT", 30, 0, "WARNING", {"slack", "email"}),
        ("database-log-archiving-failing", "replication/log_archive_failure_count", "ALIGN_DELTA", "GT", 0, 900, "CRITICAL",
         {"pagerduty", "email"}),
    ],
)  # fmt: skip
def test_thresholds(
    alert: str, metric: str, aligner: str, comparison: str, value: float, seconds: int, severity: str, channels: set[str]
) -> None:
    policy = policies(over=READY)[alert]
    condition = policy["conditions"][0]["conditionThreshold"]
    found = parse_filter(condition["filter"])
    assert found is not None
    assert found.metric == f"cloudsql.googleapis.com/database/{metric}"
    assert condition["aggregations"][0]["perSeriesAligner"] == aligner
    assert condition["comparison"] == f"COMPARISON_{comparison}"
    assert condition["thresholdValue"] == pytest.approx(value)
    assert condition["duration"] == f"{seconds}s"
    assert (policy["severity"], told(policy)) == (severity, channels)


@pytest.mark.parametrize(
    ("alert", "metric", "comparison", "value", "seconds", "severity", "channels"),
    [
        ("memory-high", "memory/maximum_utilization", "GT", 0.9, 300, "WARNING", {"slack"}),  # 11.2: a fraction
        ("replication-lag-high", "replication/maximum_ack_lag", "GT", 60, 300, "CRITICAL", {"pagerduty"}),  # 11.2
        ("backup-failed", "backup/last_backup_status", "LT", 1, 600, "CRITICAL", {"pagerduty", "email"}),  # 11.2
        ("backup-empty", "backup/last_backup_size", "LT", 1, 600, "CRITICAL", {"pagerduty", "email"}),
        ("node-down", "node/server/healthy", "LT", 1, 300, "CRITICAL", {"pagerduty", "slack"}),
        ("cpu-high", "cpu/maximum_utilization", "GT", 0.8, 900, "WARNING", {"slack", "email"}),
        ("connections-rejected", "stats/total_rejected_connections_count", "GT", 0, 0, "WARNING", {"slack", "email"}),
    ],
)
@pytest.mark.parametrize("store", ["cache", "sessions"])
def test_thresholds_of_memorystore(
    store: str, alert: str, metric: str, comparison: str, value: float, seconds: int, severity: str, channels: set[str]
) -> None:
    family = {"cache": "redis.googleapis.com/cluster", "sessions": "memorystore.googleapis.com/instance"}[store]
    policy = policies(over=READY)[f"{store}-{alert}"]
    condition = policy["conditions"][0]["conditionThreshold"]
    found = parse_filter(condition["filter"])
    assert found is not None
    assert found.metric == f"{family}/{metric}"
    ids = {
        "cache": ["alphintra-redis-cluster", "alphintra-redis-cluster-us-east1"],
        "sessions": ["alphintra-redis-sessions", "alphintra-redis-sessions-us-east1"],
    }
    assert list(found.labels("resource").values()) == [ids[store]]
    assert (condition["comparison"], condition["thresholdValue"]) == (f"COMPARISON_{comparison}", pytest.approx(value))
    assert condition["duration"] == f"{seconds}s"
    assert (policy["severity"], told(policy)) == (severity, channels)


def test_sessions_in_the_older_form_are_watched_too() -> None:
    form = {
        "form": "redis",
        "persistence": {"mode": "RDB", "snapshot_hours": 1},
        "backups": None,
        "rpo_minutes": 60,
        "secondaries": {"us-east1": None},
    }
    found = policies(over={"cache": {"sessions": form}})
    text = found["sessions-memory-high"]["conditions"][0]["conditionThreshold"]["filter"]
    assert 'metric.type="redis.googleapis.com/stats/memory/usage_ratio"' in text
    assert '"projects/alphintra-prod/locations/us-central1/instances/alphintra-redis-sessions"' in text
    assert [name for name in found if name.startswith("sessions-")] == ["sessions-memory-high"]


@pytest.mark.parametrize(
    ("alert", "minutes", "severity", "channels"),
    [
        ("cache-archive-failed", 60, "CRITICAL", {"pagerduty", "email"}),
        ("cache-warming-failed", 60, "WARNING", {"slack", "email"}),
        ("database-backup-failed", 60, "CRITICAL", {"pagerduty", "email"}),  # 11.2
        ("key-destroyed", 5, "CRITICAL", {"pagerduty", "email"}),
        ("audit-config-changed", 5, "CRITICAL", {"pagerduty", "email"}),
        ("project-access-changed", 60, "WARNING", {"slack", "email"}),
        ("network-changed", 60, "WARNING", {"slack", "email"}),
        ("bucket-access-changed", 60, "WARNING", {"slack", "email"}),
        ("database-settings-changed", 60, "WARNING", {"slack", "email"}),
        ("certificate-expiring", 1440, "WARNING", {"slack", "email"}),
    ],
)
def test_what_is_found_in_logs(alert: str, minutes: int, severity: str, channels: set[str]) -> None:
    policy = policies(over=READY)[alert]
    assert (
        list(policy["conditions"][0]) == ["displayName", "conditionMatchedLog"]
        or "conditionMatchedLog" in policy["conditions"][0]
    )
    assert at(policy, "alertStrategy.notificationRateLimit.period") == f"{minutes * 60}s"
    assert (policy["severity"], told(policy)) == (severity, channels)


def test_what_is_no_longer_heard_of() -> None:
    silence = policies(over=READY)["database-signal-missing"]
    assert silence["conditions"][0]["conditionAbsent"]["duration"] == "600s"
    backup = policies(over=READY)["database-backup-missing"]
    promql = backup["conditions"][0]["conditionPrometheusQueryLanguage"]
    assert promql["disableMetricValidation"] is True, "nothing was counted yet when the policy is made"
    assert promql["query"].count("1560m") == 2, "26 hours: once a day, in a window that moves"
    assert told(silence) == {"pagerduty", "slack"}
    assert told(backup) == {"pagerduty", "email"}


def test_the_forecast_looks_two_days_ahead() -> None:
    found = {
        alert: at(p["conditions"][0], "conditionThreshold.forecastOptions.forecastHorizon") for alert, p in policies().items()
    }
    assert {alert: horizon for alert, horizon in found.items() if horizon} == {"database-disk-filling": "172800s"}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_alert_is_told_with_what_to_do(environment: str) -> None:
    for alert, policy in policies(environment).items():
        assert policy["notificationChannels"], alert
        assert policy["severity"] in ("CRITICAL", "ERROR", "WARNING")
        link = policy["documentation"]["links"][0]["url"]
        page = ROOT / "docs" / "runbooks" / link.rsplit("/", 1)[-1]
        assert page.exists(), f"{alert}: {link}"
        assert len(page.read_text().splitlines()) > 10
        assert len(policy["documentation"]["content"]) > 60
        assert policy["userLabels"]["environment"] == environment


def test_every_runbook_of_an_alert_names_it() -> None:
    """One page may serve several alerts; it begins with what brings somebody there."""
    pages = {policy["documentation"]["links"][0]["url"].rsplit("/", 1)[-1] for policy in policies().values()}
    for page in pages:
        assert re.search(r"^Alerts?: ", (ROOT / "docs" / "runbooks" / page).read_text(), re.MULTILINE), page


# -- channels


def test_channels_without_a_token_are_not_there_and_email_is_told_instead() -> None:
    channels = {known.name: known.inputs for known in of_type("prod", "NotificationChannel")}
    assert list(channels) == ["alert-channels-email"]
    assert channels["alert-channels-email"]["labels"] == {"email_address": "data-platform@alphintra.com"}
    assert {frozenset(told(policy)) for policy in policies().values()} == {frozenset({"email"})}
    assert recorded("prod").stack_outputs["alertChannels"] == {"slack": False, "pagerduty": False, "email": True}


def test_a_token_comes_from_its_secret_and_is_never_plain() -> None:
    recorder = recorded("prod", READY)
    channels = {known.name: known.inputs for known in recorder.registrations if known.type.endswith(":NotificationChannel")}
    slack, pagerduty = channels["alert-channels-slack"], channels["alert-channels-pagerduty"]
    assert slack["labels"] == {"channel_name": "#data-platform-alerts"}
    assert slack["sensitiveLabels"] == {"authTokenWo": "[secret]", "authTokenWoVersion": "3"}
    assert pagerduty["sensitiveLabels"] == {"serviceKeyWo": "[secret]", "serviceKeyWoVersion": "1"}
    assert "value-of-" not in json.dumps([known.inputs for known in recorder.registrations])
    secrets = {known.inputs["secretId"] for known in of_type("prod", "Secret")}
    assert {"alert-channel-slack", "alert-channel-pagerduty"} <= secrets
    made = [known.inputs["secret"] for known in of_type("prod", "SecretVersion")]
    assert not [name for name in made if "alert-channel" in name], "nobody but a person puts a token there"


def test_dev_has_no_replicas_and_no_backups_of_caches_to_watch() -> None:
    missing = policies("prod").keys() - policies("dev").keys()
    assert {name for name in missing if name.startswith("database-")} == {
        *("database-replication-lag-high", "database-replication-stopped"),
        *("database-freshness-fast", "database-freshness-slow"),
    }
    assert {name.split("-", 1)[1] for name in missing if not name.startswith("database-")} == {
        *("replication-lag-high", "region-behind", "backup-failed", "backup-empty", "archive-failed", "archive-missing"),
        *("restore-test-failed", "restore-test-missing", "restore-test-empty"),
    }


def test_whoever_deploys_is_no_news() -> None:
    over = {"monitoring": {"deployers": ["deploy@example.com", "ci@example.com"]}}
    text = policies(over=over)["network-changed"]["conditions"][0]["conditionMatchedLog"]["filter"]
    assert text.endswith('AND NOT protoPayload.authenticationInfo.principalEmail=("deploy@example.com" OR "ci@example.com")')


# -- objectives


def test_objectives() -> None:
    found = {known.inputs["sloId"]: known.inputs for known in of_type("prod", "Slo")}
    assert {name: (slo["goal"], slo["rollingPeriodDays"], slo["service"]) for name, slo in found.items()} == {
        "database-availability": (0.999, 28, "database"),
        "database-latency": (0.99, 28, "database"),
        "database-freshness": (0.99, 28, "database"),
    }
    assert at(found["database-availability"], "windowsBasedSli.metricMeanInRange.range") == {"min": 1}
    assert at(found["database-availability"], "windowsBasedSli.windowPeriod") == "60s"
    assert at(found["database-latency"], "requestBasedSli.distributionCut.range") == {"max": 1_000_000}, "1000 ms in microseconds"
    assert at(found["database-freshness"], "windowsBasedSli.metricMeanInRange.range") == {"min": 0, "max": 60}


def test_burn_rates() -> None:
    fast, slow = (policies(over=READY)[f"database-latency-{speed}"] for speed in ("fast", "slow"))
    filters = [every(policy, "conditions[].conditionThreshold.filter") for policy in (fast, slow)]
    name = "projects/alphintra-prod/services/database/serviceLevelObjectives/database-latency"
    assert filters == [
        [f'select_slo_burn_rate("{name}", "{seconds}s")' for seconds in windows] for windows in ((3600, 300), (21600, 1800))
    ]
    assert [set(every(policy, "conditions[].conditionThreshold.thresholdValue")) for policy in (fast, slow)] == [{14.4}, {6}]
    assert (fast["combiner"], fast["severity"], told(fast)) == ("AND", "CRITICAL", {"pagerduty", "slack"})
    assert (slow["combiner"], slow["severity"], told(slow)) == ("AND", "ERROR", {"slack", "email"})


# -- dashboards


def dashboard(name: str, environment: str = "prod") -> dict[str, Any]:
    found = next(known for known in of_type(environment, "Dashboard") if known.name == f"dashboards-{name}")
    return json.loads(found.inputs["dashboardJson"])


def charts(name: str, environment: str = "prod") -> dict[str, dict[str, Any]]:
    tiles = dashboard(name, environment)["mosaicLayout"]["tiles"]
    return {tile["widget"]["title"]: tile["widget"]["xyChart"] for tile in tiles if "xyChart" in tile["widget"]}


def metrics(name: str, prefix: str = "cloudsql.googleapis.com/database/") -> set[str]:
    texts = [
        text for chart in charts(name).values() for text in every(chart, "dataSets[].timeSeriesQuery.timeSeriesFilter.filter")
    ]
    return {found.metric.removeprefix(prefix) for found in map(parse_filter, texts) if found}


def test_every_metric_of_11_1_is_shown() -> None:
    assert metrics("database") >= {
        "postgresql/num_backends", "postgresql/num_backends_by_state",  # connection count and pool utilization
        "postgresql/insights/aggregate/latencies", f"{USER_METRICS}database-slow-queries",  # query performance, slow queries
        "postgresql/backends_in_wait", "postgresql/insights/aggregate/lock_time", "postgresql/deadlock_count",  # lock contention
        "replication/replica_lag", "postgresql/replication/replica_byte_lag",  # replication lag
    }  # fmt: skip


@pytest.mark.parametrize(
    ("store", "prefix"), [("cache", "redis.googleapis.com/cluster/"), ("sessions", "memorystore.googleapis.com/instance/")]
)
def test_every_metric_of_11_1_of_redis_is_shown(store: str, prefix: str) -> None:
    assert metrics(store, prefix) >= {
        "memory/maximum_utilization", "memory/total_used_memory", "memory/size",  # memory; fragmentation is not published
        "stats/total_evicted_keys_count",  # evictions
        "node/server/healthy", "replication/maximum_ack_lag",  # health and failover
        "clients/total_connected_clients", "commandstats/total_usec_count", "commandstats/total_calls_count",  # connections, latency
    }  # fmt: skip


def promql(name: str) -> set[str]:
    """The metrics that a dashboard asks for in PromQL."""
    asked = [text for chart in charts(name).values() for text in every(chart, "dataSets[].timeSeriesQuery.prometheusQuery")]
    return {metric for text in asked for metric in re.findall(r"([a-z_:]+)\{", text)}


def test_every_metric_of_11_1_of_the_time_series_is_shown() -> None:
    assert promql("timeseries") >= {
        "timescaledb_hypertable_compressed", "timescaledb_hypertable_chunks",  # chunk compression status
        "timescaledb_hypertable_bytes",  # size and growth
        "pg_stat_database_active_time_seconds_total", "pg_stat_database_xact_commit",  # trends of execution time
        "timescaledb_policy_age_seconds", "timescaledb_policy_failures",  # execution of retention
    }  # fmt: skip
    assert charts("timeseries")["Growth of hypertables in a day"]
    assert "Lag of the other region" in charts("timeseries")
    assert "Lag of the other region" not in charts("timeseries", "dev"), "dev has none"


def test_stores_on_the_clusters_have_a_dashboard_where_they_run() -> None:
    assert {"elasticsearch_cluster_health_status", "elasticsearch_indices_search_query_total"} <= promql("search")
    assert {"pgbouncer_up", "pgbouncer_pools_client_waiting_connections"} <= promql("pooler")
    drawn = {line["label"]: line["value"] for name in ("timeseries", "search", "pooler") for chart in charts(name).values()
             for line in chart.get("thresholds", ())}  # fmt: skip
    assert drawn == {
        "timeseries-connections-high": 0.8 * 100, "timeseries-replication-lag-high": 60, "timeseries-region-behind": 30 * 60,
        "timeseries-archiving-stalled": 15 * 60, "timeseries-disk-full": 0.85, "search-heap-high": 0.9, "search-disk-full": 0.8,
        "pooler-clients-high": 0.8, "pooler-clients-waiting": 10, "pooler-wait-long": 10,
    }  # fmt: skip


def test_thresholds_are_drawn_where_their_signal_is() -> None:
    drawn = {
        title: [(line["label"], line["value"]) for line in chart.get("thresholds", ())]
        for title, chart in charts("database").items()
    }
    assert drawn["Connections"] == [("database-connections-high", 400)]
    assert drawn["Query latency: mean"] == [("database-query-latency-high", 1_000_000)]
    assert drawn["Replication lag"] == [("database-replication-lag-high", 60), ("database-replication-stopped", 0)]
    assert drawn["Transactions"] == []
    shown = [chart for name in ("database", "cache", "sessions") for chart in charts(name).values()]
    alerts = {line["label"] for chart in shown for line in chart.get("thresholds", ())}
    wanted = {
        alert
        for alert, policy in policies().items()
        if "conditionThreshold" in policy["conditions"][0] and policy["combiner"] == "OR"
    }
    assert wanted - alerts == {"database-failover"}, "the rest is looked at where it is drawn"


@pytest.mark.parametrize("environment", ENVIRONMENTS)
@pytest.mark.parametrize("name", ["overview", "database", "cache", "sessions", "storage"])
def test_charts_show_series_that_exist(environment: str, name: str) -> None:
    assert charts(name, environment)
    for title, chart in charts(name, environment).items():
        for text in every(chart, "dataSets[].timeSeriesQuery.timeSeriesFilter.filter"):
            found = parse_filter(text)
            assert found is not None
            if not found.metric.startswith(USER_METRICS):
                assert misfit(found, published()[found.metric]) is None, title


def test_zeros_are_left_out_since_google_does_not_read_them_back() -> None:
    assert all(tile.get(key, 1) for tile in dashboard("database")["mosaicLayout"]["tiles"] for key in ("xPos", "yPos"))


# -- settings


BAD = [
    ("{channels: {slack: {address: alerts}}}", "a channel of kind slack takes one such as #alerts"),
    ("{channels: {email: {address: nobody}}}", "a channel of kind email takes one such as team@example.com"),
    ("{channels: {pagerduty: {address: x}}}", "a channel of kind pagerduty has none"),
    ("{channels: {slack: {address: null}}}", "a channel of kind slack has one"),
    ("{channels: {email: {token_version: 1}}}", "e-mail needs no token"),
    ("{channels: {slack: {token: xoxb-1}}}", "unknown key"),
    ("{channels: {slack: null}}", "names slack, which is none of channels"),
    ("{fallback: slack}", "fallback is slack; it must be one of channels that needs no token"),
    ("{alerts: {database-connections-high: {threshold: 80}}}", "threshold is 80.0; it is a fraction: above 0, at most 1"),
    ("{alerts: {database-connections-high: {threshold: 0}}}", "greater than 0"),
    ("{alerts: {database-connections-high: {threshold: null}}}", "threshold is None; it needs a number (fraction)"),
    ("{alerts: {database-down: {threshold: 1}}}", "threshold is 1.0; it takes none"),
    ("{alerts: {database-down: {minutes: -1}}}", "greater than or equal to 0"),
    ("{alerts: {database-down: {severity: INFO}}}", "'CRITICAL', 'ERROR' or 'WARNING'"),
    ("{alerts: {database-down: {channels: [slack]}}}", "for what is CRITICAL somebody is paged"),
    ("{alerts: {database-down: {channels: []}}}", "at least 1 item"),
    ("{alerts: {database-backup-failed: null}}", "is missing, but §11.2 of the requirements asks for it"),
    ("{alerts: {database-on-fire: {minutes: 1}}}", "database-on-fire is no alert"),
    ("{objectives: {database-latency: {goal: 0.9999}}}", "less than or equal to 0.999"),
    ("{objectives: {database-latency: {days: 31}}}", "less than or equal to 30"),
    ("{objectives: {database-beauty: {days: 28}}}", "database-beauty is no objective"),
    ("{burn_rates: {fast: {short_minutes: 60}}}", "short_minutes is 60, which is not below long_minutes"),
    ("{alerts: {cache-memory-high: {threshold: 90}}}", "it is a fraction"),
    ("{alerts: {sessions-memory-high: null}}", "is missing, but §11.2 of the requirements asks for it"),
    ("{alerts: {cache-archive-missing: {minutes: 360}}}", "is not longer than cache.cluster.archive.every_hours (6)"),
    ("{alerts: {timeseries-region-behind: {threshold: 60}}}", "is not below timeseries.rpo_minutes (60): it would be told too late"),
    ("{alerts: {timeseries-archiving-stalled: {threshold: 61}}}", "is not below timeseries.rpo_minutes (60)"),
    ("{alerts: {pooler-wait-long: {threshold: 30}}}", "is not below pooling.query_wait_timeout (30)"),
    ("{alerts: {pooler-certificate-old: {threshold: 365}}}", "is not below the days that a pooler's certificate is good (365)"),
    ("{alerts: {search-red: {threshold: 1}}}", "threshold is 1.0; it takes none"),
    ("{alerts: {timeseries-disk-full: {threshold: 85}}}", "it is a fraction"),
    ("{disk_forecast_hours: 61}", "less than or equal to 60"),
    ("{runbooks: http://wiki}", "it must match"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "says"), BAD, ids=lambda value: value if "{" in value else "")
def test_bad_values(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "Pulumi.test.yaml"
    file.write_text(
        f"config:\n  alphintra:environment: prod\n  alphintra:project: {{id: alphintra-test}}\n  alphintra:monitoring: {text}\n"
    )
    with pytest.raises(SettingsError) as caught:
        load_stack_file(file)
    assert says in str(caught.value)
