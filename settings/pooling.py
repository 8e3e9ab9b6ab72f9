"""Connection pooling: PgBouncer between the services and the main database."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import model_validator

from .identity import AccountId
from .images import PROGRAMS
from .section import ImageReference, Section, setting

DOCS = "https://www.pgbouncer.org/config.html"
POD = "pgbouncer"
"""What pools call the pods (`kubernetes.clusters.<role>.pools.<pool>.pods`), and the name of their namespace."""
OLDEST = (1, 25, 2)
"""Before it, whoever signed in by query could be looked up in a schema of his own (https://www.pgbouncer.org/changelog.html)."""
SHARE_PERCENT = 80
"""Of an instance's max_connections, what poolers may take: above it section 11.2 sounds the alarm, and what is left is for direct
connections, jobs, and people."""
SURGE = 1
"""Poolers that an update adds before it takes old ones away."""

CERTIFICATE_DAYS = 365
"""How long the certificate is good that a pooler makes when it starts: longer than a pod should live."""


class Pooling(Section):
    """PgBouncer. A pooler runs in each cluster that has a pool with its pods, and serves the main database's instance of that
    region; the fewest that run, and their size, are said there."""

    image: ImageReference = setting(
        "docker.io/edoburu/pgbouncer:v1.25.2-p0@sha256:7d7a27d9e90985cab5cf42256f5c13a3120baa4b055b69df37beb272b89b2340",
        "https://hub.docker.com/r/edoburu/pgbouncer",
    )
    """PgBouncer."""
    exporter_image: ImageReference = setting(
        "quay.io/prometheuscommunity/pgbouncer-exporter:v0.12.1"
        "@sha256:30f31b6c2efdad3647f8182cc7c1a3a19e42bae5d17387694989f969371c230d",
        "https://github.com/prometheus-community/pgbouncer_exporter",
    )
    """What turns its console into metrics."""
    preparation_image: ImageReference = setting(
        "docker.io/alpine/openssl:3.5.4@sha256:42c7389ef077aed0eb4e96d0abbd094083d701bbaff1313073b061c0c9cd8278",
        "https://hub.docker.com/r/alpine/openssl",
    )
    """A shell with openssl, which makes each pooler's certificate before it starts."""
    clients: tuple[AccountId, ...] = setting(
        (
            *("auth-service", "trading-service", "strategy-service", "marketplace-service", "compliance-service"),
            *PROGRAMS,
        ),
        "§15.5, §12.2, §8.2",
        min_length=1,
    )
    """The workloads that connect through the poolers, each with a login of its own name whose password is the credential
    `main-db-<workload>`: PgBouncer cannot hand on the tokens of IAM authentication."""
    pool_mode: Literal["transaction", "session"] = setting("transaction", "§12.1")
    """How long a client keeps a connection of the server. With `session` nothing is shared between clients at the same time."""
    max_client_conn: int = setting(1000, "§12.1", unit="clients of each pooler", ge=10, le=50000)
    """How many clients a pooler lets in."""
    default_pool_size: int = setting(25, "§12.1", unit="connections", ge=1, le=1000)
    """Connections of a pooler to the server for each pair of a login and a database."""
    max_db_connections: int = setting(80, "§11.2: 80 % of max_connections, by all poolers", unit="connections", ge=2, le=10000)
    """Connections of a pooler to a database, by all logins together."""
    server_idle_timeout: int = setting(600, "§12.1", unit="seconds", ge=10, le=86400)
    """How long a connection that nobody needs stays."""
    server_lifetime: int = setting(3600, "§12.1", unit="seconds", ge=60, le=86400)
    """How old a connection becomes before it is made anew: after a failover, or a new CA, none is older."""
    query_wait_timeout: int = setting(30, f"{DOCS}#query_wait_timeout", unit="seconds", ge=1, le=600)
    """How long a client waits for a connection before it is told that there is none."""
    idle_transaction_timeout: int = setting(60, f"{DOCS}#idle_transaction_timeout", unit="seconds", ge=1, le=3600)
    """How long a client may do nothing in a transaction, and so keep a connection from others."""
    max_prepared_statements: int = setting(200, f"{DOCS}#max_prepared_statements", unit="statements", ge=1, le=5000)
    """Prepared statements that each connection keeps, so that drivers may prepare in transaction mode."""
    max_replicas: int = setting(4, "design: connections within the budget", unit="poolers", ge=1, le=50)
    """The most poolers of a cluster. One uses one processor at most, so load is met by more of them."""
    target_cpu_percent: int = setting(
        70, "design: a single thread has no second gear", unit="% of the CPU asked for", ge=10, le=100
    )
    """The use of the processor that the number of poolers follows."""
    drain_seconds: int = setting(120, f"{DOCS}: a stop waits for transactions", unit="seconds", ge=30, le=600)
    """How long a pooler that is stopped may take for the transactions that run."""

    @model_validator(mode="after")
    def _version(self) -> Pooling:
        tag = self.image.partition("@")[0].rpartition(":")[2]
        found = re.match(r"v?(\d+)\.(\d+)\.(\d+)", tag)
        if found is None or tuple(map(int, found.groups())) < OLDEST:
            raise ValueError(
                f"image has the tag {tag}, but PgBouncer must be {'.'.join(map(str, OLDEST))} or newer: it prepares statements "
                "in transaction mode and looks passwords up safely"
            )
        return self

    def most_connections(self, databases: int) -> tuple[int, str]:
        """The most connections that the poolers of a cluster ever have to one instance, and how that comes about."""
        pairs = len(self.clients) + 1
        each = min(self.max_db_connections, pairs * self.default_pool_size)
        total = (self.max_replicas + SURGE) * databases * each
        return total, (
            f"({self.max_replicas} max_replicas + {SURGE} during an update) x {databases} databases x {each} "
            f"(max_db_connections {self.max_db_connections}, or {pairs} logins, of which one looks passwords up, x "
            f"default_pool_size {self.default_pool_size}) = {total}"
        )


def login_secret(workload: str) -> str:
    """The credential of a workload's login to the main database."""
    return f"main-db-{workload}"
