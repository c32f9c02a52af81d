#!/usr/bin/env bash
# Our own master lives for as long as somebody needs it, and no longer, whoever is killed.
. "$(dirname "$0")/rig.sh"

fetch()
{
	run curl -sS -o "$RIG/got" "$(url a)" && same "$RIG/data/a" "$RIG/got"
}

# An upload that has begun: its file grows on the server.
upload_start()	# name
{
	spawn "$1" curl -sS --limit-rate "$((1000000 / RIG_SLOW))" -T "$RIG/data/big" "$(url "$1")"
	UPLOAD_PID=$SPAWN_PID
	wait_for 20 test -s "$FTP_ROOT/$1"
}

brokers()	# tunnel
{
	pgrep -P "$1" -f -- "$(basename "$HELPER")"
}

gone()	# master, socket
{
	rig_gone "$1" && [ ! -e "$2" ]
}

login_begun()	# tunnel
{
	pgrep -P "$1" -x ssh >/dev/null
}

no_strays()
{
	[ -z "$(rig_strays)" ]
}

sshd_start
data a 50000
data big 30000000
ftpd_start vsftpd
publish a

start()
{
	tunnel_start "$@" -L "0:$FTP_AT" rig
	ok "$WHAT: serves" fetch
	MASTER=$(master_pid)
	SOCKET=$(find "$(run_dir)" -type s -name "m$TUNNEL_PID.*")
	wait_for 10 eval '! brokers "$TUNNEL_PID" >/dev/null'
}

most_descriptors()	# pid
{
	[ "$(prlimit --pid "$1" --nofile --noheadings --output SOFT | tr -d ' ')" = \
	    "$(prlimit --pid "$1" --nofile --noheadings --output HARD | tr -d ' ')" ]
}

WHAT='a broker and a session killed'
FOS_UNDER=(prlimit --nofile=300:)
start -o FtpAbortHold=4
FOS_UNDER=()
ok 'the master has as many descriptors as it may have' most_descriptors "$MASTER"
upload_start one
broker=$(brokers "$TUNNEL_PID")
kill_now "$(children "$broker" | head -n 1)"
ok 'a session killed: its client ends' wait_gone 20 "$UPLOAD_PID"
# shellcheck disable=SC2046 # pids
kill -KILL $(children "$broker") "$broker" 2>/dev/null
upload_start two
kill_now "$(brokers "$TUNNEL_PID" | tail -n 1)"
ok 'a broker killed: its client ends' wait_gone 20 "$UPLOAD_PID"
ok 'the tunnel goes on' fetch
is 'on the same master' "$(master_pid)" "$MASTER"
ok 'the tunnel ends' tunnel_stop
ok 'the master holds what was broken off' rig_alive "$MASTER"
ok 'and ends then' wait_for 20 gone "$MASTER" "$SOCKET"

WHAT='a broker killed, nothing under way'
start
exec 7<>"/dev/tcp/$TUNNEL_ADDR/$TUNNEL_PORT"
read -rt "$(slowly 20)" -u 7
kill_now "$(brokers "$TUNNEL_PID")"
exec 7>&-
ok "$WHAT: the tunnel ends" tunnel_stop
ok "$WHAT: and the master" wait_for 20 gone "$MASTER" "$SOCKET"

WHAT='the tunnel killed'
start
upload_start three
kill_now "$UPLOAD_PID"
broker=$(brokers "$TUNNEL_PID")
kill_now "$TUNNEL_PID"
ok 'the tunnel killed: who holds an upload open lives' rig_alive "$broker"
ok 'the tunnel killed: and so does the master' rig_alive "$MASTER"
# shellcheck disable=SC2046 # pids
kill -KILL $(children "$broker") "$broker"
ok 'nobody left: the master ends, with its socket' wait_for 10 gone "$MASTER" "$SOCKET"

WHAT='the tunnel told to end'
start -o FtpAbortHold=4
upload_start four
kill_now "$UPLOAD_PID"
broker=$(brokers "$TUNNEL_PID")
ok 'an upload that was cut is held' rig_alive "$broker"
ok 'the tunnel told to end: it does' tunnel_stop
ok 'the tunnel told to end: who holds an upload open lives' rig_alive "$broker"
ok 'the tunnel told to end: and so does the master' rig_alive "$MASTER"
ok 'the hold is over' wait_gone 20 "$broker"
ok 'and the master ends' wait_for 10 gone "$MASTER" "$SOCKET"

ssh_host stuck 'ProxyCommand sh -c "cat >/dev/null; :"'
spawn login "$FOS" -F "$RIG/ssh_config" -N -L "0:$FTP_AT" stuck
login=$SPAWN_PID
ok 'a login has begun' wait_for 10 login_begun "$login"
kill_now "$login"
ok 'the tunnel killed during the login: ssh ends' wait_for 10 no_strays

run "$FOSCTL" list >/dev/null # it removes what the killed left in the runtime directory
finish
