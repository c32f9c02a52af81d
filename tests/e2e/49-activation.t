#!/usr/bin/env bash
# Started by others: socket activation, readiness, -W over pipes and socket pairs.
. "$(dirname "$0")/rig.sh"

fetch()	# port
{
	run curl -sS -o "$RIG/got" "$(rig_url 127.0.0.1 "$1" a)" && same "$RIG/data/a" "$RIG/got"
}

notified()	# name line
{
	grep -qx -- "$2" "$RIG/log/$1.out"
}

sshd_start
data a 50000
ftpd_start vsftpd
publish a
first_at=$FTP_AT
ftpd_start proftpd
second_at=$FTP_AT
echo 'of the second' >"$FTP_ROOT/only-here"
second_user=$FTP_USER
ftpd_use vsftpd1

# Two sockets: one for the -L (whose port does not count), one beyond for -t.
for notify in "$RIG/notify" @; do
	spawn manager "$PYTHON" "$RIG_E2E/activate.py" "$notify" 2 "$FOS" -F "$RIG/ssh_config" -N \
	    -t "$second_at" -L "ftp/127.0.0.1:1:$first_at" rig
	ok "READY=1 (${notify/$RIG/...})" wait_for 20 notified manager READY=1
	read -r one two <"$RIG/log/manager.out"
	like 'the line names the socket that was handed over' "$(cat "$RIG/log/manager.out")" \
	    "listening on 127.0.0.1:$one, forwarding to $first_at"
	like '... and the one beyond goes to -t' "$(cat "$RIG/log/manager.out")" \
	    "listening on 127.0.0.1:$two, forwarding to $second_at"
	ok 'the first socket serves' fetch "$one"
	ok 'the second one too, to the other server' run curl -sS -o "$RIG/got" \
	    "ftp://$second_user:$FTP_PASS@127.0.0.1:$two/only-here"
	is '... it was that one' "$(cat "$RIG/got")" 'of the second'
	kill "$SPAWN_PID"
	ok 'TERM: ends' wait_gone 10 "$SPAWN_PID"
	wait "$SPAWN_PID"
	is '... with 0' $? 0
	ok '... and STOPPING=1' notified manager STOPPING=1
	is '... READY=1 was said once' "$(grep -c READY=1 "$RIG/log/manager.out")" 1
done

# Without -L: every socket is for -t, and no other listener is made.
spawn manager "$PYTHON" "$RIG_E2E/activate.py" "$RIG/notify3" 1 "$FOS" -F "$RIG/ssh_config" -N \
    -t "$first_at" rig
ok 'without -L' wait_for 20 notified manager READY=1
is '... one listener' "$(grep -c '^listening' "$RIG/log/manager.out")" 1
read -r one <"$RIG/log/manager.out"
ok '... which serves' fetch "$one"
kill "$SPAWN_PID"
wait_gone 10 "$SPAWN_PID"

LISTEN_PID=$$ LISTEN_FDS=1 fos -t "$FTP_AT" rig -- true
is 'sockets for another process are left alone' $? 0
fails 'no socket at all there' 255 'descriptor 3: ' bash -c \
    "exec 3</dev/null; LISTEN_PID=\$\$ LISTEN_FDS=1 exec '$FOS' -F '$RIG/ssh_config' -N rig"

# -W
export FTP_USER FTP_PASS
for kind in pipes pair halves; do
	ok "-W over $kind" run "$PYTHON" "$RIG_E2E/pairs.py" $kind "$FOS" -F "$RIG/ssh_config" \
	    -W "$FTP_AT" rig
done
run ssh -F "$RIG/ssh_config" -fNM -S "$RIG/cm" rig >/dev/null 2>&1
ok 'the helper alone, over a socket pair' run "$PYTHON" "$RIG_E2E/pairs.py" pair "$HELPER" \
    -S "$RIG/cm" "$FTP_AT"
good=0
for kind in vsftpd1 proftpd2; do
	ftpd_use $kind
	for _ in {1..10}; do
		printf 'QUIT\r\n' | timeout "$(slowly 20)" "$FOS" -F "$RIG/ssh_config" -S "$RIG/cm" -W "$FTP_AT" rig \
		    >"$RIG/log/quit" && grep -q '^221' "$RIG/log/quit" && good=$((good + 1))
	done
done
is 'QUIT behind which standard input ends at once: answered, 20 times' "$good" 20
free=$(free_port)
fails '-W without a server: 255 and one line' 255 \
    "no FTP server answers at 127.0.0.1:$free on rig: " fos -S "$RIG/cm" -W "127.0.0.1:$free" rig
like '... and a 421' "$(cat "$RIG/log/fails.out")" '^421 No FTP server'
run ssh -O exit -S "$RIG/cm" rig 2>/dev/null
finish
