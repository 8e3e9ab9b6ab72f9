"""PostgreSQL's parameters, derived from what a member has: what timescaledb-tune says, as a pure function."""

from __future__ import annotations

from collections.abc import Mapping

from settings.timeseries import Members, TimeSeries

Value = str | int | float | bool

GIB = 1024
"""MiB in a GiB."""
BACKGROUND_WORKERS = 16
"""TimescaleDB's: one for each database, and those that compress, refresh and drop."""
MOST_MAINTENANCE_MIB = 2047
"""Vacuum of PostgreSQL 15 uses no more."""
SLOW = "1s"
"""A statement that takes longer is logged with its plan."""
MOST_LOG_MIB = 64 * GIB
"""More log than this makes a crash recovery longer than a failover."""


def everywhere(settings: TimeSeries, members: Members) -> dict[str, Value]:
    """What must be the same on all members: Patroni takes it from its store only, and a change goes there."""
    return {
        "max_connections": settings.max_connections,
        "max_worker_processes": 3 + BACKGROUND_WORKERS + _cores(members),
        # One lock for each chunk that a statement looks at: a year of hours is 8,760, and pg_dump locks them all.
        "max_locks_per_transaction": 1024 if _memory(members) >= 32 * GIB else 512,
        "max_prepared_transactions": 0,
        "max_wal_senders": 10,
        "max_replication_slots": 10,
        "wal_level": "replica",
        "track_commit_timestamp": False,
    }


def own(
    settings: TimeSeries, members: Members, *, archive_command: str, certificate: str, key: str, sockets: str
) -> dict[str, Value]:
    """What a member reads from its own file."""
    memory, cores, log = _memory(members), _cores(members), settings.volumes.log_gib * GIB
    gather = max(cores // 2, 1)
    shared = int(members.shared_buffers_gib * GIB)
    return {
        "shared_preload_libraries": "timescaledb,pg_stat_statements,auto_explain",
        "timescaledb.max_background_workers": BACKGROUND_WORKERS,
        "timescaledb.telemetry_level": "off",
        # Memory
        "shared_buffers": f"{shared}MB",
        "huge_pages": "on" if members.huge_pages_gib else "off",
        "effective_cache_size": f"{memory * 3 // 4}MB",
        "maintenance_work_mem": f"{min(memory // 16, MOST_MAINTENANCE_MIB)}MB",
        "work_mem": f"{max((memory - shared) // settings.max_connections // (2 * gather), 4)}MB",
        # Processors
        "max_parallel_workers": cores,
        "max_parallel_workers_per_gather": gather,
        "max_parallel_maintenance_workers": gather,
        "jit": False,
        # Disks
        "random_page_cost": 1.1,
        "effective_io_concurrency": 256,
        "default_toast_compression": "lz4",
        "autovacuum_max_workers": 10,
        "autovacuum_naptime": "10s",
        # The log
        "wal_log_hints": True,
        "wal_compression": "lz4",
        "wal_buffers": "16MB",
        "max_wal_size": f"{min(log * 6 // 10, MOST_LOG_MIB)}MB",
        "min_wal_size": f"{min(log // 20, 4 * GIB)}MB",
        "checkpoint_completion_target": 0.9,
        "checkpoint_timeout": "15min",
        # A standby that does not come back is let go before it fills the disk; it is made anew from the repository.
        "max_slot_wal_keep_size": f"{log // 2}MB",
        "archive_mode": "on",
        "archive_command": archive_command,
        "archive_timeout": f"{settings.repository.archive_timeout_seconds}s",
        # Standbys: a dump of one is not cut off by what the primary cleans up.
        "hot_standby": True,
        "hot_standby_feedback": True,
        # Connections
        "password_encryption": "scram-sha-256",
        "ssl": True,
        "ssl_cert_file": certificate,
        "ssl_key_file": key,
        "ssl_min_protocol_version": "TLSv1.2",
        "unix_socket_directories": sockets,
        # What is seen
        "log_destination": "stderr",
        "logging_collector": False,
        "log_checkpoints": True,
        "log_lock_waits": True,
        "log_min_duration_statement": SLOW,
        "auto_explain.log_min_duration": SLOW,
        "auto_explain.log_format": "json",
        "auto_explain.log_nested_statements": True,
        "log_autovacuum_min_duration": "10s",
        "log_line_prefix": "%m [%p] %q%u@%d ",
        "track_io_timing": True,
    }


def _cores(members: Members) -> int:
    return max(int(members.cpu), 1)


def _memory(members: Members) -> int:
    return int((members.memory_gib + members.huge_pages_gib) * GIB)


def spelled(parameters: Mapping[str, Value]) -> dict[str, str | int | float]:
    """Parameters as Patroni wants them: `on` and `off` for what is true or false."""
    return {name: ("on" if value else "off") if isinstance(value, bool) else value for name, value in parameters.items()}
