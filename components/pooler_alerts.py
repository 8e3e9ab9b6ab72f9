"""What somebody is told of the connection poolers, as data. Metrics are those of pgbouncer_exporter 0.12
(https://github.com/prometheus-community/pgbouncer_exporter)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .alert import Absence, Definition, Query
from .pgbouncer import NAME

PAGE = "pooler"
"""The runbook."""


def pooler_alerts(regions: Sequence[str]) -> Iterator[Definition]:
    """Alerts of the poolers of all regions; PodMonitoring, and so the label `job`, has the same name in each."""
    of = f'job="{NAME}"'

    def alert(what: str, title: str, text: str, condition: Query | Absence) -> Definition:
        return Definition(name=f"pooler-{what}", title=f"Poolers: {title}", text=text, runbook=PAGE, condition=condition)

    yield alert(
        "down", "one is down", "The exporter beside it gets no answer. The others take its clients.",
        Query(promql=f"pgbouncer_up{{{of}}} < 1"),
    )  # fmt: skip
    yield alert(
        "signal-missing", "nothing is heard", "No pooler of that region runs, or nothing collects what it says.",
        Absence([f'pgbouncer_up{{{of},location="{region}"}}' for region in regions]),
    )  # fmt: skip
    yield alert(
        "clients-waiting", "clients wait for a connection", "Every connection of a database is busy, and clients queue.",
        Query(promql=f"sum by (location, database) (pgbouncer_pools_client_waiting_connections{{{of}}}) > $threshold"),
    )  # fmt: skip
    yield alert(
        "wait-long", "a client waits long for a connection", "When query_wait_timeout is over it gets an error instead.",
        Query(promql=f"max by (location, database) (pgbouncer_pools_client_maxwait_seconds{{{of}}}) > $threshold"),
    )  # fmt: skip
    yield alert(
        "clients-high", "one lets in hardly anybody else", "At 100 % of max_client_conn it refuses clients.",
        Query(promql=f"pgbouncer_used_clients{{{of}}} / pgbouncer_config_max_client_connections{{{of}}} > $threshold"),
    )  # fmt: skip
    yield alert(
        "certificate-old", "a certificate is about to expire",
        "A pooler makes its certificate when it starts, and this one started that long ago.",
        # A pod has a name of its own, which the label `instance` begins with: what was there then is the same pod.
        Query(promql=f"pgbouncer_up{{{of}}} and last_over_time(pgbouncer_up{{{of}}}[1h] offset ${{threshold}}d)"),
    )  # fmt: skip
