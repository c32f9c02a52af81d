#!/usr/bin/env bash
# ABOR, sent as urgent data in the middle of a download; then the session goes on.
. "$(dirname "$0")/rig.sh"
. "$RIG_E2E/clients.sh"

abor()	# mode
{
	run "$PYTHON" "$RIG_E2E/ftpc.py" "$1" abor big mid "$RIG/data/mid" &&
	    same "$RIG/data/mid" "$FTP_ROOT/after-abor"
}

sshd_start
data big 60000000
for kind in "${ftpd_kinds[@]}"; do
	[ "$kind" = vsftpd ] && extra=async_abor_enable=YES || extra=
	ftpd_start "$kind" $extra
	client_data
	publish big
	at_server
	# ProFTPD loses the urgent line end, and ABOR runs into the next command.
	[ "$kind" = proftpd ] || ok "direct $kind: ABOR" abor epsv
	for method in mux proxy; do
		tunnel_start -o FtpForward=$method -L "0:$FTP_AT" rig
		at_tunnel
		ok "$kind $method: ABOR, passive" abor epsv
		ok "$kind $method: ABOR, active" abor eprt
		tunnel_stop
	done
done
finish
