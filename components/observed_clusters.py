"""What is watched of the stores on the clusters: those that the environment has room for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from settings import Environment

from .alert import Definition, LogMetric
from .backup_verification import JOB as VERIFIED
from .backup_verification import restore_test, restored_empty
from .job_alerts import Scheduled
from .pooler_alerts import pooler_alerts
from .search_alerts import search_alerts
from .signals import Databases
from .timescaledb.places import NAMESPACE
from .timeseries_alerts import Sites, export_small, series_job, site_alerts

JOBS = "jobs"
"""The namespace of what is outside of the stores."""


def on_clusters(settings: Environment) -> tuple[Sequence[Definition], Sequence[LogMetric]]:
    """The alerts, and the log entries that they count."""
    pooled = [getattr(settings.regions, role) for role in settings.poolers]
    definitions = [*search_alerts(), *(pooler_alerts(pooled) if pooled else ())]
    leader = settings.timeseries.sites[settings.timeseries.leader].name
    jobs = list(_jobs(leader))
    for job in jobs:
        definitions += job.alerts(alive=f'pg_up{{job="{leader}"}}')
        if job.what == "export":
            definitions.append(export_small(job))
    proof = restore_test(VERIFIED)
    databases = Databases(settings.project.id, settings.database_instances[settings.serving_region], [])
    definitions += [*proof.alerts(alive=databases.up), restored_empty(proof, databases.primary)]
    counted = [job.finished for job in (*jobs, proof)]
    return [*definitions, *site_alerts(_sites(settings, leader))], counted


def _sites(settings: Environment, leader: str) -> Sites:
    known = settings.timeseries
    return Sites(
        leader=leader,
        members={known.sites[role].name: members.count for role, members in settings.timeseries_members.items()},
        namespace=NAMESPACE,
        max_connections=known.max_connections,
        rpo_minutes=known.rpo_minutes,
    )


def _jobs(leader: str) -> Iterator[Scheduled]:
    """The CronJobs of components/timescaledb/backups.py and proofs.py."""
    backups = tuple(f"{leader}-{kind}" for kind in ("full", "diff", "incr"))
    yield series_job(what="backup", title="backup", namespace=NAMESPACE, jobs=backups)
    yield series_job(what="export", title="logical backup", namespace=JOBS, jobs=("timeseries-export",))
    yield series_job(what="restore-test", title="restore test", namespace=JOBS, jobs=("timeseries-restore-test",))
