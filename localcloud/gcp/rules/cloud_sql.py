"""Cloud SQL."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from typing import Any

from ...errors import Refusal
from ...store import Row
from ...values import at, every
from ..naming import last, path_of
from ..view import Request, View, invalid
from . import computed, replaces, rule
from .network import ADDRESS, CONNECTION, INSTANCE

USER = "gcp:sql/user:User"
DATABASE = "gcp:sql/database:Database"
DOCS = "https://cloud.google.com/sql/docs/postgres"
BLOCK = 24
"""The prefix length of what Cloud SQL takes from a reserved range, for each region."""


def is_replica(properties: Mapping[str, Any]) -> bool:
    """Whether the instance follows another one."""
    return bool(properties.get("masterInstanceName"))


def edition(properties: Mapping[str, Any]) -> str:
    """The edition, which Google chooses where nothing is said."""
    said = at(properties, "settings.edition")
    if said:
        return str(said)
    version = re.fullmatch(r"POSTGRES_(\d+)", str(properties.get("databaseVersion")))
    return "ENTERPRISE_PLUS" if version and int(version[1]) >= 16 else "ENTERPRISE"


def flags(properties: Mapping[str, Any]) -> dict[str, str]:
    """The database flags by name."""
    return {flag["name"]: str(flag["value"]) for flag in every(properties, "settings.databaseFlags[]")}


def primary_of(request: Request) -> Row | None:
    """The instance that a replica follows."""
    return request.cloud.named(INSTANCE, f"projects/{request.project}/instances/{request.get('masterInstanceName')}")


@rule("sql-name", INSTANCE, verbs=("create",), source=f"{DOCS}/instance-settings#instance-id-2ndgen")
def sql_name(request: Request) -> Refusal | None:
    """An instance's name is lower case, and with the project's at most 97 characters long."""
    name = str(request.get("name"))
    if re.fullmatch(r"[a-z]([a-z0-9-]*[a-z0-9])?", name) and len(f"{request.project}:{name}") <= 97:
        return None
    return invalid(f"Invalid instance name ({name}).", "invalidInstanceName")


@rule("sql-tier-edition", INSTANCE, source=f"{DOCS}/editions-intro", numbers=(3, 4))
def sql_tier_edition(request: Request) -> Refusal | None:
    """ENTERPRISE_PLUS, which is what PostgreSQL 16 and later get where nothing is said, takes no custom machine."""
    tier, wanted = str(request.get("settings.tier")), edition(request.new)
    if wanted == "ENTERPRISE_PLUS" and not tier.startswith("db-perf-optimized-"):
        return invalid(
            f"Invalid request: Invalid Tier ({tier}) for (ENTERPRISE_PLUS) Edition. Use a predefined Tier like "
            "db-perf-optimized-N-* instead."
        )
    if wanted == "ENTERPRISE" and not re.fullmatch(r"db-custom-\d+-\d+|db-f1-micro|db-g1-small", tier):
        return invalid(
            f"Invalid request: Invalid Tier ({tier}) for (ENTERPRISE) Edition. Only custom or shared-core instance "
            "Billing Tier type allowed for PostgreSQL database."
        )
    return None


@rule("sql-tier-size", INSTANCE, source=f"{DOCS}/instance-settings#machine-type-2ndgen")
def sql_tier_size(request: Request) -> Refusal | None:
    """A custom machine has 1 or an even number of CPUs up to 96, and 0.9 to 6.5 GB of memory for each."""
    custom = re.fullmatch(r"db-custom-(\d+)-(\d+)", str(request.get("settings.tier")))
    if not custom:
        return None
    cpus, megabytes = int(custom[1]), int(custom[2])
    per_cpu = megabytes / 1024 / cpus if cpus else 0
    fits = (cpus == 1 or cpus % 2 == 0) and 1 <= cpus <= 96 and 0.9 <= per_cpu <= 6.5
    if fits and megabytes % 256 == 0 and megabytes >= 3840:
        return None
    return invalid(
        f"Invalid request: Invalid custom machine type ({custom[0]}): the number of vCPUs must be 1 or even and at most "
        "96; memory must be 0.9 to 6.5 GB per vCPU, a multiple of 256 MB and at least 3.75 GB."
    )


@rule("sql-log-retention", INSTANCE, source="https://github.com/langfuse/langfuse-terraform-gcp/issues/8", numbers=(1,))
def sql_log_retention(request: Request) -> Refusal | None:
    """Transaction logs are kept 1 to 7 days, with ENTERPRISE_PLUS 1 to 35."""
    days = request.get("settings.backupConfiguration.transactionLogRetentionDays")
    most = 35 if edition(request.new) == "ENTERPRISE_PLUS" else 7
    if days is None or 1 <= int(days) <= most:
        return None
    return invalid(f"Invalid request: The number of transaction log retention days must be between 1 and {most}.")


@rule(
    "sql-backups-outlast-logs",
    INSTANCE,
    source="https://github.com/terraform-google-modules/terraform-google-sql-db/pull/785",
    numbers=(2,),
)
def sql_backups_outlast_logs(request: Request) -> Refusal | None:
    """Backups are kept at least as long as transaction logs."""
    backups = request.get("settings.backupConfiguration.backupRetentionSettings.retainedBackups")
    days = request.get("settings.backupConfiguration.transactionLogRetentionDays")
    if backups is not None and days is not None and int(backups) < int(days):
        return invalid("Invalid request: backup retention should be > transaction log retention.")
    return None


@rule("sql-backup-count", INSTANCE, source=f"{DOCS}/backup-recovery/backups#retention")
def sql_backup_count(request: Request) -> Refusal | None:
    """1 to 365 automated backups are kept."""
    backups = request.get("settings.backupConfiguration.backupRetentionSettings.retainedBackups")
    if backups is None or 1 <= int(backups) <= 365:
        return None
    return invalid("Invalid request: The number of retained backups must be between 1 and 365.")


@rule("sql-recovery-needs-backups", INSTANCE, source=f"{DOCS}/backup-recovery/pitr")
def sql_recovery_needs_backups(request: Request) -> Refusal | None:
    """Point-in-time recovery, and with it regional availability, needs automated backups."""
    backups = request.get("settings.backupConfiguration.enabled", False)
    recovery = request.get("settings.backupConfiguration.pointInTimeRecoveryEnabled", False)
    regional = request.get("settings.availabilityType") == "REGIONAL" and not is_replica(request.new)
    if recovery and not backups:
        return invalid("Invalid request: Point in time recovery must be disabled when automated backup is disabled.")
    if regional and not (backups and recovery):
        return invalid(
            "Invalid request: To enable high availability (REGIONAL), automated backups and point-in-time recovery must "
            "be enabled."
        )
    return None


@rule("sql-private-services-access", INSTANCE, source=f"{DOCS}/configure-private-ip", numbers=(6, 7))
def sql_private_services_access(request: Request) -> Refusal | None:
    """A private address needs private services access on the network, and its API."""
    network = request.get("settings.ipConfiguration.privateNetwork")
    if not network:
        return None
    if not request.cloud.is_enabled("servicenetworking.googleapis.com", request.project):
        return invalid(
            "Invalid request: Incorrect Service Networking config for instance: "
            f"{request.project}:{request.get('name')}:SERVICE_NETWORKING_NOT_ENABLED."
        )
    if connection_of(request.cloud, str(network)) is None:
        return invalid(
            f"network doesn't have at least 1 private services connection. Please see {DOCS}/private-ip"
            "#network_requirements for how to create this connection.",
            "failedPrecondition",
        )
    return None


@rule("sql-address-block", INSTANCE, verbs=("create",), source=f"{DOCS}/private-ip#allocated_range_size", numbers=(8,))
def sql_address_block(request: Request) -> Refusal | None:
    """Each region's instances take a /24 from the reserved range, which must have one left."""
    network = request.get("settings.ipConfiguration.privateNetwork")
    if network and connection_of(request.cloud, str(network)) and _block(request) is None:
        return invalid(
            "Failed to create subnetwork. Couldn't find free blocks in allocated IP ranges. Please allocate new ranges "
            "for this service provider."
        )
    return None


