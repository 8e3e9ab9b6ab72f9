"""What a kind of environment has, before its own file is read.

prod is the numbers of the requirements, which are the defaults; staging is prod's shape at smaller size; dev is small and cheap.
Whoever adds an environment of a kind (`Pulumi.dev-anna.yaml`) states the profile, the project, and what differs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

PROFILES: Mapping[str, Mapping[str, Any]] = {
    "prod": {},
    "staging": {
        "database": {
            "tier": "db-custom-2-8192",
            "disk": {"size_gb": 100, "autoresize_limit_gb": 500},
            "backups": {"retained": 14},
            "maintenance": {"track": "canary"},  # a week before production
            "max_connections": 300,
        },
        "storage": {"prefix": "alphintra-staging"},
    },
    "dev": {
        "protection": {"enabled": False},
        "encryption": {"customer_managed": False},
        "network": {"flow_logs": {"sampling": 0.1, "interval": "INTERVAL_10_MIN"}},
        "database": {
            "tier": "db-custom-1-3840",
            "availability": "ZONAL",
            "secondary_zone": None,
            "disk": {"size_gb": 20, "autoresize_limit_gb": 100},
            "backups": {"retained": 7, "log_retention_days": 3, "final_backup_days": 0},
            "maintenance": {"track": "canary"},
            "max_connections": 100,
            "replicas": {"us-east1": None},
        },
        # There is sample data only: developers sign in, and read the passwords that they debug the pooler with.
        "identities": {"groups": {"data-developers": {"database": "sign-in", "secrets": ["main-db-pgbouncer"]}}},
        "secrets": {"credentials": {"main-db-bigquery": None}},  # it reads the replica, and dev has none
        # Without retention, so that dev can be taken down.
        "storage": {"prefix": "alphintra-dev", "buckets": {"documents": {"retention_days": 0}}},
    },
}
"""Profile by name: the settings that differ from the defaults."""


def overlay(base: Mapping[str, Any], over: Mapping[str, Any]) -> dict[str, Any]:
    """`over` laid on `base`, section by section; lists and single values of `over` win."""
    merged = dict(base)
    for key, value in over.items():
        under = merged.get(key)
        both = isinstance(under, Mapping) and isinstance(value, Mapping)
        merged[key] = overlay(under, value) if both else value  # pyright: ignore[reportArgumentType, reportUnknownArgumentType]
    return merged
