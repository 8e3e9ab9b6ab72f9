"""Where things are in a member: ports, folders, files, names. What writes a configuration and what mounts it agree here."""

from __future__ import annotations

from dataclasses import dataclass

APP = "timescaledb"
NAMESPACE = "timescaledb"
ACCOUNT = "timescaledb"
SCOPE_LABEL = "cluster-name"
ROLE_LABEL = "role"
SITE_LABEL = "alphintra.io/site"
"""On the pods of jobs, which must not look like members."""
PORT, REST_PORT, METRICS_PORT = 5432, 8008, 9187
PORT_NAME = "postgresql"
"""In the Service and in Patroni's file: an endpoint under another name gets no traffic."""
SUPERUSER, REPLICATION, REST_USER = "postgres", "standby", "patroni"
USER_ID = 1000
"""`postgres` in the image."""


@dataclass(frozen=True, kw_only=True)
class Places:
    """Folders and programs of a member. A drill has others, and nothing else."""

    data: str = "/var/lib/postgresql/data"
    log: str = "/var/lib/postgresql/wal"
    sockets: str = "/var/run/postgresql"
    certificates: str = "/var/run/tls"
    spool: str = "/var/spool/pgbackrest"
    locks: str = "/tmp/pgbackrest"  # noqa: S108 - a volume of the member's own
    passwords: str = "/var/run/secrets/timescaledb"
    configuration: str = "/etc/timescaledb"
    home: str = "/home/postgres"
    programs: str = "/usr/lib/postgresql/15/bin"
    pgbackrest: str = "pgbackrest"

    @property
    def pgdata(self) -> str:
        """A folder of the volume, not the volume: what mounts it makes it writable for the group, and PostgreSQL refuses that."""
        return f"{self.data}/pgdata"

    @property
    def pg_wal(self) -> str:
        """The log on a volume of its own."""
        return f"{self.log}/pg_wal"

    @property
    def certificate(self) -> str:
        """The server's certificate."""
        return f"{self.certificates}/server.crt"

    @property
    def key(self) -> str:
        """Its key."""
        return f"{self.certificates}/server.key"

    @property
    def patroni(self) -> str:
        """Patroni's file."""
        return f"{self.configuration}/patroni.yml"

    @property
    def repository(self) -> str:
        """pgBackRest's file for the site's own stanza."""
        return f"{self.configuration}/pgbackrest.conf"


def selector(scope: str, **more: str) -> dict[str, str]:
    """The labels of a site's members."""
    return {"app": APP, SCOPE_LABEL: scope, **more}
