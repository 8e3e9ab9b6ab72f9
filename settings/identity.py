"""Who may do what: the workloads and people that use the data stores."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import StringConstraints, model_validator

from .section import Section, setting

AccountId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{4,28}[a-z0-9]$")]
"""The id of a service account: 6 to 30 characters."""

KubernetesAccount = Annotated[
    str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?/[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$")
]
"""A Kubernetes service account: namespace/name."""

GroupName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9._-]{0,61}[a-z0-9])?$")]
"""The part of a Google group's e-mail before the @."""

LogView = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]+/[A-Za-z0-9_-]+$")]
"""A view of a log bucket: bucket/view."""


class Workload(Section):
    """A service or job with an identity of its own. What it may do with buckets stands with the buckets: `storage`."""

    purpose: Annotated[str, StringConstraints(min_length=5, max_length=100)]
    """What it does; becomes the service account's description."""
    kubernetes: KubernetesAccount | None = setting(
        None, "§9.2, https://cloud.google.com/kubernetes-engine/docs/how-to/workload-identity"
    )
    """The Kubernetes service account that acts as it, and the only one that may; none for what runs outside the clusters."""
    database: bool = setting(False, "§9.2")
    """Whether it connects to the main database, with IAM authentication: there is no password."""
    caches: tuple[Literal["cluster", "sessions"], ...] = setting((), "§6.2, §9.2")
    """The Memorystore stores it connects to, with IAM authentication where the store has it."""
    secrets: tuple[str, ...] = setting((), "§9.2")
    """The generated credentials it may read."""


class Group(Section):
    """People who do the same work, as a Google group. The group is made and filled by whoever runs the directory."""

    database: Literal["none", "sign-in", "administer"] = setting("none", "§9.2")
    """sign-in: to the main database as themselves, with IAM authentication; what they may do there is granted there.
    administer: also look at instances, backups and operations. To change them is up to this program."""
    log_views: tuple[LogView, ...] = setting((), "§13.2, https://cloud.google.com/logging/docs/logs-views")
    """The logs that they read. `_Default/_Default` is everything but who read which data, `_Default/_AllLogs` is that too, and
    `_Required/_AllLogs` is who changed what."""
    metrics: bool = setting(False, "§11.1")
    """Whether they look at metrics, dashboards and alerts."""
    secrets: tuple[str, ...] = setting((), "§9.2")
    """The generated credentials that they may read. None in prod, where no person reads a secret's value."""


