#!/usr/bin/env bash
# ftp-over-ssh-ctl: list, status, JSON, close and stop; names from peers are escaped.
. "${0%/*}/rig.sh"
. "$RIG_E2E/raw.sh"

ctl()
{
	run "$FOSCTL" "$@"
}

json()	# expression, see ctl_schema.py
{
	ctl status -j "${2:-one}" | "$PYTHON" "$RIG_E2E/ctl_schema.py" "$1"
}

becomes()	# seconds expression wanted [tunnel]
{
	run "$PYTHON" "$RIG_E2E/ctl_schema.py" -w "$(slowly "$1")" "$3" "$2" "$FOSCTL" status -j "${4:-one}"
}

# A transfer that goes on for as long as the test needs it: curl reads slowly.
slow()	# name curl arguments...
{
	spawn "$@"
	becomes 10 "len(s['channels']) if s else 0" 1
}

fails 'no command' 64 'ftp-over-ssh-ctl: nonsense: unknown command; -h lists them' "$FOSCTL" nonsense
is 'nothing runs: list' "$(ctl list; echo $?)" 0
is 'nothing runs: status' "$(ctl status)" none
is 'nothing runs: JSON' "$(ctl status -j | tr -d '\n')" '{"version": 2, "tunnels": []}'
is 'nothing runs: top' "$(ctl top | wc -l)" 2
fails 'nothing runs: stop' 255 'one: no such tunnel; none is running' "$FOSCTL" stop one
fails 'nothing runs: status of one' 255 'no such tunnel' "$FOSCTL" status one

sshd_start
data big 40000000
data small 1000
ftpd_start proftpd
publish big small
tunnel_start -o FtpName=one -o FtpAbortHold=2 -L "127.0.0.1:0:$FTP_AT" rig
one_pid=$TUNNEL_PID one_err=$TUNNEL_ERR one_port=$TUNNEL_PORT
tunnel_start -L "127.0.0.1:0:$FTP_AT" rig
two_pid=$TUNNEL_PID two=rig:$TUNNEL_PORT
is 'list' "$(ctl list)" "one
$two"
is 'list -j' "$(ctl list -j | "$PYTHON" -c 'import json, sys
print([(t["name"], t["pid"], t["destination"], t["error"]) for t in json.load(sys.stdin)["tunnels"]])')" \
    "[('one', $one_pid, 'rig', None), ('$two', $two_pid, 'rig', None)]"
is 'the tunnels of somebody without XDG_RUNTIME_DIR are seen, too' "$(env -u XDG_RUNTIME_DIR "$FOS" \
    -F "$RIG/ssh_config" -f -N -o FtpName=third -L "0:$FTP_AT" rig >"$RIG/log/third" 2>&1; ctl list)" "one
$two
third"
ok 'and can be stopped, several at a time' ctl close third "$two"
fails 'one of several is not there' 255 'nobody: no such tunnel' "$FOSCTL" stop nobody third
ok 'the other one was stopped' wait_for 10 eval '! ctl list | grep -q third'
if [ "$(id -u)" -eq 0 ]; then
	is '-U: those of another user' "$(ctl -U daemon list; ctl -U root list)" "one
$two"
fi
fails '-U: an unknown one' 64 'no such user: nobody-here' "$FOSCTL" -U nobody-here list
ok '--help' ctl --help
port=$(free_port)
twice()
{
	fos -f -N -o FtpName=twice "$@" -L "127.0.0.1:$port:$FTP_AT" rig
}
ok '-f' twice
ok '-f a second time: it is up already' twice
ok '... whatever it says and where' twice -q -E "$RIG/log/twice"
held='the tunnel twice, pid [0-9]+, does; ftp-over-ssh-ctl stop [0-9]+ ends it'
fails '-f with another option: whose port it is' 255 "cannot listen on 127.0.0.1:$port: $held" twice -o FtpTls=pass
fails '-f for another FTP server' 255 "$held" fos -f -N -o FtpName=twice -L "127.0.0.1:$port:localhost:1" rig
fails 'in the foreground' 255 "$held" fos -N -L "$port:$FTP_AT" rig
fails 'on another address it is another one' 255 'cannot connect' fos -N -L "127.0.0.2:$port:$FTP_AT" nobody-here.invalid
ok '-f: it is one tunnel' ctl stop twice
ok 'which ends' wait_for 10 eval '! ctl list | grep -q twice'
like 'status: the master' "$(ctl status one)" "ssh connection: up, ours, pid $(master_pid "$one_pid"), at "
like 'status: the listener' "$(ctl status one)" \
    "listening on 127.0.0.1:$one_port, forwarding to $FTP_AT"
