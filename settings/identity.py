"""Who may do what: the workloads and people that use the data stores."""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints

from .section import Section, setting

AccountId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{4,28}[a-z0-9]$")]
"""The id of a service account: 6 to 30 characters."""

GroupEmail = Annotated[str, StringConstraints(pattern=r"^[a-z0-9._-]+@[a-z0-9.-]+\.[a-z]+$")]
"""The e-mail of a Google group."""


class Workload(Section):
    """A service or job with an identity of its own."""

    purpose: Annotated[str, StringConstraints(min_length=5, max_length=100)]
    """What it does; becomes the service account's description."""
    database: bool = setting(False, "§9.2")
    """Whether it connects to the main database, with IAM authentication: there is no password."""
    secrets: tuple[str, ...] = setting((), "§9.2")
    """The generated credentials it may read."""


def _default_workloads() -> dict[str, Workload]:
    return {
        "auth-service": Workload(purpose="Sign-in, sessions, roles", database=True),
        "trading-service": Workload(purpose="Orders, trades, positions", database=True),
        "strategy-service": Workload(purpose="Strategies, backtests, training jobs", database=True),
        "marketplace-service": Workload(purpose="Listings, reviews, revenue shares", database=True),
        "compliance-service": Workload(purpose="KYC, AML, audit", database=True),
        "migrations": Workload(purpose="Schema changes of the main database", database=True),
        "pgbouncer": Workload(purpose="Connection pooling; looks passwords up by query", secrets=("main-db-pgbouncer",)),
    }


class Identities(Section):
    """Service accounts and groups."""

    workloads: dict[AccountId, Workload] = setting(_default_workloads(), "§9.2 service accounts with minimal privileges, §15.5")
    """Service accounts, by their id."""
    database_groups: tuple[GroupEmail, ...] = setting((), "§9.2")
    """Google groups whose members sign in to the main database as themselves, with IAM authentication."""