@rule("sql-has-an-address", INSTANCE, source=f"{DOCS}/configure-ip")
def sql_has_an_address(request: Request) -> Refusal | None:
    """An instance has a public address, a private one, or Private Service Connect."""
    public = request.get("settings.ipConfiguration.ipv4Enabled", True)
    private = request.get("settings.ipConfiguration.privateNetwork")
    connect = any(request.every("settings.ipConfiguration.pscConfigs[].pscEnabled"))
    if public or private or connect:
        return None
    return invalid("Invalid request: At least one of Public IP, Private IP or PSC connectivity must be enabled.")


@rule("sql-zones", INSTANCE, source=f"{DOCS}/high-availability")
def sql_zones(request: Request) -> Refusal | None:
    """Zones lie in the instance's region and differ; a secondary zone is for regional availability only."""
    region = str(request.get("region"))
    zone, second = (request.get(f"settings.locationPreference.{name}") for name in ("zone", "secondaryZone"))
    for name in filter(None, (zone, second)):
        if not str(name).startswith(f"{region}-"):
            return invalid(f"Invalid request: Zone {name} is not in region {region}.")
    if second and second == zone:
        return invalid("Invalid request: Primary and secondary zones must be different.")
    if second and request.get("settings.availabilityType") != "REGIONAL":
        return invalid("Invalid request: Secondary zone can only be specified for REGIONAL instances.")
    return None


