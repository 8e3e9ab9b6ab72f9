"""Changes of settings about what is on Kubernetes."""

from __future__ import annotations

from .change import Changes, Settings

NO_DIGEST = "sha256:" + "0" * 64
PLAN = "search-setup-us-central1-plan:data.plan.json"
OTHERS: Settings = {
    "region": "secondary", "folders": ["database/"],
    "access": {"search": {"workload": "elasticsearch", "role": "write", "folder": "database/elasticsearch/"}},
}  # fmt: skip
CHANGES: Changes = {
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
        f"verification.{key}": ("prod", {"verification": {key: value}}, f"verification-main-db-us-central1-schedule:spec.{path}")
        for key, value, path in (
            ("schedule", "5 5 * * 1", "schedule"),
            ("newest_hours", 30, "jobTemplate.spec.template.spec.containers[0].env[6].value"),
            ("hours", 3, "jobTemplate.spec.activeDeadlineSeconds"),
            ("folder", "database/postgresql/verification/weekly/", "jobTemplate.spec.template.spec.containers[0].env[9].value"),
        )
    },
    "verification.bucket": (
        "prod",
        {"verification": {"bucket": "logs", "folder": "audit/", "search": {"folder": "audit/"}, "cache_folder": "audit/"}, "storage": {"buckets": {"logs": {"access": {"verification": {"workload": "backup-verifier", "role": "create", "folder": "audit/"}, "search": {"workload": "search-verifier", "role": "create", "folder": "audit/"}, "caches": {"workload": "cache-verifier", "role": "create", "folder": "audit/"}}}}}},
        "verification-main-db-us-central1-schedule:spec.jobTemplate.spec.template.spec.containers[0].env[8].value",
    ),
    **{
        f"verification.{setting}.{key}": ("prod", {"verification": {setting: {key: value}}}, f"verification-{store}-us-central1-schedule:spec.{path}")
        for setting, store in (("cache", "cluster"), ("sessions", "sessions"))
        for key, value, path in (
            ("schedule", "5 5 * * 1", "schedule"),
            ("newest_hours", 30, "jobTemplate.spec.template.spec.containers[0].env[4].value"),
            ("hours", 3, "jobTemplate.spec.activeDeadlineSeconds"),
        )
    },
    "verification.cache_folder": (
        "prod", {"verification": {"cache_folder": "redis/verification/weekly/"}},
        "verification-cluster-us-central1-schedule:spec.jobTemplate.spec.template.spec.containers[0].env[7].value",
    ),
    **{
        f"verification.search.{key}": ("prod", {"verification": {"search": {key: value}}}, f"search-verification-us-central1-schedule:spec.{path}")
        for key, value, path in (
            ("schedule", "5 5 * * 1", "schedule"),
            ("newest_hours", 30, "jobTemplate.spec.template.spec.containers[0].env[5].value"),
            ("hours", 3, "jobTemplate.spec.activeDeadlineSeconds"),
            ("folder", "database/verification/elasticsearch/weekly/", "jobTemplate.spec.template.spec.containers[0].env[9].value"),
        )
    },
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
            ("clients", {"clients": ["jobs"]}, "access-traffic:spec.ingress[2].from[0].namespaceSelector.matchLabels.kubernetes.io/metadata.name"),
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
            ("rpo_minutes", {"rpo_minutes": 45}, "timeseries-proofs-us-central1-restore-test:spec.jobTemplate.spec.template.spec.containers[0].env[7].value"),
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
                for name, value in (("shards", 3), ("replicas", 0), ("slow_query_ms", 500), ("retired_days", 3))
            ),
            *(
                (f"snapshots.{name}", {"snapshots": {name: value}}, PLAN)
                for name, value in (
                    ("folder", "database/elasticsearch/other/"), ("schedule", "0 0 2 * * ?"), ("keep_days", 20), ("keep_at_least", 3), ("keep_at_most", 90),
                )
            ),
        )
    },
    **{
        f"migrations.{key}": ("prod", {"migrations": {key: value}, **more}, f"migrations-main-us-central1-job:{path}")
        for key, value, more, path in (
            ("image", f"docker.io/sqitch/sqitch:v1.6.2@{NO_DIGEST}", {}, "spec.template.spec.containers[0].image"),
            ("database", "reporting", {"database": {"databases": ["alphintra", "reporting"]}, "pooling": {"max_db_connections": 40}}, "spec.template.spec.containers[0].env[0].value"),
            ("lock_seconds", 60, {}, "spec.template.spec.containers[0].env[2].value"),
            ("minutes", 90, {}, "spec.activeDeadlineSeconds"),
            ("retries", 0, {}, "spec.backoffLimit"),
        )
    },
    **{
        f"search.ingest.{key}": ("prod", {"search": {"ingest": {key: value}}}, f"search-ingest-us-central1-deployment:spec.template.spec.containers[0].{path}")
        for key, value, path in (
            ("every_seconds", 60, "command[4]"),
            ("whole_hours", 12, "command[6]"),
            ("cpu", 0.2, "resources.requests.cpu"),
            ("memory_mib", 256, "resources.limits.memory"),
        )
    },
    "search.snapshots.bucket": ("prod", {"search": {"snapshots": {"bucket": "others"}}, "storage": {"buckets": {"others": OTHERS}}}, PLAN),
}  # fmt: skip
