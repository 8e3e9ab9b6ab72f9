"""Brings the newest backup of the main database back into an instance of its own, reads every row of it, and takes it away again.

The throw-away instance stands in the other region, where the backups are, and is as the original is: what works here works when
it must. What was found is written to the log and, as evidence, into an object. The identity can do this to instances whose names
begin as those of throw-away ones do, and can read the original's settings and backups; it cannot touch the original.
Nothing but Python's own library and psql, for Python 3.10 and newer: that is what the image has."""

from __future__ import annotations

import os
import secrets
import subprocess
import sys
import time
import urllib.parse
from datetime import datetime, timezone
from typing import Any

from database.proof import EMPTY, PAUSE, REMOVAL_SECONDS, SUCCEEDED, Failed, ask, prove, taken_away

PROJECT, SOURCE = os.environ.get("PROJECT", ""), os.environ.get("INSTANCE", "")
PREFIX = f"{SOURCE}-verify-"
SQL_ADMIN = os.environ.get("SQL_ADMIN", "https://sqladmin.googleapis.com")
LOGIN, READER = "migrations", "backup_role"
"""Who signs in, and the role that reads everything, which that login may take (database/main, change 017_grants)."""
KEPT = ("tier", "edition", "databaseFlags", "dataDiskSizeGb", "dataDiskType")
"""What the throw-away instance has as the original has it."""
TABLES = """
SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND has_table_privilege(c.oid, 'SELECT')
   AND n.nspname NOT IN ('information_schema', 'cron', 'sqitch') AND n.nspname NOT LIKE 'pg\\_%' ORDER BY 1
"""
BOOKKEEPING = ("ops.", "public.schema_migrations", "public.roles")
"""How the names of tables begin that have rows in a database that nobody ever wrote to: the migrations fill them."""


def api(method: str, path: str, body: Any = None) -> Any:
    """An answer of the Cloud SQL Admin API, below the project."""
    return ask(method, f"{SQL_ADMIN}/sql/v1beta4/projects/{PROJECT}/{path}", body)


def finish(operation: Any, deadline: float) -> None:
    """Waits for an operation."""
    while operation["status"] != "DONE":
        if time.monotonic() > deadline:
            raise Failed(f"{operation['operationType']} of {operation['targetId']} is not done in time")
        time.sleep(PAUSE)
        operation = api("GET", f"operations/{operation['name']}")
    if errors := operation.get("error", {}).get("errors"):
        raise Failed(f"{operation['operationType']} of {operation['targetId']}: {errors[0].get('message', errors[0])}")


def newest(hours: float) -> Any:
    """The newest backup that succeeded; it must be young."""
    runs = api("GET", f"instances/{SOURCE}/backupRuns?maxResults=50").get("items", [])
    done = [run for run in runs if run["status"] == "SUCCESSFUL"]
    if not done:
        raise Failed(f"{SOURCE} has no backup that succeeded")
    found = max(done, key=lambda run: run["endTime"])
    age = (datetime.now(timezone.utc) - datetime.fromisoformat(found["endTime"].replace("Z", "+00:00"))).total_seconds() / 3600  # noqa: UP017
    if age > hours:
        raise Failed(f"the newest backup of {SOURCE} is {age:.0f} hours old, more than {hours:.0f}")
    return found


def throw_away(name: str, region: str, key: str) -> Any:
    """The instance to bring it back into: like the original, alone, without backups of its own, reached as the original is."""
    source = api("GET", f"instances/{SOURCE}")
    settings: dict[str, Any] = source["settings"]
    network = settings["ipConfiguration"]
    return {
        "name": name,
        "region": region,
        "databaseVersion": source["databaseVersion"],
        **({"diskEncryptionConfiguration": {"kmsKeyName": key}} if key else {}),
        "settings": {
            **{name: settings[name] for name in KEPT if name in settings},
            "availabilityType": "ZONAL",
            "backupConfiguration": {"enabled": False},
            "deletionProtectionEnabled": False,
            "ipConfiguration": {
                "ipv4Enabled": False,
                "sslMode": "ENCRYPTED_ONLY",
                **{name: network[name] for name in ("privateNetwork", "allocatedIpRange") if name in network},
            },
            "userLabels": {"purpose": "backup-verification"},
        },
    }


def remove_leftovers() -> None:
    """Instances of runs that were killed; only one runs at a time."""
    for instance in api("GET", "instances?" + urllib.parse.urlencode({"filter": f"name:{PREFIX}*"})).get("items", []):
        if instance["name"].startswith(PREFIX):
            remove(instance["name"])


def remove(name: str) -> None:
    """Takes an instance away; one that is not there is none."""
    if not name.startswith(PREFIX):
        raise AssertionError(name)
    operation = taken_away(lambda: api("DELETE", f"instances/{name}"), still_being_made=(409,))
    if operation is not None:
        finish(operation, time.monotonic() + REMOVAL_SECONDS)


def look(name: str) -> dict[str, int]:
    """Every table with the number of its rows, each of which is read."""
    password = secrets.token_urlsafe(32) + "aA1!"
    finish(api("PUT", f"instances/{name}/users?name={LOGIN}", {"name": LOGIN, "password": password}), time.monotonic() + 600)
    addresses = {known["type"]: known["ipAddress"] for known in api("GET", f"instances/{name}")["ipAddresses"]}
    where = f"host={addresses['PRIVATE']} port={os.environ['PORT']} user={LOGIN} dbname={os.environ['DATABASE']} sslmode=require"
    taken = f"GRANT {READER} TO {LOGIN}; SET ROLE {READER};\n"
    tables = psql(where, taken + TABLES, password)
    counts = "".join(f"SELECT '{table}', (SELECT count(*) FROM {table});\n" for table in tables)  # noqa: S608
    rows = (line.split("\t") for line in psql(where, taken + counts, password))
    return {table: int(count) for table, count in rows}


def psql(where: str, statements: str, password: str) -> list[str]:
    """The lines that statements return."""
    command = ["psql", "-XqAt", "--field-separator=\t", "--set=ON_ERROR_STOP=1", where]
    env = {**os.environ, "PGPASSWORD": password}
    done = subprocess.run(command, input=statements, capture_output=True, text=True, check=False, env=env)
    if done.returncode:
        raise Failed(f"psql: {done.stderr.strip()[:500]}")
    return done.stdout.splitlines()


def verify(deadline: float) -> dict[str, Any]:
    """Does it; what was found."""
    remove_leftovers()
    backup = newest(float(os.environ["NEWEST_HOURS"]))
    found: dict[str, Any] = {"backup": backup["id"], "backupEnded": backup["endTime"]}
    name = f"{PREFIX}{time.strftime('%y%m%d%H%M%S', time.gmtime())}"
    try:
        finish(api("POST", "instances", throw_away(name, os.environ["REGION"], os.environ["KEY"])), deadline)
        context = {"restoreBackupContext": {"backupRunId": backup["id"], "instanceId": SOURCE, "project": PROJECT}}
        finish(api("POST", f"instances/{name}/restoreBackup", context), deadline)
        rows = look(name)
    finally:
        remove(name)
    written = sum(count for table, count in rows.items() if not table.startswith(BOOKKEEPING))
    return {**found, "verification": SUCCEEDED if written else EMPTY, "tables": len(rows), "rows": written}


if __name__ == "__main__":
    sys.exit(prove(SOURCE, verify))
