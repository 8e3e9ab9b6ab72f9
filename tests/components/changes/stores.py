"""Changes of settings about the stores that Google runs."""

from __future__ import annotations

from .change import Changes, Settings

LITERAL: Settings = {
    "form": "redis", "persistence": {"mode": "RDB", "snapshot_hours": 1}, "backups": None, "rpo_minutes": 60,
    "secondaries": {"us-east1": None},
}  # fmt: skip
AUTOMATIC: Settings = {"database": {"failover": {"mode": "automatic", "quorum": 5, "hold_minutes": 20}}}
CHANGES: Changes = {
    **{
        f"cache.warmer.{key}": ("prod", {"cache": {"warmer": {key: value}}}, f"cache-warmer-us-central1-deployment:spec.{path}")
        for key, value, path in (
            ("replicas", 3, "replicas"),
            ("jitter_seconds", 10, "template.spec.containers[0].command[4]"),
            ("cpu", 0.2, "template.spec.containers[0].resources.requests.cpu"),
            ("memory_mib", 512, "template.spec.containers[0].resources.limits.memory"),
        )
    },
    "database.name": ("prod", {"database": {"name": "other-db"}}, "name"),
    "database.replica_name": ("prod", {"database": {"replica_name": "other-replica"}}, "name"),
    "database.engine": ("prod", {}, "databaseVersion"),
    "database.edition": ("prod", {"database": {"edition": "ENTERPRISE_PLUS", "tier": "db-perf-optimized-N-4"}}, "settings.edition"),
    "database.tier": ("prod", {"database": {"tier": "db-custom-8-32768"}}, "settings.tier"),
    "database.availability": ("dev", {"database": {"availability": "REGIONAL", "secondary_zone": "us-central1-c"}}, "settings.availabilityType"),
    "database.zone": ("prod", {"database": {"zone": "us-central1-b"}}, "settings.locationPreference.zone"),
    "database.secondary_zone": ("prod", {"database": {"secondary_zone": "us-central1-f"}}, "settings.locationPreference.secondaryZone"),
    "database.disk.size_gb": ("prod", {"database": {"disk": {"size_gb": 2048}}}, "settings.diskSize"),
    "database.disk.autoresize_limit_gb": ("prod", {"database": {"disk": {"autoresize_limit_gb": 2048}}}, "settings.diskAutoresizeLimit"),
    "database.backups.retained": ("prod", {"database": {"backups": {"retained": 60}}}, "settings.backupConfiguration.backupRetentionSettings.retainedBackups"),
    "database.backups.start_time": ("prod", {"database": {"backups": {"start_time": "04:00"}}}, "settings.backupConfiguration.startTime"),
    "database.backups.log_retention_days": ("prod", {"database": {"backups": {"log_retention_days": 6}}}, "settings.backupConfiguration.transactionLogRetentionDays"),
    "database.backups.final_backup_days": ("prod", {"database": {"backups": {"final_backup_days": 60}}}, "settings.finalBackupConfig.retentionDays"),
    "database.maintenance.day": ("prod", {"database": {"maintenance": {"day": 6}}}, "settings.maintenanceWindow.day"),
    "database.maintenance.hour": ("prod", {"database": {"maintenance": {"hour": 7}}}, "settings.maintenanceWindow.hour"),
    "database.maintenance.track": ("prod", {"database": {"maintenance": {"track": "week5"}}}, "settings.maintenanceWindow.updateTrack"),
    "database.passwords.min_length": ("prod", {"database": {"passwords": {"min_length": 20}}}, "settings.passwordValidationPolicy.minLength"),
    "database.passwords.reuse_interval": ("prod", {"database": {"passwords": {"reuse_interval": 9}}}, "settings.passwordValidationPolicy.reuseInterval"),
    "database.insights.plans_per_minute": ("prod", {"database": {"insights": {"plans_per_minute": 9}}}, "settings.insightsConfig.queryPlansPerMinute"),
    "database.insights.query_length": ("prod", {"database": {"insights": {"query_length": 1024}}}, "settings.insightsConfig.queryStringLength"),
    "database.insights.record_client_address": ("prod", {"database": {"insights": {"record_client_address": True}}}, "settings.insightsConfig.recordClientAddress"),
    "database.max_connections": ("prod", {"database": {"max_connections": 600}}, "settings.databaseFlags[19].value"),
    "database.slow_query_ms": ("prod", {"database": {"slow_query_ms": 500}}, "settings.databaseFlags[14].value"),
    "database.flags": ("prod", {"database": {"flags": {"track_io_timing": "off"}}}, "settings.databaseFlags[21].value"),
    "database.databases": ("prod", {"database": {"databases": ["alphintra", "reporting"]}, "pooling": {"max_db_connections": 40}}, "name"),
    "database.replicas": ("dev", {"encryption": {"customer_managed": True}, "secrets": {"credentials": {"main-db-bigquery": {}}}, "database": {"replicas": {"us-east1": {"zone": "us-east1-b"}}}}, "masterInstanceName"),
    "database.replicas.<name>.zone": ("prod", {"database": {"replicas": {"us-east1": {"zone": "us-east1-c"}}}}, "settings.locationPreference.zone"),
    "database.replicas.<name>.availability": ("prod", {"database": {"replicas": {"us-east1": {"availability": "REGIONAL"}}}}, "settings.availabilityType"),
    "database.failover.serving": ("prod", {"database": {"failover": {"serving": "secondary", "rebuilds": {"primary": 1}}}}, "main-db-primary-r1:masterInstanceName"),
    "database.failover.other": ("prod", {"database": {"failover": {"other": "fenced"}}}, "settings.activationPolicy"),
    "database.failover.rebuilds": ("prod", {"database": {"failover": {"rebuilds": {"secondary": 1}}}}, "main-db-replica-us-east1-r1:name"),
    **{f"database.failover.{name}": ("prod", AUTOMATIC, "failover-watcher-us-east1-files:data.watch.json") for name in ("mode", "quorum", "hold_minutes")},
    "analytics.region": ("dev", {"analytics": {"region": "primary"}}, "location"),
    "analytics.prefix": ("prod", {"analytics": {"prefix": "others"}}, "datasetId"),
    "analytics.datasets": ("prod", {"analytics": {"datasets": {"scratch": {"purpose": "Something else"}}}}, "description"),
    "analytics.sinks": ("prod", {"analytics": {"sinks": {"audit-archive": None}}}, "bucket"),
    **{
        f"analytics.datasets.<name>.{key}": ("prod", {"analytics": {"datasets": {"audit": {key: value}}}}, path)
        for key, value, path in (
            ("purpose", "Something else", "description"),
            ("expiration_days", 365, "defaultPartitionExpirationMs"),
            ("time_travel_hours", 48, "maxTimeTravelHours"),
            ("readers", ["data-admins"], "member"),
        )
    },
    **{
        f"analytics.sinks.<name>.{key}": ("prod", {"analytics": {"sinks": {"audit-archive": over}}}, path)
        for key, over, path in (
            ("logs", {"logs": ["cloudaudit.googleapis.com/activity"]}, "filter"),
            ("dataset", {"dataset": "analytics", "bucket": None}, "destination"),
            ("bucket", {"bucket": "backups"}, "destination"),
        )
    },
    **{
        f"analytics.federation.{key}": ("prod", {"analytics": {"federation": {key: value}}, **more}, path)
        for key, value, more, path in (
            ("name", "other-replica", {}, "connectionId"),
            ("database", "reporting", {"database": {"databases": ["alphintra", "reporting"]}, "pooling": {"max_db_connections": 40}}, "cloudSql.database"),
            ("users", ["data-admins"], {}, "member"),
        )
    },
    **{
        f"bigtable.{key}": ("prod", {"bigtable": {"enabled": True, **over}}, path)
        for key, over, path in (
            ("enabled", {}, "instanceName"),
            ("instance", {"instance": "other-realtime"}, "displayName"),
            ("zones", {"zones": ["us-central1-f"]}, "clusters[0].zone"),
            ("min_nodes", {"min_nodes": 2}, "clusters[0].autoscalingConfig.minNodes"),
            ("max_nodes", {"max_nodes": 9}, "clusters[0].autoscalingConfig.maxNodes"),
            ("cpu_target_percent", {"cpu_target_percent": 50}, "clusters[0].autoscalingConfig.cpuTarget"),
            ("tables", {"tables": {"another": {"backup_days": 3}}}, "instanceName"),
            ("tables.<name>.families", {"tables": {"market-metrics": {"families": ["all"]}}}, "columnFamilies[0].family"),
            ("tables.<name>.backup_days", {"tables": {"market-metrics": {"backup_days": 30}}}, "automatedBackupPolicy.retentionPeriod"),
            ("users", {"users": ["cache-warmer"]}, "member"),
        )
    },
    **{
        f"firestore.{key}": ("prod", {"firestore": {"enabled": True, **over}}, path)
        for key, over, path in (
            ("enabled", {}, "locationId"),
            ("database", {"database": "other"}, "name"),
            ("point_in_time_recovery", {"point_in_time_recovery": False}, "pointInTimeRecoveryEnablement"),
            ("backup_days", {"backup_days": 7}, "retention"),
            ("users", {"users": ["cache-warmer"]}, "member"),
        )
    },
    **{
        f"cache.cluster.{key}": ("prod", {"cache": {"cluster": over}}, f"redis-cluster-primary:{path}")
        for key, over, path in (
            ("name", {"name": "other-cluster"}, "name"),
            ("shards", {"shards": 6}, "shardCount"),
            ("replicas", {"replicas": 2}, "replicaCount"),
            ("node_type", {"node_type": "HIGHMEM_XLARGE"}, "nodeType"),
            ("maxmemory_gb", {"maxmemory_gb": 14}, "redisConfigs.maxmemory"),
            ("eviction", {"eviction": "volatile-lru"}, "redisConfigs.maxmemory-policy"),
            ("persistence.mode", {"persistence": {"mode": "RDB"}, "rpo_minutes": 360}, "persistenceConfig.mode"),
            ("persistence.fsync", {"persistence": {"fsync": "always"}}, "persistenceConfig.aofConfig.appendFsync"),
            ("persistence.snapshot_hours", {"persistence": {"mode": "RDB", "snapshot_hours": 1}, "rpo_minutes": 60}, "persistenceConfig.rdbConfig.rdbSnapshotPeriod"),
            ("backups", {"backups": None}, "automatedBackupConfig.retention"),
            ("backups.retention_days", {"backups": {"retention_days": 9}}, "automatedBackupConfig.retention"),
            ("backups.hour", {"backups": {"hour": 9}}, "automatedBackupConfig.fixedFrequencySchedule.startTime.hours"),
            ("maintenance.day", {"maintenance": {"day": "FRIDAY"}}, "maintenancePolicy.weeklyMaintenanceWindows[0].day"),
            ("maintenance.hour", {"maintenance": {"hour": 9}}, "maintenancePolicy.weeklyMaintenanceWindows[0].startTime.hours"),
            ("rpo_minutes", {"rpo_minutes": 4}, "labels.rpo-minutes"),
        )
    },
    **{
        f"cache.{store}.secondaries.<name>.{key}": ("prod", {"cache": {store: {"secondaries": {"us-east1": over}}}}, f"redis-{store}-secondary-us-east1:{path}")
        for store in ("cluster", "sessions")
        for key, over, path in (
            ("replicas", {"replicas": 3}, "replicaCount"),
            ("maintenance.day", {"maintenance": {"day": "FRIDAY"}}, "maintenancePolicy.weeklyMaintenanceWindows[0].day"),
            ("maintenance.hour", {"maintenance": {"hour": 9}}, "maintenancePolicy.weeklyMaintenanceWindows[0].startTime.hours"),
            ("backups.retention_days", {"backups": {"retention_days": 9}}, "automatedBackupConfig.retention"),
            ("backups.hour", {"backups": {"hour": 9}}, "automatedBackupConfig.fixedFrequencySchedule.startTime.hours"),
        )
    },
    **{
        f"cache.cluster.archive{key}": ("prod", {"cache": {"cluster": {"archive": over}}}, f"cache-archive-{path}")
        for key, over, path in (
            ("", None, "role:roleId"),
            (".every_hours", {"every_hours": 3}, "job:schedule"),
            (".first_hour", {"first_hour": 2}, "job:schedule"),
            (".retention_days", {"retention_days": 9}, "job:httpTarget.body"),
            (".attempts", {"attempts": 5}, "job:retryConfig.retryCount"),
            (".workload", {"workload": "migrations"}, "job:httpTarget.oauthToken.serviceAccountEmail"),
        )
    },
    "cache.cluster.serving": ("prod", {"cache": {"cluster": {"serving": "secondary"}}}, "redis-cluster-primary:crossClusterReplicationConfig.clusterRole"),
    "cache.cluster.memory_gb": ("prod", {"cache": {"cluster": {"memory_gb": 18}}}, "outputs.caches.cluster.memoryGb"),
    "cache.cluster.zone": ("dev", {"cache": {"cluster": {"zone": "us-central1-b"}}}, "zoneDistributionConfig.zone"),
    "cache.cluster.secondaries": ("dev", {"cache": {"cluster": {"zone": None, "secondaries": {"us-east1": {}}}}}, "crossClusterReplicationConfig.clusterRole"),
    **{
        f"cache.sessions.{key}": ("prod", {"cache": {"sessions": over}}, f"redis-sessions-store:{path}")
        for key, over, path in (
            ("form", LITERAL, "redisVersion"),
            ("redis_version", {**LITERAL, "redis_version": "REDIS_7_2"}, "redisVersion"),
            ("name", {"name": "other-sessions"}, "instanceId"),
            ("memory_gb", {"memory_gb": 5}, "engineConfigs.maxmemory"),
            ("replicas", {"replicas": 2}, "replicaCount"),
            ("node_type", {"node_type": "HIGHMEM_MEDIUM"}, "nodeType"),
            ("valkey_version", {"valkey_version": "VALKEY_7_2"}, "engineVersion"),
            ("eviction", {"eviction": "volatile-ttl"}, "engineConfigs.maxmemory-policy"),
            ("persistence.mode", {"persistence": {"mode": "RDB"}, "rpo_minutes": 360}, "persistenceConfig.mode"),
            ("persistence.fsync", {"persistence": {"fsync": "always"}}, "persistenceConfig.aofConfig.appendFsync"),
            ("persistence.snapshot_hours", {"persistence": {"mode": "RDB", "snapshot_hours": 1}, "rpo_minutes": 60}, "persistenceConfig.rdbConfig.rdbSnapshotPeriod"),
            ("backups", {"backups": None}, "automatedBackupConfig.retention"),
            ("backups.retention_days", {"backups": {"retention_days": 9}}, "automatedBackupConfig.retention"),
            ("backups.hour", {"backups": {"hour": 9}}, "automatedBackupConfig.fixedFrequencySchedule.startTime.hours"),
            ("maintenance.day", {"maintenance": {"day": "FRIDAY"}}, "maintenancePolicy.weeklyMaintenanceWindows[0].day"),
            ("maintenance.hour", {"maintenance": {"hour": 9}}, "maintenancePolicy.weeklyMaintenanceWindows[0].startTime.hours"),
            ("rpo_minutes", {"rpo_minutes": 4}, "labels.rpo-minutes"),
        )
    },
    "cache.sessions.serving": ("prod", {"cache": {"sessions": {"serving": "secondary"}}}, "redis-sessions-store:crossInstanceReplicationConfig.instanceRole"),
    "cache.sessions.secondaries": ("dev", {"cache": {"sessions": {"zone": None, "secondaries": {"us-east1": {}}}}}, "crossInstanceReplicationConfig.instanceRole"),
    "cache.sessions.zone": ("dev", {"cache": {"sessions": {"zone": "us-central1-b"}}}, "zoneDistributionConfig.zone"),
    **{
        f"pooling.{key}": ("prod", {"pooling": {key: value}}, f"pgbouncer-us-central1-{path}")
        for key, value, path in (
            ("image", f"docker.io/edoburu/pgbouncer:v1.26.1-p0@sha256:{64 * '0'}", "deployment:spec.template.spec.containers[0].image"),
            ("exporter_image", f"quay.io/prometheuscommunity/pgbouncer-exporter:v1.0.0@sha256:{64 * '0'}", "deployment:spec.template.spec.containers[1].image"),
            ("preparation_image", f"docker.io/alpine/openssl:4.0.0@sha256:{64 * '0'}", "deployment:spec.template.spec.initContainers[0].image"),
            ("pool_mode", "session", "files:data.pgbouncer.ini"),
            ("max_client_conn", 2000, "files:data.pgbouncer.ini"),
            ("default_pool_size", 20, "files:data.pgbouncer.ini"),
            ("max_db_connections", 36, "files:data.pgbouncer.ini"),
            ("server_idle_timeout", 300, "files:data.pgbouncer.ini"),
            ("server_lifetime", 1800, "files:data.pgbouncer.ini"),
            ("query_wait_timeout", 60, "files:data.pgbouncer.ini"),
            ("idle_transaction_timeout", 120, "files:data.pgbouncer.ini"),
            ("max_prepared_statements", 100, "files:data.pgbouncer.ini"),
            ("max_replicas", 3, "autoscaler:spec.maxReplicas"),
            ("target_cpu_percent", 50, "autoscaler:spec.metrics[0].containerResource.target.averageUtilization"),
            ("drain_seconds", 90, "deployment:spec.template.spec.terminationGracePeriodSeconds"),
        )
    },
    "pooling.clients": ("prod", {"pooling": {"clients": ["auth-service", "trading-service", "cache-warmer", "search-ingest"]}}, "main-db-user-strategy-service-by-password:name"),
}  # fmt: skip
