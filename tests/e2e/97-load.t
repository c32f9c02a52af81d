#!/usr/bin/env bash
# Many transfers in one session, many sessions at once, a parallel lftp while the master is killed
# now and then: all bytes are right, and nothing grows.
# FTP_TRANSFERS, FTP_SESSIONS and FTP_KILLS make it longer (make soak).
. "${0%/*}/rig.sh"
. "$RIG_E2E/clients.sh"

transfers=${FTP_TRANSFERS:-600} sessions=${FTP_SESSIONS:-60} kills=${FTP_KILLS:-2}
files=${FTP_FILES:-400}
RUN_TIMEOUT=$((120 + transfers / 20 + sessions + files / 20))
growth=1024 # kB
[ -z "$RIG_WATCH" ] || growth=65536 # what was freed is kept back for a while
ulimit -n "$(ulimit -H -n)"

load()
{
	run "$PYTHON" "$RIG_E2E/load.py" "$@"
}

private()	# pid: kB of memory that is its own
{
	awk '/^Private/ { n += $2 } END { print n + 0 }' "/proc/$1/smaps_rollup" 2>/dev/null
}

no_helper()
{
	[ -z "$(pgrep -P "$TUNNEL_PID" -f -- "$(basename "$HELPER")")" ]
}

sshd_pid()	# the process that serves our master
{
	children "$SSHD_PID" | tail -n 1
}

take()	# variable: descriptors and files now
{
	MASTER=$(master_pid)
	printf -v "$1" '%s' "tunnel $(fd_count "$TUNNEL_PID") master $(fd_count "$MASTER") sshd \
$(fd_count "$(sshd_pid)") sockets $(find "$(run_dir)" -type s | wc -l)"
}

as_before()
{
	take after
	# shellcheck disable=SC2154 # take sets them
	[ "$after" = "$before" ] && return
	echo "before: $before; after: $after"
	return 1
}

sshd_start
ftpd_start vsftpd
for method in mux stdio; do
	tunnel_start -o FtpForward=$method -L "0:$FTP_AT" rig
	at_tunnel
	load transfers 20
	load transfers 20 eprt
	ok "$method: the first session is gone" wait_for 10 no_helper
	take before
	memory=$(private "$TUNNEL_PID")
	for mode in epsv port; do
		ok "$method: $transfers transfers in one session, $mode" load transfers "$transfers" $mode
	done
	ok "$method: $sessions sessions at once" load sessions "$sessions" 3
	ok "$method: every helper ends" wait_for 20 no_helper
	ok "$method: descriptors and sockets are as before" wait_for 10 as_before
	now=$(private "$TUNNEL_PID")
	note "$method: $before; private memory: tunnel $memory, then $now kB; master \
$(private "$MASTER") kB"
	ok "$method: the tunnel does not grow" test "$now" -le $((memory + growth))
	tunnel_stop
done

# Memory of an idle session.
tunnel_start -L "0:$FTP_AT" rig
at_tunnel
mkfifo "$RIG/idle"
"$PYTHON" "$RIG_E2E/load.py" idle 20 <"$RIG/idle" >"$RIG/log/idle.out" 2>"$RIG/log/idle.err" &
rig_pids+=($!)
exec 9>"$RIG/idle"
ok '20 idle sessions' wait_for 20 grep -q ready "$RIG/log/idle.out"
sum=0 helpers=0
for pid in $(children "$TUNNEL_PID"); do
	[[ $(tr '\0' ' ' <"/proc/$pid/cmdline") == *helper* ]] || continue
	sum=$((sum + $(private "$pid"))) helpers=$((helpers + 1))
done
note "an idle session: $((sum / 20)) kB of private memory in $((helpers / 20)) processes"
is 'two processes for each' "$helpers" 40
[ -n "$RIG_WATCH" ] || ok 'at most 1 MiB for each' test $((sum / 20)) -le 1024
exec 9>&-
ok 'their helpers end' wait_for 20 no_helper

# A parallel lftp goes on where it was cut, until all is there.
mkdir "$FTP_ROOT/many" && chmod 755 "$FTP_ROOT/many"
for ((n = 0; n < files; n++)); do
	head -c $((RANDOM * 4)) /dev/urandom >"$FTP_ROOT/many/$n"
done
mirror()
{
	run lftp -c "set net:max-retries 100; set net:timeout 10
	    set net:reconnect-interval-base 1; set net:reconnect-interval-multiplier 1
	    open -u $FTP_USER,$FTP_PASS -p $AT_PORT $AT_ADDR
	    mirror --parallel=6 --no-perms many $RIG/many"
}
# What lftp gives up for good it fetches when it is told once more.
(mirror || mirror || mirror) >"$RIG/log/mirror.out" 2>&1 &
mirroring=$!
arrived()	# count
{
	[ "$(find "$RIG/many" -type f 2>/dev/null | wc -l)" -ge "$1" ]
}
for ((n = 1; n <= kills; n++)); do
	wait_for "$RUN_TIMEOUT" arrived $((n * files / (kills + 1)))
	pid=$(master_pid) && kill -KILL "$pid" 2>/dev/null
done
wait "$mirroring"
is "lftp comes through $kills deaths of the master" $? 0
ok 'all files are there and right' diff -r "$FTP_ROOT/many" "$RIG/many"
tunnel_stop
finish
