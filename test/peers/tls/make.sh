#!/bin/sh
# Makes the certificates the tests use: an authority, and one key with a good, an expired, a wrong-name and a self-signed certificate.
set -e
cd "$(dirname "$0")"
work=$(mktemp -d)
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$work/ca.key"
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out server.key.pem

cat > "$work/ca.cnf" <<CONFIG
[ca]
default_ca = authority
[authority]
database = $work/index.txt
new_certs_dir = $work
serial = $work/serial
default_md = sha256
policy = names
unique_subject = no
[names]
commonName = supplied
[ca_extensions]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[server]
basicConstraints = CA:FALSE
extendedKeyUsage = serverAuth
subjectAltName = DNS:api.example.test, DNS:localhost, IP:127.0.0.1, IP:::1
[other_name]
basicConstraints = CA:FALSE
extendedKeyUsage = serverAuth
subjectAltName = DNS:other.example.test
CONFIG
: > "$work/index.txt"
echo 01 > "$work/serial"

sign() { # <name> <key> <subject> <extensions> <not after> <signing options…>
  name=$1 key=$2 subject=$3 extensions=$4 until=$5
  shift 5
  openssl req -new -key "$key" -subj "/CN=$subject" -out "$work/$name.csr"
  openssl ca -batch -notext -config "$work/ca.cnf" -extensions "$extensions" -in "$work/$name.csr" -out "$name.pem" \
    -startdate 20200101000000Z -enddate "$until" "$@"
}

sign ca "$work/ca.key" 'Test authority' ca_extensions 21200101000000Z -selfsign -keyfile "$work/ca.key"
by_authority="-cert ca.pem -keyfile $work/ca.key"
sign server server.key.pem api.example.test server 21200101000000Z $by_authority
sign expired server.key.pem api.example.test server 20210101000000Z $by_authority
sign other-name server.key.pem other.example.test other_name 21200101000000Z $by_authority
sign self-signed server.key.pem api.example.test server 21200101000000Z -selfsign -keyfile server.key.pem
chmod 644 server.key.pem
rm -r "$work"
