"""What must hold between the sections of an environment. Each check raises ValueError and says which settings disagree."""

from __future__ import annotations

from . import clusters, failing_over, keys, managed, objects, production, programs, schemas, series, verification, watched

CHECKS = (
    production.protection,
    production.production_grade,
    production.audited,
    watched.alerts,
    managed.places,
    managed.names,
    managed.credentials,
    objects.buckets,
    managed.analytics,
    managed.caches,
    production.caches_survive,
    managed.optional_stores,
    clusters.pulled_images,
    clusters.clusters,
    clusters.pooled_clients,
    clusters.poolers,
    clusters.search,
    objects.signers,
    objects.arrivals,
    objects.served_bucket,
    clusters.workspaces,
    schemas.migrations,
    verification.verification,
    programs.programs,
    failing_over.failing_over,
    series.timeseries,
    series.timeseries_backups,
    keys.keys,
)
"""In the order in which they are told: the first that fails is."""

__all__ = ["CHECKS"]
