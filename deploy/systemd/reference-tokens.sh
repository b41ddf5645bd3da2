#!/bin/sh
# /usr/local/sbin/reference-tokens: runs a command with the settings of the service, as its user.
set -eu
umask 077
DATA_DIR=/var/lib/reference-tokens
set -a
. /etc/reference-tokens/environment
set +a
export DATA_DIR
cd /var/lib/reference-tokens
exec setpriv --reuid reference-tokens --regid reference-tokens --init-groups \
    /opt/reference-tokens/bin/reference-tokens "$@"
