#!/usr/bin/env bash
# The life of a tunnel: -f, how it ends, what it survives, and what it says meanwhile.
. "$(dirname "$0")/rig.sh"

fetch()
{
	run curl -sS -o "$RIG/got" "$(url a)" && same "$RIG/data/a" "$RIG/got"
}

greeting()
{
	banner "$TUNNEL_ADDR" "$TUNNEL_PORT" | tr -d '\r'
}

greets()	# regex
{
	[[ $(greeting) =~ $1 ]]
}

zombies()	# pid
{
	ps -o stat= --ppid "$1" | awk '/Z/ { n++ } END { print n + 0 }'
}

no_zombies()
{
	[ "$(zombies "$1")" -eq 0 ]
}

# The tunnel that went to the background: its status socket is s<pid>.<n>.
background_pid()
{
	find "$(run_dir)" -type s -name 's*' | sed 's/.*\/s\([0-9]*\).*/\1/' | head -n 1
}

login_begun()
{
	pgrep -P "$(background_pid)" -x ssh >/dev/null
}

no_strays()
{
	[ -z "$(rig_strays)" ]
}

# A download that takes seconds; it has begun when this returns.
slow_start()
{
	rm -f "$RIG/slow"
	spawn slow curl -sS -v --limit-rate "$((15000000 / RIG_SLOW))" -o "$RIG/slow" "$(url big)"
	SLOW_PID=$SPAWN_PID
	wait_for 10 test -s "$RIG/slow"
}

slow_end()
{
	wait_gone 30 "$SLOW_PID" && wait "$SLOW_PID"
}

sshd_start
data a 50000
data big 60000000
ftpd_start vsftpd
publish a big

# --- -f ---
out=$(fos -f -N -L "0:$FTP_AT" rig 2>&1)
is '-f: returns, nothing keeps our end of its output open' $? 0
like '-f: it had the line' "$out" '^listening on '
echo "$out" >"$RIG/log/f.out"
rig_ports "$RIG/log/f.out"
pid=$(background_pid)
ok '-f: authenticated and listening then' fetch
kill -HUP "$pid"
ok '-f: HUP changes nothing' fetch
ok '-f: no zombie' wait_for 5 no_zombies "$pid"
kill "$pid"
ok '-f: TERM ends it' wait_gone 5 "$pid"
ok '-f: no socket is left' wait_for 5 test -z "$(find "$(run_dir)" -type s -name "?$pid.*")"
ssh_host nobody "Port $(free_port)"
fails '-f: no sshd: 255, said before it returns' 255 'cannot connect to nobody: .*refused' \
    fos -f -N -L "0:$FTP_AT" nobody
fails '-f: wrong usage: 64' 64 'needs -N' fos -f rig
fails '-f: the port is in use: 255' 255 'in use' fos -f -N -L "$FTP_PORT:$FTP_AT" rig
fos -f -N -o FtpConnect=first -L "0:$FTP_AT" nobody >"$RIG/log/first.out" 2>&1
is '-f with FtpConnect=first: does not wait for ssh' $? 0
rig_ports "$RIG/log/first.out"
like '... and a client is told why there is none' "$(greeting)" '^421 cannot connect to nobody: .*refused'
kill "$(background_pid)"
ssh_host stuck 'ProxyCommand sh -c "cat >/dev/null; :"'
for signal in INT TERM KILL; do
	spawn stuck "$FOS" -F "$RIG/ssh_config" -f -N -L "0:$FTP_AT" stuck
	ok "-f, SIG$signal during the login: there is one" wait_for 10 login_begun
	kill "-$signal" "$SPAWN_PID"
	ok "-f, SIG$signal during the login: nothing goes on" wait_for 10 no_strays
done

# An ssh that has gone to the background, but has not ended yet.
cat >"$RIG/slow-ssh" <<-'END'
	#!/bin/sh
	ssh "$@" || exit
	case "$*" in *' -M '*) touch "$RIG/up"; exec sleep 1000 ;; esac
