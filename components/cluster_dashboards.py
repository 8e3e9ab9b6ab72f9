"""What is shown of the stores on the clusters, as data: every metric of section 11.1, and what the alerts are about.

Metrics are those of the exporters that the alerts name, and of the queries in database/timeseries/operations/queries.yaml."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .alert import Definition, Query
from .dashboard_layout import Chart, Dashboard, Series
from .pgbouncer import NAME
from .search_alerts import OF
from .timeseries_alerts import Sites

WINDOW = "5m"
"""Rates are taken over as much."""


def timeseries_dashboard(sites: Sites, database: str, alerts: Sequence[Definition]) -> Dashboard:
    """TimescaleDB: members and replication, hypertables and their policies, transactions."""
    of, leader = _compared(alerts), f'job="{sites.leader}"'
    here = f'{sites.all},datname="{database}"'
    ended = " + ".join(f"rate(pg_stat_database_xact_{how}{{{here}}}[{WINDOW}])" for how in ("commit", "rollback"))
    busy = f"sum by (job) (rate(pg_stat_database_active_time_seconds_total{{{here}}}[{WINDOW}]))"

    def table(what: str) -> str:
        return f"max by (hypertable) (timescaledb_hypertable_{what}{{{leader}}})"

    def policy(what: str) -> str:
        return f"max by (policy) (timescaledb_policy_{what}{{{leader}}})"

    charts = [
        Chart("Members that are up", [Series(f"sum by (job) (pg_up{{{sites.all}}})")]),
        Chart("Connections", [Series(of["timeseries-connections-high"])]),
        Chart("Size of hypertables", [Series(table("bytes"), "By")]),
        Chart(
            "Growth of hypertables in a day",
            [Series(f"max by (hypertable) (delta(timescaledb_hypertable_bytes{{{leader}}}[1d]))", "By")],
        ),
        Chart("Chunks: retention takes them away", [Series(table("chunks"))]),
        Chart("Chunks that are compressed", [Series(f"{table('compressed')} / {table('chunks')}", "10^2.%")]),
        Chart("Since a policy did its work", [Series(policy("age_seconds"), "s")]),
        Chart(
            "Failures of policies in an hour",
            [Series(f"max by (policy) (increase(timescaledb_policy_failures{{{leader}}}[1h]))")],
        ),
        Chart("Time that a transaction takes", [Series(f"{busy} / sum by (job) ({ended})", "s")]),
        Chart("Transactions", [Series(f"sum by (job) ({ended})", "1/s")]),
        Chart("Replication lag", [Series(of["timeseries-replication-lag-high"], "s")]),
        *([Chart("Lag of the other region", [Series(of["timeseries-region-behind"], "s")])] if sites.followers else []),
        Chart("Since the log was archived", [Series(of["timeseries-archiving-stalled"], "s")]),
        Chart("Volumes in use", [Series(of["timeseries-disk-full"], "10^2.%")]),
    ]
    return Dashboard("timeseries", "Alphintra: time series", "TimescaleDB: the members of each region.", charts)


def search_dashboard(alerts: Sequence[Definition]) -> Dashboard:
    """Elasticsearch: health, searches, writes, memory, disks and snapshots."""
    of = _compared(alerts)

    def rate(what: str) -> str:
        return f"sum(rate(elasticsearch_indices_{what}{{{OF}}}[{WINDOW}]))"

    newest = f"elasticsearch_snapshot_stats_latest_snapshot_timestamp_seconds{{{OF}}}"
    charts = [
        Chart("Health", [Series(f"max by (color) (elasticsearch_cluster_health_status{{{OF}}})")]),
        Chart("Nodes", [Series(f"max(elasticsearch_cluster_health_number_of_nodes{{{OF}}})")]),
        Chart("Copies without a node", [Series(f"max(elasticsearch_cluster_health_unassigned_shards{{{OF}}})")]),
        Chart("Searches", [Series(rate("search_query_total"), "1/s")]),
        Chart("Time that a search takes", [Series(f"{rate('search_query_time_seconds')} / {rate('search_query_total')}", "s")]),
        Chart("Documents written", [Series(rate("indexing_index_total"), "1/s")]),
        Chart("Documents", [Series(f"max by (name) (elasticsearch_indices_docs{{{OF}}})")]),
        Chart("Heap", [Series(of["search-heap-high"], "10^2.%")]),
        Chart("Disks", [Series(of["search-disk-full"], "10^2.%")]),
        Chart("Age of the newest snapshot", [Series(f"time() - max({newest})", "s")]),
    ]
    return Dashboard("search", "Alphintra: search", "Elasticsearch: the cluster of the marketplace.", charts)


def pooler_dashboard(alerts: Sequence[Definition]) -> Dashboard:
    """PgBouncer: clients, connections to the database, and what waits."""
    of, job = _compared(alerts), f'job="{NAME}"'

    def pools(what: str) -> str:
        return f"sum by (location, database) (pgbouncer_pools_{what}_connections{{{job}}})"

    def rate(what: str) -> str:
        return f"sum by (location) (rate(pgbouncer_stats_totals_{what}_total{{{job}}}[{WINDOW}]))"

    charts = [
        Chart("Poolers that are up", [Series(f"sum by (location) (pgbouncer_up{{{job}}})")]),
        Chart("Clients, of those that are let in", [Series(of["pooler-clients-high"], "10^2.%")]),
        Chart("Clients that are served", [Series(pools("client_active"))]),
        Chart("Clients that wait", [Series(of["pooler-clients-waiting"])]),
        Chart("Longest wait", [Series(of["pooler-wait-long"], "s")]),
        Chart(
            "Connections to the database",
            [Series(pools("server_active"), title="in use"), Series(pools("server_idle"), title="idle")],
        ),
        Chart("Transactions", [Series(rate("sql_transactions_pooled"), "1/s")]),
        Chart("Time that a query takes", [Series(f"{rate('queries_duration_seconds')} / {rate('queries_pooled')}", "s")]),
    ]
    return Dashboard("pooler", "Alphintra: poolers", "PgBouncer: before the main database, in each region.", charts)


def _compared(alerts: Sequence[Definition]) -> Mapping[str, str]:
    """What alerts compare with their thresholds, which are drawn where it is shown."""
    queries = {known.name: known.condition for known in alerts if isinstance(known.condition, Query)}
    return {name: query.compared for name, query in queries.items() if query.compared}
