#!/usr/bin/env bash
# A master keeps a channel for each open that it has refused over a proxy connection, and ends with
# 16,384 of them: after 1,000 it is spared, new sessions dial by mux. Nothing is left of it at the end.
. "$(dirname "$0")/rig.sh"

method()	# what ps tells of the helper of a session
{
	pgrep -af -- "-S $(run_dir)/m.* $FTP_AT" | sed -n 's/.*-o \(FtpForward=[a-z]*\) .*/\1/p' | head -n 1
}

no_session()
{
	[ -z "$(method)" ]
}

sshd_start
port=$(free_port)
FTP_AT=127.0.0.1:$port
spawn refusing "$PYTHON" "$RIG_E2E/refusing.py" "$port" "$(free_port)"
tunnel_start -o FtpServerMode=same -L "0:$FTP_AT" rig
for n in 500 600; do
	exec 3<>"/dev/tcp/$TUNNEL_ADDR/$TUNNEL_PORT"
	read -r -u 3 line
	is "before $n refusals: dialled by a proxy connection" "$(method)" FtpForward=proxy
	exec 3>&-
	wait_for 10 no_session
	ok "$n refusals" run "$PYTHON" "$RIG_E2E/refusing.py" "$TUNNEL_ADDR:$TUNNEL_PORT" "$n"
	wait_for 10 no_session
done
exec 3<>"/dev/tcp/$TUNNEL_ADDR/$TUNNEL_PORT"
read -r -u 3 line
like 'the session begins' "$line" '^220 '
is 'after 1,000: by mux' "$(method)" FtpForward=mux
exec 3>&-
tunnel_stop

# The tunnel ends while sessions last whose connection must not be closed before the master's last
# use: nothing of either stays behind.
nothing_left() { ! pgrep -f -- "-S $(run_dir)/m" >/dev/null; }
for signal in KILL TERM; do
	tunnel_start -o FtpServerMode=same -L "0:$FTP_AT" rig
	exec 3<>"/dev/tcp/$TUNNEL_ADDR/$TUNNEL_PORT" 4<>"/dev/tcp/$TUNNEL_ADDR/$TUNNEL_PORT"
	for fd in 3 4; do
		read -r -u "$fd" line
		printf 'EPSV\r\n' >&"$fd"
		IFS='|' read -r -u "$fd" _ _ _ data _
		"$PYTHON" -c 'import socket, sys; socket.create_connection(sys.argv[1:]).recv(1)' \
		    "$TUNNEL_ADDR" "$data" 2>/dev/null
	done
	kill "-$signal" "$TUNNEL_PID"
	wait_gone 10 "$TUNNEL_PID"
	exec 3>&- 4>&-
	ok "SIG$signal with a refused port in two sessions: they end, and the master" \
	    wait_for 20 nothing_left
done
finish
