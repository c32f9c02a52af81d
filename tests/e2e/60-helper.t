#!/usr/bin/env bash
# The helper by itself, on sockets and pipes; and ftp-over-ssh -W.
. "$(dirname "$0")/rig.sh"
. "$RIG_E2E/clients.sh"

socat_up()
{
	banner 127.0.0.1 "$1" >/dev/null
}

# A client that has only pipes: log in, fetch with PASV, quit.
piped()	# command...
{
	run "$PYTHON" "$RIG_E2E/piped.py" "$RIG/data/mid" "$@"
}

sshd_start
ftpd_start vsftpd
client_data
run ssh -F "$RIG/ssh_config" -fNM -o ControlPath="$RIG/ctl" rig >/dev/null 2>&1

for kind in EXEC,pipes EXEC; do
	at_socat=$(free_port)
	spawn socat socat "TCP-LISTEN:$at_socat,bind=127.0.0.1,fork,reuseaddr" \
	    "EXEC:\"$HELPER -S $RIG/ctl $FTP_AT\"${kind#EXEC}"
	ok "socat $kind: the greeting" wait_for 10 socat_up "$at_socat"
	TUNNEL_ADDR=127.0.0.1 TUNNEL_PORT=$at_socat
	at_tunnel
	for mode in pasv epsv port eprt; do
		ok "socat $kind: python $mode" client_cell python $mode
	done
	ok "socat $kind: curl epsv" client_cell curl epsv
	kill "$SPAWN_PID"
done

ok 'pipes' piped "$HELPER" -S "$RIG/ctl" "$FTP_AT"
ok 'pipes, method proxy' piped "$HELPER" -S "$RIG/ctl" -o FtpForward=proxy "$FTP_AT"
ok '-W on pipes' piped "$FOS" -F "$RIG/ssh_config" -W "$FTP_AT" rig

# A server that is long in coming, and then does not.
has_session()
{
	[ -n "$(children "$1")" ]
}
spawn full "$PYTHON" "$RIG_E2E/full.py"
full=$SPAWN_PID
wait_for 10 test -s "$RIG/log/full.out"
spawn awaits "$HELPER" -S "$RIG/ctl" -o FtpForward=proxy "127.0.0.1:$(cat "$RIG/log/full.out")"
ok 'the session process is there before the server' wait_for 10 has_session "$SPAWN_PID"
session=$(children "$SPAWN_PID")
kill "$full"
wait "$SPAWN_PID"
is 'where there is no server the helper fails' $? 255
like 'and says so' "$(cat "$RIG/log/awaits.out")" '^421 cannot connect to the FTP server'
is 'with one line' "$(wc -l <"$RIG/log/awaits.err")" 1
ok 'the session process is gone' rig_gone "$session"

ends()
{
	printf 'NOOP\r\nQUIT\r\n' | timeout "$(slowly 20)" "$HELPER" -S "$RIG/ctl" "$FTP_AT" >"$RIG/out" &&
	    grep -q '^220 ' "$RIG/out"
}
ok 'it ends when its stdin does' ends
unread()
{
	printf 'NOOP\r\n' | timeout "$(slowly 8)" "$HELPER" -S "$RIG/ctl" "$FTP_AT" >/dev/full
	[ $? -ne 124 ]
}
ok '... also when nobody takes what it says' unread
fails 'no master there' 255 '^ftp-over-ssh-helper: ' "$HELPER" -S "$RIG/none" "$FTP_AT"
is 'a reason is one line' "$("$HELPER" -S "$RIG/no"$'\r\n230 in' "$FTP_AT" 2>/dev/null | wc -l)" 1
fails 'no -S' 64 '^ftp-over-ssh-helper: .*-S' "$HELPER" "$FTP_AT"
for text in 2 -9 65536 '' 99999999999999999999 4x; do
	fails "-s '$text'" 64 '-s: ' "$HELPER" -s "$text" -S "$RIG/ctl" "$FTP_AT"
done
fails 'a bad target' 64 '^ftp-over-ssh-helper: .*99999' "$HELPER" -S "$RIG/ctl" localhost:99999
run ssh -F "$RIG/ssh_config" -O exit -S "$RIG/ctl" rig 2>/dev/null
finish
