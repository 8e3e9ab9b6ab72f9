"""What is watched of the stores on the clusters: those that the environment has room for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from settings import Environment

from .alert import Definition, LogMetric
from .backup_verification import JOB as VERIFIED
from .backup_verification import restore_test
from .cluster_dashboards import pooler_dashboard, search_dashboard, timeseries_dashboard
from .dashboard_layout import Dashboard
from .job_alerts import Scheduled
from .pooler_alerts import pooler_alerts
from .search_alerts import NODES, ingest_alerts, rounds_ingested, search_alerts
from .search_verification import search_restore_test
from .signals import Databases
from .timescaledb.places import NAMESPACE
from .timeseries_alerts import Sites, export_small, series_job, site_alerts

JOBS = "jobs"
"""The namespace of what is outside of the stores."""


def on_clusters(settings: Environment) -> tuple[Sequence[Definition], Sequence[LogMetric], Sequence[Dashboard]]:
    """The alerts, the log entries that they count, and what is shown."""
    pooled = [getattr(settings.regions, role) for role in settings.poolers]
    ingests = settings.images.jobs is not None
    definitions = [*search_alerts(), *(ingest_alerts() if ingests else ()), *(pooler_alerts(pooled) if pooled else ())]
    leader = settings.timeseries.sites[settings.timeseries.leader].name
    jobs = list(_jobs(leader))
    for job in jobs:
        definitions += job.alerts(alive=f'pg_up{{job="{leader}"}}')
        if job.what == "export":
            definitions.append(export_small(job))
    proof = restore_test(VERIFIED)
    databases = Databases(settings.project.id, settings.database_instances[settings.serving_region], [])
    definitions += [*proof.alerts(alive=databases.up), proof.empty(databases.primary)]
    searched = search_restore_test()
    definitions += [*searched.alerts(alive=NODES), searched.empty(settings.search.name)]
    counted = [*(job.finished for job in (*jobs, proof, searched)), *([rounds_ingested()] if ingests else [])]
    sites = _sites(settings, leader)
    definitions += site_alerts(sites)
    dashboards = [
        timeseries_dashboard(sites, settings.timeseries.database, definitions),
        search_dashboard(definitions),
        *([pooler_dashboard(definitions)] if pooled else ()),
    ]
    return definitions, counted, dashboards


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
