#!/usr/bin/env bash
# A ControlMaster that is none, or none any more. One clear message each, nothing hangs, nothing is left.
. "${0%/*}/rig.sh"
. "$RIG_E2E/faults.sh"

# What has come by then is right, even if it is not all.
begins()	# pid of curl
{
	wait_gone 40 "$1" || return
	cmp -n "$(wc -c <"$RIG/large")" "$RIG/large" "$FTP_ROOT/large" || return
	! wait "$1" || same "$RIG/large" "$FTP_ROOT/large"
}


# A master that is none.
for how in garbage huge short wrong silent close version; do
	spawn fakemux-$how "$PYTHON" "$RIG_E2E/fakemux.py" "$RIG/fake-$how" $how
	wait_for 5 test -s "$RIG/log/fakemux-$how.out"
	RUN_TIMEOUT=40 fails "-S, a peer that is no ControlMaster: $how" 255 "^ftp-over-ssh: .*fake-$how" \
	    fos -N -S "$RIG/fake-$how" -L "0:$FTP_AT" rig
	kill_now "$SPAWN_PID"
done

# A master that is one, until it answers with nonsense as well. What the real one was asked for
# then, nobody can cancel. (By mux, which asks it for each channel; what it leaves out of a proxy connection
# is only missing.)
ssh -F "$RIG/ssh_config" -fNM -S "$RIG/real" rig >"$RIG/log/real" 2>&1 </dev/null
data large 20000000
publish large
for how in garbage huge short wrong silent close; do
	spawn fakemux-later-$how "$PYTHON" "$RIG_E2E/fakemux.py" "$RIG/later-$how" $how "$RIG/real"
	fake=$SPAWN_PID
	wait_for 5 test -s "$RIG/log/fakemux-later-$how.out"
	tunnel_start -o FtpForward=mux -S "$RIG/later-$how" -L "0:$FTP_AT" rig
	at_tunnel
	ok "a master that is one: $how: as long as it is" transfers epsv
	rm -f "$RIG/large"
	spawn curl-$how curl -sS --limit-rate 10M -o "$RIG/large" "$(url large)"
	download=$SPAWN_PID
	wait_for 10 test -s "$RIG/large"
	kill -USR1 "$fake"
	ok "then nonsense: $how: a client is not left hanging" \
	    ends 40 "$PYTHON" "$RIG_E2E/ftpc.py" epsv many 1
	like "$how: it is told why" "$(cat "$RIG/log/ends")" \
	    '421 cannot connect .* the ssh connection is gone'
	like "$how: one line about it" "$(cat "$TUNNEL_ERR")" \
	    '^ftp-over-ssh: no FTP server answers[^'$'\n'']*$'
	ok "$how: a download has what is the file's, all if curl says so" begins "$download"
	kill -USR2 "$fake"
	ok "$how: served again when it is one again" wait_for 20 transfers port
	tunnel_stop
	kill_now "$fake"
done
ssh -O exit -S "$RIG/real" none 2>"$RIG/log/real"
run "$FOSCTL" list >"$RIG/log/list" # it removes what was left in the runtime directory
finish
