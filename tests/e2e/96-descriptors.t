#!/usr/bin/env bash
# No descriptors, no room for sockets. One clear message each, nothing hangs, nothing is left.
. "${0%/*}/rig.sh"
. "$RIG_E2E/faults.sh"

# No descriptors. (That a client is told or waits is all right; that others are served later is
# what counts.)
tunnel_start -L "0:$FTP_AT" rig
at_tunnel
ok 'a first session' transfers epsv
wait_for 20 no_helper
holds_take
limit=$(fd_limit "$TUNNEL_PID")
prlimit --pid "$TUNNEL_PID" --nofile=$(($(fd_count "$TUNNEL_PID") + 4)):
ends 60 "$PYTHON" "$RIG_E2E/ftpc.py" epsv parallel 12 1
ok 'no descriptors in the tunnel: it lives' rig_alive "$TUNNEL_PID"
prlimit --pid "$TUNNEL_PID" --nofile="$limit":
ok 'and serves when there are some again' transfers epsv
master=$(master_pid)
limit=$(fd_limit "$master")
prlimit --pid "$master" --nofile=$(($(fd_count "$master") + 1)):
ok 'no descriptors in the master: a client is not left hanging' \
    ends 90 "$PYTHON" "$RIG_E2E/ftpc.py" epsv many 1
prlimit --pid "$master" --nofile="$limit":
ok 'and is served when there are some again' wait_for 60 transfers port
ok 'every helper ends' wait_for 20 no_helper
ok 'descriptors, children, forwards and files are as before' wait_for 10 holds_as_before
note "no descriptors: $(holds_leaks)"
tunnel_stop

# The leak sanitizer needs descriptors itself, and valgrind too many.
# shellcheck disable=SC2016 # for the inner shell
printf '#!/bin/sh\nexport ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0\n%s "%s" "$@"\n' \
    'ulimit -n "$(cat "$RIG/limit")"; exec' "$BUILD/helper/ftp-over-ssh-helper" >"$RIG/ftp-over-ssh-helper"
chmod 755 "$RIG/ftp-over-ssh-helper"
echo 1024 >"$RIG/limit"
FTP_OVER_SSH_HELPER=$RIG/ftp-over-ssh-helper tunnel_start -L "0:$FTP_AT" rig
at_tunnel
ok 'a first session' transfers epsv
wait_for 20 no_helper
holds_take
for limit in 6 7 8 9 10 12 14 15 16; do
	[ "$RIG_WATCH" != valgrind ] || break
	echo $limit >"$RIG/limit"
	ok "$limit descriptors in the helper: a client is not left hanging" \
	    ends 60 "$PYTHON" "$RIG_E2E/ftpc.py" epsv many 1
	like "$limit: it is told so" "$(cat "$RIG/log/ends")" \
	    '^ftpc: 421 .*(no descriptors (left|or memory)|Too many open files)'
	ok "$limit: the helper ends" wait_for 20 no_helper
	ok "$limit: nothing is left of it" wait_for 5 holds_as_before
done
tunnel_stop

# None for the connection that is there already: the broker waits for one, and does nothing else.
brokers()
{
	pgrep -P "$TUNNEL_PID" -f -- "$(basename "$HELPER")"
}

cpu_ticks()	# pid
{
	awk '{ print $14 + $15 }' "/proc/$1/stat"
}

works_hard()	# pid, ticks that it had used
{
	[ $(($(cpu_ticks "$1") - $2)) -gt 20 ]
}

# The forward of the last transfer is cancelled, and the next one's listener is there.
spare_is_left()	# pid
{
	[ "$(find "$(run_dir)" -type s -name "d$1.*" | wc -l)" -eq 1 ]
}

next_descriptor()	# pid
{
	local n=0
	while [ -e "/proc/$1/fd/$n" ]; do
		n=$((n + 1))
	done
	echo $n
}