@rule("sql-pooling-edition", INSTANCE, source=f"{DOCS}/managed-connection-pooling", numbers=(17,))
def sql_pooling_edition(request: Request) -> Refusal | None:
    """Managed connection pooling needs ENTERPRISE_PLUS."""
    if any(request.every("settings.connectionPoolConfigs[].connectionPoolingEnabled")) and edition(request.new) == "ENTERPRISE":
        return invalid("Invalid request: Managed Connection Pooling is only supported for ENTERPRISE_PLUS edition.")
    return None


@rule("sql-flags", INSTANCE, source=f"{DOCS}/flags")
def sql_flags(request: Request) -> Refusal | None:
    """A database flag is given once, and is one that Cloud SQL lets be set."""
    names = [str(name) for name in request.every("settings.databaseFlags[].name")]
    for name in names:
        if names.count(name) > 1:
            return invalid(f"Invalid request: Duplicate flag {name}.", "invalidFlagName")
        if name in {"archive_command", "archive_mode", "data_directory", "hba_file", "listen_addresses", "port"}:
            return invalid(f"Invalid request: Invalid flag {name}.", "invalidFlagName")
    return None


@rule("replica-max-connections", INSTANCE, source=f"{DOCS}/replication#flags", numbers=(9,))
def replica_max_connections(request: Request) -> Refusal | None:
    """A replica's max_connections is at least its primary's."""
    primary = primary_of(request) if is_replica(request.new) else None
    if primary is None:
        return None
    here, there = flags(request.new).get("max_connections"), flags(primary.config).get("max_connections")
    if there and int(here or 0) < int(there):
        return invalid(
            f"Invalid request: Invalid flag value for max_connections: {here or 'default'}. A replica's value must be "
            f"greater than or equal to the primary instance's ({there}).",
            "invalidFlagValue",
        )
    return None


@rule("replica-final-backup", INSTANCE, source=f"{DOCS}/backup-recovery/backups#final-backup", numbers=(10,))
def replica_final_backup(request: Request) -> Refusal | None:
    """A replica takes no final backup."""
    if is_replica(request.new) and request.get("settings.finalBackupConfig.enabled"):
        return invalid("Invalid request: Final backup is not supported for read replica instances.")
    return None


@rule("replica-backups", INSTANCE, source=f"{DOCS}/replication/create-replica")
def replica_backups(request: Request) -> Refusal | None:
    """A replica takes no automated backups."""
    if is_replica(request.new) and request.get("settings.backupConfiguration.enabled"):
        return invalid("Invalid request: Backups cannot be enabled for a PostgreSQL read replica instance.")
    return None


@rule("replica-matches-primary", INSTANCE, source=f"{DOCS}/replication/create-replica")
def replica_matches_primary(request: Request) -> Refusal | None:
    """A replica has its primary's version, and the primary has backups."""
    primary = primary_of(request) if is_replica(request.new) else None
    if primary is None:
        return None
    if primary.config.get("databaseVersion") != request.get("databaseVersion"):
        return invalid("Invalid request: The database version of the read replica must match its primary instance.")
    if not at(primary.config, "settings.backupConfiguration.enabled"):
        return invalid("Invalid request: Backups must be enabled on the primary instance before a replica is created.")
    return None


