"""The proof of the main database's backups: where it runs, where its evidence goes, and how long it may take."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..verification import WORKLOAD
from .known import known_folder, require_known

if TYPE_CHECKING:
    from ..environment import Environment


def verification(env: Environment) -> None:
    known, workloads = env.verification, env.identities.workloads
    require_known("verification: identities.workloads", WORKLOAD, workloads, "workload")
    if workloads[WORKLOAD].kubernetes is None:
        raise ValueError(f"identities.workloads.{WORKLOAD}.kubernetes says nothing, but it runs as a Job in the primary cluster")
    found = known_folder(env, "verification", known.bucket, known.folder)
    if not any(a.workload == WORKLOAD and known.folder.startswith(a.folder) for a in found.access.values()):
        raise ValueError(
            f"verification.bucket is {known.bucket}, but the workload {WORKLOAD} has no access to {known.folder} there: "
            f"storage.buckets.{known.bucket}.access"
        )
    rto = env.objectives.database_rto_minutes
    if rto is not None and known.hours * 60 > rto:
        raise ValueError(
            f"verification.hours is {known.hours}, more than objectives.database_rto_minutes ({rto}): "
            "a restore that is too slow to keep the promise would pass"
        )
