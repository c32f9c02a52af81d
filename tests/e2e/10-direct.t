#!/usr/bin/env bash
# The rig itself, without any tunnel: a client talks to every server. (All clients do in 21-matrix-proxy;
# DIRECT=1: here, too, to see whether it is the tunnel that is to blame.)
. "$(dirname "$0")/rig.sh"
. "$RIG_E2E/clients.sh"

[ -n "${DIRECT:-}" ] || clients=(python)
sshd_start
ok 'sshd lets us in' run ssh -F "$RIG/ssh_config" rig true

for kind in "${ftpd_kinds[@]}"; do
	ftpd_start "$kind"
	client_data
	at_server
	client_matrix direct
	ftpd_start "$kind" -6
	client_data
	at_server
	for mode in epsv eprt; do
		ok "direct $kind on IPv6: python $mode" client_cell python $mode
	done
done
finish