is 'JSON: the schema' \
    "$(json "t['name'], t['destination'], t['pid'], t['master'], t['master_ours'], t['method']")" \
    "('one', 'rig', $one_pid, 'up', True, 'proxy')"
is 'JSON: a tunnel by its pid' "$(json "t['name'], len(j['tunnels'])" "$two_pid")" "('$two', 1)"
is 'JSON: all' "$(ctl status -j | "$PYTHON" "$RIG_E2E/ctl_schema.py" "len(j['tunnels'])")" 2
fails 'an unknown name: what there is' 255 "nobody: no such tunnel; running: one, $two" \
    "$FOSCTL" stop nobody

# A download: what is said of it while it runs, and afterwards.
TUNNEL_PORT=$one_port TUNNEL_ADDR=127.0.0.1
slow get curl -sS --limit-rate "$((4000000 / RIG_SLOW))" -o "$RIG/got" "$(url big)"
is 'a download: the channel' \
    "$(json "c['direction'], c['client_verb'], c['server_verb'], c['transfer'], c['total']")" \
    "('down', 'EPSV', 'EPSV', 'RETR big', 40000000)"
is 'a download: the session' "$(json "s['number'], s['user'], s['server'], s['remote'], s['busy'], s['command']")" \
    "(1, '$FTP_USER', '$FTP_AT', False, True, 'RETR big')"
ok 'a download: bytes and rate' becomes 5 "0 < c['bytes'] < 40000000 and c['rate'] > 0" True
like 'a download: as text' "$(ctl status one)" 'channel 1: down; client EPSV, server EPSV, by (proxy|mux); '
like 'a download: in top' "$(ctl top)" "one/1/1 +$FTP_USER +down .*\[#*-*\] +[0-9]+% +[0-9]+[smhd][0-9smhd]* +RETR big"
fails 'close: no such session' 255 'one/9: no session 9; there is 1$' "$FOSCTL" close one/9
fails 'close: no such channel' 255 'one/1/9: no data channel 9 in session 1; there is 1$' \
    "$FOSCTL" close one/1/9
fails 'close: no session has the number 0' 255 'one/0: no such tunnel; running: one' "$FOSCTL" close one/0
fails 'close: no such tunnel' 255 'eins/1/1: no such tunnel; running: one' "$FOSCTL" close eins/1/1
ok 'close a channel' ctl close one/1/1
wait "$SPAWN_PID"
is 'the download has failed: a reset' $? 56
ok 'it is counted as failed' becomes 5 "t['total_transfers'], t['total_failed']" '(1, 1)'

curl -sS -o "$RIG/got" "$(url small)"
ok 'a whole one is counted' becomes 5 "t['total_transfers'], t['total_failed'], t['total_sessions']" '(2, 1, 2)'
# ProFTPD lingers for 10 s after a transfer that broke.
ok 'its session is gone' becomes 20 "t['sessions']" '[]'

# The sums: everything that the client has got, whole or not.
got=$(json "t['total_bytes_down']")
curl -sS -o "$RIG/got" "$(url small)"
# What a test checks and what the manual page says are the same.
undocumented()
{
	local key
	for key in $("$PYTHON" "$RIG_E2E/ctl_schema.py" \
	    "' '.join([*TUNNEL, *LISTENER, *SESSION, *CHANNEL])" <<<'{"version": 2, "tunnels": []}'); do
		grep -Eq "^\.(It )?Va (.* Va )?$key( |$)" "$TOP/man/ftp-over-ssh-ctl.1" || echo "$key"
	done
}
is 'all of JSON is documented' "$(undocumented)" ''

ok 'the sum of bytes' becomes 5 "t['total_bytes_down'] - $got" 1000
curl -sS -T "$RIG/data/small" "$(url up)"
ok 'the sum of bytes, upwards' becomes 5 "t['total_bytes_up']" 1000

# Closing a session: 421. curl says so, whatever it makes of it.
slow get curl -sSv --limit-rate "$((4000000 / RIG_SLOW))" -o "$RIG/got" "$(url big)"
ok 'close a session' ctl close "one/$(json "s['number']")"
wait "$SPAWN_PID"
is 'its download has failed' $(($? != 0)) 1
ok 'it is gone' becomes 5 "t['sessions']" '[]'

