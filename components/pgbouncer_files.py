"""The files of a pooler, made of settings: its configuration, and what it needs before it starts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import settings.pooling as spec

USER = "pgbouncer"
"""The login that looks passwords up: database/main, change 023_pooling."""
LOOKUP = "SELECT username, password FROM pgbouncer.get_auth($1)"
PORT = 6432
SERVER_PORT = 5432


@dataclass(frozen=True, kw_only=True)
class Places:
    """Where a pooler listens, and where its files are."""

    address: str = "0.0.0.0"  # noqa: S104 - inside the pod; who gets there is up to network policies
    port: int = PORT
    run: str = "/run/pgbouncer"
    """What is made when the pod starts, and gone with it: in memory."""
    server_ca: str = "/etc/pgbouncer/server-ca.pem"
    """Who the server's certificate must be signed by."""
    password: str = "/run/secrets/pgbouncer/password"  # noqa: S105 - where it is, not what it is
    """The password of `pgbouncer`, from Secret Manager."""


def pgbouncer_ini(
    settings: spec.Pooling, host: str, databases: Sequence[str], places: Places, server_port: int = SERVER_PORT
) -> str:
    """pgbouncer.ini: the databases of one server, under the names that they have there."""
    entries = {
        "listen_addr": places.address,
        "listen_port": places.port,
        # Also the console's, for the exporter: who has the same user there needs no password.
        "unix_socket_dir": places.run,
        "auth_type": "scram-sha-256",
        "auth_file": f"{places.run}/users.txt",
        "auth_user": USER,
        "auth_query": LOOKUP,
        "client_tls_sslmode": "require",
        "client_tls_key_file": f"{places.run}/tls.key",
        "client_tls_cert_file": f"{places.run}/tls.crt",
        # The CA is the instance's own, so it alone vouches for the instance; its certificates do not carry our DNS names.
        "server_tls_sslmode": "verify-ca",
        "server_tls_ca_file": places.server_ca,
        "pool_mode": settings.pool_mode,
        "max_client_conn": settings.max_client_conn,
        "default_pool_size": settings.default_pool_size,
        "max_db_connections": settings.max_db_connections,
        "server_idle_timeout": settings.server_idle_timeout,
        "server_lifetime": settings.server_lifetime,
        "query_wait_timeout": settings.query_wait_timeout,
        "idle_transaction_timeout": settings.idle_transaction_timeout,
        "max_prepared_statements": settings.max_prepared_statements,
        # Drivers send these when they connect. What `options` would set is the session's, and sessions are shared.
        "ignore_startup_parameters": "extra_float_digits,options",
        "log_connections": 0,
        "log_disconnections": 0,
    }
    servers = [f"{database} = host={host} port={server_port}" for database in databases]
    return "\n".join(["[databases]", *servers, "", "[pgbouncer]", *(f"{key} = {value}" for key, value in entries.items()), ""])


def preparation(places: Places, names: Sequence[str]) -> str:
    """The shell commands that make what must be in no file of ours: a key and its certificate, and the file of passwords."""
    alternatives = ",".join(f"DNS:{name}" for name in names)
    return "\n".join(
        [
            "set -eu",
            "umask 077",
            f"cd {places.run}",
            f"openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days {spec.CERTIFICATE_DAYS} "
            f"-subj /CN={names[0]} -addext subjectAltName={alternatives} -keyout tls.key -out tls.crt",
            f'printf \'"%s" "%s"\\n\' {USER} "$(cat {places.password})" > users.txt',
            "",
        ]
    )
