"""Changes of settings about what all else stands on."""

from __future__ import annotations

from .change import Changes

ACCOUNT = "012345-6789AB-CDEF01"
CHANGES: Changes = {
    "environment": ("prod", {"environment": "staging"}, "settings.userLabels.environment"),
    "project.id": ("prod", {"project": {"id": "another-project"}}, "project"),
    "generation": ("prod", {"generation": 2}, "name"),
    "regions.primary": ("prod", {"regions": {"primary": "us-west1"}, "database": {"zone": "us-west1-a", "secondary_zone": "us-west1-b"}}, "region"),
    "regions.secondary": ("prod", {"regions": {"secondary": "us-west1"}, "database": {"replicas": {"us-east1": None, "us-west1": {"zone": "us-west1-a"}}}, "cache": {"cluster": {"secondaries": {"us-east1": None, "us-west1": {}}}, "sessions": {"secondaries": {"us-east1": None, "us-west1": {}}}}}, "settings.backupConfiguration.location"),
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
    "identities.workloads": ("prod", {"identities": {"workloads": {"auth-service": None}}, "pooling": {"clients": ["trading-service", "cache-warmer", "search-ingest"]}}, "accountId"),
    "identities.workloads.<name>.purpose": ("prod", {"identities": {"workloads": {"migrations": {"purpose": "Something else"}}}}, "description"),
    "identities.workloads.<name>.database": ("prod", {"identities": {"workloads": {"support-service": {"database": False}}}}, "role"),
    "identities.workloads.<name>.caches": ("prod", {"identities": {"workloads": {"migrations": {"caches": ["sessions"]}}}}, "role"),
    "identities.workloads.<name>.secrets": ("prod", {"identities": {"workloads": {"migrations": {"secrets": ["main-db-migrations", "main-db-postgres"]}}}}, "secretId"),
    "identities.workloads.<name>.kubernetes": ("prod", {"identities": {"workloads": {"migrations": {"kubernetes": "jobs/others"}}}}, "member"),
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
    "images.jobs": ("prod", {"images": {"jobs": f"jobs:other@sha256:{'0' * 64}"}}, "cache-warmer-us-central1-deployment:spec.template.spec.containers[0].image"),
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
}  # fmt: skip
