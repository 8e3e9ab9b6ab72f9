"""Checks of Cloud SQL instances."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..rule import Check
from .properties import at, both, has, is_private, items_at, must_be, must_be_in_range, unless

FLAGS = "settings.databaseFlags"
PASSWORDS = "settings.passwordValidationPolicy"
BACKUPS = "settings.backupConfiguration"
SUPERUSERS = ("postgres", "root")

password_policy = both(
    must_be(f"{PASSWORDS}.enablePasswordPolicy", True),
    must_be_in_range(f"{PASSWORDS}.minLength", 14),
    must_be(f"{PASSWORDS}.complexity", "COMPLEXITY_DEFAULT"),
    must_be_in_range(f"{PASSWORDS}.reuseInterval", 1),
    must_be(f"{PASSWORDS}.disallowUsernameSubstring", True),
)
"""Passwords are long, mixed, new, and do not contain the user's name."""

keeps_backups = both(
    must_be(f"{BACKUPS}.backupRetentionSettings.retentionUnit", "COUNT"),
    must_be_in_range(f"{BACKUPS}.backupRetentionSettings.retainedBackups", 30),
)
"""A month of daily backups is kept."""

final_backup_is_kept = both(
    must_be("settings.finalBackupConfig.enabled", True), must_be_in_range("settings.finalBackupConfig.retentionDays", 7)
)
"""A last backup is made, and kept for a week."""

grows = both(must_be("settings.diskAutoresize", True), must_be_in_range("settings.diskAutoresizeLimit", 1))
"""Disks grow, up to a limit."""


def for_primaries(check: Check) -> Check:
    """Only instances that follow no other: a replica has no backups and no standby of its own."""
    return unless(has("masterInstanceName"), check)


def flag(name: str, *allowed: str) -> Check:
    """The database flag is set, to one of the values."""

    def check(properties: Mapping[str, Any]) -> str | None:
        found = flag_value(properties, name)
        return None if found in allowed else f"{FLAGS}.{name} is {found!r}; it must be {' or '.join(map(repr, allowed))}"

    return check


def flag_is_off(name: str) -> Check:
    """The database flag is not on."""
    return lambda properties: f"{FLAGS}.{name} is on" if flag_value(properties, name) == "on" else None


def flag_value(properties: Mapping[str, Any], name: str) -> str | None:
    """The value of a database flag."""
    return next((str(at(known, "value")) for known in items_at(properties, FLAGS) if at(known, "name") == name), None)


def pgaudit_says_what(properties: Mapping[str, Any]) -> str | None:
    """Changes of the schema, of roles and of data are in the audit log."""
    said = set((flag_value(properties, "pgaudit.log") or "").split(","))
    missing = {"ddl", "role", "write"} - said
    return None if not missing or "all" in said else f"{FLAGS}.pgaudit.log lacks {', '.join(sorted(missing))}"


def backups_leave_the_region(properties: Mapping[str, Any]) -> str | None:
    """Backups are kept where a failure of the instance's region does not reach."""
    location, region = at(properties, f"{BACKUPS}.location"), at(properties, "region")
    return None if location and location != region else f"{BACKUPS}.location is {location!r}, and the instance is in {region!r}"


def no_open_networks(properties: Mapping[str, Any]) -> str | None:
    """Only private addresses are let in."""
    path = "settings.ipConfiguration.authorizedNetworks"
    values = [str(at(network, "value")) for network in items_at(properties, path)]
    public = [value for value in values if not is_private(value)]
    return f"{path} has {', '.join(public)}" if public else None


def no_superuser(properties: Mapping[str, Any]) -> str | None:
    """Nobody shares a superuser's name."""
    name = at(properties, "name")
    return f"name is {name!r}, which is everybody's and nobody's" if name in SUPERUSERS else None
