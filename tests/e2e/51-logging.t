#!/usr/bin/env bash
# What is logged: levels, -E, -y; never a password, never a peer's control characters.
. "$(dirname "$0")/rig.sh"

logged()	# options...: one login and download of a wrapper with them; its stderr in LOG
{
	LOG=$RIG/log/logged
	fos "$@" -t "$FTP_AT" rig -- curl -sS -u "$FTP_USER:$FTP_PASS" -o "$RIG/got" %u/a \
	    >"$RIG/log/logged.out" 2>"$LOG"
}

count()	# regex
{
	grep -Ec -- "$1" "$LOG"
}

sshd_start
data a 123456
ftpd_start proftpd
publish a

logged
is 'no option: nothing' "$(cat "$LOG")" ''
logged -v
peer='127\.0\.0\.1:[0-9]+'
is '-v: where a session begins' \
    "$(count "^ftp-over-ssh-helper: $peer: session with the FTP server $FTP_AT begins$")" 1
is '-v: a line for the transfer' \
    "$(count "$peer $FTP_USER: RETR a: 123456 bytes in [0-9]+\.[0-9]{2} s, reply 226$")" 1
is '-v: where it ends' "$(count "$peer $FTP_USER: session ends after [0-9.]+ s, 1 transfers$")" 1
is '-v: what the server says' "$(count "^ftp-over-ssh: FTP server $FTP_AT on rig: 220 ")" 1
is '-v: that is all' "$(wc -l <"$LOG")" 4
logged -vv
is '-vv: the commands' "$(count "$peer --> USER $FTP_USER$")" 1
is '-vv: the replies' "$(count "$peer <-- 226 ")" 1
is '-vv: the password masked' "$(count '--> PASS \*\*\*\*$')" 1
is '-vv: no ends of lines' "$(count '\\r|\\n')" 0
for level in -v -vv -vvv; do
	logged $level
	is "$level: the password is not there" "$(grep -cF "$FTP_PASS" "$LOG")" 0
done
fos -vvv -t "$FTP_AT" rig -- bash -c 'exec 3<>"/dev/tcp/$1/$2"
	printf "%b\r\n" "USER x" "ACCT top1.secret" "pAsS top2.secret" "  pass top4.secret" "SITE CPWD top3.secret" \
	    "PA\xff\xf1SS top5.secret" "PASS\ttop6.secret" "SITE ADDUSER x top7.secret" "PA\x01SS top8.secret" \
	    "\xff\xffPASS top9.secret" "PASS top10\rsecret" "PASS" "QUIT" >&3; cat <&3' sh %h %p >"$RIG/log/raw.out" 2>"$RIG/log/raw"
is 'secrets in other clothes' "$(grep -c 'secret' "$RIG/log/raw")" 0
LOG=$RIG/log/raw
is '... are masked' "$(count '--> .*\*\*\*\*')" 7

tunnel_start -q -L "0:127.0.0.1:$(free_port)" rig
like '-q: the client is told' "$(banner "$TUNNEL_ADDR" "$TUNNEL_PORT")" '^421 (No FTP server|cannot connect to the FTP server)'
tunnel_stop
is '-q: nobody else' "$(cat "$TUNNEL_ERR")" ''
fails '-q: what prevents the start is said' 255 'in use' fos -q -N -L "$FTP_PORT:$FTP_AT" rig
ssh_host nobody "Port $(free_port)"
fails '-q: so is what ssh says about that' 255 'cannot connect to nobody: .*[Rr]efused' \
    fos -q -N -L "0:$FTP_AT" nobody
is '-q: a warning of ssh is not' \
    "$(fos -q -o UserKnownHostsFile=/dev/null -o StrictHostKeyChecking=no -t "$FTP_AT" rig -- true 2>&1)" ''