# An upload that is closed must not look complete: the server sees no end of file.
slow put curl -sS --limit-rate "$((4000000 / RIG_SLOW))" -T "$RIG/data/big" "$(url cut)"
is 'an upload: the channel' "$(json "c['direction'], c['transfer'], c['total']")" "('up', 'STOR cut', 0)"
ok 'close an upload' ctl close "one/$(json "s['number']")/$(json "c['number']")"
wait "$SPAWN_PID"
is 'the upload has failed' $(($? != 0)) 1
fails_to_look_whole()
{
	! grep -q 'STOR cut -> 226' "$FTP_LOG"
}
ok 'the server has not taken it for whole' fails_to_look_whole
ok 'what is held open for that ends (FtpAbortHold)' becomes 20 "t['sessions']" '[]'

# Bytes that are no UTF-8, terminal sequences, quotes: in names, commands and JSON.
cat >"$RIG/odd.py" <<'END'
import socket, sys
f = socket.create_connection(("127.0.0.1", int(sys.argv[1]))).makefile("rwb", 0)
f.readline()
f.write(b'USER \x1b[31mred"\\\xff\xc3\xa4\xf0\x9f\x98\x80\xed\xa0\x80\r\n')
f.readline()
f.write(b"PASS hidden-word\r\n")
f.readline()
f.write(b"CWD \xc2\x9b2J\x7f\r\n")
print(f.readline(), flush=True)
sys.stdin.read()
END
mkfifo "$RIG/hold"
"$PYTHON" "$RIG/odd.py" "$one_port" <"$RIG/hold" >"$RIG/log/odd.out" 2>&1 &
odd=$!
exec 7>"$RIG/hold"
wait_for 10 test -s "$RIG/log/odd.out"
ok 'odd names as JSON' becomes 5 "ascii(s['user'])" \
    "'\\x1b[31mred\"\\\\\\ufffd\\xe4\\U0001f600\\ufffd\\ufffd\\ufffd'"
is 'odd commands as JSON' "$(json "ascii(s['command'])")" "'CWD \\x9b2J\\x7f'"
is 'text for a terminal is printable' "$(ctl status | LC_ALL=C tr -d '\n -~' | wc -c)" 0
like 'text for a terminal is escaped' "$(ctl status)" 'user \\033\[31mred"\\\\\\377'
is 'no password anywhere' "$(ctl status -j one | grep -c hidden; ctl status | grep -c hidden)" '0
0'
exec 7>&-
wait "$odd"
exec 6<>"/dev/tcp/127.0.0.1/$one_port"
printf 'USER somebody\r\nPASS hidden-word\r\n' >&6
ok 'a password is masked' becomes 10 "s['user'], s['command']" "('somebody', 'PASS ****')"
exec 6>&-

# Names that are not unique need the pid.
tunnel_start -o FtpName=one -o FtpAbortHold=2 -L "127.0.0.1:0:$FTP_AT" rig
fails 'an ambiguous name' 255 "one: several tunnels have that name; take a pid: one \(pid [0-9]+\), one \(pid [0-9]+\)" \
    "$FOSCTL" stop one
ok 'the pid is a name' ctl stop "$TUNNEL_PID"
ok 'that one ends' wait_gone 10 "$TUNNEL_PID"

slow get curl -sS --limit-rate "$((4000000 / RIG_SLOW))" -o "$RIG/got" "$(url big)"
ok 'stop' ctl stop one
ok 'it ends' wait_gone 10 "$one_pid"
wait "$one_pid"
is 'as after SIGTERM' $? 0
wait "$SPAWN_PID"
is 'its transfers fail' $(($? != 0)) 1
is 'nothing on its stderr' "$(cat "$one_err")" ''
is 'the other one is up' "$(ctl list)" "$two"

