#!/usr/bin/env bash
# ftp-over-ssh -N: several listeners, chosen and given ports, IPv6, what it prints, -f, -t.
. "$(dirname "$0")/rig.sh"

fetch()	# address port path
{
	run curl -sS -o "$RIG/got" "$(rig_url "$1" "$2" "$3")" && same "$RIG/data/a" "$RIG/got"
}

sshd_start
data a 50000
ftpd_start vsftpd
publish a
first=$FTP_NAME first_at=$FTP_AT
ftpd_start proftpd -6
publish a
second=$FTP_NAME second_at=$FTP_AT
port=$(free_port)

tunnel_start -L "ftp/127.0.0.1:$port:$first_at" -L "ftp/[::1]:0:$second_at" -L "127.0.0.1:0:$first_at" rig
is 'three lines on stdout' "$(wc -l <"$TUNNEL_OUT")" 3
is 'a given port' "$(sed -n 1p "$TUNNEL_OUT")" \
    "listening on 127.0.0.1:$port, forwarding to $first_at"
is 'IPv6, a chosen port' "$(sed -n 2p "$TUNNEL_OUT")" \
    "listening on [::1]:${TUNNEL_PORTS[1]}, forwarding to $second_at"
is 'a bind address, no ftp/' "$(sed -n 3p "$TUNNEL_OUT")" \
    "listening on 127.0.0.1:${TUNNEL_PORTS[2]}, forwarding to $first_at"
ok 'the chosen port is none of the others' test "${TUNNEL_PORTS[2]}" -ne "$port"
ftpd_use "$first"
ok 'the first listener serves' fetch 127.0.0.1 "$port" a
ok 'the third listener serves' fetch 127.0.0.1 "${TUNNEL_PORTS[2]}" a
ftpd_use "$second"
ok 'the IPv6 listener serves' fetch ::1 "${TUNNEL_PORTS[1]}" a
tunnel_stop
is 'exit status after SIGTERM' $? 0
is 'nothing on stderr' "$(cat "$TUNNEL_ERR")" ''

ftpd_use "$first"
tunnel_start -t "$FTP_AT" rig
like '-t without -L: a listener of its own' "$(cat "$TUNNEL_OUT")" \
    "^listening on 127\.0\.0\.1:[0-9]+, forwarding to $FTP_AT$"
ok '-t: it serves' fetch "$TUNNEL_ADDR" "$TUNNEL_PORT" a
tunnel_stop

tunnel_start -L "0:localhost:$FTP_PORT" rig
is 'localhost stays localhost' "$(grep -F 127.0.0.1: "$TUNNEL_OUT")" \
    "listening on 127.0.0.1:$TUNNEL_PORT, forwarding to localhost:$FTP_PORT"
is 'no bind address: both loopbacks, the same port' "$(grep -F '[::1]:' "$TUNNEL_OUT")" \
    "listening on [::1]:$TUNNEL_PORT, forwarding to localhost:$FTP_PORT"
ok 'localhost: it serves' fetch "$TUNNEL_ADDR" "$TUNNEL_PORT" a
tunnel_stop

# -f returns when the listener is there.
fos -f -N -L "0:$FTP_AT" rig >"$RIG/log/background.out" 2>"$RIG/log/background.err"
is '-f: exit status 0' $? 0
rig_ports "$RIG/log/background.out"
like '-f: the line was printed before' "$(cat "$RIG/log/background.out")" '^listening on '
ok '-f: it serves' fetch "$TUNNEL_ADDR" "$TUNNEL_PORT" a
fos -f -N -L "$TUNNEL_PORT:$FTP_AT" rig >/dev/null 2>&1
is '-f: again, what it wants is there already' $? 0
fails '-f: exit status 255 when it cannot listen' 255 "the tunnel rig:$TUNNEL_PORT, pid" \
    fos -f -N -L "$TUNNEL_PORT:$second_at" rig
fails '-f: the same port, for another address' 255 'the port is in use' \
    fos -f -N -g -L "*:$TUNNEL_PORT:$FTP_AT" rig
ok '-f: there is one process to stop' test -n "$(rig_strays)"
pid=$(find "$(run_dir)" -name 's*.*' | sed 's|.*/s||; s/[.].*//')
is '-f: it has left our session, and so the terminal' "$(ps -o sid= -p "$pid" | tr -d ' ')" "$pid"
# shellcheck disable=SC2046 # pids
kill $(rig_strays)
finish
