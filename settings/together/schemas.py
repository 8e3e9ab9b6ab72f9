"""Migrations: the databases that they change, and who they run as."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..migrations import PASSWORDS, WORKLOADS
from .known import require_known

if TYPE_CHECKING:
    from ..environment import Environment


def migrations(env: Environment) -> None:
    require_known("migrations.database", env.migrations.database, env.database.databases, "database of database.databases")
    for project, role in (("main", "primary"), ("timeseries", env.timeseries.leader)):
        workload = WORKLOADS[project]
        require_known(
            f"migrations of the {project} database: identities.workloads", workload, env.identities.workloads, "workload"
        )
        known = env.identities.workloads[workload]
        if known.kubernetes is None:
            raise ValueError(
                f"identities.workloads.{workload}.kubernetes says nothing, but it runs as a Job in the {role} cluster"
            )
        namespace = known.kubernetes.partition("/")[0]
        if role not in env.workspaces.namespaces[namespace].clusters:
            raise ValueError(
                f"identities.workloads.{workload}.kubernetes is {known.kubernetes}, but workspaces.namespaces.{namespace}."
                f"clusters has no {role}, where the Job runs"
            )
        if PASSWORDS[project] not in known.secrets:
            raise ValueError(
                f"identities.workloads.{workload}.secrets lacks {PASSWORDS[project]}, the password that the Job signs in with"
            )
        if project == "timeseries" and namespace not in env.timeseries.clients:
            raise ValueError(f"timeseries.clients lacks {namespace}, where the Job of {workload} runs")
