"""Cloud SQL."""

from __future__ import annotations

from ..checks.properties import must_be, must_be_set
from ..checks.sql import for_primaries
from ..rule import EVERYWHERE, Rule
from ..tokens import INSTANCE

RULES = (
    Rule(
        id="sql-no-public-ip", types=(INSTANCE,), check=must_be("settings.ipConfiguration.ipv4Enabled", False),
        title="Databases have no public address", why="A public address puts the database one password away from the internet.",
        fix="Set settings.ipConfiguration.ipv4Enabled to false and use a private network.", severity="high",
        levels=EVERYWHERE, frameworks=("CKV_GCP_60", "GCP-0017", "CIS 6.6"),
    ),
    Rule(
        id="sql-require-tls", types=(INSTANCE,),
        check=must_be("settings.ipConfiguration.sslMode", "ENCRYPTED_ONLY", "TRUSTED_CLIENT_CERTIFICATE_REQUIRED"),
        title="Databases take TLS connections only", why="Without it passwords and personal data cross the network in the clear.",
        fix="Set settings.ipConfiguration.sslMode to ENCRYPTED_ONLY.", severity="high",
        levels=EVERYWHERE, frameworks=("CKV_GCP_6", "GCP-0015", "CIS 6.4"),
    ),
    Rule(
        id="sql-backups-enabled", types=(INSTANCE,),
        check=for_primaries(must_be("settings.backupConfiguration.enabled", True)),
        title="Databases are backed up every day", why="Without backups a mistake or a break-in cannot be undone.",
        fix="Set settings.backupConfiguration.enabled to true.", severity="high",
        levels=EVERYWHERE, frameworks=("CKV_GCP_14", "GCP-0024", "CIS 6.7"),
    ),
    Rule(
        id="sql-pitr-enabled", types=(INSTANCE,),
        check=for_primaries(must_be("settings.backupConfiguration.pointInTimeRecoveryEnabled", True)),
        title="Databases can be recovered to any moment", why="15 minutes of loss are allowed; a daily backup loses a day.",
        fix="Set settings.backupConfiguration.pointInTimeRecoveryEnabled to true.", severity="high", levels=EVERYWHERE,
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
        title="Google refuses to delete databases", why="The console and gcloud do not know Pulumi's own protection.",
        fix="Set settings.deletionProtectionEnabled to true; to take the environment down, set protection.tear_down.",
        severity="high", is_guard=True, frameworks=("CIS v5 6.9",),
    ),
)  # fmt: skip
