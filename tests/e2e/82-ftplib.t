#!/usr/bin/env bash
# CPython's own tests of ftplib. Their server sits in accept() right after PASV and connects when it
# hears PORT; anything that hangs in between shows here.
. "${0%/*}/rig.sh"
. "$RIG_E2E/raw.sh"

read -ra methods <<<"$(forward_methods)"
FTP_USER='' FTP_PASS='' FTP_ROOT='' FTP_KIND=''
RUN_TIMEOUT=80
sshd_start
v4=$(free_port) v6=$(free_port)
script -l direct ftplib_suite.py 127.0.0.1 "$v4" "$v4" ::1 "$v6" "$v6"
for method in "${methods[@]}"; do
	tunnel_start -o FtpForward="$method" -L "ftp/127.0.0.1:0:127.0.0.1:$v4" -L "ftp/[::1]:0:[::1]:$v6" rig
	script -l "$method" ftplib_suite.py 127.0.0.1 "$v4" "${TUNNEL_PORTS[0]}" ::1 "$v6" "${TUNNEL_PORTS[1]}"
	tunnel_stop
done
finish