def _default_workloads() -> dict[str, Workload]:
    return {
        # The services, §15.5, and those that own the tables of §4.2 that are left.
        "auth-service": Workload(
            purpose="Sign-in, sessions, roles",
            database=True,
            caches=("cluster", "sessions"),
            secrets=("main-db-auth-service",),
            kubernetes="services/auth-service",
        ),
        "trading-service": Workload(
            purpose="Orders, trades, positions, wallets, brokers",
            database=True,
            caches=("cluster",),
            secrets=("main-db-trading-service",),
            kubernetes="services/trading-service",
        ),
        "strategy-service": Workload(
            purpose="Strategies, backtests, training jobs",
            database=True,
            caches=("cluster",),
            secrets=("main-db-strategy-service",),
            kubernetes="services/strategy-service",
        ),
        "marketplace-service": Workload(
            purpose="Listings, reviews, revenue shares; searches in them",
            database=True,
            caches=("cluster",),
            secrets=("main-db-marketplace-service", "search-query"),
            kubernetes="services/marketplace-service",
        ),
        "compliance-service": Workload(
            purpose="KYC, AML, audit",
            database=True,
            secrets=("main-db-compliance-service",),
            kubernetes="services/compliance-service",
        ),
        "notification-service": Workload(
            purpose="Notifications and their templates",
            database=True,
            caches=("cluster",),
            kubernetes="services/notification-service",
        ),
        "support-service": Workload(purpose="Support tickets", database=True, kubernetes="services/support-service"),
        "market-data-ingest": Workload(
            purpose="Ticks and candles into the time-series database and the datasets",
            caches=("cluster",),
            kubernetes="services/market-data-ingest",
        ),
        # The stores that run on Kubernetes, and what stands in front of one.
        "pgbouncer": Workload(
            purpose="Connection pooling; looks passwords up by query",
            secrets=("main-db-pgbouncer",),
            kubernetes="pgbouncer/pgbouncer",
        ),
        "timescaledb": Workload(
            purpose="The time-series database, its log and its backups",
            secrets=tuple(
                f"timeseries-{kind}"
                for kind in (
                    *("superuser", "replication", "rest-api", "monitoring", "export", "restore-test", "migrations"),
                    "cache-warmer",
                )
            ),
            kubernetes="timescaledb/timescaledb",
        ),
        "elasticsearch": Workload(purpose="Snapshots of the search cluster", kubernetes="elasticsearch/elasticsearch"),
        "search-setup": Workload(
            purpose="Brings what the search cluster holds up to date",
            secrets=("search-ingest", "search-query", "search-monitor", "search-verify"),
            kubernetes="elasticsearch/search-setup",
        ),
        # Signs in through the poolers, which take passwords only.
        "search-ingest": Workload(
            purpose="Follows the marketplace's listings into the search cluster",
            secrets=("main-db-search-ingest", "search-ingest"),
            kubernetes="elasticsearch/search-ingest",
        ),
        "search-exporter": Workload(
            purpose="Metrics of the search cluster", secrets=("search-monitor",), kubernetes="elasticsearch/search-exporter"
        ),
        "search-verifier": Workload(
            purpose="Brings the search cluster's snapshots back every week, and compares",
            secrets=("search-verify",),
            kubernetes="elasticsearch/search-verifier",
        ),
        # Jobs.
        # Signs in with a password: a login by IAM may create no roles.
        "migrations": Workload(
            purpose="Schema changes of the main database", secrets=("main-db-migrations",), kubernetes="jobs/migrations"
        ),
        "timeseries-migrations": Workload(
            purpose="Schema changes of the time series",
            secrets=("timeseries-migrations",),
            kubernetes="jobs/timeseries-migrations",
        ),
        "database-backup": Workload(
            purpose="Logical exports of the databases, every day",
            database=True,
            secrets=("timeseries-export",),
            kubernetes="jobs/database-backup",
        ),
        "restore-test": Workload(
            purpose="Brings backups back every week, and compares",
            secrets=("timeseries-restore-test",),
            kubernetes="jobs/restore-test",
        ),
        "backup-verifier": Workload(
            purpose="Brings the main database's backups back every week, elsewhere",
            kubernetes="jobs/backup-verifier",
        ),
        "cache-verifier": Workload(
            purpose="Brings the caches' backups back every week, into stores of its own",
            kubernetes="jobs/cache-verifier",
        ),
        "audit-export": Workload(
            purpose="Moves audit records older than two years to the archive", database=True, kubernetes="jobs/audit-export"
        ),
        # Signs in through the poolers, which take passwords only.
        "cache-warmer": Workload(
            purpose="Fills caches before they are asked for",
            caches=("cluster",),
            secrets=("main-db-cache-warmer", "timeseries-cache-warmer"),
            kubernetes="jobs/cache-warmer",
        ),
        "frontend-release": Workload(purpose="Puts a release's static assets in place", kubernetes="jobs/frontend-release"),
        "cache-archive": Workload(purpose="Asks for the cache cluster's backups between the daily ones"),
        "failover-watcher": Workload(
            purpose="Watches the main database from the other region, where database.failover.mode says so",
            database=True,
            kubernetes="monitoring/failover-watcher",
        ),
        "metrics-exporter": Workload(
            purpose="Metrics of the main database", database=True, kubernetes="monitoring/metrics-exporter"
        ),
    }


def _default_groups() -> dict[str, Group]:
    return {
        "data-readers": Group(database="sign-in", metrics=True),
        "data-developers": Group(log_views=("_Default/_Default",), metrics=True),
        "data-admins": Group(database="administer", log_views=("_Default/_Default",), metrics=True),
        # They read documents too: storage.buckets.documents.access.
        "data-compliance": Group(log_views=("_Default/_AllLogs", "_Required/_AllLogs")),
    }


class Identities(Section):
    """Service accounts and groups."""

    workloads: dict[AccountId, Workload] = setting(_default_workloads(), "§9.2 service accounts with minimal privileges, §15.5")
    """Service accounts, by their id."""
    domain: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+(\.[a-z0-9-]+)+$")] = setting("alphintra.com", "§9.2")
    """The domain of the groups."""
    groups: dict[GroupName, Group] = setting(
        _default_groups(), "§9.2, §13.2: read-only, developers, database administrators, compliance"
    )
    """Google groups, by the part of their e-mail before the @."""

    def email(self, group: str) -> str:
        """A group's e-mail."""
        return f"{group}@{self.domain}"

    @model_validator(mode="after")
    def _names(self) -> Identities:
        for name in self.groups:
            if name in self.workloads:
                raise ValueError(f"groups.{name} has the name of a workload; give it another")
        return self

    @model_validator(mode="after")
    def _one_identity_each(self) -> Identities:
        taken: dict[str, str] = {}
        for account, workload in self.workloads.items():
            if workload.kubernetes is None:
                continue
            if workload.kubernetes in taken:
                raise ValueError(
                    f"workloads.{account}.kubernetes is {workload.kubernetes}, which is {taken[workload.kubernetes]}'s already; "
                    "a workload that shares another's account has its rights too"
                )
            taken[workload.kubernetes] = account
        return self
