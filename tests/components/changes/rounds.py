"""Which settings are tried together in one run of the program, and which are not."""

from __future__ import annotations

ONE_VALUE = {"database.engine"}
"""Settings that have one allowed value, so that nothing can be laid on top."""
ALONE = {
    "cache.cluster.serving", "cache.sessions.form", "cache.sessions.redis_version", "cache.sessions.serving",
    "database.failover.other", "database.failover.rebuilds", "database.failover.serving", "environment", "generation", "kubernetes.clusters", "pooling.clients", "project.id",
    "regions.primary", "regions.secondary", "storage.buckets.<name>.access.<name>.group",
    "storage.buckets.<name>.access.<name>.workload", "timeseries.export_bucket", "timeseries.leader", "timeseries.sites", "url_signing.signers",
    "verification.bucket",
}  # fmt: skip
"""Settings that move so much that no other is tried together with them."""
ROUNDS: tuple[frozenset[str], ...] = (
    frozenset({
        "analytics.datasets.<name>.readers", "budget.billing_account", "cache.cluster.archive.every_hours",
        "cache.cluster.backups.retention_days", "cache.cluster.persistence.mode", "cache.sessions.backups.retention_days",
        "cache.sessions.persistence.mode", "database.edition", "database.replicas.<name>.availability", "database.zone",
        "encryption.key_ring", "images.repository", "kubernetes.clusters.<name>.zones",
        "monitoring.burn_rates.<name>.severity", "monitoring.fallback", "network.firewall", "network.primary.nodes",
        "network.primary.pods", "network.primary.services", "object_events.arrivals.<name>.folder",
        "object_events.retention_days", "protection.tear_down", "static_assets.edge.denied_countries",
        "static_assets.tls.profile", "storage.abort_uploads_days", "storage.buckets.<name>.region",
        "url_signing.signers.<name>.access.<name>.bucket", "workspaces.namespaces.<name>.clusters",
    }),
    frozenset({
        "analytics.datasets", "analytics.federation.users", "cache.cluster.archive.first_hour",
        "cache.cluster.persistence.snapshot_hours", "cache.sessions.persistence.snapshot_hours", "database.name",
        "database.replicas.<name>.zone", "kubernetes.clusters.<name>.pools.<name>.zones", "monitoring.burn_rates",
        "monitoring.channels.<name>.kind", "network.firewall.<name>.direction", "network.secondary.nodes",
        "network.secondary.pods", "network.secondary.services", "object_events.undelivered_days",
        "static_assets.edge.denied_ranges", "static_assets.tls.oldest", "storage.buckets.<name>.lifecycle",
        "workspaces.namespaces",
    }),
    frozenset({
        "cache.cluster.backups", "cache.sessions.backups", "encryption.keys.<name>.used_by", "monitoring.channels",
        "monitoring.channels.<name>.token_version", "monitoring.objectives", "secrets.credentials",
        "storage.buckets.<name>.lifecycle.<name>.age_days", "storage.prefix", "workspaces.priorities",
    }),
    frozenset({
        "search.index.shards",
        "analytics.sinks.<name>.dataset", "bigtable.tables", "cache.cluster.archive", "firestore.enabled",
        "governance.findings.enabled", "governance.policies.enabled", "identities.workloads",
        "monitoring.channels.<name>.address", "object_events.arrivals",
    }),
    frozenset({
        "search.index.replicas",
        "analytics.sinks.<name>.bucket", "identities.workloads.<name>.kubernetes", "monitoring.alerts", "network.name",
        "storage.buckets.<name>.access.<name>.folder", "url_signing.signers.<name>.access.<name>.role",
    }),
    frozenset({
        "search.index.slow_query_ms",
        "analytics.sinks", "bigtable.enabled", "governance.findings.name", "governance.perimeter.enforced",
        "governance.policies.constraints", "identities.groups.<name>.metrics", "identities.workloads.<name>.secrets",
        "monitoring.alerts.<name>.severity", "monitoring.burn_rates.<name>.channels",
        "url_signing.signers.<name>.access.<name>.folder",
    }),
    frozenset({
        "search.index.retired_days",
        "database.replica_name", "identities.workloads.<name>.caches", "monitoring.alerts.<name>.channels",
        "object_events.arrivals.<name>.bucket", "workspaces.priorities.<name>.purpose",
    }),
    frozenset({
        "search.snapshots.folder",
        "bigtable.users", "governance.perimeter.enabled",
    }),
    frozenset({
        "search.snapshots.schedule",
        "kubernetes.name", "storage.buckets.<name>.access",
    }),
    frozenset({
        "search.snapshots.keep_days",
        "firestore.database", "network.firewall.<name>.purpose",
    }),
    frozenset({
        "search.snapshots.keep_at_least",
        "firestore.users", "governance.perimeter.access_policy",
    }),
    frozenset({
        "search.snapshots.keep_at_most",
        "identities.workloads.<name>.purpose", "static_assets.name", "url_signing.signers.<name>.issuers",
    }),
    frozenset({
        "search.version",
        "governance.findings.retention_days", "identities.groups.<name>.log_views",
    }),
    frozenset({
        "search.image",
        "analytics.datasets.<name>.purpose", "encryption.keys", "url_signing.signers.<name>.access",
    }),
    frozenset({
        "identities.workloads.<name>.database", "url_signing.signers.<name>.purpose",
    }),
    frozenset({
        "images.readers", "storage.buckets",
    }),
    frozenset({
        "encryption.keys.<name>.regions", "images.writers",
    }),
    frozenset({
        "database.databases", "object_events.arrivals.<name>.consumer", "storage.buckets.<name>.access.<name>.role",
    }),
)  # fmt: skip
"""Settings that are tried in one run, although others have a property of the same name: none of a round changes what another is
seen by. One that is in no round, nor alone, is tried together with all whose property is theirs only."""