# Not connected yet; an attempt that has failed; one that is told to stop.
ssh_host unreachable "Port $(free_port)"
tunnel_start -o FtpConnect=first -o FtpName=waits -L "0:$FTP_AT" unreachable
like 'status: not yet connected' "$(ctl status waits)" 'ssh connection: not yet connected;'
is '... as JSON' "$(json "t['master'], t['last_error'], t['next_attempt'], t['stopping']" waits)" "('down', '', 0, False)"
attempted()
{
	banner "$TUNNEL_ADDR" "$TUNNEL_PORT" >/dev/null
	ctl status waits >"$RIG/log/attempted"
	json "t['master'], t['last_error'], t['next_attempt'] > 0" waits >"$RIG/log/attempted.json"
	grep -Eq 'ssh connection: down, next attempt in [0-9]+s at the earliest;' "$RIG/log/attempted" &&
	    grep -Eq 'last error, [0-9]+s ago: cannot connect to unreachable: .*[Rr]efused' "$RIG/log/attempted" &&
	    grep -Eq "'down', 'cannot connect to unreachable: .*', True" "$RIG/log/attempted.json"
}
ok 'status: the error, and when it is tried again' wait_for 40 attempted
tunnel_stop
tunnel_start -o FtpGrace=100 -o FtpName=stopping -L "0:$FTP_AT" rig
spawn get curl -sS --limit-rate "$((4000000 / RIG_SLOW))" -o "$RIG/got" "$(url big)"
ok 'a transfer' becomes 10 "len(s['channels']) if s else 0" 1 stopping
kill "$TUNNEL_PID"
ok 'status: stopping' wait_for 5 eval 'ctl status stopping | grep -q "ssh connection: up, .*; stopping$"'
is '... as JSON' "$(json "t['stopping']" stopping)" True
kill "$SPAWN_PID" "$TUNNEL_PID"
ok 'a second signal: at once' wait_gone 10 "$TUNNEL_PID"

# One whose XDG_RUNTIME_DIR is that of a login, looked for without it (cron, sudo).
# shellcheck disable=SC2016 # for the inner shell
if [ "$(id -u)" -eq 0 ] && unshare -m true 2>/dev/null && [ -d /run/user ]; then
	is 'a tunnel in /run/user/UID is found' "$(run unshare -m sh -c 'mount -t tmpfs none /run/user &&
	    mkdir -m 700 /run/user/0 && XDG_RUNTIME_DIR=/run/user/0 "$@" >/dev/null && unset XDG_RUNTIME_DIR &&
	    "$0" list && "$0" stop login && echo stopped' "$FOSCTL" "$FOS" -F "$RIG/ssh_config" -f -N \
	    -o FtpName=login -L "0:$FTP_AT" rig)" "login
stopped"
fi

# Somebody else's master.
ssh -F "$RIG/ssh_config" -fNM -S "$RIG/master" rig
tunnel_start -S "$RIG/master" -o FtpName=three -L "0:$FTP_AT" rig
is 'a master of the user' "$(json "t['master_ours'], t['control_path'], t['method']" three)" \
    "(False, '$RIG/master', 'mux')"
like 'a master of the user, as text' "$(ctl status three)" 'ssh connection: up, yours, pid [0-9]+, at'
tunnel_start -o FtpName=back -R "0:$FTP_AT" rig
is 'a remote listener' "$(json "len(t['listeners']), t['listeners'][0]['remote']" back)" '(1, True)'
ssh -O exit -S "$RIG/master" none 2>/dev/null
ok 'a master that is gone' becomes 5 "t['master']" down three

# A clock that is set back all the time. (Watched builds must be the first to be preloaded.)
cat >"$RIG/back.c" <<'END'
#include <time.h>
time_t
time(time_t *t)
{
	static time_t now = 2000000000;

	now -= 3600;
	return t != NULL ? (*t = now) : now;
}
END
set_back()
{
	FOS_UNDER=(env LD_PRELOAD="$RIG/back.so")
	tunnel_start -o FtpName=back-in-time -L "0:$FTP_AT" rig
	FOS_UNDER=()
	exec 8<>"/dev/tcp/$TUNNEL_ADDR/$TUNNEL_PORT"
	ok 'a clock that is set back makes no session old' \
	    becomes 10 "s['age'] < 60 if s else None" True back-in-time
	exec 8>&-
}
[ -n "$RIG_WATCH" ] || ! ${CC:-cc} -shared -fPIC -o "$RIG/back.so" "$RIG/back.c" || set_back

for bad in 'list x' 'list -j x' 'status a b' 'status -x' 'top x' 'close' 'stop' 'stop -j'; do
	# shellcheck disable=SC2086 # words
	fails "usage: $bad" 64 "usage: ftp-over-ssh-ctl ${bad%% *}" "$FOSCTL" $bad
done
# What is asked for is true when it is asked.
tunnel_start -o FtpName=fresh -L "127.0.0.1:0:$FTP_AT" rig
script cases.py told_at_once 127.0.0.1 "$TUNNEL_PORT" "$FOSCTL" fresh
tunnel_stop
finish
