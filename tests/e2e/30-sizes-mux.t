#!/usr/bin/env bash
# Big files and many small ones; forwards opened by the method mux.
. "$(dirname "$0")/rig.sh"
. "$RIG_E2E/clients.sh"
. "$RIG_E2E/sizes.sh"

sizes mux
finish
