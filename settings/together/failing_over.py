"""Automatic failover: what it needs, and whether it keeps the promise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..database import WATCHER
from .known import require_known

if TYPE_CHECKING:
    from ..environment import Environment

OTHERWISE_MINUTES = 20
"""What it takes beside what must hold: until a metric is old, a lease, a fence that is not answered, the promotion."""


def failing_over(env: Environment) -> None:
    known, workloads = env.database.failover, env.identities.workloads
    if known.mode == "manual":
        return
    where = f"database.failover.mode is {known.mode}"
    require_known(f"{where}: identities.workloads", WATCHER, workloads, "workload")
    namespace = (workloads[WATCHER].kubernetes or "").partition("/")[0]
    if not workloads[WATCHER].database or "secondary" not in env.kubernetes.clusters:
        raise ValueError(
            f"{where}, but identities.workloads.{WATCHER} must have database true, and kubernetes.clusters a secondary one: "
            "it watches from there, and signs in at both instances"
        )
    if namespace not in env.workspaces.within("secondary"):
        raise ValueError(
            f"{where}, but identities.workloads.{WATCHER}.kubernetes is {workloads[WATCHER].kubernetes}, and the secondary "
            f"cluster has no such namespace; there are {', '.join(env.workspaces.within('secondary'))}"
        )
    if env.images.jobs is None:
        raise ValueError(f"{where}, but images.jobs is null: the program is in that image")
    rto = env.objectives.database_rto_minutes
    if rto is not None and known.hold_minutes + OTHERWISE_MINUTES > rto:
        raise ValueError(
            f"database.failover.hold_minutes is {known.hold_minutes}; with {OTHERWISE_MINUTES} minutes for the rest that is more "
            f"than objectives.database_rto_minutes ({rto})"
        )
