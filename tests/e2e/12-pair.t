#!/usr/bin/env bash
# What every pair of an ssh client and an sshd must do, by both ways of dialling. tests/versions runs
# this with other ones than this machine's.
. "${0%/*}/rig.sh"
. "$RIG_E2E/raw.sh"

note "$(ssh -V 2>&1), $(command -v sshd)"
sshd_start
ftpd_start vsftpd
data big 5000000
data long 30000000
publish big long
dead=$(free_port)

get_and_put()
{
	run curl -sS -o "$RIG/got" "$(url big)" && same "$RIG/got" "$FTP_ROOT/big" &&
	    run curl -sS -T "$RIG/data/big" "$(url "put-$method")" && same "$RIG/data/big" "$FTP_ROOT/put-$method"
}

fifty()	# transfers one after the other, in one session
{
	local urls=() i
	for ((i = 0; i < 50; i++)); do
		urls+=(-o /dev/null "$(url big)")
	done
	run curl -sS -r 0-99 "${urls[@]}"
}

cut()	# a download whose sshd dies is no success; if it dies in time
{
	local pid
	run curl -sS --limit-rate 1M -o "$RIG/cut" "$(url long)" 2>/dev/null &
	pid=$!
	wait_for 20 test -s "$RIG/cut"
	# shellcheck disable=SC2046 # pids
	kill -KILL $(children "$SSHD_PID")
	! wait "$pid" || same "$FTP_ROOT/long" "$RIG/cut"
}

for method in proxy mux; do
	tunnel_start -o FtpForward=$method -L "ftp/0:$FTP_AT" rig
	script -l "$method, -L" cases.py in_turn "$TUNNEL_ADDR" "$TUNNEL_PORT" pasv epsv port eprt
	ok "$method: a large file, both ways" get_and_put
	ok "$method: fifty in a row" fifty
	ok "$method: a cut is no end" cut
	tunnel_stop
	tunnel_start -o FtpForward=$method -R "ftp/0:$FTP_AT" rig
	script -l "$method, -R" cases.py in_turn 127.0.0.1 "${TUNNEL_PORT% (*}" pasv epsv port eprt
	tunnel_stop
	ssh -F "$RIG/ssh_config" -fNM -S "$RIG/master" rig
	tunnel_start -o FtpForward=$method -S "$RIG/master" -L "ftp/0:$FTP_AT" rig
	script -l "$method, the user's master" cases.py in_turn "$TUNNEL_ADDR" "$TUNNEL_PORT" pasv port
	tunnel_stop
	ok "$method: the user's master lives on" ssh -O check -S "$RIG/master" none
	ssh -O exit -S "$RIG/master" none 2>/dev/null
	like "$method: a dead port" "$(fos -o FtpForward=$method -t "localhost:$dead" rig 2>&1 | tail -n 1)" \
	    'no FTP server answers at'
done
ok "check is content" run "$FOSCTL" check -F "$RIG/ssh_config" -t "$FTP_AT" rig
finish