# --- -E ---
logged -v -E "$RIG/log/file"
is '-E: nothing on stderr' "$(cat "$LOG")" ''
LOG=$RIG/log/file
stamp='[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z'
is '-E: the lines are in the file' "$(count "^$stamp ftp-over-ssh-helper: .*(session (with|ends)|RETR a: 123456)")" 3
is '-E: each with its time' "$(grep -Evc "^$stamp ftp-over-ssh(-helper)?: " "$LOG")" 0
logged -v -E "$RIG/log/file"
LOG=$RIG/log/file
is '-E: appended to' "$(wc -l <"$LOG")" 8
fails '-E: cannot be opened' 255 'no/such/file: cannot open it: ' fos -E no/such/file -N rig
like '-E: a disk that is full: what is said goes where it would without -E' "$(fos -v -E /dev/full -t "$FTP_AT" rig -- true 2>&1)" \
    "^ftp-over-ssh: the log file cannot be written: No space left on device; messages come here from now on"$'\n'".*ftp-over-ssh: FTP server $FTP_AT on rig: 220 "
fos -f -v -E "$RIG/log/background" -N -L "0:$FTP_AT" rig >"$RIG/log/f.out"
rig_ports "$RIG/log/f.out"
run curl -sS -o "$RIG/got" "$(url a)"
ok '-f -E: sessions of the background are in the file' \
    wait_for 5 grep -q 'RETR a: 123456' "$RIG/log/background"
pid=$(find "$(run_dir)" -type s -name 's*' | sed 's/.*\/s\([0-9]*\).*/\1/')
kill "$pid"
ok 'ended' wait_gone 5 "$pid"

# --- FtpLog=json ---
json()	# expression about the events, as its members in the manual
{
	"$PYTHON" "$RIG_E2E/log_schema.py" "$TOP/man/ftp-over-ssh.1" "$LOG" "$1"
}
logged -o FtpLog=json -E "$RIG/log/json"
LOG=$RIG/log/json
is 'json: every line is an object that the manual describes; sessions and transfers' \
    "$(json "[(e['event'], e.get('state', e.get('outcome'))) for e in events]")" \
    "[('session', 'begin'), ('transfer', 'complete'), ('session', 'end')]"
is 'json: a transfer in its parts' "$(json "[(e['user'], e['command'], e['direction'], e['bytes'], e['reply'])
    for e in events if e['event'] == 'transfer']")" "[('$FTP_USER', 'RETR a', 'down', 123456, 226)]"
tunnel_start -vvv -o FtpLog=json -L "0:$FTP_AT" rig
"$PYTHON" - "$TUNNEL_ADDR" "$TUNNEL_PORT" "$FTP_USER" "$FTP_PASS" >/dev/null <<'END'
import ftplib, sys
ftp = ftplib.FTP()
ftp.connect(sys.argv[1], int(sys.argv[2]))
try:
    ftp.login('q"\\\xe9\x1b\U0001f600', 'x')
except ftplib.error_perm:
    ftp.login(sys.argv[3], sys.argv[4])
ftp.storbinary("STOR new", open(sys.argv[0] if sys.argv[0] != "-" else "/dev/null", "rb"))
END
kill_now "$(master_pid)"
LOG=$TUNNEL_ERR
ok 'json: the link is lost' wait_for 5 grep -q '"warning", "message": "the ssh connection to rig is lost' "$LOG"
tunnel_stop
ok 'json: all that -vvv says is of it' json "any('--> USER q' in e.get('message', '') for e in events) or exit(1)"
is 'json: an upload' "$(json "[e['direction'] for e in events if e['event'] == 'transfer']")" "['up']"
is 'json: the password is not there' "$(grep -cF "$FTP_PASS" "$LOG")" 0

# --- a transfer that is paused ---
truncate -s 200M "$FTP_ROOT/big"
tunnel_start -v -L "0:$FTP_AT" rig
"$PYTHON" - "$TUNNEL_ADDR" "$TUNNEL_PORT" "$FTP_USER" "$FTP_PASS" "$TUNNEL_ERR" >"$RIG/log/paused" <<'END'
import ftplib, sys
ftp = ftplib.FTP()
ftp.connect(sys.argv[1], int(sys.argv[2]))
ftp.login(sys.argv[3], sys.argv[4])
data = ftp.transfercmd("RETR big")
data.recv(1000)
data.close()
try:
    ftp.voidresp()
