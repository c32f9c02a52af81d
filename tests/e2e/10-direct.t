#!/usr/bin/env bash
# The rig itself, without any tunnel: every client talks to every server.
. "$(dirname "$0")/rig.sh"
. "$RIG_E2E/clients.sh"

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
