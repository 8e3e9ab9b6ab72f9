#!/bin/sh
# Starts a member: Patroni with its passwords, which it takes from the environment only, and a certificate of its own.
set -eu
umask 077

password() { cat "$PASSWORDS/$1"; }
PATRONI_SUPERUSER_PASSWORD=$(password superuser)
PATRONI_REPLICATION_PASSWORD=$(password replication)
PATRONI_RESTAPI_PASSWORD=$(password rest-api)
export PATRONI_SUPERUSER_PASSWORD PATRONI_REPLICATION_PASSWORD PATRONI_RESTAPI_PASSWORD

# What mounts the volume may have made the folder writable for its group, and PostgreSQL would refuse to start.
if [ -d "$PGDATA" ]; then chmod 0700 "$PGDATA"; fi
mkdir -p "$CERTIFICATES" "$LOG_VOLUME"

# Clients encrypt; whom they talk to is what the network policies let them reach.
if [ ! -s "$CERTIFICATES/server.key" ]; then
  openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj "/CN=$PATRONI_NAME" \
    -keyout "$CERTIFICATES/server.key" -out "$CERTIFICATES/server.crt" 2>/dev/null
fi

exec "${PATRONI:-patroni}" "$CONFIGURATION"