except ftplib.error_temp as reply:
    print(str(reply)[:3])
try:
    ftp.transfercmd("RETR missing")
except ftplib.error_perm:
    print(open(sys.argv[5]).read().count("RETR missing"))
ftp.quit()
END
LOG=$TUNNEL_ERR
{ read -r code; read -r refused; } <"$RIG/log/paused"
is 'a download that its client breaks off is told with the reply to it' \
    "$(count "RETR big: [0-9]+ bytes in [0-9.]+ s, reply $code, broken off$")" 1
is '... once' "$(count 'RETR big')" 1
is 'one that is refused is told at once' "$refused" 1
is '... with the reply' "$(count 'RETR missing: 0 bytes in [0-9.]+ s, reply 550$')" 1
# shellcheck disable=SC2016 # for the inner shell
for _ in {1..10}; do
	bash -c 'exec 3<>"/dev/tcp/$1/$2"' - "$TUNNEL_ADDR" "$TUNNEL_PORT"
done
tunnel_stop
is 'clients that leave at once are not put down to the server' "$(count 'no FTP server|FtpAllowUsers|421')" 0

# --- FtpNotify ---
cat >"$RIG/notify" <<'END'
#!/bin/sh
echo "$FTP_OVER_SSH_EVENT $FTP_OVER_SSH_NAME $FTP_OVER_SSH_DESTINATION: $FTP_OVER_SSH_REASON $# $(cat)" >>"$RIG/notified"
END
chmod 755 "$RIG/notify"
mv "$RIG/notify" "$RIG/notify; \$(false)" # which a shell would not run
tunnel_start -o FtpNotify="$RIG/notify; \$(false)" -o FtpName=told -L "0:$FTP_AT" rig
run curl -sS -o "$RIG/got" "$(url a)"
ok 'FtpNotify: nothing at the start' test ! -e "$RIG/notified"
kill_now "$(master_pid)"
ok 'FtpNotify: lost' wait_for 5 grep -q '^lost told rig: the ssh connection to rig is lost: .* 0 $' "$RIG/notified"
run curl -sS -o "$RIG/got" "$(url a)"
ok 'FtpNotify: connected' wait_for 5 grep -q '^connected told rig:  0 $' "$RIG/notified"
ok 'it is said, too' grep -q 'ftp-over-ssh: connected to rig again$' "$TUNNEL_ERR"
tunnel_stop
tunnel_start -o ServerAliveInterval=1 -o ServerAliveCountMax=1 -L "0:$FTP_AT" rig
stopped=$(children "$SSHD_PID")
# shellcheck disable=SC2086 # pids
kill -STOP $stopped
ok 'the cause, in ssh'"'"'s own words' wait_for 20 grep -q \
    '^ftp-over-ssh: the ssh connection to rig is lost: Timeout, server .* not responding' "$TUNNEL_ERR"
is '... once' "$(wc -l <"$TUNNEL_ERR")" 1
# shellcheck disable=SC2086 # pids
kill -CONT $stopped
tunnel_stop

# --- control characters ---
rude_command()
{
	SERVE=("$PYTHON" "$RIG_E2E/rude.py" 127.0.0.1 "$1" control)
}
rig_serve rude 127.0.0.1 rude_command
LOG=$RIG/log/control
fos -vvv -t "127.0.0.1:$PORT" rig -- bash -c 'exec 3<>"/dev/tcp/$1/$2"
	printf "%b\r\n" "USER \\x1b[31mred" "PASS x" "CWD \\x9b2J\\x07" "QUIT" >&3; cat <&3' \
	sh %h %p >"$RIG/log/control.out" 2>"$LOG"
ok 'the dialogue is there' grep -qF 'USER \033[31mred' "$LOG"
ok 'the replies are' grep -qF '<-- 220 \033[2Jcleared' "$LOG"
ok 'the user name in other lines too' grep -qF ' \033[31mred: session ends' "$LOG"
is 'log injection: no control character in it' "$(LC_ALL=C tr -d '\n -~' <"$LOG" | wc -c)" 0

