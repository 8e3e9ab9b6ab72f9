"""Secrets."""

from __future__ import annotations

from typing import Annotated

from pydantic import StringConstraints

from .images import PROGRAMS
from .section import Section, setting

SecretId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{2,62}$")]


class Credential(Section):
    """A generated password. Its value exists in Secret Manager and, encrypted, in Pulumi's state; nowhere else."""

    length: int = setting(32, "§9", unit="characters", ge=20, le=128)
    """How long the password is."""
    version: int = setting(1, "docs/runbooks/rotate-a-password.md", ge=1)
    """Counts rotations: a higher number makes a new password, a new secret version, and sets it where it is used."""


def _default_credentials() -> dict[str, Credential]:
    pooled = ("auth-service", "trading-service", "strategy-service", "marketplace-service", "compliance-service")
    readers = ("cache-warmer",)
    series = ("superuser", "replication", "rest-api", "monitoring", "export", "restore-test", "migrations", *readers)
    return {
        "main-db-postgres": Credential(length=40),
        **{f"main-db-{login}": Credential() for login in ("pgbouncer", "migrations", "bigquery", *pooled, *PROGRAMS)},
        **{f"timeseries-{kind}": Credential() for kind in series},
        **{f"search-{user}": Credential() for user in ("ingest", "query", "monitor", "verify")},
    }


class Secrets(Section):
    """Secret Manager."""

    credentials: dict[SecretId, Credential] = setting(_default_credentials(), "§9.2: passwords only where IAM does not reach")
    """The generated passwords, by the id of their secret."""
    destroy_delay_days: int = setting(
        30,
        "https://cloud.google.com/secret-manager/docs/delay-destruction-of-secret-versions",
        unit="days",
        ge=1,
        le=1000,
    )
    """How long a destroyed version can be brought back."""
