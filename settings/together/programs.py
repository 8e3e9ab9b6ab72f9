"""Our own programs: who they run as, where, and how they sign in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..cache import WARMER
from ..images import PROGRAMS
from ..search import INGEST, SPACE
from ..timeseries import PASSWORDS, READERS
from .known import require_known

if TYPE_CHECKING:
    from ..environment import Environment


def programs(env: Environment) -> None:
    for workload in PROGRAMS:
        _runs(env, workload)
        _pooled(env, workload)
    for workload in READERS:
        _reads_the_series(env, workload)
    if "cluster" not in env.identities.workloads[WARMER].caches:
        raise ValueError(f"identities.workloads.{WARMER}.caches lacks cluster, which it fills")
    known = env.identities.workloads[INGEST]
    if INGEST not in known.secrets:
        raise ValueError(f"identities.workloads.{INGEST}.secrets lacks {INGEST}, the password that it writes with")
    if not (known.kubernetes or "").startswith(f"{SPACE}/"):
        raise ValueError(
            f"identities.workloads.{INGEST}.kubernetes is {known.kubernetes}, but only in {SPACE} is the certificate that the "
            "search engine is known by"
        )


def _runs(env: Environment, workload: str) -> None:
    require_known("images.jobs: identities.workloads", workload, env.identities.workloads, "workload")
    account = env.identities.workloads[workload].kubernetes
    namespace = (account or "").partition("/")[0]
    if not namespace or "primary" not in env.workspaces.namespaces[namespace].clusters:
        raise ValueError(
            f"identities.workloads.{workload}.kubernetes is {account}, but it runs in a namespace of the primary cluster"
        )


def _pooled(env: Environment, workload: str) -> None:
    if workload not in env.pooling.clients:
        raise ValueError(f"pooling.clients lacks {workload}, which reads the main database through the poolers")
    if "primary" not in env.poolers and env.images.jobs is not None:
        raise ValueError(
            f"{workload} reads the main database through the poolers, but no pool of kubernetes.clusters.primary has any; "
            "give one pods of that name, or set images.jobs to null, which leaves it out"
        )


def _reads_the_series(env: Environment, workload: str) -> None:
    known = env.identities.workloads[workload]
    if PASSWORDS[workload] not in known.secrets:
        raise ValueError(
            f"identities.workloads.{workload}.secrets lacks {PASSWORDS[workload]}, the password that it reads the time "
            "series with"
        )
    if (known.kubernetes or "").partition("/")[0] not in env.timeseries.clients:
        raise ValueError(f"timeseries.clients lacks the namespace of {known.kubernetes}, where {workload} runs")
