"""Brings the newest backup of the main database back into an instance of its own, reads every row of it, and takes it away again.

The throw-away instance stands in the other region, where the backups are, and is as the original is: what works here works when
it must. What was found is written to the log and, as evidence, into an object. The identity can do this to instances whose names
begin as those of throw-away ones do, and can read the original's settings and backups; it cannot touch the original.
Nothing but Python's own library and psql, for Python 3.10 and newer: that is what the image has."""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from datetime import datetime, timezone
from typing import Any

PROJECT, SOURCE = os.environ.get("PROJECT", ""), os.environ.get("INSTANCE", "")
PREFIX = f"{SOURCE}-verify-"
SQL_ADMIN = os.environ.get("SQL_ADMIN", "https://sqladmin.googleapis.com")
STORAGE = os.environ.get("STORAGE", "https://storage.googleapis.com")
METADATA = os.environ.get("METADATA", "http://metadata.google.internal")
TOKEN = f"{METADATA}/computeMetadata/v1/instance/service-accounts/default/token"
PAUSE = float(os.environ.get("PAUSE", "15"))
"""Seconds between two looks at an operation."""
LOGIN, READER = "migrations", "backup_role"
"""Who signs in, and the role that reads everything, which that login may take (database/main, change 017_grants)."""
TRIES = 5
KEPT = ("tier", "edition", "databaseFlags", "dataDiskSizeGb", "dataDiskType")
"""What the throw-away instance has as the original has it."""
TABLES = """
SELECT format('%I.%I', n.nspname, c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND has_table_privilege(c.oid, 'SELECT')
   AND n.nspname NOT IN ('information_schema', 'cron', 'sqitch') AND n.nspname NOT LIKE 'pg\\_%' ORDER BY 1
"""
BOOKKEEPING = ("ops.", "public.schema_migrations", "public.roles")
"""How the names of tables begin that have rows in a database that nobody ever wrote to: the migrations fill them."""


class Failed(Exception):
    """The backup could not be brought back, or is not what it should be."""


def ask(method: str, url: str, body: Any = None) -> Any:
    """An answer of Google's, parsed. What fails for a moment is tried again."""
    for attempt in range(1, TRIES + 1):
        request = urllib.request.Request(url, method=method, data=None if body is None else json.dumps(body).encode())  # noqa: S310
        request.add_header("Content-Type", "application/json")
        request.add_header("Metadata-Flavor", "Google")
        if url != TOKEN:
            request.add_header("Authorization", f"Bearer {ask('GET', TOKEN)['access_token']}")
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
                return json.loads(answer.read() or b"{}")
        except urllib.error.HTTPError as error:
            # 409: another operation of that instance is under way.
            if (error.code < 500 and error.code not in (409, 429)) or attempt == TRIES:
                raise Failed(f"{method} {url}: {error.code} {error.read().decode(errors='replace')[:500]}") from None
        except urllib.error.URLError as error:
            if attempt == TRIES:
                raise Failed(f"{method} {url}: {error.reason}") from None
        time.sleep(PAUSE * attempt)
    raise AssertionError


def api(method: str, path: str, body: Any = None) -> Any:
    """The same, of the Cloud SQL Admin API, below the project."""
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
    try:
        finish(api("DELETE", f"instances/{name}"), time.monotonic() + 3600)
    except Failed as error:
        if ": 404 " not in str(error):
            raise


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
    return {**found, "verification": "succeeded" if written else "empty", "tables": len(rows), "rows": written}


def keep(outcome: dict[str, Any]) -> None:
    """Evidence: an object that this identity can make and neither change nor delete."""
    name = f"{os.environ['FOLDER']}{outcome['at'].replace(':', '-')}.json"
    query = urllib.parse.urlencode({"uploadType": "media", "name": name, "ifGenerationMatch": 0})
    ask("POST", f"{STORAGE}/upload/storage/v1/b/{os.environ['BUCKET']}/o?{query}", outcome)


def stop(*_: object) -> None:
    """Ends it by way of everything that is still to be taken away."""
    sys.exit("stopped before it was done")


def main() -> int:
    """Verifies, says what was found, and keeps it; 1 where the backup is not good."""
    # What stops the pod lets it take the instance away.
    signal.signal(signal.SIGTERM, stop)
    began = time.monotonic()
    outcome: dict[str, Any] = {"instance": SOURCE, "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}
    try:
        outcome |= verify(began + float(os.environ["SECONDS"]))
    except Failed as error:
        outcome |= {"verification": "failed", "why": str(error)}
    outcome["seconds"] = round(time.monotonic() - began)
    outcome["message"] = f"the newest backup of {SOURCE}: {outcome['verification']}"
    sys.stdout.write(json.dumps(outcome) + "\n")
    keep(outcome)
    return 1 if outcome["verification"] == "failed" else 0


if __name__ == "__main__":
    sys.exit(main())
