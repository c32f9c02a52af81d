#!/usr/bin/env bash
# Processes that are stopped: a client can give up, and is served when they go on; nothing is left.
. "${0%/*}/rig.sh"
. "$RIG_E2E/faults.sh"

tunnel_start -o FtpForward=mux -L "0:$FTP_AT" rig
mux=$TUNNEL_PID mux_err=$TUNNEL_ERR mux_sshd=$(sshd_pid)
kill -STOP "$mux_sshd"
spawn mux curl -sS --max-time "$(slowly 100)" -o /dev/null "$(url mid)"
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
sshd=$(sshd_pid)
kill -STOP "$sshd"
ok 'a stopped sshd: a client can give up' \
    ends 40 curl -sS --max-time "$(slowly 5)" -o /dev/null "$(url mid)"
ok 'and its helper ends, though it is not answered' wait_for 40 no_helper
kill -CONT "$sshd"
ok 'and is served afterwards' wait_for 60 transfers pasv
master=$(master_pid)
kill -STOP "$master"
ok 'the tunnel ends although its master is stopped' tunnel_stop
kill -CONT "$master"
ok 'and the master ends when it goes on' wait_gone 30 "$master"
ok 'a stopped sshd, by mux: that is what is said' wait_for 60 \
    grep -q "no FTP server answers at $FTP_AT on rig: the ssh server does not answer" "$mux_err"
is '... and nothing else' "$(wc -l <"$mux_err")" 1
kill -CONT "$mux_sshd"
tunnel_stop "$mux"
finish
