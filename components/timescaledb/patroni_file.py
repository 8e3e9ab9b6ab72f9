"""patroni.yml of a site, as a pure function of the settings. What differs between members comes from their environment."""

from __future__ import annotations

from typing import Any

from settings.timeseries import Members, Site, TimeSeries

from .parameters import everywhere, own, spelled
from .places import APP, PORT, PORT_NAME, REPLICATION, REST_PORT, ROLE_LABEL, SCOPE_LABEL, SUPERUSER, Places

MIB = 1024 * 1024
ACCESS = (
    f"local all {SUPERUSER} peer",
    f"hostssl replication {REPLICATION} all scram-sha-256",
    "hostssl all all all scram-sha-256",
)
"""Who gets in: the superuser from the member itself without a password, everybody else with one and over TLS."""


def patroni_file(settings: TimeSeries, site: Site, members: Members, *, follows: Site | None, places: Places) -> dict[str, Any]:
    """The file. `follows` is the site whose archive this one is a standby of."""
    push = f'{_pgbackrest(places)} --stanza={site.stanza} archive-push "%p"'
    parameters = own(
        settings, members, archive_command=push, certificate=places.certificate, key=places.key, sockets=places.sockets
    )
    return {
        "scope": site.name,
        "restapi": {"listen": f"0.0.0.0:{REST_PORT}"},
        "kubernetes": {
            "use_endpoints": True,
            "labels": {"app": APP},
            "scope_label": SCOPE_LABEL,
            "role_label": ROLE_LABEL,
            "ports": [{"name": PORT_NAME, "port": PORT}],
        },
        "bootstrap": {
            "dcs": dynamic(settings, members, follows=follows, places=places),
            "initdb": [{"encoding": "UTF8"}, {"locale": "C.UTF-8"}, "data-checksums", {"waldir": places.pg_wal}],
        },
        "postgresql": {
            "listen": f"0.0.0.0:{PORT}",
            "data_dir": places.pgdata,
            "bin_dir": places.programs,
            "pgpass": f"{places.home}/pgpass",
            "use_unix_socket": True,
            "authentication": {
                "superuser": {"username": SUPERUSER},
                "replication": {"username": REPLICATION, "sslmode": "require"},
            },
            "parameters": spelled(parameters),
            "pg_hba": list(ACCESS),
            # A new member comes from the bucket, and burdens the primary only where there is no backup yet.
            "create_replica_methods": ["repository", "basebackup"],
            "repository": _restore(site.stanza, places),
            **({} if follows is None else {"archive": _restore(follows.stanza, places)}),
            "basebackup": [{"waldir": places.pg_wal}, {"max-rate": "200M"}, {"checkpoint": "fast"}],
            "recovery_conf": {"restore_command": _fetch(site.stanza, places)},
        },
        # There is no watchdog device in a restricted pod: the liveness probe and the failsafe mode stand in for it.
        "watchdog": {"mode": "off"},
    }


def dynamic(settings: TimeSeries, members: Members, *, follows: Site | None, places: Places) -> dict[str, Any]:
    """What Patroni keeps in its store: applied when a site is made, and by the job `settle` whenever it changes."""
    known = settings.failover
    return {
        "ttl": known.ttl_seconds,
        "loop_wait": known.loop_wait_seconds,
        "retry_timeout": known.retry_timeout_seconds,
        "maximum_lag_on_failover": known.lag_mib * MIB,
        "primary_start_timeout": known.start_seconds,
        "synchronous_mode": known.synchronous,
        # When the store is gone, a primary that reaches every member stays one.
        "failsafe_mode": True,
        "postgresql": {"use_pg_rewind": True, "use_slots": True, "parameters": spelled(everywhere(settings, members))},
        **({} if follows is None else {"standby_cluster": _standby(follows, places)}),
    }


def _standby(follows: Site, places: Places) -> dict[str, Any]:
    """A site that is restored from another's backups and follows its archive: nothing runs between the regions."""
    return {"create_replica_methods": ["archive"], "restore_command": _fetch(follows.stanza, places)}


def _restore(stanza: str, places: Places) -> dict[str, Any]:
    # Without `no_leader` the first member of a standby site would look for a server to copy.
    return {
        "command": f"{_pgbackrest(places)} --stanza={stanza} --type=standby restore",
        "keep_data": True,
        "no_params": True,
        "no_leader": True,
    }


def _fetch(stanza: str, places: Places) -> str:
    return f'{_pgbackrest(places)} --stanza={stanza} archive-get %f "%p"'


def _pgbackrest(places: Places) -> str:
    return f"{places.pgbackrest} --config={places.repository}"