@rule(
    "replica-key",
    INSTANCE,
    source="https://github.com/terraform-google-modules/terraform-google-sql-db/issues/249",
)
def replica_key(request: Request) -> Refusal | None:
    """A replica in another region brings its own key where its primary has one."""
    primary = primary_of(request) if is_replica(request.new) else None
    encrypted = primary and primary.config.get("encryptionKeyName")
    if encrypted and primary and primary.config.get("region") != request.get("region") and not request.get("encryptionKeyName"):
        return invalid("Invalid request: Disk encryption config is not specified for the cross region replica.")
    return None


@rule(
    "sql-promotion",
    INSTANCE,
    verbs=("update",),
    source="https://github.com/hashicorp/terraform-provider-google/blob/main/google/services/sql/resource_sql_database_instance.go",
)
def sql_promotion(request: Request) -> Refusal | None:
    """A replica is promoted by taking its primary's name out together with the change of its type."""
    promoted = request.was("instanceType") == "READ_REPLICA_INSTANCE" and request.get("instanceType") == "CLOUD_SQL_INSTANCE"
    if promoted and is_replica(request.new):
        return invalid("Replica promote configuration check failed. Please remove master_instance_name and try again.")
    return None


@rule("sql-disk-shrinks", INSTANCE, verbs=("update",), source=f"{DOCS}/instance-settings#storage-capacity-2ndgen")
def sql_disk_shrinks(request: Request) -> Refusal | None:
    """A disk grows and never shrinks."""
    before, after = request.was("settings.diskSize"), request.get("settings.diskSize")
    if before is not None and after is not None and int(after) < int(before):
        return invalid(f"Invalid request: Disk size cannot be reduced from {before} GB to {after} GB.")
    return None


