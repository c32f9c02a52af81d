#!/usr/bin/env bash
# The table of modes, run whole: client mode x server mode x -L and -R x IPv4 and IPv6 of
# the client and of the server, with every kind of server: PUT, GET and LIST in each cell.
. "${0%/*}/rig.sh"
. "$RIG_E2E/raw.sh"

RUN_TIMEOUT=500
data cell 70001
sshd_start
specs=()
for kind in "${ftpd_kinds[@]}"; do
	for family in '' -6; do
		ftpd_start "$kind" $family
		echo "$FTP_AT $FTP_KIND $FTP_USER $FTP_PASS $FTP_ROOT" >>"$RIG/servers"
		specs+=(-L "ftp/127.0.0.1:0:$FTP_AT" -L "ftp/[::1]:0:$FTP_AT"
		    -R "ftp/127.0.0.1:0:$FTP_AT" -R "ftp/[::1]:0:$FTP_AT")
	done
done
tunnels=()
for mode in auto same passive active; do
	tunnel_start -o FtpServerMode=$mode "${specs[@]}" rig
	tunnels+=("$mode=$TUNNEL_OUT")
done
script modes.py table "$RIG/servers" "$RIG/data/cell" "${tunnels[@]}"
finish
