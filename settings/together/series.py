"""The time series: members, volumes, backups."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..timeseries import MEMBERS, PASSWORDS
from .known import known_folder

if TYPE_CHECKING:
    from ..environment import Environment
    from ..workspaces import Namespace


def timeseries(env: Environment) -> None:
    known, members = env.timeseries, env.timeseries_members
    if known.leader not in members:
        raise ValueError(
            f"timeseries.leader is {known.leader}, but no pool of kubernetes.clusters.{known.leader} has pods {MEMBERS}"
        )
    for role, has in members.items():
        where = f"kubernetes.clusters.{role}.pools.{has.pool}.pods.{MEMBERS}"
        if problem := has.problem(known.failover, role):
            raise ValueError(f"{where}.{problem}")
        quota = _namespace(env, MEMBERS).quota
        each = known.volumes.data_gib + known.volumes.log_gib
        if has.count * each > quota.storage_gib:
            raise ValueError(
                f"timeseries.volumes needs {has.count} * ({known.volumes.data_gib} + {known.volumes.log_gib}) = "
                f"{has.count * each} GiB, but workspaces.namespaces.{MEMBERS}.quota.storage_gib is {quota.storage_gib}"
            )


def _namespace(env: Environment, name: str) -> Namespace:
    known = env.workspaces.namespaces.get(name)
    if known is None:
        raise ValueError(f"workspaces.namespaces.{name} is missing: the time series needs it")
    return known


def timeseries_backups(env: Environment) -> None:
    known = env.timeseries
    for key, bucket, folder, workload, roles in (
        ("bucket", known.bucket, known.repository_folder, "timescaledb", ("write",)),
        ("export_bucket", known.export_bucket, known.export_folder, "database-backup", ("create", "write")),
    ):
        where = f"timeseries.{key}"
        found = known_folder(env, where, bucket, folder)
        if found.region == "primary":
            raise ValueError(f"{where} is {bucket}, which is in the primary region: it would be lost with what it is a backup of")
        reached = [a.folder for a in found.access.values() if a.workload == workload and a.role in roles]
        if not folder.startswith(tuple(reached)):
            raise ValueError(
                f"{where} is {bucket}, but the workload {workload} cannot {roles[0]} {folder} there; "
                f"it reaches {', '.join(reached) or 'nothing'}"
            )
    if env.storage.buckets[known.bucket].retention_days:
        raise ValueError(
            f"timeseries.bucket is {known.bucket}, whose retention_days keeps every object, but pgBackRest replaces some; "
            f"set storage.buckets.{known.bucket}.retention_days to 0"
        )
    restored, quota = known.volumes.data_gib + known.volumes.log_gib, _namespace(env, "jobs").quota.storage_gib
    if restored > quota:
        raise ValueError(
            f"timeseries.volumes makes a restore need {known.volumes.data_gib} + {known.volumes.log_gib} = {restored} GiB, "
            f"but workspaces.namespaces.jobs.quota.storage_gib is {quota}"
        )
    for secret in PASSWORDS.values():
        if secret not in env.secrets.credentials:
            raise ValueError(f"secrets.credentials.{secret} is missing: the time series needs it")
