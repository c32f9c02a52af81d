#!/usr/bin/env bash
# What the machine and the neighbours may do to us: no descriptors, no room, stopped processes, a
# ControlMaster that is none. One clear message each, nothing hangs, nothing is left.
. "${0%/*}/rig.sh"
. "$RIG_E2E/clients.sh"

no_helper()
{
	[ -z "$(pgrep -P "$TUNNEL_PID" -f -- "$(basename "$HELPER")")" ]
}

transfers()	# mode
{
	run "$PYTHON" "$RIG_E2E/ftpc.py" "$1" many 3
}

# Ends within so many seconds, whatever it says.
ends()	# seconds command...
{
	timeout --foreground -k 1 "$(slowly "$1")" "${@:2}" >"$RIG/log/ends" 2>&1 </dev/null
	[ $? -lt 124 ] && cat "$RIG/log/ends"
}

sshd_start
ftpd_start vsftpd
client_data

# A master that is none.
for how in garbage huge wrong silent close version; do
	spawn fakemux-$how "$PYTHON" "$RIG_E2E/fakemux.py" "$RIG/fake-$how" $how
	wait_for 5 test -s "$RIG/log/fakemux-$how.out"
	RUN_TIMEOUT=40 fails "-S, a peer that is no ControlMaster: $how" 255 "^ftp-over-ssh: .*fake-$how" \
	    fos -N -S "$RIG/fake-$how" -L "0:$FTP_AT" rig
	kill_now "$SPAWN_PID"
done

# No descriptors. (That a client is told or waits is all right; that others are served later is
# what counts.)
tunnel_start -L "0:$FTP_AT" rig
at_tunnel
prlimit --pid "$TUNNEL_PID" --nofile=$(($(fd_count "$TUNNEL_PID") + 4)):
ends 60 "$PYTHON" "$RIG_E2E/ftpc.py" epsv parallel 12 1
ok 'no descriptors in the tunnel: it lives' rig_alive "$TUNNEL_PID"
prlimit --pid "$TUNNEL_PID" --nofile=1024:
ok 'and serves when there are some again' transfers epsv
master=$(master_pid)
count=$(fd_count "$master")
prlimit --pid "$master" --nofile=$((count + 1)):
ok 'no descriptors in the master: a client is not left hanging' \
    ends 90 "$PYTHON" "$RIG_E2E/ftpc.py" epsv many 1
prlimit --pid "$master" --nofile=1024:
ok 'and is served when there are some again' wait_for 60 transfers port
tunnel_stop

printf '#!/bin/sh\nulimit -n 9\nexec "%s" "$@"\n' "$HELPER" >"$RIG/ftp-over-ssh-helper"
chmod 755 "$RIG/ftp-over-ssh-helper"
FTP_OVER_SSH_HELPER=$RIG/ftp-over-ssh-helper tunnel_start -L "0:$FTP_AT" rig
at_tunnel
ok 'no descriptors in the helper: a client is not left hanging' \
    ends 60 "$PYTHON" "$RIG_E2E/ftpc.py" epsv many 1
ok 'and the helper ends' wait_for 20 no_helper
tunnel_stop

# No room for sockets.
if [ "$(id -u)" -eq 0 ] && unshare -m true 2>/dev/null; then
	cat >"$RIG/full" <<-'END'
	mount -t tmpfs -o size=4k,nr_inodes=4,mode=700 none "$XDG_RUNTIME_DIR" || exit 77
	mkdir "$XDG_RUNTIME_DIR/ftp-over-ssh" && chmod 700 "$XDG_RUNTIME_DIR/ftp-over-ssh"
	: >"$XDG_RUNTIME_DIR/a"
	: >"$XDG_RUNTIME_DIR/b" || :
	exec "$@"
	END
	timeout "$(slowly 40)" unshare -m bash "$RIG/full" "$FOS" -F "$RIG/ssh_config" -N -L "0:$FTP_AT" rig \
	    >"$RIG/log/full.out" 2>&1
	is 'no room in the runtime directory: it does not start' $? 255
	like 'no room in the runtime directory: it says so' "$(tail -n 1 "$RIG/log/full.out")" \
	    '^ftp-over-ssh: .*No space'
fi

# Those who do not answer.
tunnel_start -L "0:$FTP_AT" rig
at_tunnel
kill -STOP "$FTP_PID"
ok 'a stopped FTP server: a client can give up' \
    ends 20 curl -sS --max-time "$(slowly 5)" -o /dev/null "$(url mid)"
kill -CONT "$FTP_PID"
ok 'and is served afterwards' wait_for 20 transfers pasv
master=$(master_pid)
kill -STOP "$master"
ok 'a stopped master: a client can give up' ends 40 curl -sS --max-time "$(slowly 5)" -o /dev/null "$(url mid)"
kill -CONT "$master"
ok 'a stopped master that goes on, or another one, serves' wait_for 60 transfers eprt
ok 'the helpers of those who gave up end' wait_for 60 no_helper
master=$(master_pid)
kill -STOP "$master"
ok 'the tunnel ends although its master is stopped' tunnel_stop
kill -CONT "$master"
ok 'and the master ends when it goes on' wait_gone 30 "$master"
finish
