"""Cloud SQL."""

from __future__ import annotations

from ..checks.properties import must_be, must_be_in_range, must_be_set, must_match, must_not_be_set
from ..checks.sql import (
    BACKUPS,
    backups_leave_the_region,
    final_backup_is_kept,
    flag,
    flag_is_off,
    for_primaries,
    grows,
    keeps_backups,
    no_open_networks,
    no_superuser,
    password_policy,
    pgaudit_says_what,
)
from ..remedy import set_to
from ..rule import EVERYWHERE, Rule
from ..tokens import INSTANCE, USER

LOG_FLAGS = (
    # flag, values, in prod, staging and dev, what the log says, frameworks
    ("log_checkpoints", ("on",), "how long checkpoints take", ("CKV_GCP_51", "GCP-0025")),
    ("log_connections", ("on",), "who came", ("CKV_GCP_52", "GCP-0016", "CIS 6.2.2")),
    ("log_disconnections", ("on",), "who left, and after how long", ("CKV_GCP_53", "GCP-0022", "CIS 6.2.3")),
    ("log_lock_waits", ("on",), "who waited for whom", ("CKV_GCP_54", "GCP-0020")),
    ("log_min_messages", ("warning", "error", "log", "fatal", "panic"), "what went wrong, without the noise", ("CKV_GCP_55", "GCP-0018", "CIS 6.2.5")),
    ("log_temp_files", ("0",), "which queries spill to disk", ("CKV_GCP_56", "GCP-0014")),
    ("log_min_error_statement", ("error", "log", "fatal", "panic"), "which statement failed", ("CKV_GCP_109", "CIS 6.2.6")),
    ("log_statement", ("ddl", "mod"), "who changed the schema", ("CKV_GCP_111", "CIS 6.2.4")),
    ("log_error_verbosity", ("default", "terse"), "what failed, without source lines", ("CIS 6.2.1",)),
    ("cloudsql.enable_pgaudit", ("on",), "who did what to which table", ("CKV_GCP_110", "CIS 6.2.8")),
)  # fmt: skip
STATISTICS = (
    ("log_executor_stats", ("CKV2_GCP_14",)),
    ("log_parser_stats", ("CKV2_GCP_15",)),
    ("log_planner_stats", ("CKV2_GCP_16",)),
    ("log_statement_stats", ("CKV2_GCP_17",)),
)


def _id(name: str) -> str:
    return f"sql-flag-{name.removeprefix('cloudsql.').replace('_', '-')}"


