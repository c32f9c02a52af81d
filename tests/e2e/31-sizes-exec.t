#!/usr/bin/env bash
# Big files and many small ones; forwards opened by the method exec.
. "$(dirname "$0")/rig.sh"
. "$RIG_E2E/clients.sh"
. "$RIG_E2E/sizes.sh"

sizes exec 25 25 25 25
finish
