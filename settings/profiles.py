"""What a kind of environment has, before its own file is read.

prod is the numbers of the requirements, which are the defaults; staging is prod's shape at smaller size; dev is small and cheap.
Whoever adds an environment of a kind (`Pulumi.dev-anna.yaml`) states the profile, the project, and what differs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def _pool(machine_type: str, pod: str, **sizes: float) -> dict[str, Any]:
    """A pool of smaller machines for a smaller pod."""
    return {"machine_type": machine_type, "pods": {pod: sizes}}


def _quota(**sizes: float) -> dict[str, Any]:
    """A namespace that may ask for less."""
    return {"quota": sizes}


def _pages(*origins: str) -> dict[str, Any]:
    """A bucket that other web pages talk to."""
    return {"cross_origin": {"origins": list(origins)}}


TIMESCALEDB = "docker.io/timescale/timescaledb-ha:pg15.18-ts2.28.3"
"""Production's image, by its tag."""
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
        "pooling": {"max_db_connections": 48},
        "storage": {
            "prefix": "alphintra-staging",
            "buckets": dict.fromkeys(("documents", "uploads"), _pages("https://app.staging.alphintra.com")),
        },
        "cache": {
            "cluster": {
                "memory_gb": 5,
                "node_type": "STANDARD_SMALL",
                "maxmemory_gb": 4,
                "backups": {"retention_days": 14},
                "secondaries": {"us-east1": {"backups": {"retention_days": 14}}},
            },
            "sessions": {
                "memory_gb": 2,
                "backups": {"retention_days": 14},
                "secondaries": {"us-east1": {"backups": {"retention_days": 14}}},
            },
        },
        "kubernetes": {
            "clusters": {
                "primary": {
                    "pools": {
                        "timescaledb": _pool("n2-standard-4", "timescaledb", cpu=2, memory_gib=5, huge_pages_gib=3),
                        "elasticsearch-data": _pool("n2-standard-2", "elasticsearch-data", cpu=1, memory_gib=4),
                        "elasticsearch-masters": _pool("n2-standard-2", "elasticsearch-masters", cpu=0.5, memory_gib=2),
                        "general": {"max_nodes_per_zone": 2},
                    },
                    "maintenance": {"days": ["MO", "TU"]},  # before production
                },
                "secondary": {
                    "pools": {
                        "timescaledb": _pool("n2-standard-4", "timescaledb", cpu=2, memory_gib=5, huge_pages_gib=3),
                        "general": {"max_nodes_per_zone": 2},
                    },
                    "maintenance": {"days": ["MO", "TU"]},
                },
            },
        },
        "timeseries": {"image": TIMESCALEDB, "volumes": {"data_gib": 500, "log_gib": 64}, "restore_test": {"memory_gib": 4}},
        "search": {"node_sets": {"data": {"disk_gib": 200}}, "snapshots": {"keep_days": 14}},
        "static_assets": {"domains": {"assets": "assets.staging.alphintra.com"}},
        "workspaces": {
            "namespaces": {
                "timescaledb": _quota(cpu=16, memory_gib=64, storage_gib=4096),
                "elasticsearch": _quota(cpu=10, memory_gib=40, storage_gib=1024),
                "services": _quota(cpu=32, memory_gib=128),
            }
        },
    },
    "dev": {
        "protection": {"enabled": False},
        "encryption": {"customer_managed": False},
        "network": {"flow_logs": {"sampling": 0.1, "interval": "INTERVAL_10_MIN"}},
        "objectives": {"database_rpo_minutes": None, "database_rto_minutes": None, "cache_rto_minutes": None},
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
        "pooling": {"max_replicas": 2, "max_db_connections": 26},
        # There is sample data only: developers sign in, and read the passwords that they debug the pooler with.
        "identities": {"groups": {"data-developers": {"database": "sign-in", "secrets": ["main-db-pgbouncer"]}}},
        "secrets": {"credentials": {"main-db-bigquery": None}},  # it reads the replica, and dev has none
        # The smallest nodes, in one zone; what is cached there can be lost.
        "cache": {
            "cluster": {
                "shards": 1,
                "replicas": 0,
                "memory_gb": 1,
                "node_type": "SHARED_CORE_NANO",
                "maxmemory_gb": 1,
                "zone": "us-central1-a",
                "persistence": {"mode": "DISABLED"},
                "rpo_minutes": None,
                "backups": None,
                "archive": None,
                "secondaries": {"us-east1": None},
            },
            "sessions": {
                "memory_gb": 1,
                "node_type": "SHARED_CORE_NANO",
                "replicas": 0,
                "zone": "us-central1-a",
                "persistence": {"mode": "DISABLED"},
                "rpo_minutes": None,
                "backups": None,
                "secondaries": {"us-east1": None},
            },
        },
        # Without retention, so that dev can be taken down.
        "storage": {
            "prefix": "alphintra-dev",
            "buckets": {
                "documents": {"retention_days": 0, **_pages("https://app.dev.alphintra.com", "http://localhost:3000")},
                "uploads": _pages("https://app.dev.alphintra.com", "http://localhost:3000"),
            },
        },
        # Every store once, all on the same few machines, in one zone.
        "kubernetes": {
            "release_channel": "RAPID",  # what comes is seen here first
            "clusters": {
                "secondary": None,
                "primary": {
                    "zones": ["a"],
                    "pools": {
                        "timescaledb": None,
                        "elasticsearch-data": None,
                        "elasticsearch-masters": None,
                        "general": {
                            "machine_type": "e2-standard-4",
                            "max_nodes_per_zone": 3,
                            "sysctls": {"vm.max_map_count": "1048576"},
                            "pods": {
                                "timescaledb": {"cpu": 1, "memory_gib": 4},
                                "elasticsearch-data": {"cpu": 0.5, "memory_gib": 2},
                                "pgbouncer": {"cpu": 0.25, "count": 1},
                                "elastic-operator": {"count": 1},
                            },
                        },
                    },
                },
            },
            "backups": {"rpo_minutes": 1440, "retain_days": 7, "delete_lock_days": 0},
        },
        # One member: there is nobody to wait for.
        "timeseries": {
            "image": TIMESCALEDB,
            "failover": {"synchronous": False},
            "volumes": {"data_gib": 50, "log_gib": 10},
            "restore_test": {"cpu": 0.5, "memory_gib": 1},
        },
        # One node that does everything.
        "search": {
            "node_sets": {"masters": None, "data": {"roles": ["master", "data", "ingest", "transform"], "disk_gib": 20}},
            "index": {"shards": 1, "replicas": 0},
            "snapshots": {"keep_days": 7},
        },
        "static_assets": {"domains": {"assets": "assets.dev.alphintra.com"}, "edge": {"enabled": False}},
        "workspaces": {
            "namespaces": {
                "timescaledb": _quota(cpu=4, memory_gib=16, storage_gib=256),
                "elasticsearch": _quota(cpu=4, memory_gib=16, storage_gib=128),
                "pgbouncer": _quota(cpu=2, memory_gib=4),
                "services": _quota(cpu=8, memory_gib=32),
                "jobs": _quota(cpu=4, memory_gib=16, storage_gib=128),
            }
        },
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
