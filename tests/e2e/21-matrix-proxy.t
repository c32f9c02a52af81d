#!/usr/bin/env bash
# Every client, server and mode; over a proxy connection.
. "$(dirname "$0")/rig.sh"
. "$RIG_E2E/clients.sh"
. "$RIG_E2E/matrix.sh"

matrix proxy "${ftpd_kinds[@]}"
finish
