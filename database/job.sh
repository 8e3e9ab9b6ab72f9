#!/bin/sh
# What the Job of the migrations runs: ./job.sh <main|timeseries>, with DATABASE_URL as `migrate` wants it.
#
#   PASSWORD=/run/secrets/migrations/password   the file with the login's password
#
# Makes the changes that are missing, gives each login of logins.json its role, then asks every change whether it is still there.
set -eu
here=$(dirname -- "$0")
PGPASSWORD=$(cat -- "${PASSWORD:?names the file with the password}")
export PGPASSWORD
sh "$here/migrate" "$1" deploy
psql "$(echo "$DATABASE_URL" | sed 's/^db:pg:/postgresql:/')" -Xq -v "logins=$(cat -- "$here/logins.json")" -f "$here/enrol.sql"
sh "$here/migrate" "$1" verify
