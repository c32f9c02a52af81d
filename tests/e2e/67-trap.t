#!/usr/bin/env bash
# A ControlMaster ends ("no remote_id") when a proxy connection is closed on which an open is not
# answered, or was refused: whatever is killed, a master and the other sessions in it live on.
. "$(dirname "$0")/rig.sh"
. "$RIG_E2E/leaks.sh"

sshd_start
# shellcheck disable=SC2086
${CC:-cc} -std=c11 -D_GNU_SOURCE -O1 -g ${RIG_PORTABLE:+-DPORTABLE} -iquote "$TOP/ctl" -o "$RIG/left" "$TOP/tests/hostile/left.c" \
    "$BUILD/ctl/libctl.a" -lbsd $RIG_LINK || exit 1
port=$(free_port)

master()	# name: a master with another session in it
{
	spawn "$1" ssh -F "$RIG/ssh_config" -MN -S "$RIG/$1" rig
	wait_for 20 test -S "$RIG/$1"
	mkfifo "$RIG/$1.in"
	ssh -F "$RIG/ssh_config" -S "$RIG/$1" rig 'while read -r x; do echo "$x"; done' \
	    <"$RIG/$1.in" >"$RIG/$1.out" 2>/dev/null &
	rig_pids+=($!)
	exec 8>"$RIG/$1.in"
}

lives()	# name: the master answers, and its other session does
{
	ssh -F "$RIG/ssh_config" -S "$RIG/$1" -O check rig 2>/dev/null || return 1
	echo "$2" >&8
	wait_for 20 grep -qx "$2" "$RIG/$1.out"
}

# The processes of sshd that serve the connections.
served() { children "$SSHD_PID" | xargs kill "$1"; }

left()	# name port count [naive]
{
	mkfifo "$RIG/left.in"
	"$RIG/left" "$RIG/$1" "${@:2}" <"$RIG/left.in" >"$RIG/left.out" 2>&1 &
	left=$!
	rig_pids+=("$left")
	exec 9>"$RIG/left.in"
	rm "$RIG/left.in"
}
is_kept() { ! left_says free; }
left_says() { grep -qx "$1" "$RIG/left.out"; }
ended() { ! ssh -F "$RIG/ssh_config" -S "$RIG/$1" -O check rig 2>/dev/null; }

master m
ok 'another session is there' lives m one
served -STOP
left m "$SSHD_PORT" 5
ok 'the helper is killed with its opens unanswered' wait_for 20 left_says killed
ok 'the master lives' ssh -F "$RIG/ssh_config" -S "$RIG/m" -O check rig
ok 'and the connection is kept' is_kept
served -CONT
ok 'until all is answered' wait_for 20 left_says free
exec 9>&-
wait "$left"
ok 'master and session live' lives m two

served -STOP
left m "$SSHD_PORT" 5
ok 'killed again' wait_for 20 left_says killed
exec 9>&-
wait "$left"
ok 'the tunnel ends meanwhile, and the master lives' \
    ssh -F "$RIG/ssh_config" -S "$RIG/m" -O check rig
served -CONT
ok 'with its session' lives m three

left m "$port" 3
ok 'a helper whose opens are refused' wait_for 20 left_says killed
exec 9>&-
wait "$left"
ok 'the tunnel ends, master and session live' lives m four
ssh -F "$RIG/ssh_config" -S "$RIG/m" -O exit rig 2>/dev/null
exec 8>&-

# A client whose control connection sshd does not answer.
master o
tunnel_start -S "$RIG/o" -o FtpForward=proxy -L "0:127.0.0.1:$SSHD_PORT" rig
waits()	# its helper's two processes are there
{
	exec 7<>"/dev/tcp/127.0.0.1/$TUNNEL_PORT"
	wait_for 20 both_there
}
both_there() { [ "$(helpers | wc -l)" -ge 2 ]; }
ended_all() { ! ps -o pid= -p "$1" >/dev/null; }
served -STOP
ok 'a client waits for a stopped sshd' waits
exec 7>&-
ok 'it leaves, and its helper ends' wait_for 40 no_helper
ok 'another one waits' waits
helpers | xargs kill -KILL 2>/dev/null # the session process ends with its broker
ok 'its helper is killed' wait_for 20 no_helper
exec 7>&-
ok 'the master lives' ssh -F "$RIG/ssh_config" -S "$RIG/o" -O check rig
ok 'a third one waits' waits
pids=$(helpers | tr '\n' ,)
ok 'the tunnel ends' tunnel_stop
ok 'and the helper with it' wait_for 40 ended_all "${pids%,}"
exec 7>&-
served -CONT
ok 'master and session live' lives o five
ssh -F "$RIG/ssh_config" -S "$RIG/o" -O exit rig 2>/dev/null
exec 8>&-

# What it is good for: without it the master ends.
master n
left n "$port" 1 naive
exec 9>&-
wait "$left"
ok 'a connection that is simply closed ends the master' wait_for 20 ended n
exec 8>&-
finish
