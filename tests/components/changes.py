"""For every setting: an environment, what to lay on top, and the property that must change."""

from __future__ import annotations

from typing import Any

LITERAL: dict[str, Any] = {
    "form": "redis", "persistence": {"mode": "RDB", "snapshot_hours": 1}, "backups": None, "rpo_minutes": 60,
}  # fmt: skip

NO_DIGEST = "sha256:" + "0" * 64
ACCOUNT = "012345-6789AB-CDEF01"
PLAN = "search-setup-us-central1-plan:data.plan.json"
OTHERS: dict[str, Any] = {
    "region": "secondary", "folders": ["database/"],
    "access": {"search": {"workload": "elasticsearch", "role": "write", "folder": "database/elasticsearch/"}},
}  # fmt: skip
CHANGES: dict[str, tuple[str, dict[str, Any], str]] = {
    # setting: (environment, what to lay on top, the property that must change, of a certain resource where one is named)
    "environment": ("prod", {"environment": "staging"}, "settings.userLabels.environment"),
    "project.id": ("prod", {"project": {"id": "another-project"}}, "project"),
    "generation": ("prod", {"generation": 2}, "name"),
    "regions.primary": ("prod", {"regions": {"primary": "us-west1"}, "database": {"zone": "us-west1-a", "secondary_zone": "us-west1-b"}}, "region"),
    "regions.secondary": ("prod", {"regions": {"secondary": "us-west1"}, "database": {"replicas": {"us-east1": None, "us-west1": {"zone": "us-west1-a"}}}, "cache": {"cluster": {"secondaries": {"us-east1": None, "us-west1": {}}}}}, "settings.backupConfiguration.location"),
    "labels.owner": ("prod", {"labels": {"owner": "others"}}, "settings.userLabels.owner"),
    "labels.cost_center": ("prod", {"labels": {"cost_center": "others"}}, "settings.userLabels.cost-center"),
    "protection.enabled": ("dev", {"protection": {"enabled": True}}, "deletionProtection"),
    "protection.tear_down": ("prod", {"protection": {"tear_down": "prod"}}, "deletionProtection"),
    "network.name": ("prod", {"network": {"name": "other-vpc"}}, "name"),
    **{
        f"network.{role}.{kind}": ("prod", {"network": {role: {kind: cidr}}}, path)
        for role, offset in (("primary", 100), ("secondary", 120))
        for kind, cidr, path in (
            ("nodes", f"10.{offset}.0.0/20", "ipCidrRange"),
            ("pods", f"10.{offset + 4}.0.0/16", "secondaryIpRanges[0].ipCidrRange"),
            ("services", f"10.{offset + 8}.0.0/20", "secondaryIpRanges[1].ipCidrRange"),
        )
    },
    "network.managed_services": ("prod", {"network": {"managed_services": "10.200.0.0/18"}}, "prefixLength"),
    "network.nat.min_ports_per_vm": ("prod", {"network": {"nat": {"min_ports_per_vm": 128}}}, "minPortsPerVm"),
    "network.nat.max_ports_per_vm": ("prod", {"network": {"nat": {"max_ports_per_vm": 8192}}}, "maxPortsPerVm"),
    "network.flow_logs.interval": ("prod", {"network": {"flow_logs": {"interval": "INTERVAL_30_SEC"}}}, "logConfig.aggregationInterval"),
    "network.flow_logs.sampling": ("prod", {"network": {"flow_logs": {"sampling": 0.25}}}, "logConfig.flowSampling"),
    "network.firewall": ("prod", {"network": {"firewall": {"allow-health-checks": None}}}, "ruleName"),
    **{
        f"network.firewall.<name>.{key}": ("prod", {"network": {"firewall": {"allow-google-apis": {key: value}}}}, path)
        for key, value, path in (
            ("priority", 2150, "priority"),
            ("direction", "INGRESS", "direction"),
            ("peers", ["google-apis", "platform"], "match.destIpRanges[1]"),
            ("ports", ["443", "8443"], "match.layer4Configs[0].ports[1]"),
            ("udp_ports", ["443"], "match.layer4Configs[1].ipProtocol"),
            ("purpose", "Something else entirely", "description"),
        )
    },
    "network.dns_zone": ("prod", {"network": {"dns_zone": "other.internal."}}, "dnsName"),
    "network.dns_ttl_seconds": ("prod", {"network": {"dns_ttl_seconds": 30}}, "ttl"),
    "encryption.customer_managed": ("dev", {"encryption": {"customer_managed": True}}, "encryptionKeyName"),
    "encryption.key_ring": ("prod", {"encryption": {"key_ring": "other-ring"}}, "name"),
    "encryption.rotation_days": ("prod", {"encryption": {"rotation_days": 30}}, "rotationPeriod"),
    "encryption.destroy_delay_days": ("prod", {"encryption": {"destroy_delay_days": 60}}, "destroyScheduledDuration"),
    "encryption.keys": ("prod", {"encryption": {"keys": {"another": {}}}}, "name"),
    "encryption.keys.<name>.regions": ("prod", {"encryption": {"keys": {"pii": {"regions": ["primary"]}}}}, "name"),
    "encryption.keys.<name>.protection_level": ("prod", {"encryption": {"keys": {"cluster": {"protection_level": "HSM"}}}}, "versionTemplate.protectionLevel"),
    "encryption.keys.<name>.used_by": ("prod", {"encryption": {"keys": {"pii": {"used_by": ["sqladmin.googleapis.com"]}}}}, "member"),
    "secrets.credentials": ("prod", {"secrets": {"credentials": {"another-one": {}}}}, "secretId"),
    "secrets.credentials.<name>.length": ("prod", {"secrets": {"credentials": {"main-db-pgbouncer": {"length": 33}}}}, "length"),
    "secrets.credentials.<name>.version": ("prod", {"secrets": {"credentials": {"main-db-pgbouncer": {"version": 2}}}}, "passwordWoVersion"),
    "secrets.destroy_delay_days": ("prod", {"secrets": {"destroy_delay_days": 7}}, "versionDestroyTtl"),
    "audit.services": ("prod", {"audit": {"services": {"run.googleapis.com": ["DATA_READ"]}}}, "service"),
    "identities.workloads": ("prod", {"identities": {"workloads": {"auth-service": None}}, "pooling": {"clients": ["trading-service"]}}, "accountId"),
    "identities.workloads.<name>.purpose": ("prod", {"identities": {"workloads": {"migrations": {"purpose": "Something else"}}}}, "description"),
    "identities.workloads.<name>.database": ("prod", {"identities": {"workloads": {"migrations": {"database": False}}}}, "role"),
    "identities.workloads.<name>.caches": ("prod", {"identities": {"workloads": {"migrations": {"caches": ["sessions"]}}}}, "role"),
    "identities.workloads.<name>.secrets": ("prod", {"identities": {"workloads": {"migrations": {"secrets": ["main-db-postgres"]}}}}, "secretId"),
    "identities.workloads.<name>.kubernetes": ("prod", {"identities": {"workloads": {"migrations": {"kubernetes": "jobs/others"}}}}, "member"),
    "objectives.database_rpo_minutes": ("prod", {"objectives": {"database_rpo_minutes": 10}}, "outputs.objectives.database.rpoMinutes"),
    "objectives.database_rto_minutes": ("prod", {"objectives": {"database_rto_minutes": 120}}, "outputs.objectives.database.rtoMinutes"),
    "objectives.cache_rto_minutes": ("prod", {"objectives": {"cache_rto_minutes": 20}}, "outputs.objectives.sessions.rtoMinutes"),
    "identities.domain": ("prod", {"identities": {"domain": "example.com"}}, "outputs.groups.data-readers"),
    "identities.groups": ("prod", {"identities": {"groups": {"more-readers": {}}}}, "outputs.groups.more-readers"),
    **{
        f"identities.groups.<name>.{key}": (environment, {"identities": {"groups": {"data-developers": {key: value}}}}, path)
        for environment, key, value, path in (
            ("prod", "database", "sign-in", "type"),
            ("prod", "log_views", ["_Default/_Default", "_Default/_AllLogs"], "bucket"),
            ("prod", "metrics", False, "project"),
            ("staging", "secrets", ["main-db-pgbouncer"], "secretId"),
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
    "database.max_connections": ("prod", {"database": {"max_connections": 600}}, "settings.databaseFlags[15].value"),
    "database.slow_query_ms": ("prod", {"database": {"slow_query_ms": 500}}, "settings.databaseFlags[10].value"),
    "database.connector_enforcement": ("dev", {"database": {"connector_enforcement": "REQUIRED"}, "kubernetes": {"clusters": {"primary": {"pools": {"general": {"pods": {"pgbouncer": None}}}}}}}, "settings.connectorEnforcement"),
    "database.flags": ("prod", {"database": {"flags": {"track_io_timing": "off"}}}, "settings.databaseFlags[17].value"),
    "database.databases": ("prod", {"database": {"databases": ["alphintra", "reporting"]}, "pooling": {"max_db_connections": 40}}, "name"),
    "database.replicas": ("dev", {"encryption": {"customer_managed": True}, "secrets": {"credentials": {"main-db-bigquery": {}}}, "database": {"replicas": {"us-east1": {"zone": "us-east1-b"}}}}, "masterInstanceName"),
    "database.replicas.<name>.zone": ("prod", {"database": {"replicas": {"us-east1": {"zone": "us-east1-c"}}}}, "settings.locationPreference.zone"),
    "database.replicas.<name>.availability": ("prod", {"database": {"replicas": {"us-east1": {"availability": "REGIONAL"}}}}, "settings.availabilityType"),
    "storage.buckets.<name>.access.<name>.group": ("prod", {"storage": {"buckets": {"documents": {"access": {"officers-kyc": {"group": "data-readers"}}}}}}, "member"),
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
    "images.admission.enforced": ("dev", {"images": {"admission": {"enforced": False}}}, "images-admission:defaultAdmissionRule.enforcementMode"),
    "images.admission.also": ("prod", {"images": {"admission": {"also": ["us-docker.pkg.dev/others/images/**"]}}}, "images-admission:admissionWhitelistPatterns[1].namePattern"),
    **{
        f"images.{key}": ("prod", {"images": {key: value}}, path)
        for key, value, path in (
            ("repository", "other-images", "repositoryId"),
            ("immutable_tags", False, "dockerConfig.immutableTags"),
            ("upstreams", {"ghcr.io": "other"}, "repositoryId"),
            ("scanning", "DISABLED", "vulnerabilityScanningConfig.enablementConfig"),
            ("keep_recent", 5, "cleanupPolicies[0].mostRecentVersions.keepCount"),
            ("untagged_days", 7, "cleanupPolicies[1].condition.olderThan"),
            ("readers", ["data-admins"], "member"),
            ("writers", ["migrations"], "member"),
        )
    },
    **{
        f"budget.{key}": ("prod", {"budget": {"billing_account": ACCOUNT, key: value}}, path)
        for key, value, path in (
            ("billing_account", ACCOUNT, "billingAccount"),
            ("amount", 1, "amount.specifiedAmount.units"),
            ("currency", "EUR", "amount.specifiedAmount.currencyCode"),
            ("spent", [0.25, 0.9, 1.0], "thresholdRules[0].thresholdPercent"),
            ("forecast", [2.0], "thresholdRules[3].thresholdPercent"),
            ("emails", ["anna@example.com"], "allUpdatesRule.monitoringNotificationChannels[0]"),
        )
    },
    **{
        f"governance.policies.{key}": ("prod", {"governance": {"policies": {"enabled": True, **over}}}, path)
        for key, over, path in (
            ("enabled", {}, "parent"),
            ("constraints", {"constraints": ["sql.restrictPublicIp"]}, "spec.rules[0].enforce"),
            ("regions_only", {"regions_only": True}, "spec.rules[0].values.allowedValues[0]"),
            ("keyed_services", {"keyed_services": ["storage.googleapis.com"]}, "spec.rules[0].values.deniedValues[0]"),
        )
    },
    **{
        f"governance.perimeter.{key}": ("prod", {"governance": {"perimeter": {"enabled": True, "access_policy": "1", **over}}}, path)
        for key, over, path in (
            ("enabled", {}, "title"),
            ("access_policy", {"access_policy": "2"}, "parent"),
            ("enforced", {"enforced": True, "access_levels": ["deployment"]}, "status.restrictedServices[0]"),
            ("access_levels", {"access_levels": ["deployment"]}, "spec.accessLevels[0]"),
            ("services", {"services": ["storage.googleapis.com"]}, "spec.restrictedServices[0]"),
        )
    },
    **{
        f"governance.findings.{key}": ("prod", {"governance": {"findings": {"enabled": True, **over}}}, path)
        for key, over, path in (
            ("enabled", {}, "configId"),
            ("name", {"name": "other-findings"}, "configId"),
            ("severities", {"severities": ["LOW"]}, "streamingConfig.filter"),
            ("retention_days", {"retention_days": 3}, "messageRetentionDuration"),
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
    "storage.prefix": ("prod", {"storage": {"prefix": "others"}}, "name"),
    "storage.buckets": ("prod", {"storage": {"buckets": {"more": {}}}}, "name"),
    "storage.access_log_bucket": ("prod", {"storage": {"access_log_bucket": "logs"}}, "logging.logBucket"),
    "storage.abort_uploads_days": ("prod", {"storage": {"abort_uploads_days": 3}}, "lifecycleRules[0].condition.age"),
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
        f"cache.cluster.secondaries.<name>.{key}": ("prod", {"cache": {"cluster": {"secondaries": {"us-east1": over}}}}, f"redis-cluster-secondary-us-east1:{path}")
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
    "cache.cluster.memory_gb": ("prod", {"cache": {"cluster": {"memory_gb": 18}}}, "outputs.caches.cluster.memoryGb"),
    "cache.cluster.zone": ("dev", {"cache": {"cluster": {"zone": "us-central1-b"}}}, "zoneDistributionConfig.zone"),
    "cache.cluster.secondaries": ("dev", {"cache": {"cluster": {"secondaries": {"us-east1": {}}}}}, "crossClusterReplicationConfig.clusterRole"),
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
    "cache.sessions.zone": ("dev", {"cache": {"sessions": {"zone": "us-central1-b"}}}, "zoneDistributionConfig.zone"),
    **{
        f"storage.buckets.<name>.{key}": ("prod", {"storage": {"buckets": {bucket: {key: value}}}}, path)
        for key, bucket, value, path in (
            ("region", "uploads", "secondary", "location"),
            ("storage_class", "uploads", "NEARLINE", "storageClass"),
            ("versioning", "uploads", True, "versioning.enabled"),
            ("retention_days", "documents", 3000, "retentionPolicy.retentionPeriod"),
            ("retention_locked", "documents", True, "retentionPolicy.isLocked"),
            ("soft_delete_days", "uploads", 30, "softDeletePolicy.retentionDurationSeconds"),
            ("folders", "documents", ["kyc-documents/", "legal/", "templates/", "more/"], "outputs.buckets.documents.folders[3]"),
            ("lifecycle", "ml-models", {"delete-old-versions": None}, "lifecycleRules[1].action.type"),
            ("access", "datasets", {"processed": None}, "member"),
        )
    },
    **{
        f"storage.buckets.<name>.lifecycle.<name>.{key}": ("prod", {"storage": {"buckets": {bucket: {"lifecycle": {rule: over}}}}}, path)
        for key, bucket, rule, over, path in (
            ("action", "logs", "cool", {"action": "delete", "to": None}, "lifecycleRules[0].action.type"),
            ("to", "logs", "archive", {"to": "ARCHIVE"}, "lifecycleRules[1].action.storageClass"),
            ("age_days", "access-logs", "delete", {"age_days": 30}, "lifecycleRules[0].condition.age"),
            ("newer_versions", "ml-models", "delete-old-versions", {"newer_versions": 9}, "lifecycleRules[0].condition.numNewerVersions"),
            ("state", "logs", "delete", {"state": "LIVE"}, "lifecycleRules[2].condition.withState"),
            ("classes", "datasets", "archive", {"classes": ["NEARLINE"]}, "lifecycleRules[1].condition.matchesStorageClasses[1]"),
        )
    },
    **{
        f"storage.buckets.<name>.access.<name>.{key}": ("prod", {"storage": {"buckets": {"documents": {"access": {"legal": {key: value}}}}}}, path)
        for key, value, path in (
            ("workload", "auth-service", "member"),
            ("role", "create", "role"),
            ("folder", "templates/", "condition.expression"),
        )
    },
    "kubernetes.name": ("prod", {"kubernetes": {"name": "others"}}, "name"),
    "kubernetes.release_channel": ("prod", {"kubernetes": {"release_channel": "STABLE"}}, "releaseChannel.channel"),
    "kubernetes.clusters": ("prod", {"kubernetes": {"clusters": {"secondary": None}}}, "outputs.clusters.us-east1.name"),
    **{
        f"kubernetes.backups.{key}": ("prod", {"kubernetes": {"backups": {key: value}}}, path)
        for key, value, path in (
            ("rpo_minutes", 240, "backupSchedule.rpoConfig.targetRpoMinutes"),
            ("retain_days", 20, "retentionPolicy.backupRetainDays"),
            ("delete_lock_days", 14, "retentionPolicy.backupDeleteLockDays"),
            ("volumes", False, "backupConfig.includeVolumeData"),
        )
    },
    **{
        f"kubernetes.clusters.<name>.{key}": ("prod", {"kubernetes": {"clusters": {"primary": over}}}, path)
        for key, over, path in (
            ("zones", {"zones": ["a", "b", "f"]}, "nodeLocations[2]"),
            ("pools", {"pools": {"another": {"machine_type": "n2-standard-2"}}}, "outputs.clusters.us-central1.pools.another.dedicated"),
            ("maintenance.days", {"maintenance": {"days": ["SU", "MO"]}}, "maintenancePolicy.recurringWindow.recurrence"),
            ("maintenance.start", {"maintenance": {"start": "05:30"}}, "maintenancePolicy.recurringWindow.startTime"),
            ("maintenance.hours", {"maintenance": {"hours": 20}}, "maintenancePolicy.recurringWindow.endTime"),
            ("authorized_networks", {"authorized_networks": {"vpn": "10.250.0.0/24"}}, "masterAuthorizedNetworksConfig.cidrBlocks[0].cidrBlock"),
        )
    },
    **{
        f"kubernetes.clusters.<name>.pools.<name>.{key}": ("prod", {"kubernetes": {"clusters": {"primary": {"pools": {pool: {key: value}}}}}}, path)
        for key, pool, value, path in (
            ("machine_type", "timescaledb", "n2-standard-16", "nodeConfig.machineType"),
            ("nodes_per_zone", "timescaledb", 2, "nodeCount"),
            ("max_nodes_per_zone", "general", 5, "autoscaling.maxNodeCount"),
            ("zones", "general", ["a", "c"], "nodeLocations[2]"),
            ("disk_type", "general", "pd-ssd", "nodeConfig.diskType"),
            ("disk_gb", "general", 200, "nodeConfig.diskSizeGb"),
            ("max_pods_per_node", "general", 110, "maxPodsPerNode"),
            ("dedicated", "elasticsearch-data", False, "outputs.clusters.us-central1.pools.elasticsearch-data.dedicated"),
            ("sysctls", "timescaledb", {"vm.swappiness": "1"}, "nodeConfig.linuxNodeConfig.sysctls.vm.swappiness"),
            ("pods", "general", {"another": {"cpu": 0.5, "memory_gib": 1}}, "outputs.clusters.us-central1.pools.general.pods.another.count"),
        )
    },
    **{
        f"kubernetes.clusters.<name>.pools.<name>.pods.<name>.{key}": (
            "prod", {"kubernetes": {"clusters": {"secondary": {"pools": {"timescaledb": {"pods": {"timescaledb": {key: value}}}}}}}}, path,
        )
        for key, value, path in (
            ("cpu", 7, "outputs.clusters.us-east1.pools.timescaledb.pods.timescaledb.requests.cpu"),
            ("memory_gib", 22, "outputs.clusters.us-east1.pools.timescaledb.pods.timescaledb.requests.memory"),
            ("huge_pages_gib", 10, "nodeConfig.linuxNodeConfig.hugepagesConfig.hugepageSize2m"),
            ("count", 1, "outputs.clusters.us-east1.pools.timescaledb.pods.timescaledb.count"),
        )
    },
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
    "pooling.clients": ("prod", {"pooling": {"clients": ["auth-service", "trading-service"]}}, "main-db-user-strategy-service-by-password:name"),
    "url_signing.signers": ("prod", {"url_signing": {"signers": {"legal-url-signer": {"purpose": "URLs for contracts", "issuers": ["compliance-service"], "access": {"download": {"bucket": "documents", "role": "read", "folder": "legal/"}}}}}}, "url-signing-legal-url-signer:accountId"),
    "url_signing.signers.<name>.purpose": ("prod", {"url_signing": {"signers": {"kyc-url-signer": {"purpose": "Something else"}}}}, "description"),
    "url_signing.signers.<name>.issuers": ("prod", {"url_signing": {"signers": {"kyc-url-signer": {"issuers": ["auth-service"]}}}}, "member"),
    "url_signing.signers.<name>.access": ("prod", {"url_signing": {"signers": {"kyc-url-signer": {"access": {"upload": None}}}}}, "role"),
    **{
        f"url_signing.signers.<name>.access.<name>.{key}": ("prod", {"url_signing": {"signers": {"kyc-url-signer": {"access": {"upload": over}}}}}, path)
        for key, over, path in (
            ("bucket", {"bucket": "logs", "folder": "audit/"}, "bucket"),
            ("role", {"role": "read"}, "role"),
            ("folder", {"folder": "legal/"}, "condition.expression"),
        )
    },
    "object_events.arrivals": ("prod", {"object_events": {"arrivals": {"uploads": None}}}, "objectNamePrefix"),
    **{
        f"object_events.arrivals.<name>.{key}": ("prod", {"object_events": {"arrivals": {"kyc-documents": over}}}, path)
        for key, over, path in (
            ("bucket", {"bucket": "datasets", "folder": "processed/", "consumer": "strategy-service"}, "bucket"),
            ("folder", {"folder": "legal/"}, "objectNamePrefix"),
            ("consumer", {"bucket": "ml-models", "folder": "production/", "consumer": "strategy-service"}, "member"),
        )
    },
    "object_events.retention_days": ("prod", {"object_events": {"retention_days": 3}}, "messageRetentionDuration"),
    "object_events.undelivered_days": ("prod", {"object_events": {"undelivered_days": 14}}, "messageRetentionDuration"),
    "object_events.ack_deadline_seconds": ("prod", {"object_events": {"ack_deadline_seconds": 300}}, "ackDeadlineSeconds"),
    "object_events.delivery_attempts": ("prod", {"object_events": {"delivery_attempts": 20}}, "deadLetterPolicy.maxDeliveryAttempts"),
    "object_events.shortest_retry_seconds": ("prod", {"object_events": {"shortest_retry_seconds": 30}}, "retryPolicy.minimumBackoff"),
    "object_events.longest_retry_seconds": ("prod", {"object_events": {"longest_retry_seconds": 300}}, "retryPolicy.maximumBackoff"),
    "static_assets.name": ("prod", {"static_assets": {"name": "other-assets"}}, "name"),
    "static_assets.released_by": ("prod", {"static_assets": {"released_by": "migrations"}}, "static-assets-releaser:member"),
    "storage.buckets.<name>.cross_origin": ("prod", {"storage": {"buckets": {"uploads": {"cross_origin": None}}}}, "storage-uploads:cors[0].maxAgeSeconds"),
    **{
        f"storage.buckets.<name>.cross_origin.{key}": ("prod", {"storage": {"buckets": {"documents": {"cross_origin": {key: value}}}}}, f"storage-documents:cors[0].{path}")
        for key, value, path in (
            ("origins", ["https://example.com"], "origins[0]"),
            ("methods", ["GET"], "methods[0]"),
            ("headers", ["content-type", "x-goog-meta-owner"], "responseHeaders[1]"),
            ("max_age_seconds", 60, "maxAgeSeconds"),
        )
    },
    "static_assets.bucket": ("prod", {"static_assets": {"bucket": "site"}, "storage": {"buckets": {"site": {}}}}, "bucketName"),
    "static_assets.domains": ("prod", {"static_assets": {"domains": {"assets": "assets.example.com"}}}, "domain"),
    "static_assets.cache.mode": ("prod", {"static_assets": {"cache": {"mode": "CACHE_ALL_STATIC"}}}, "cdnPolicy.cacheMode"),
    "static_assets.cache.edge_seconds": ("prod", {"static_assets": {"cache": {"edge_seconds": 7200}}}, "cdnPolicy.defaultTtl"),
    "static_assets.cache.browser_seconds": ("prod", {"static_assets": {"cache": {"browser_seconds": 600}}}, "cdnPolicy.clientTtl"),
    "static_assets.cache.longest_seconds": ("prod", {"static_assets": {"cache": {"mode": "CACHE_ALL_STATIC", "longest_seconds": 172800}}}, "cdnPolicy.maxTtl"),
    "static_assets.cache.stale_seconds": ("prod", {"static_assets": {"cache": {"stale_seconds": 600}}}, "cdnPolicy.serveWhileStale"),
    "static_assets.compress": ("prod", {"static_assets": {"compress": False}}, "compressionMode"),
    "static_assets.hsts_days": ("prod", {"static_assets": {"hsts_days": 30}}, "customResponseHeaders[0]"),
    "static_assets.tls.profile": ("prod", {"static_assets": {"tls": {"profile": "MODERN"}}}, "profile"),
    "static_assets.tls.oldest": ("prod", {"static_assets": {"tls": {"oldest": "TLS_1_3"}}}, "minTlsVersion"),
    "static_assets.edge.enabled": ("dev", {"static_assets": {"edge": {"enabled": True}}}, "edgeSecurityPolicy"),
    "static_assets.edge.denied_ranges": ("prod", {"static_assets": {"edge": {"denied_ranges": ["192.0.2.0/24"]}}}, "rules[1].match.config.srcIpRanges[0]"),
    "static_assets.edge.denied_countries": ("prod", {"static_assets": {"edge": {"denied_countries": ["KP"]}}}, "rules[0].match.expr.expression"),
    "workspaces.namespaces": ("prod", {"workspaces": {"namespaces": {"another": {}}}}, "metadata.name"),
    "workspaces.namespaces.<name>.clusters": ("prod", {"workspaces": {"namespaces": {"services": {"clusters": ["primary", "secondary"]}}}}, "metadata.name"),
    **{
        f"workspaces.namespaces.<name>.{group}{key}": ("prod", {"workspaces": {"namespaces": {"timescaledb": over}}}, path)
        for group, key, over, path in (
            ("", "pod_security", {"pod_security": "baseline"}, "metadata.labels.pod-security.kubernetes.io/enforce"),
            ("quota.", "cpu", {"quota": {"cpu": 40}}, "spec.hard.requests.cpu"),
            ("quota.", "memory_gib", {"quota": {"memory_gib": 150}}, "spec.hard.limits.memory"),
            ("quota.", "storage_gib", {"quota": {"storage_gib": 20000}}, "spec.hard.requests.storage"),
            ("quota.", "pods", {"quota": {"pods": 30}}, "spec.hard.pods"),
            ("container.", "cpu_millis", {"container": {"cpu_millis": 60}}, "spec.limits[0].defaultRequest.cpu"),
            ("container.", "memory_mib", {"container": {"memory_mib": 256}}, "spec.limits[0].default.memory"),
        )
    },
    "workspaces.priorities": ("prod", {"workspaces": {"priorities": {"another": {"purpose": "Something else"}}}}, "metadata.name"),
    **{
        f"workspaces.priorities.<name>.{key}": ("prod", {"workspaces": {"priorities": {"alphintra-path": {key: value}}}}, path)
        for key, value, path in (("value", 800_000, "value"), ("preempts", False, "preemptionPolicy"), ("purpose", "Something else", "description"))
    },
    **{
        f"timeseries.{key}": ("prod", {"timeseries": over}, f"timeseries-us-central1-{path}")
        for key, over, path in (
            ("image", {"image": f"docker.io/timescale/timescaledb-ha:pg15.18-ts2.28.2@{NO_DIGEST}"}, "members:spec.template.spec.containers[0].image"),
            ("exporter_image", {"exporter_image": f"quay.io/other/exporter:v1@{NO_DIGEST}"}, "members:spec.template.spec.containers[1].image"),
            ("max_connections", {"max_connections": 200}, "configuration:data.dynamic.json"),
            ("clients", {"clients": ["services"]}, "access-traffic:spec.ingress[0].from[2].namespaceSelector.matchLabels.kubernetes.io/metadata.name"),
            ("rto_hours", {"rto_hours": 8}, "settle:spec.activeDeadlineSeconds"),
            ("sites.<name>.name", {"sites": {"primary": {"name": "others"}}}, "members:metadata.name"),
            ("sites.<name>.stanza", {"sites": {"primary": {"stanza": "others"}}}, "configuration:data.pgbackrest.conf"),
            ("volumes.data_gib", {"volumes": {"data_gib": 5200}}, "data-2:spec.resources.requests.storage"),
            ("volumes.log_gib", {"volumes": {"log_gib": 300}}, "log-2:spec.resources.requests.storage"),
            ("failover.ttl_seconds", {"failover": {"ttl_seconds": 40}}, "configuration:data.dynamic.json"),
            ("failover.loop_wait_seconds", {"failover": {"loop_wait_seconds": 4}}, "configuration:data.dynamic.json"),
            ("failover.retry_timeout_seconds", {"failover": {"retry_timeout_seconds": 4}}, "configuration:data.dynamic.json"),
            ("failover.synchronous", {"failover": {"synchronous": False}}, "configuration:data.dynamic.json"),
            ("failover.lag_mib", {"failover": {"lag_mib": 64}}, "configuration:data.dynamic.json"),
            ("failover.start_seconds", {"failover": {"start_seconds": 90}}, "configuration:data.dynamic.json"),
            ("failover.stop_seconds", {"failover": {"stop_seconds": 400}}, "members:spec.template.spec.terminationGracePeriodSeconds"),
            ("repository.archive_timeout_seconds", {"repository": {"archive_timeout_seconds": 90}}, "configuration:data.patroni.yml"),
            ("repository.retained_full", {"repository": {"retained_full": 8}}, "configuration:data.pgbackrest.conf"),
            ("repository.processes", {"repository": {"processes": 8}}, "configuration:data.pgbackrest.conf"),
            ("repository.hours", {"repository": {"hours": 10}}, "backups-full:spec.jobTemplate.spec.activeDeadlineSeconds"),
            *((f"repository.{key}", {"repository": {key: "5 5 * * *"}}, f"backups-{kind}:spec.schedule") for key, kind in (("full", "full"), ("differential", "diff"), ("incremental", "incr"))),
            ("repository_folder", {"repository_folder": "database/timescaledb/repository/v2/"}, "configuration:data.pgbackrest.conf"),
        )
    },
    **{
        f"timeseries.{key}": ("prod", {"timeseries": over}, path)
        for key, over, path in (
            ("database", {"database": "others"}, "outputs.timeSeries.us-central1.database"),
            ("leader", {"leader": "secondary"}, "outputs.timeSeries.us-central1.leads"),
            ("sites", {"sites": {"secondary": None}}, "outputs.timeSeries.us-east1.leads"),
            ("rpo_minutes", {"rpo_minutes": 30}, "timeseries-proofs-us-central1-restore-test:spec.jobTemplate.spec.template.spec.containers[0].env[7].value"),
            ("exports.schedule", {"exports": {"schedule": "5 5 * * *"}}, "timeseries-proofs-us-central1-export:spec.schedule"),
            ("exports.hours", {"exports": {"hours": 10}}, "timeseries-proofs-us-central1-export:spec.jobTemplate.spec.activeDeadlineSeconds"),
            ("export_folder", {"export_folder": "database/timescaledb/logical/v2/"}, "timeseries-proofs-us-central1-export:spec.jobTemplate.spec.template.spec.containers[0].env[2].value"),
            ("restore_test.schedule", {"restore_test": {"schedule": "5 5 * * *"}}, "timeseries-proofs-us-central1-restore-test:spec.schedule"),
            ("restore_test.cpu", {"restore_test": {"cpu": 1}}, "timeseries-proofs-us-central1-restore-test:spec.jobTemplate.spec.template.spec.containers[0].resources.requests.cpu"),
            ("restore_test.memory_gib", {"restore_test": {"memory_gib": 16}}, "timeseries-proofs-us-central1-restore-test:spec.jobTemplate.spec.template.spec.containers[0].resources.limits.memory"),
            ("restore_test.hours", {"restore_test": {"hours": 5}}, "timeseries-proofs-us-central1-restore-test:spec.jobTemplate.spec.activeDeadlineSeconds"),
        )
    },
    **{
        f"timeseries.{key}": (
            "prod",
            {"timeseries": over, "storage": {"buckets": {bucket: {"access": {"moved": {"workload": workload, "role": role, "folder": folder}}}}}},
            path,
        )
        for key, over, bucket, workload, role, folder, path in (
            ("bucket", {"bucket": "backups"}, "backups", "timescaledb", "write", "database/timescaledb/repository/", "timeseries-us-central1-configuration:data.pgbackrest.conf"),
            (
                "export_bucket", {"export_bucket": "timescaledb-repository", "export_folder": "database/timescaledb/repository/logical/"}, "timescaledb-repository",
                "database-backup", "create", "database/timescaledb/repository/logical/", "timeseries-proofs-us-central1-export:spec.jobTemplate.spec.template.spec.containers[0].env[1].value",
            ),
        )
    },
    "monitoring.channels": ("prod", {"monitoring": {"channels": {"security": {"kind": "email", "address": "sec@example.com"}}}}, "labels.email_address"),
    "monitoring.channels.<name>.kind": ("prod", {"monitoring": {"channels": {"slack": {"kind": "email", "address": "x@example.com"}}}}, "notificationChannels[1]"),
    "monitoring.channels.<name>.address": ("prod", {"monitoring": {"channels": {"email": {"address": "x@example.com"}}}}, "labels.email_address"),
    "monitoring.channels.<name>.token_version": ("prod", {"monitoring": {"channels": {"slack": {"token_version": 2}}}}, "sensitiveLabels.authTokenWoVersion"),
    "monitoring.fallback": ("prod", {"monitoring": {"fallback": "night", "channels": {"night": {"kind": "email", "address": "n@example.com"}}}}, "notificationChannels[0]"),
    "monitoring.runbooks": ("prod", {"monitoring": {"runbooks": "https://wiki.example.com/runbooks"}}, "documentation.links[0].url"),
    "monitoring.alerts": ("prod", {"monitoring": {"alerts": {"database-deadlocks": None}}}, "userLabels.alert"),
    **{
        f"monitoring.alerts.<name>.{key}": ("prod", {"monitoring": {"alerts": {"database-cpu-high": {key: value}}}}, path)
        for key, value, path in (
            ("threshold", 0.7, "conditions[0].conditionThreshold.thresholdValue"),
            ("minutes", 30, "conditions[0].conditionThreshold.duration"),
            ("severity", "ERROR", "severity"),
        )
    },
    **{
        f"monitoring.{table}.<name>.channels": ("prod", {"monitoring": {"channels": {"night": {"address": "n@example.com"}}, table: {name: {"channels": ["night"]}}}}, "notificationChannels[0]")
        for table, name in (("alerts", "database-cpu-high"), ("burn_rates", "slow"))
    },
    "monitoring.close_hours": ("prod", {"monitoring": {"close_hours": 12}}, "alertStrategy.autoClose"),
    "monitoring.disk_forecast_hours": ("prod", {"monitoring": {"disk_forecast_hours": 24}}, "conditions[0].conditionThreshold.forecastOptions.forecastHorizon"),
    "monitoring.deployers": ("prod", {"monitoring": {"deployers": ["ci@example.com"]}}, "conditions[0].conditionMatchedLog.filter"),
    "monitoring.objectives": ("prod", {"monitoring": {"objectives": {"database-latency": None}}}, "sloId"),
    "monitoring.objectives.<name>.goal": ("prod", {"monitoring": {"objectives": {"database-latency": {"goal": 0.95}}}}, "goal"),
    "monitoring.objectives.<name>.days": ("prod", {"monitoring": {"objectives": {"database-latency": {"days": 7}}}}, "rollingPeriodDays"),
    "monitoring.burn_rates": ("prod", {"monitoring": {"burn_rates": {"slow": None}}}, "userLabels.alert"),
    **{
        f"monitoring.burn_rates.<name>.{key}": ("prod", {"monitoring": {"burn_rates": {"fast": {key: value}}}}, path)
        for key, value, path in (
            ("rate", 10, "conditions[1].conditionThreshold.thresholdValue"),
            ("long_minutes", 120, "conditions[0].conditionThreshold.filter"),
            ("short_minutes", 10, "conditions[1].conditionThreshold.filter"),
            ("severity", "WARNING", "severity"),
        )
    },
    **{
        f"search.{key}": ("prod", {"search": over}, path)
        for key, over, path in (
            ("name", {"name": "other-search"}, "search-us-central1-cluster:metadata.name"),
            ("version", {"version": "8.19.21", "image": f"docker.elastic.co/elasticsearch/elasticsearch:8.19.21@{NO_DIGEST}"}, "spec.version"),
            ("image", {"image": f"docker.elastic.co/elasticsearch/elasticsearch:8.19.20@{NO_DIGEST}"}, "search-us-central1-cluster:spec.image"),
            ("operator_image", {"operator_image": f"docker.elastic.co/eck/eck-operator:3.5.1@{NO_DIGEST}"}, "elastic-operator-us-central1-deployment:spec.template.spec.containers[0].image"),
            ("exporter_image", {"exporter_image": f"ghcr.io/other/exporter:v1@{NO_DIGEST}"}, "search-exporter-us-central1-deployment:spec.template.spec.containers[0].image"),
            ("setup_image", {"setup_image": f"docker.io/library/python:3.13@{NO_DIGEST}"}, "search-setup-us-central1-job:spec.template.spec.containers[0].image"),
            ("node_sets", {"node_sets": {"ingest": {"pods": "elasticsearch-data", "roles": ["ingest"], "disk_gib": 10}}}, "spec.nodeSets[2].name"),
            ("node_sets.<name>.pods", {"node_sets": {"data": {"pods": "elasticsearch-masters"}}}, "spec.nodeSets[1].podTemplate.spec.nodeSelector.alphintra.io/pool"),
            ("node_sets.<name>.roles", {"node_sets": {"masters": {"roles": ["master", "ingest"]}}}, "spec.nodeSets[0].config.node.roles[1]"),
            ("node_sets.<name>.disk_gib", {"node_sets": {"data": {"disk_gib": 1100}}}, "spec.nodeSets[1].volumeClaimTemplates[0].spec.resources.requests.storage"),
            ("clients", {"clients": ["cache-warmer"]}, "search-us-central1-traffic:spec.ingress[3].from[0].namespaceSelector.matchLabels.kubernetes.io/metadata.name"),
            *(
                (f"index.{name}", {"index": {name: value}}, PLAN)
                for name, value in (("shards", 3), ("replicas", 2), ("slow_query_ms", 500), ("retired_days", 3))
            ),
            *(
                (f"snapshots.{name}", {"snapshots": {name: value}}, PLAN)
                for name, value in (
                    ("folder", "database/elasticsearch/other/"), ("schedule", "0 0 2 * * ?"), ("keep_days", 20), ("keep_at_least", 3), ("keep_at_most", 90),
                )
            ),
        )
    },
    "search.snapshots.bucket": ("prod", {"search": {"snapshots": {"bucket": "others"}}, "storage": {"buckets": {"others": OTHERS}}}, PLAN),
}  # fmt: skip
ONE_VALUE = {"database.engine"}
"""Settings that have one allowed value, so that nothing can be laid on top."""
ALONE = {
    "cache.sessions.form", "cache.sessions.redis_version", "environment", "generation", "kubernetes.clusters", "pooling.clients", "project.id",
    "regions.primary", "regions.secondary", "storage.buckets.<name>.access.<name>.group",
    "storage.buckets.<name>.access.<name>.workload", "timeseries.export_bucket", "timeseries.leader", "timeseries.sites", "url_signing.signers",
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