END
chmod 755 "$RIG/slow-ssh"
FTP_OVER_SSH_SSH=$RIG/slow-ssh spawn early "$FOS" -F "$RIG/ssh_config" -N -L "0:$FTP_AT" rig
ok 'SIGTERM while ssh goes to the background: the master is up' wait_for 10 test -e "$RIG/up"
kill "$SPAWN_PID"
ok '... the tunnel ends' wait_gone 5 "$SPAWN_PID"
ok '... and so does its master' wait_for 10 no_strays

# --- signals ---
for signal in TERM INT; do
	tunnel_start -L "0:$FTP_AT" rig
	ok "SIG$signal: served before" fetch
	master=$(master_pid)
	ok 'no zombie' wait_for 5 no_zombies "$TUNNEL_PID"
	kill -"$signal" "$TUNNEL_PID"
	ok "SIG$signal: ends" wait_gone 5 "$TUNNEL_PID"
	wait "$TUNNEL_PID"
	is "SIG$signal: exit status" $? 0
	ok "SIG$signal: its master too" wait_gone 5 "$master"
	is "SIG$signal: nothing said" "$(cat "$TUNNEL_ERR")" ''
done

tunnel_start -o FtpGrace=20 -L "0:$FTP_AT" rig
slow_start
kill "$TUNNEL_PID"
ok 'FtpGrace: nobody is let in any more' wait_for 5 eval '! fetch'
ok 'FtpGrace: what was running gets its time' slow_end
ok '... and is whole' same "$RIG/data/big" "$RIG/slow"
ok '... and then the tunnel ends' wait_gone 5 "$TUNNEL_PID"
tunnel_start -L "0:$FTP_AT" rig
slow_start
kill "$TUNNEL_PID"
ok 'no grace: it ends at once' wait_gone 5 "$TUNNEL_PID"
slow_end
like 'no grace: the download fails' $? '^[1-9]'

# What a careless parent leaves to its children.
careless()
{
	run env --ignore-signal=CHLD --block-signal=CHLD "$FOS" -F "$RIG/ssh_config" "$@"
}
# shellcheck disable=SC2016 # for the inner shell
ok 'SIGCHLD ignored and blocked: a session all the same' careless -t "$FTP_AT" rig -- \
    sh -c 'curl -sS -u "$1" -o "$RIG/got" "$FTP_OVER_SSH_URL/a"' - "$FTP_USER:$FTP_PASS"
ok '... and it is whole' same "$RIG/data/a" "$RIG/got"
careless -t "$FTP_AT" rig -- sh -c 'exit 7'
is '... and the status is that of the client' $? 7

# --- kill -9 ---
port=$(free_port)
tunnel_start -L "$port:$FTP_AT" rig
ok 'served before the kill' fetch
slow_start
master=$(master_pid)
kill_now "$TUNNEL_PID"
slow_end
like 'the tunnel killed: the download fails' $? '^[1-9]'
ok 'the tunnel killed: its master ends' wait_gone 10 "$master"
tunnel_start -L "$port:$FTP_AT" rig
ok 'a new one serves on the same port' fetch

# --- a dead master ---
since=$SECONDS
good=0
for _ in {1..6}; do
	kill_now "$(master_pid)"
	fetch && good=$((good + 1))
done
is 'our master killed 6 times: the next client gets a new one' "$good" 6
# The client is there when the tunnel has not noticed yet that its master is not.
good=0
for _ in {1..4}; do
	master=$(master_pid)
	kill -STOP "$TUNNEL_PID"
	kill_now "$master"
	spawn early curl -sS -o "$RIG/got" "$(url a)"
	wait_for 5 eval 'ss -Htn state established "( dport = :$TUNNEL_PORT )" | grep -q .'
	kill -CONT "$TUNNEL_PID"
	wait_gone 20 "$SPAWN_PID" && wait "$SPAWN_PID" && good=$((good + 1))
