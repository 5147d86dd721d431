#!/bin/sh
# Makes the secrets of deploy/compose.yaml, once: those that are there stay. Needs openssl.
set -eu
umask 077
folder="$(dirname "$0")/secrets"
mkdir -p "$folder"
cd "$folder"
chmod 700 .
[ -s master-key ] || openssl rand -base64 32 > master-key
[ -s signing-key ] || openssl genpkey -algorithm ed25519 -out signing-key
[ -s database-password ] || openssl rand -hex 24 > database-password
[ -s owner-password ] || openssl rand -hex 24 > owner-password
[ -s database-url ] || printf 'postgres://countersign_owner:%s@database:5432/countersign\n' "$(cat owner-password)" > database-url
[ -s proxy-certificate ] || openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 365 -subj /CN=countersign.localhost \
  -addext subjectAltName=DNS:countersign.localhost,DNS:issuer.localhost -keyout proxy-private -out proxy-certificate 2> /dev/null
# Containers run as another user than the one who made these; a folder of one's own keeps others on this machine out.
chmod 644 ./*
