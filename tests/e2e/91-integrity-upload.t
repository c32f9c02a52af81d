#!/usr/bin/env bash
# Uploads that are cut are not kept by the server: clients killed with SIGKILL, or dying by
# resets, at pseudo-random points and at the very end; a tunnel that is told to stop. Honest
# uploads all arrive, empty ones and those with QUIT on their heels too.
# FTP_CUTS (24) cuts for each server, FTP_SEED chooses the points.
. "${0%/*}/rig.sh"

cuts=${FTP_CUTS:-24} seed=${FTP_SEED:-1}
RUN_TIMEOUT=${RIG_TIMEOUT:-250}
export AT_ADDR AT_PORT FTP_USER FTP_PASS FTP_ROOT FTP_PID

figure()	# name
{
	sed -n "\$s/.*\\b$1=\\([0-9]*\\).*/\\1/p" "$RIG/uploads"
}

batch()	# what options...
{
	local what=$1
	tunnel_start "${@:2}" -L "0:$FTP_AT" rig
	AT_ADDR=$TUNNEL_ADDR AT_PORT=$TUNNEL_PORT
	run "$PYTHON" "$RIG_E2E/upcut.py" batch $((cuts * 5 / 4)) "$seed" 30 >"$RIG/uploads" \
	    2>"$RIG/log/upcut.err"
	note "$what: $(tail -n 1 "$RIG/uploads")"
	is "$what: no cut upload looks complete" "$(figure lies)" 0 || note "$(cat "$RIG/uploads")"
	is "$what: no honest upload is lost" "$(figure lost)" 0 || note "$(cat "$RIG/uploads")"
	is "$what: nothing else failed" "$(figure failed)" 0 || note "$(cat "$RIG/uploads")"
	tunnel_stop
}

server()	# kind
{
	case $1 in
	vsftpd)
		ftpd_start vsftpd delete_failed_uploads=YES data_connection_timeout=5 accept_timeout=5 \
		    connect_timeout=5 ;;
	proftpd)
		ftpd_start proftpd 'HiddenStores on' 'DeleteAbortedStores on' 'TimeoutStalled 5' ;;
	esac
}

no_session()
{
	[ -z "$(children "$FTP_PID")" ]
}

# An upload in its middle; then the signal; the client must not be told of success.
stop_during_upload()	# signal mode
{
	local client status master
	tunnel_start -L "0:$FTP_AT" rig
	AT_ADDR=$TUNNEL_ADDR AT_PORT=$TUNNEL_PORT
	master=$(master_pid)
	spawn "half-$FTP_NAME-$1-$2" "$PYTHON" "$RIG_E2E/half.py" "$2" "half-$1-$2" 500000
	client=$SPAWN_PID
	ok "$FTP_KIND $2: half an upload is there" wait_for 10 test -s "$RIG/log/half-$FTP_NAME-$1-$2.out"
	kill "-$1" "$TUNNEL_PID"
	ok "$FTP_KIND $2, tunnel and SIG$1: the client's end comes" wait_gone 15 "$client"
	wait "$client"
	status=$?
	is "$FTP_KIND $2, tunnel and SIG$1: the client sees a failure" $status 0 ||
	    note "$(cat "$RIG/log/half-$FTP_NAME-$1-$2".*)"
	ok "$FTP_KIND $2, tunnel and SIG$1: the server gives up" wait_for 20 no_session
	ok "$FTP_KIND $2, tunnel and SIG$1: it keeps no file" \
	    test ! -e "$FTP_ROOT/half-$1-$2"
	ok "$FTP_KIND $2, tunnel and SIG$1: then the master ends, too" wait_gone 15 "$master"
	ok "$FTP_KIND $2, tunnel and SIG$1: and the tunnel" wait_gone 5 "$TUNNEL_PID"
	"$FOSCTL" list > /dev/null # removes the names that a killed one has left
}

note "seed $seed, $cuts cuts for each server and method"
sshd_start
for kind in vsftpd proftpd; do
	server $kind
	for method in mux proxy; do
		batch "$kind, $method" -o FtpForward=$method
	done
	for mode in pasv port; do
		stop_during_upload TERM $mode
	done
	stop_during_upload KILL epsv
done
finish
