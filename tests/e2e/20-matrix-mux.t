#!/usr/bin/env bash
# Every client and mode; forwards opened by the method mux, which does not know who the server is: two of
# them do.
. "$(dirname "$0")/rig.sh"
. "$RIG_E2E/clients.sh"
. "$RIG_E2E/matrix.sh"

matrix mux vsftpd proftpd
finish