tunnel_start -L "0:$FTP_AT" rig
at_tunnel
mkfifo "$RIG/accepted"
"$PYTHON" "$RIG_E2E/ftpc.py" port told mid <"$RIG/accepted" >"$RIG/log/accepted" 2>&1 &
rig_pids+=($!)
exec 9>"$RIG/accepted"
echo >&9
ok 'a first transfer, which leaves a spare listener' \
    wait_for 20 grep -q '^226' "$RIG/log/accepted"
broker=$(brokers)
wait_for 5 spare_is_left "$broker"
limit=$(fd_limit "$broker")
prlimit --pid "$broker" --nofile="$(next_descriptor "$broker")":
used=$(cpu_ticks "$broker")
echo >&9
ok 'no descriptor for a connection that waits: the broker does not spin' \
    not wait_for 2 works_hard "$broker" "$used"
prlimit --pid "$broker" --nofile="$limit":
twice()
{
	[ "$(grep -c '^226' "$RIG/log/accepted")" -eq 2 ]
}
ok 'and the transfer goes on when there are some again' wait_for 20 twice
exec 9>&-
ok 'every helper ends' wait_for 20 no_helper
tunnel_stop

# No room for sockets.
if [ "$(id -u)" -eq 0 ] && unshare -m true 2>/dev/null; then
	cat >"$RIG/full" <<-'END'
	mount -t tmpfs -o size=4k,nr_inodes=4,mode=700 none "$XDG_RUNTIME_DIR" || exit 77
	mkdir "$XDG_RUNTIME_DIR/ftp-over-ssh" && chmod 700 "$XDG_RUNTIME_DIR/ftp-over-ssh"
	: >"$XDG_RUNTIME_DIR/a"
	: >"$XDG_RUNTIME_DIR/b" || :
	exec "$@"
	END
	timeout "$(slowly 40)" unshare -m bash "$RIG/full" "$FOS" -F "$RIG/ssh_config" -N -L "0:$FTP_AT" rig \
	    >"$RIG/log/full.out" 2>&1
	is 'no room in the runtime directory: it does not start' $? 255
	like 'no room in the runtime directory: it says so' "$(tail -n 1 "$RIG/log/full.out")" \
	    '^ftp-over-ssh: .*No space'

	cat >"$RIG/small" <<-'END'
	mount -t tmpfs -o nr_inodes=40,mode=700 none "$XDG_RUNTIME_DIR" || exit 77
	exec "$@"
	END
	FOS_UNDER=(unshare -m bash "$RIG/small")
	tunnel_start -o FtpForward=mux -L "0:$FTP_AT" rig # a proxy connection needs no room
	FOS_UNDER=()
	at_tunnel
	room=/proc/$TUNNEL_PID/root$XDG_RUNTIME_DIR
	ok 'as long as there is room' transfers epsv
	wait_for 20 no_helper
	files=$(find "$room" | wc -l)
	mkfifo "$RIG/told"
	"$PYTHON" "$RIG_E2E/ftpc.py" epsv told mid <"$RIG/told" >"$RIG/log/told" 2>&1 &
	rig_pids+=($!)
	exec 9>"$RIG/told"
	wait_for 10 grep -q ready "$RIG/log/told"
	for ((n = 0; n < 40; n++)); do
		: >"$room/fill$n"
	done 2>/dev/null
	echo >&9
	# vsftpd waits a minute for the connection that cannot be made
	ok 'no room any more: transfers fail, the session lives' wait_for 80 grep -qE '^(425|reset)' "$RIG/log/told"
	ok 'and a new client is told' ends 20 "$PYTHON" "$RIG_E2E/ftpc.py" epsv many 1
	rm "$room"/fill*
	echo >&9
	ok 'room again: the session goes on' wait_for 20 grep -q '^226' "$RIG/log/told"
	exec 9>&-
	ok 'and new ones' transfers port
	ok 'every helper ends' wait_for 20 no_helper
	is 'no file is left' "$(find "$room" | wc -l)" "$files"
	tunnel_stop
fi
finish
