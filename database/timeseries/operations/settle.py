"""Brings a site to what the settings say: what Patroni keeps in its store, then roles, the database and the repository.

Does nothing where nothing differs, so it runs whenever the settings change. Patroni reads `bootstrap.dcs` once, when a site is
made; without this a changed setting would reach only sites that do not exist yet."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from common import password, patroni, psql

HERE = Path(__file__).parent
LOGINS = ("monitoring", "export", "restore-test", "migrations", "cache-warmer")
"""Who gets a password from `roles.sql`."""
PATIENCE = 3600
"""Seconds to wait for a leader: a first member may have to be restored."""


def wait_for_leader(rest: str, seconds: float = PATIENCE) -> str:
    """The leader's role, once there is one: `leader`, or `standby_leader` of a site that follows another."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            roles = {member["role"]: member["state"] for member in patroni("GET", f"{rest}/cluster")["members"]}
            for role in ("leader", "standby_leader"):
                if roles.get(role) in ("running", "streaming", "in archive recovery"):
                    return role
        except OSError:
            pass
        if time.monotonic() > deadline:
            raise TimeoutError(f"no leader after {seconds:.0f} s")
        time.sleep(1)


def make_logins(where: str, database: str) -> None:
    """Logins with their passwords, and the database."""
    secrets = {f"{name.upper().replace('-', '_')}_PASSWORD": password(name) for name in LOGINS}
    for file, connected in (("roles.sql", "postgres"), ("database.sql", database)):
        statements = (HERE / file).read_text(encoding="utf-8")
        psql(f"{where} dbname={connected}", statements, secret=password("superuser"), DATABASE=database, **secrets)


def settle(rest: str, where: str, wanted: dict[str, Any], back_up: str) -> str:
    """Does it; says what was done."""
    wait_for_leader(rest)
    # A key that is null is taken away: a site that leads from now on follows nobody.
    patroni("PATCH", f"{rest}/config", {"standby_cluster": None, **wanted}, secret=password("rest-api"))
    if wanted.get("standby_cluster"):
        return "follows another site: roles and repository come with its log"
    deadline = time.monotonic() + PATIENCE
    while wait_for_leader(rest) != "leader" or psql(
        f"{where} dbname=postgres", "SELECT pg_is_in_recovery()", secret=password("superuser")
    ) != [["f"]]:
        if time.monotonic() > deadline:
            raise TimeoutError("the site was told to lead, and is still a standby")
        time.sleep(1)
    make_logins(where, os.environ["DATABASE"])
    for command in ("stanza-create", "check"):
        psql(f"{where} dbname=postgres", f"COPY (SELECT) TO PROGRAM '{back_up} {command}'", secret=password("superuser"))
    return "leads: roles, database and repository are there"


if __name__ == "__main__":
    desired = json.loads(Path(os.environ["DYNAMIC"]).read_text(encoding="utf-8"))
    sys.stdout.write(settle(os.environ["REST"], os.environ["LEADER"], desired, os.environ["BACK_UP"]) + "\n")
