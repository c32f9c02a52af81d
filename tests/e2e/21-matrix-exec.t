#!/usr/bin/env bash
# Every client, server and mode; forwards opened by the method exec.
. "$(dirname "$0")/rig.sh"
. "$RIG_E2E/clients.sh"
. "$RIG_E2E/matrix.sh"

matrix exec
finish