@replaces(INSTANCE)
def private_network_removed(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Taking an instance off its private network needs a new instance."""

    path = "settings.ipConfiguration.privateNetwork"
    return [path] if at(old, path) and not at(new, path) else []


@replaces(INSTANCE)
def made_to_follow(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """An instance that follows none, or another, cannot be made to follow one: a promotion cannot be undone."""
    path = "masterInstanceName"
    return [path] if new.get(path) and new.get(path) != old.get(path) else []


@replaces(INSTANCE)
def disk_made_smaller(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """A smaller disk needs a new instance, unless it grows by itself: then the provider drops the difference."""
    before, after = at(old, "settings.diskSize"), at(new, "settings.diskSize")
    if at(new, "settings.diskAutoresize") is not False or not (isinstance(before, int) and isinstance(after, int)):
        return []
    return ["settings.diskSize"] if after < before else []


@rule("sql-iam-user-name", USER, verbs=("create",), source=f"{DOCS}/add-manage-iam-users", numbers=(16,))
def sql_iam_user_name(request: Request) -> Refusal | None:
    """The database name of a service account is its e-mail without .gserviceaccount.com."""
    name = str(request.get("name"))
    if request.get("type") == "CLOUD_IAM_SERVICE_ACCOUNT" and name.endswith(".gserviceaccount.com"):
        short = name.removesuffix(".gserviceaccount.com")
        return invalid(
            "Invalid request: Database username for service account must be created without .gserviceaccount.com suffix: "
            f"{short}."
        )
    return None


@rule("sql-iam-authentication", USER, verbs=("create",), source=f"{DOCS}/iam-authentication")
def sql_iam_authentication(request: Request) -> Refusal | None:
    """IAM users need the flag cloudsql.iam_authentication on the instance."""
    if not str(request.get("type", "")).startswith("CLOUD_IAM"):
        return None
    instance = request.cloud.named(INSTANCE, f"projects/{request.project}/instances/{last(str(request.get('instance')))}")
    if instance and flags(instance.config).get("cloudsql.iam_authentication") != "on":
        return invalid(
            "Invalid request: IAM database authentication is not enabled for this instance (cloudsql.iam_authentication)."
        )
    return None


@rule("sql-instance-runs", USER, DATABASE, source=f"{DOCS}/start-stop-restart-instance#activation-policy")
def sql_instance_runs(request: Request) -> Refusal | None:
    """Nothing is made or changed inside an instance that is stopped."""
    instance = request.cloud.named(INSTANCE, f"projects/{request.project}/instances/{last(str(request.get('instance')))}")
    if instance and at(instance.config, "settings.activationPolicy") == "NEVER":
        return invalid("Invalid request: Invalid request since instance is not running.")
    return None


@rule("sql-user-owns-objects", USER, verbs=("delete",), source=f"{DOCS}/create-manage-users#delete", numbers=(15,))
def sql_user_owns_objects(request: Request) -> Refusal | None:
    """A user that owns database objects cannot be dropped."""
    if request.get("deletionPolicy") == "ABANDON" or request.cloud.store.meta(f"owns-objects:{request.name}") is None:
        return None
    return invalid(
        f'Invalid request: failed to delete user {request.get("name")}: . role "{request.get("name")}" cannot be dropped '
        "because some objects depend on it."
    )


@computed(INSTANCE)
def instance_address(request: Request) -> Mapping[str, Any]:
    """The addresses of a new instance: a private one from the reserved range, a public one where asked for."""
    addresses: list[dict[str, str]] = []
    result: dict[str, Any] = {}
    number = request.cloud.store.next("sql-instances")
    if request.get("settings.ipConfiguration.privateNetwork") and (block := _block(request)):
        result["privateIpAddress"] = str(block[2 + number % 250])
        addresses.append({"type": "PRIVATE", "ipAddress": result["privateIpAddress"]})
    if request.get("settings.ipConfiguration.ipv4Enabled", True):
        result["publicIpAddress"] = str(ipaddress.ip_address("34.0.0.0") + number)
        addresses.append({"type": "PRIMARY", "ipAddress": result["publicIpAddress"]})
    first = addresses[0]["ipAddress"] if addresses else ""
    return {**result, "ipAddresses": addresses, "firstIpAddress": first, "settings": {"edition": edition(request.new)}}


def connection_of(cloud: View, network: str) -> Row | None:
    """The private services access of a network."""
    for row in cloud.all(CONNECTION):
        if path_of(str(row.config["network"])) == path_of(network):
            return row
    return None


def _block(request: Request) -> ipaddress.IPv4Network | None:
    """The /24 of the reserved ranges that this region's instances live in, or the next free one."""
    network = path_of(str(request.get("settings.ipConfiguration.privateNetwork")))
    connection = connection_of(request.cloud, network)
    names = {last(str(name)) for name in connection.config["reservedPeeringRanges"]} if connection else set[str]()
    wanted = request.get("settings.ipConfiguration.allocatedIpRange")
    ranges = [
        row
        for row in request.cloud.all(ADDRESS, request.project)
        if last(row.name) in names and (wanted is None or last(str(wanted)) == last(row.name))
    ]
    blocks = [
        block
        for row in ranges
        if int(row.properties["prefixLength"]) <= BLOCK
        for block in ipaddress.IPv4Network(f"{row.properties['address']}/{row.properties['prefixLength']}").subnets(
            new_prefix=BLOCK
        )
    ]
    taken: dict[str, ipaddress.IPv4Network] = {}
    for row in request.cloud.all(INSTANCE):
        address = row.computed.get("privateIpAddress")
        private = str(at(row.config, "settings.ipConfiguration.privateNetwork"))
        if address and path_of(private) == network:
            taken[str(row.config.get("region"))] = ipaddress.IPv4Network(f"{address}/{BLOCK}", strict=False)
    region = str(request.get("region"))
    if region in taken:
        return taken[region]
    return next((block for block in blocks if block not in taken.values()), None)


@computed(ADDRESS)
def reserved_address(request: Request) -> Mapping[str, Any]:
    """The range that Google picks where only its size is said."""
    if request.get("address"):
        return {}
    number = request.cloud.store.next(f"reserved-ranges:{request.project}")
    if request.get("addressType") == "EXTERNAL":
        return {"address": str(ipaddress.ip_address("34.100.0.0") + number)}
    return {"address": f"10.{220 + number % 30}.0.0", "prefixLength": request.get("prefixLength", 16)}
