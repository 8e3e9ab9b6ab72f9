"""Changes of settings about buckets and what is served from them."""

from __future__ import annotations

from .change import Changes

CHANGES: Changes = {
    "storage.buckets.<name>.access.<name>.group": ("prod", {"storage": {"buckets": {"documents": {"access": {"officers-kyc": {"group": "data-readers"}}}}}}, "member"),
    "storage.prefix": ("prod", {"storage": {"prefix": "others"}}, "name"),
    "storage.buckets": ("prod", {"storage": {"buckets": {"more": {}}}}, "name"),
    "storage.access_log_bucket": ("prod", {"storage": {"access_log_bucket": "logs"}}, "logging.logBucket"),
    "storage.abort_uploads_days": ("prod", {"storage": {"abort_uploads_days": 3}}, "lifecycleRules[0].condition.age"),
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
}  # fmt: skip