done
is 'a client that comes while the master dies is served by the next one' "$good" 4
slow_start
kill_now "$(master_pid)"
slow_end
like 'killed during a download: the client fails' $? '^[1-9]'
spawn idle "$PYTHON" -c '
import ftplib, sys
ftp = ftplib.FTP()
ftp.connect(sys.argv[1], int(sys.argv[2]), 20)
ftp.login(sys.argv[3], sys.argv[4])
print("in", flush=True)
print(ftp.file.readline().strip(), flush=True)' "$TUNNEL_ADDR" "$TUNNEL_PORT" "$FTP_USER" "$FTP_PASS"
ok 'an idle session' wait_for 10 grep -q '^in$' "$RIG/log/idle.out"
kill_now "$(master_pid)"
ok '... is told' wait_for 5 grep -q '^421 .*the ssh connection is gone' "$RIG/log/idle.out"
minutes=$(((SECONDS - since) / 60 + 1))
seldom()	# text
{
	local lines
	lines=$(grep -c "$1" "$TUNNEL_ERR")
	echo "$lines in minute $minutes"
	[ "$lines" -ge 1 ] && [ "$lines" -le "$minutes" ]
}
ok 'the loss is one line a minute, however often' seldom \
    'the ssh connection to rig is lost: the ssh server has closed it, or ssh was killed'
ok 'that it is there again, too' seldom 'connected to rig again'
is 'and nothing else was said' "$(grep -vc 'to rig is lost\|to rig again' "$TUNNEL_ERR")" 0

# sshd away, and back on its port
kill_now "$(master_pid)"
kill "$SSHD_PID"
wait_gone 5 "$SSHD_PID"
like 'no sshd: 421 says why' "$(greeting)" '^421 cannot connect to rig: .*[Rr]efused'
like 'too early for another attempt: the same' "$(greeting)" '^421 cannot connect to rig: .*[Rr]efused'
spawn sshd-again "$(command -v sshd)" -D -e -f "$RIG/ssh/sshd_config.rig"
ok 'sshd is back: so is the tunnel, by itself' wait_for 20 greets '^220'
ok '... and serves' fetch
ok 'no zombie after all that' wait_for 5 no_zombies "$TUNNEL_PID"
tunnel_stop
is 'a clean end' $? 0

# --- the master of somebody else ---
master_start()
{
	run ssh -F "$RIG/ssh_config" -fNM -S "$RIG/cm" rig >/dev/null 2>&1
	MASTER_PID=$(ssh -O check -S "$RIG/cm" rig 2>&1 | sed -n 's/.*pid=\([0-9]*\).*/\1/p')
}
master_start
before=$(fd_count "$MASTER_PID")
tunnel_start -S "$RIG/cm" -L "0:$FTP_AT" rig
ok '-S: serves' fetch
kill_now "$MASTER_PID"
# A helper that meets the dead one before the tunnel knows says less.
ok '-S, master gone: 421 says what to do' \
    wait_for 5 greets '^421 no ControlMaster answers at .*cm: .*ssh -M -S'
rm -f "$RIG/cm"
master_start
ok '-S, master back: attached again' wait_for 20 greets '^220'
ok '... and serves' fetch
slow_start
kill_now "$MASTER_PID"
slow_end
like '-S, master killed during a download: the client fails' $? '^[1-9]'
rm -f "$RIG/cm"
master_start
ok '-S, back again' wait_for 20 greets '^220'
tunnel_stop
settled()
{
	# at first it may have had the connection that asked for its pid, too
	[ "$(fd_count "$MASTER_PID")" -le "$before" ]
}
ok '-S: nothing is left in the master' wait_for 5 settled

tunnel_start -S "$RIG/cm" -L "0:$FTP_AT" -R "0:$FTP_AT" rig
ok 'with -R too: serves' fetch
kill -INT "$TUNNEL_PID"
ok 'SIGINT' wait_gone 5 "$TUNNEL_PID"
ok '... nothing is left in the master' wait_for 5 settled
run ssh -O exit -S "$RIG/cm" rig 2>/dev/null

# --- FtpConnect=first ---
tunnel_start -o FtpConnect=first -L "0:$FTP_AT" rig
is 'FtpConnect=first: no ssh yet' "$(find "$(run_dir)" -type s -name 'm*')" ''
ok 'the first client brings it' fetch
like 'there it is' "$(master_pid)" '^[0-9]+$'
tunnel_stop
finish
