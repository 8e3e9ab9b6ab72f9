"""The proofs of backups: where they run, where their evidence goes, and how long they may take."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..search import SPACE
from ..verification import CACHE_WORKLOAD, SEARCH_USER, SEARCH_WORKLOAD, WORKLOAD
from .known import known_folder, require_known

if TYPE_CHECKING:
    from ..environment import Environment


def verification(env: Environment) -> None:
    known, search = env.verification, env.verification.search
    _proves(env, "verification", WORKLOAD, known.folder)
    rto = env.objectives.database_rto_minutes
    if rto is not None and known.hours * 60 > rto:
        raise ValueError(
            f"verification.hours is {known.hours}, more than objectives.database_rto_minutes ({rto}): "
            "a restore that is too slow to keep the promise would pass"
        )
    _proves(env, "verification", CACHE_WORKLOAD, known.cache_folder, field="cache_folder")
    _proves(env, "verification.search", SEARCH_WORKLOAD, search.folder)
    verifier, snapshots = env.identities.workloads[SEARCH_WORKLOAD], env.search.snapshots
    if not (verifier.kubernetes or "").startswith(f"{SPACE}/"):
        raise ValueError(
            f"identities.workloads.{SEARCH_WORKLOAD}.kubernetes is {verifier.kubernetes}, but only in {SPACE} is the certificate "
            "that the search engine is known by"
        )
    if SEARCH_USER not in verifier.secrets:
        raise ValueError(
            f"identities.workloads.{SEARCH_WORKLOAD}.secrets lacks {SEARCH_USER}, the password that it signs in with"
        )
    if known.bucket == snapshots.bucket and search.folder.startswith(snapshots.folder):
        raise ValueError(
            f"verification.search.folder is {search.folder}, which is inside search.snapshots.folder ({snapshots.folder}): "
            "Elasticsearch may delete there what is not its own"
        )


def _proves(env: Environment, where: str, workload: str, folder: str, field: str = "folder") -> None:
    """Refuses a proof that nobody could run, or whose evidence could not be kept."""
    bucket, workloads = env.verification.bucket, env.identities.workloads
    require_known(f"{where}: identities.workloads", workload, workloads, "workload")
    if workloads[workload].kubernetes is None:
        raise ValueError(f"identities.workloads.{workload}.kubernetes says nothing, but it runs as a Job in the primary cluster")
    found = known_folder(env, where, bucket, folder, field)
    if not any(a.workload == workload and folder.startswith(a.folder) for a in found.access.values()):
        raise ValueError(
            f"verification.bucket is {bucket}, but the workload {workload} has no access to {folder} there: "
            f"storage.buckets.{bucket}.access"
        )
