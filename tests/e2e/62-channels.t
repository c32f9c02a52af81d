#!/usr/bin/env bash
# 100 data channels as fast as they come, and many at the same time: none is lost, and the
# tunnel has as many descriptors and children after as before.
. "$(dirname "$0")/rig.sh"
. "$RIG_E2E/clients.sh"

settled()	# pid descriptors
{
	[ "$(fd_count "$1")" -le "$2" ] && [ -z "$(pgrep -P "$1" -f -- "$(basename "$HELPER")")" ]
}

# (pyftpdlib loses active connections when many come at once, without us as well.)
sshd_start
RUN_TIMEOUT=100
for kind in vsftpd proftpd; do
	[ $kind = vsftpd ] && single=epsv || single=eprt
	ftpd_start "$kind"
	tunnel_start -o FtpNoDelay=yes -L "0:$FTP_AT" rig
	at_tunnel
	run "$PYTHON" "$RIG_E2E/ftpc.py" epsv many 1
	wait_for 5 settled "$TUNNEL_PID" 1000
	before=$(fd_count "$TUNNEL_PID")
	master=$(master_pid)
	master_before=$(fd_count "$master")
	ok "$kind $single: 100 channels one after the other" \
	    run "$PYTHON" "$RIG_E2E/ftpc.py" $single many 50
	for mode in pasv port; do
		ok "$kind $mode: 180 channels in 30 sessions at once" \
		    run "$PYTHON" "$RIG_E2E/ftpc.py" $mode parallel 30 3
	done
	ok "$kind: the tunnel keeps no descriptor and no helper" \
	    wait_for 10 settled "$TUNNEL_PID" "$before"
	ok "$kind: the master keeps no descriptor" wait_for 10 settled "$master" "$master_before"
	is "$kind: no socket is left of the channels" \
	    "$(find "$(run_dir)" -type s ! -name 'm*' ! -name 't*' ! -name 's*')" ''
	tunnel_stop
done
finish
