#!/bin/sh
# The role that owns the schema: it makes the login that serves requests, and may do nothing else.
set -eu
psql --set=ON_ERROR_STOP=1 --username="$POSTGRES_USER" --dbname="$POSTGRES_DB" --set=password="$(cat /run/secrets/owner-password)" <<'SQL'
CREATE ROLE countersign_owner LOGIN CREATEROLE PASSWORD :'password';
ALTER DATABASE countersign OWNER TO countersign_owner;
SQL