RULES = (
    Rule(
        id="sql-no-public-ip", types=(INSTANCE,), check=must_be("settings.ipConfiguration.ipv4Enabled", False),
        title="Databases have no public address", why="A public address puts the database one password away from the internet.",
        fix="Set settings.ipConfiguration.ipv4Enabled to false and use a private network.", severity="high",
        levels=EVERYWHERE, frameworks=("CKV_GCP_60", "GCP-0017", "CIS 6.6"),
    ),
    Rule(
        id="sql-no-open-authorized-networks", types=(INSTANCE,), check=no_open_networks,
        title="Databases let in private addresses only", why="A range of the internet is a range of strangers.",
        fix="Take the range out of settings.ipConfiguration.authorizedNetworks.", severity="critical",
        levels=EVERYWHERE, frameworks=("CKV_GCP_11", "GCP-0017", "CIS 6.5"),
    ),
    Rule(
        id="sql-private-network", types=(INSTANCE,), check=must_be_set("settings.ipConfiguration.privateNetwork"),
        title="Databases are in our network", why="Without it they have no private address to be reached at.",
        fix="Give settings.ipConfiguration.privateNetwork the platform's network.", severity="high", levels=EVERYWHERE,
        frameworks=("CIS v5 6.7",),
    ),
    Rule(
        id="sql-require-tls", types=(INSTANCE,),
        check=must_be("settings.ipConfiguration.sslMode", "ENCRYPTED_ONLY", "TRUSTED_CLIENT_CERTIFICATE_REQUIRED"),
        title="Databases take TLS connections only", why="Without it passwords and personal data cross the network in the clear.",
        fix="Set settings.ipConfiguration.sslMode to ENCRYPTED_ONLY.", severity="high",
        levels=EVERYWHERE, frameworks=("CKV_GCP_6", "GCP-0015", "CIS 6.4"),
    ),
    Rule(
        id="sql-backups-enabled", types=(INSTANCE,), check=for_primaries(must_be(f"{BACKUPS}.enabled", True)),
        title="Databases are backed up every day", why="Without backups a mistake or a break-in cannot be undone.",
        fix="Set settings.backupConfiguration.enabled to true.", severity="high",
        levels=EVERYWHERE, frameworks=("CKV_GCP_14", "GCP-0024", "CIS 6.7"),
    ),
    Rule(
        id="sql-pitr-enabled", types=(INSTANCE,), check=for_primaries(must_be(f"{BACKUPS}.pointInTimeRecoveryEnabled", True)),
        title="Databases can be recovered to any moment", why="15 minutes of loss are allowed; a daily backup loses a day.",
        fix="Set settings.backupConfiguration.pointInTimeRecoveryEnabled to true.", severity="high", levels=EVERYWHERE,
    ),
    Rule(
        id="sql-backup-retention-30", types=(INSTANCE,), check=for_primaries(keeps_backups), levels="MAD",
        title="30 backups are kept", why="A theft or a mistake is often found weeks later.",
        fix="Set retainedBackups to 30 or more and retentionUnit to COUNT.", severity="high",
    ),
    Rule(
        id="sql-txlog-retention", types=(INSTANCE,),
        check=for_primaries(must_be_in_range(f"{BACKUPS}.transactionLogRetentionDays", 7, 35)),
        title="Logs for recovery are kept for a week", why="Only as far back as they reach can any moment be recovered.",
        fix="Set settings.backupConfiguration.transactionLogRetentionDays to 7 or more.", severity="medium",
    ),
    Rule(
        id="sql-backup-location-dr", types=(INSTANCE,), check=for_primaries(backups_leave_the_region), levels="MAD",
        title="Backups are in another region", why="Backups that burn with the database are none.",
        fix="Set settings.backupConfiguration.location to the secondary region.", severity="high",
    ),
    Rule(
        id="sql-ha-regional", types=(INSTANCE,), check=for_primaries(must_be("settings.availabilityType", "REGIONAL")),
        title="Databases have a standby in another zone", why="A zone that fails must not stop trading.",
        fix="Set settings.availabilityType to REGIONAL.", severity="high",
    ),
    Rule(
        id="sql-cmek", types=(INSTANCE,), check=must_be_set("encryptionKeyName"),
        title="Databases are encrypted under our own keys", why="A key of our own can be taken away from a stolen copy.",
        fix="Give encryptionKeyName a key of the instance's own region.", severity="high",
    ),
    Rule(
        id="sql-deletion-protection", types=(INSTANCE,), check=must_be("settings.deletionProtectionEnabled", True),
        remedy=set_to("settings.deletionProtectionEnabled", True),
        title="Google refuses to delete databases", why="The console and gcloud do not know Pulumi's own protection.",
        fix="Set settings.deletionProtectionEnabled to true; to take the environment down, set protection.tear_down.",
        severity="high", is_guard=True, frameworks=("CIS v5 6.9",),
    ),
    Rule(
        id="sql-provider-deletion-protection", types=(INSTANCE,), check=must_be("deletionProtection", True),
        title="The provider refuses to delete databases", why="It asks before Google is asked.",
        fix="Set deletionProtection to true; to take the environment down, set protection.tear_down.",
        severity="medium", is_guard=True,
    ),
    Rule(
        id="sql-iam-auth", types=(INSTANCE,), check=flag("cloudsql.iam_authentication", "on"), levels=EVERYWHERE,
        title="Workloads sign in with their identities", why="An identity cannot be copied out of a file, as a password can.",
        fix="Set the flag cloudsql.iam_authentication to on.", severity="medium", frameworks=("CIS v5 6.6",),
    ),
    Rule(
        id="sql-version-pinned", types=(INSTANCE,), check=must_be("databaseVersion", "POSTGRES_15"), levels=EVERYWHERE,
        title="Databases are PostgreSQL 15", why="The schema and its extensions are proven on this version, as the requirements say.",
        fix="Set databaseVersion to POSTGRES_15.", severity="low",
        frameworks=(
            "CKV_GCP_79", "CKV_GCP_50", "CKV_GCP_58", "CKV_GCP_59", "CKV2_GCP_7", "CKV2_GCP_20", "GCP-0019", "GCP-0023", "GCP-0026",
        ),
    ),
    *(
        Rule(
            id=_id(name), types=(INSTANCE,), check=flag(name, *values), levels=EVERYWHERE,
            title=f"Databases log {what}", why="An investigation needs it, and it cannot be had afterwards.",
            fix=f"Set the database flag {name} to {values[0]}.", severity="medium", frameworks=frameworks,
        )
        for name, values, what, frameworks in LOG_FLAGS
    ),
    *(
        Rule(
            id=_id(name), types=(INSTANCE,), check=flag_is_off(name), levels=EVERYWHERE,
            title=f"{name} is off", why="It writes internals of every query into the log, and slows all of them.",
            fix=f"Take the database flag {name} out.", severity="low", frameworks=frameworks,
        )
        for name, frameworks in STATISTICS
    ),
    Rule(
        id="sql-pgaudit-classes", types=(INSTANCE,), check=pgaudit_says_what, levels=EVERYWHERE,
        title="The audit log has schema, roles and data", why="pgaudit logs nothing until it is told what.",
        fix="Set the database flag pgaudit.log to ddl,role,write.", severity="high",
    ),
    Rule(
        id="sql-password-policy", types=(INSTANCE,), check=for_primaries(password_policy), levels="MMA",
        title="Passwords are strong", why="Password guessing is the first thing that anybody tries.",
        fix="Set settings.passwordValidationPolicy: enabled, 14 characters, default complexity, reuse interval, no user names.",
        severity="medium",
    ),
    Rule(
        id="sql-query-insights", types=(INSTANCE,), check=must_be("settings.insightsConfig.queryInsightsEnabled", True), levels="MMA",
        title="Slow queries can be seen", why="Without plans and waits a slow database is a riddle.",
        fix="Set settings.insightsConfig.queryInsightsEnabled to true.", severity="medium",
    ),
    Rule(
        id="sql-disk-autoresize", types=(INSTANCE,), check=grows, levels="MMA",
        title="Disks grow, up to a limit", why="A full disk stops the database; one without a limit may cost anything.",
        fix="Set settings.diskAutoresize to true and settings.diskAutoresizeLimit.", severity="medium",
    ),
    Rule(
        id="sql-disk-ssd", types=(INSTANCE,), check=must_be("settings.diskType", "PD_SSD"), levels="MMA",
        title="Databases are on SSDs", why="Orders wait for every commit.", fix="Set settings.diskType to PD_SSD.", severity="medium",
    ),
    Rule(
        id="sql-disk-size", types=(INSTANCE,), check=must_be_in_range("settings.diskSize", 1024), levels="MDD",
        title="Production's disk has 1 TB", why="A disk's size is its speed too, and the requirements name it.",
        fix="Set settings.diskSize to 1024 or more.", severity="low",
    ),
    Rule(
        id="sql-tier-floor", types=(INSTANCE,), levels="MDD",
        check=must_match("settings.tier", r"db-custom-([4-9]|\d\d+)-(16384|1[7-9]\d{3}|[2-9]\d{4}|\d{6,})|db-perf-optimized-N-\d+"),
        title="Production's machine is as large as required", why="4 processors and 16 GB are what the load was planned for.",
        fix="Set settings.tier to db-custom-4-16384 or larger.", severity="low",
    ),
    Rule(
        id="sql-maintenance-window", types=(INSTANCE,), check=must_be("settings.maintenanceWindow.updateTrack", "stable"), levels="MAA",
        title="Maintenance comes late, and when it is quiet", why="An update is tried by others before it comes to production.",
        fix="Set settings.maintenanceWindow with updateTrack stable.", severity="low",
    ),
    Rule(
        id="sql-final-backup", types=(INSTANCE,), check=for_primaries(final_backup_is_kept),
        title="A deleted database leaves a backup", why="A deletion by mistake is noticed after it.",
        fix="Set settings.finalBackupConfig: enabled, for 7 days or more.", severity="medium",
    ),
    Rule(
        id="sql-backups-outlive", types=(INSTANCE,), check=for_primaries(must_be("settings.retainBackupsOnDelete", True)), is_guard=True,
        title="Backups outlive the database", why="Otherwise they are deleted with it.",
        fix="Set settings.retainBackupsOnDelete to true.", severity="medium",
    ),
    Rule(
        id="sql-user-no-superuser", types=(USER,), check=no_superuser, levels=EVERYWHERE,
        title="Nobody signs in as a superuser", why="Nobody can say who it was, and no policy applies to it.",
        fix="Give the user a name of its own.", severity="critical", frameworks=("CKV2_GCP_7", "CIS 6.1.1"),
    ),
    Rule(
        id="sql-user-password-write-only", types=(USER,), check=must_not_be_set("password"), levels=EVERYWHERE,
        title="Passwords are not in the state", why="Whoever reads the state would have them.",
        fix="Use passwordWo, or a type CLOUD_IAM_….", severity="high",
    ),
    Rule(
        id="sql-user-abandoned", types=(USER,), check=must_be("deletionPolicy", "ABANDON"), levels=EVERYWHERE,
        title="Users go with their database", why="PostgreSQL refuses to drop a role that owns something, and so the destroy hangs.",
        fix="Set deletionPolicy to ABANDON.", severity="low",
    ),
)  # fmt: skip
