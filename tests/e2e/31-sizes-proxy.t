#!/usr/bin/env bash
# Big files and many small ones; over a proxy connection.
. "$(dirname "$0")/rig.sh"
. "$RIG_E2E/clients.sh"
. "$RIG_E2E/sizes.sh"

sizes proxy
finish
