"""One function that describes a Cloud SQL instance, primary or replica, so that they cannot drift apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_gcp as gcp

import settings.database as spec


@dataclass(frozen=True, kw_only=True)
class InstanceArgs:
    """An instance of the database."""

    settings: spec.Database
    name: str
    """The physical name."""
    region: str
    zone: str
    secondary_zone: str | None
    """The standby's zone; None where there is no standby, or Google chooses."""
    availability: str
    """ZONAL or REGIONAL."""
    primary: pulumi.Input[str] | None
    """The name of the instance to follow; None for the primary itself."""
    backup_location: str
    """The region that backups are kept in."""
    network: pulumi.Input[str]
    """The network's id."""
    address_range: pulumi.Input[str]
    """The name of the range that private addresses come from."""
    key: pulumi.Input[str] | None
    """The id of the key of the instance's own region; None for Google's own."""
    root_password: pulumi.Input[str] | None
    """The password of `postgres`; a replica has its primary's."""
    root_password_version: int
    labels: Mapping[str, str]
    protect: bool
    stopped: bool = False
    """Whether it is kept without running: one that served before another took over."""


def database_instance(resource_name: str, args: InstanceArgs, opts: pulumi.ResourceOptions) -> gcp.sql.DatabaseInstance:
    """Declares an instance."""
    is_primary = args.primary is None
    return gcp.sql.DatabaseInstance(
        resource_name,
        name=args.name,
        region=args.region,
        database_version=args.settings.engine,
        instance_type="CLOUD_SQL_INSTANCE" if is_primary else "READ_REPLICA_INSTANCE",
        master_instance_name=args.primary,
        encryption_key_name=args.key,
        root_password_wo=args.root_password if is_primary else None,
        root_password_wo_version=str(args.root_password_version) if is_primary else None,
        deletion_protection=args.protect,
        settings=_settings(args, is_primary),
        opts=opts,
    )


def _settings(args: InstanceArgs, is_primary: bool) -> gcp.sql.DatabaseInstanceSettingsArgs:
    spec_ = args.settings
    return gcp.sql.DatabaseInstanceSettingsArgs(
        tier=spec_.tier,
        edition=spec_.edition,
        availability_type=args.availability,
        activation_policy="NEVER" if args.stopped else None,
        disk_type="PD_SSD",
        disk_size=spec_.disk.size_gb,
        disk_autoresize=True,
        disk_autoresize_limit=spec_.disk.autoresize_limit_gb,
        location_preference=gcp.sql.DatabaseInstanceSettingsLocationPreferenceArgs(
            zone=args.zone, secondary_zone=args.secondary_zone
        ),
        ip_configuration=gcp.sql.DatabaseInstanceSettingsIpConfigurationArgs(
            ipv4_enabled=False,
            private_network=args.network,
            allocated_ip_range=args.address_range,
            ssl_mode="ENCRYPTED_ONLY",
            server_ca_mode="GOOGLE_MANAGED_INTERNAL_CA",
            enable_private_path_for_google_cloud_services=True,  # BigQuery's federated queries come this way
        ),
        connector_enforcement="NOT_REQUIRED",  # poolers and migrations connect directly
        database_flags=[
            gcp.sql.DatabaseInstanceSettingsDatabaseFlagArgs(name=flag, value=value)
            for flag, value in sorted(database_flags(spec_).items())
        ],
        insights_config=gcp.sql.DatabaseInstanceSettingsInsightsConfigArgs(
            query_insights_enabled=True,
            query_plans_per_minute=spec_.insights.plans_per_minute,
            query_string_length=spec_.insights.query_length,
            record_application_tags=True,
            record_client_address=spec_.insights.record_client_address,
        ),
        maintenance_window=gcp.sql.DatabaseInstanceSettingsMaintenanceWindowArgs(
            day=spec_.maintenance.day, hour=spec_.maintenance.hour, update_track=spec_.maintenance.track
        ),
        password_validation_policy=gcp.sql.DatabaseInstanceSettingsPasswordValidationPolicyArgs(
            enable_password_policy=True,
            min_length=spec_.passwords.min_length,
            # COMPLEXITY_UNSPECIFIED would be read back as nothing, and differ for ever.
            complexity="COMPLEXITY_DEFAULT",
            disallow_username_substring=True,
            reuse_interval=spec_.passwords.reuse_interval,
        )
        if is_primary
        else None,
        backup_configuration=_backups(args) if is_primary else None,
        final_backup_config=gcp.sql.DatabaseInstanceSettingsFinalBackupConfigArgs(
            enabled=True, retention_days=spec_.backups.final_backup_days
        )
        if is_primary and spec_.backups.final_backup_days
        else None,
        retain_backups_on_delete=args.protect if is_primary else None,
        deletion_protection_enabled=args.protect,
        user_labels=dict(args.labels),
    )


def _backups(args: InstanceArgs) -> gcp.sql.DatabaseInstanceSettingsBackupConfigurationArgs:
    backups = args.settings.backups
    return gcp.sql.DatabaseInstanceSettingsBackupConfigurationArgs(
        enabled=True,
        start_time=backups.start_time,
        location=args.backup_location,
        point_in_time_recovery_enabled=True,
        transaction_log_retention_days=backups.log_retention_days,
        backup_retention_settings=gcp.sql.DatabaseInstanceSettingsBackupConfigurationBackupRetentionSettingsArgs(
            retained_backups=backups.retained, retention_unit="COUNT"
        ),
    )


def database_flags(spec_: spec.Database) -> dict[str, str]:
    """Every flag; a replica's are its primary's, because max_connections there must not be lower."""
    return {
        **spec_.flags,
        "max_connections": str(spec_.max_connections),
        "log_min_duration_statement": str(spec_.slow_query_ms),
        "auto_explain.log_min_duration": str(spec_.slow_query_ms),
    }
