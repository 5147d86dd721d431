#!/bin/sh
# Puts under /etc what docs/operations/two-nodes.md starts: secrets, made once (those that are there stay), and the two nodes of
# the database. As root; needs openssl.
set -eu
umask 077
cd "$(dirname "$0")/.."
countersign="${DESTDIR:-}/etc/countersign"
patroni="${DESTDIR:-}/etc/patroni"
secrets="$countersign/secrets"
mkdir -p "$secrets" "$patroni"
[ -s "$secrets/master-key" ] || openssl rand -base64 32 > "$secrets/master-key"
[ -s "$secrets/signing-key" ] || openssl genpkey -algorithm ed25519 -out "$secrets/signing-key"
[ -s "$secrets/owner-password" ] || openssl rand -hex 24 > "$secrets/owner-password"
[ -s "$secrets/database-url" ] || printf 'postgres://countersign_owner:%s@127.0.0.1:5432,127.0.0.1:5433/countersign?target_session_attrs=read-write\n' \
  "$(cat "$secrets/owner-password")" > "$secrets/database-url"

# The passwords that node.env leaves empty are the same on both nodes.
[ -s "$patroni/passwords.env" ] || sed -n 's/_PASSWORD=$/_PASSWORD/p' patroni/node.env | while read -r name; do
  printf '%s=%s\n' "$name" "$(openssl rand -hex 24)"
done > "$patroni/passwords.env"

node() { # its name, the port of its PostgreSQL, the port of its Patroni
  sed -e "s|^PATRONI_NAME=.*|PATRONI_NAME=$1|" -e "s|^PATRONI_ETCD3_HOSTS=.*|PATRONI_ETCD3_HOSTS=127.0.0.1:2379|" \
    -e "s|^\(PATRONI_POSTGRESQL_.*\)=.*:5432$|\1=127.0.0.1:$2|" -e "s|^\(PATRONI_RESTAPI_.*\)=.*:8008$|\1=127.0.0.1:$3|" \
    -e "s|^\(PATRONI_POSTGRESQL_DATA_DIR=.*\)|\1-$1|" -e "s|patroni\.pgpass$|patroni-$1.pgpass|" -e '/^#/d' -e '/_PASSWORD=$/d' \
    patroni/node.env > "$patroni/$1.env"
  install -m 644 patroni/patroni.yml "$patroni/$1.yml"
}
node a 5432 8008
node b 5433 8009
