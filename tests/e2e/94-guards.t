#!/usr/bin/env bash
# Other users of this machine get nothing from the tunnel's ports, and cannot keep their owner
# from being served.
. "${0%/*}/rig.sh"
not_portable 'who owns a connection is not asked: nobody is a stranger'
. "$RIG_E2E/clients.sh"

[ "$(id -u)" -eq 0 ] || skip 'another user needs root'
id nobody >/dev/null 2>&1 || skip 'there is no user nobody'

guard()	# deed
{
	run "$PYTHON" "$RIG_E2E/guards.py" "$1"
}

no_helper()
{
	[ -z "$(pgrep -P "$TUNNEL_PID" -f -- "$(basename "$HELPER")")" ]
}

sshd_start
ftpd_start vsftpd
client_data
tunnel_start -v -L "0:$FTP_AT" rig
at_tunnel
guard once >/dev/null 2>&1
wait_for 10 no_helper
before=$(fd_count "$TUNNEL_PID")
ok 'a stranger at the control port' guard control
ok 'CVE-1999-0351: a stranger at a data port comes first' guard data
ok 'CVE-1999-0351: a data port takes one connection' guard once
ok 'a replaced data port is closed' guard unused
ok 'a flood of 2,000 strangers at each' guard flood
lines=$(grep -c 'connection from .* refused: it belongs to user nobody;' "$TUNNEL_ERR")
note "flood: $lines lines"
ok 'the flood is some lines in the log, with the name' test "$lines" -le 30 -a "$lines" -gt 0
ok '... for data ports, too' grep -q 'at a data port: it belongs to user nobody' "$TUNNEL_ERR"
ok 'no helper is left' wait_for 20 no_helper
settled()
{
	[ "$(fd_count "$TUNNEL_PID")" -le "$before" ]
}
ok 'nor a descriptor' wait_for 10 settled
tunnel_stop

tunnel_start -o FtpAllowUsers=any -L "0:$FTP_AT" rig
at_tunnel
ok 'FtpAllowUsers=any lets them in' run setpriv --reuid nobody --regid nogroup --clear-groups \
    "$PYTHON" -c 'import socket, sys
s = socket.create_connection((sys.argv[1], int(sys.argv[2])), 10)
sys.exit(s.recv(3) != b"220")' "$TUNNEL_ADDR" "$TUNNEL_PORT"
tunnel_stop
finish
