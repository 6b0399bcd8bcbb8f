#!/bin/sh
# Make a certificate authority for the fleet's database, and the server's certificate.
# usage: scripts/fleet_certificates.sh HOST [FOLDER]     HOST: as fleet.url names the server
set -eu

host=${1:?usage: fleet_certificates.sh HOST [FOLDER]}
folder=${2:-fleet-certificates}
umask 077
mkdir -p "$folder"
cd "$folder"

if [ ! -e ca.key ]; then
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 \
        -keyout ca.key -out ca.pem -subj "/CN=Munjigi fleet" \
        -addext "basicConstraints=critical,CA:TRUE,pathlen:0" \
        -addext "keyUsage=critical,keyCertSign,cRLSign"
fi
case $host in
    *[!0-9.]*) name="DNS:$host" ;;
    *) name="IP:$host" ;;
esac
openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes \
    -keyout server.key -out server.csr -subj "/CN=$host"
printf 'subjectAltName=%s\nextendedKeyUsage=serverAuth\nbasicConstraints=critical,CA:FALSE\n' "$name" >server.ext
openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 825 \
    -extfile server.ext -out server.pem
rm -f server.csr server.ext
chmod 644 ca.pem server.pem
echo "Server: server.pem, server.key. Every node: ca.pem (sslrootcert). Keep ca.key offline."