# --- -y ---
# A place of our own at /dev/log, seen by the tunnel alone.
if [ "$(id -u)" -eq 0 ] && unshare -m true 2>/dev/null; then
	mkdir "$RIG/dev"
	cat >"$RIG/in-dev" <<-'END'
	mount -t tmpfs none "$RIG/dev" && cp -a /dev/null /dev/full /dev/zero /dev/urandom /dev/tty "$RIG/dev" &&
	ln -s /proc/self/fd "$RIG/dev/fd" && ln -s "$RIG/syslog" "$RIG/dev/log" &&
	mount --move "$RIG/dev" /dev && exec "$@"
	END
	spawn syslogd "$PYTHON" "$RIG_E2E/syslogd.py" "$RIG/syslog" "$RIG/log/syslog"
	ok 'a syslogd' wait_for 10 test -S "$RIG/syslog"
	FOS_UNDER=(unshare -m sh "$RIG/in-dev")
	tunnel_start -y -v -L "0:$FTP_AT" rig
	run curl -sS -o "$RIG/got" "$(url a)"
	ok '-y: a transfer, from the helper' wait_for 5 \
	    grep -Eq "^<30>.* ftp-over-ssh\[[0-9]+\]: $peer $FTP_USER: RETR a: 123456 bytes" "$RIG/log/syslog"
	kill_now "$(master_pid)"
	ok '-y: a warning, from the tunnel' wait_for 5 \
	    grep -Eq '^<28>.* ftp-over-ssh\[[0-9]+\]: the ssh connection to rig is lost' "$RIG/log/syslog"
	tunnel_stop
	is '-y: nothing on stderr' "$(cat "$TUNNEL_ERR")" ''
	: >"$RIG/log/syslog"
	run "${FOS_UNDER[@]}" "$FOS" -F "$RIG/ssh_config" -f -v -N -o FtpName=syslogged -L "0:$FTP_AT" rig \
	    >"$RIG/log/f.out"
	rig_ports "$RIG/log/f.out"
	run curl -sS -o "$RIG/got" "$(url a)"
	ok '-f: what comes later is there, too, from the helper' wait_for 5 \
	    grep -Eq "^<30>.* ftp-over-ssh\[[0-9]+\]: $peer $FTP_USER: RETR a: 123456 bytes" "$RIG/log/syslog"
	pid=$(find "$(run_dir)" -type s -name 's*' | sed 's/.*\/s\([0-9]*\).*/\1/')
	kill_now "$(master_pid "$pid")"
	ok '-f: and from the tunnel' wait_for 5 \
	    grep -Eq '^<28>.* ftp-over-ssh\[[0-9]+\]: the ssh connection to rig is lost' "$RIG/log/syslog"
	like '-f: the last error is shown' "$("$FOSCTL" status syslogged)" 'last error, [0-9]+s ago: the ssh connection to rig is lost'
	ok '-f: it stops' "$FOSCTL" stop syslogged
	ok '-f: and is gone' wait_gone 10 "$pid"
	run "${FOS_UNDER[@]}" "$FOS" -F "$RIG/ssh_config" -f -N -E /dev/full -o FtpName=full -L "0:$FTP_AT" rig >"$RIG/log/f.out"
	pid=$(find "$(run_dir)" -type s -name 's*' | sed 's/.*\/s\([0-9]*\).*/\1/')
	kill_now "$(master_pid "$pid")"
	full()
	{
		grep -q '^<27>.*: the log file cannot be written: No space left on device' "$RIG/log/syslog" &&
		    [ "$(grep -c '^<28>.*: the ssh connection to rig is lost' "$RIG/log/syslog")" -eq 2 ]
	}
	ok '-f -E: a disk that is full' wait_for 5 full
	ok '... it stops' "$FOSCTL" stop full
	ok '... and is gone' wait_gone 10 "$pid"
	FOS_UNDER=()
else
	note 'no mount namespace: -y is not tried'
fi
finish
