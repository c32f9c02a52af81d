#!/usr/bin/env bash
# Downloads that are cut never look whole: ssh's master, sshd's session, the FTP server or its
# session is killed with SIGKILL at pseudo-random points, or the server itself reports a
# failure. FTP_CUTS (16) cuts of each kind, FTP_SEED chooses the points.
. "${0%/*}/rig.sh"

cuts=${FTP_CUTS:-16} seed=${FTP_SEED:-1}
size=32000000
export FOS SSHD_PID FTP_AT FTP_PID FTP_ADDR FTP_PORT FTP_USER FTP_PASS
RUN_TIMEOUT=${RIG_TIMEOUT:-250}

figure()	# name
{
	sed -n "\$s/.*\\b$1=\\([0-9]*\\).*/\\1/p" "$RIG/cuts"
}

cut()	# what kind options...
{
	local what=$1 kind=$2 count=$cuts
	local begun=$SECONDS
	[ "$kind" != none ] || count=8
	CUT_OPTIONS=${*:3} run "$PYTHON" "$RIG_E2E/cut.py" "$kind" "$count" "$seed" $size "${SERVE[@]}" \
	    >"$RIG/cuts" 2>"$RIG/log/cut.err"
	note "$what: $(tail -n 1 "$RIG/cuts"), $((SECONDS - begun)) s"
	note "$(grep -v '^tried' "$RIG/cuts")"
	is "$what: no lie" "$(figure lies)" 0 || note "$(head -n 20 "$RIG/cuts")"
	is "$what: no clean end of file either" "$(figure clean)" 0 || note "$(head -n 20 "$RIG/cuts")"
	is "$what: nothing hung" "$(figure hung)" 0
}

was_cut()	# what
{
	ok "$1: at least a fifth was really cut" test "$(figure cut)" -ge $((cuts / 5))
}

note "seed $seed, $cuts cuts of each kind"
sshd_start
data big $size
for kind in vsftpd proftpd; do
	ftpd_start $kind
	publish big
	cut "$kind: uncut" none
	is "$kind: every uncut one is whole" "$(figure tried) $(figure cut) $(figure broken)" '8 0 0'
	cut "$kind: the FTP session killed" session
	was_cut "$kind: the FTP session killed"
done
for method in mux proxy; do
	cut "the master killed, $method" master -o FtpForward=$method
	was_cut "the master killed, $method"
done
cut 'the helper killed' helper
was_cut 'the helper killed'
cut "the helper's session process killed" helper_session
was_cut "the helper's session process killed"
cut 'the sshd session killed' sshd
was_cut 'the sshd session killed'
cut 'the FTP server killed' server
was_cut 'the FTP server killed'

fake_command()
{
	SERVE=("$PYTHON" "$RIG_E2E/fakeftpd.py" 127.0.0.1 "$1")
}
rig_serve fake 127.0.0.1 fake_command
FTP_PORT=$PORT FTP_PID=$SPAWN_PID FTP_AT=127.0.0.1:$PORT
cut 'the FTP server says that it failed' fake
was_cut 'the FTP server says that it failed'
finish
