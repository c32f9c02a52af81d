#!/usr/bin/env bash
# Many transfers in one session, many sessions at once, a parallel lftp while the master is killed
# now and then: all bytes are right, and nothing grows.
# FTP_TRANSFERS, FTP_SESSIONS, FTP_FILES and FTP_KILLS make it longer (make soak).
. "${0%/*}/rig.sh"
. "$RIG_E2E/clients.sh"
. "$RIG_E2E/leaks.sh"

transfers=${FTP_TRANSFERS:-300} sessions=${FTP_SESSIONS:-40} kills=${FTP_KILLS:-2}
files=${FTP_FILES:-200}
RUN_TIMEOUT=$((120 + transfers / 20 + sessions + files / 20))
growth=1024 session_growth=256 # kB
sleeps_most=300 # for ten transfers, up and down by turns, of both processes
# What was freed is kept back for a while.
[ -z "$RIG_WATCH" ] || growth=65536 session_growth=262144
ulimit -n "$(ulimit -H -n)"

load()
{
	run "$PYTHON" "$RIG_E2E/load.py" "$@"
}

loading()	# word
{
	grep -qx "$1" "$RIG/log/load.out"
}

loaded()	# word: it has come so far, or it has failed
{
	loading "$1" || ! rig_alive "$LOAD_PID"
}

# What one session has, and how much memory.
session_holds()
{
	local pid
	for pid in $(helpers); do
		fd_count "$pid"
	done
}

session_memory()
{
	local pid sum=0
	for pid in $(helpers); do
		sum=$((sum + $(private "$pid")))
	done
	echo $sum
}

# How often its two processes have slept so far.
session_sleeps()
{
	local pid
	for pid in $(helpers); do
		cat "/proc/$pid/status" 2>/dev/null
	done | awk '/^voluntary/ { n += $2 } END { print n + 0 }'
}

session_as_before()
{
	[ "$(session_holds)" = "$SESSION_HOLDS" ]
}

# One session, which holds after its last transfer what it has held after its first ones.
one_session()	# method count mode
{
	local memory now sleeps
	rm -f "$RIG/log/load.out" # another session's
	mkfifo "$RIG/load"
	"$PYTHON" "$RIG_E2E/load.py" transfers "$2" "$3" <"$RIG/load" >"$RIG/log/load.out" \
	    2>"$RIG/log/load.err" &
	LOAD_PID=$!
	rig_pids+=("$LOAD_PID")
	exec 9>"$RIG/load"
	wait_for 20 loaded warm
	SESSION_HOLDS=$(session_holds) memory=$(session_memory) sleeps=$(session_sleeps)
	echo >&9
	ok "$1: $2 transfers in one session, $3" wait_for "$RUN_TIMEOUT" loaded 'done'
	ok "$1: the session has the descriptors that it had" wait_for 5 session_as_before
	sleeps=$((10 * ($(session_sleeps) - sleeps) / $2))
	note "$1: sleeps of its processes for ten transfers: $sleeps"
	[ -n "$RIG_WATCH" ] || ok "$1: who waits for nothing does not sleep" test "$sleeps" -le $sleeps_most
	now=$(session_memory)
	ok "$1: and the memory" test "$now" -le $((memory + session_growth))
	note "$1: $2 transfers done; the session's private memory: $memory, then $now kB"
	echo >&9
	exec 9>&-
	wait "$LOAD_PID"
	is "$1: all were right: $(cat "$RIG/log/load.err")" $? 0
	rm "$RIG/load"
}

# Without Nagle, for a transfer is then ten times as fast.
sshd_start
ftpd_start vsftpd
for method in ${FTP_METHODS:-mux proxy}; do
	tunnel_start -o FtpNoDelay=yes -o FtpForward=$method -L "0:$FTP_AT" rig
	at_tunnel
	load sessions "$sessions" 1
	ok "$method: the first sessions are gone" wait_for 20 no_helper
	holds_take
	for mode in epsv port; do
		one_session $method "$transfers" $mode
	done
	ok "$method: $sessions sessions at once" load sessions "$sessions" 2
	ok "$method: every helper ends" wait_for 20 no_helper
	ok "$method: descriptors, children, forwards and files are as before" wait_for 10 holds_as_before
	ok "$method: tunnel and master do not grow" holds_no_memory $growth
	note "$method: $((2 * transfers + 4 * sessions)) transfers done, $(holds_leaks)"
	note "$method: $(holds_no_memory 0)"
	tunnel_stop
done

# Memory of an idle session.
tunnel_start -L "0:$FTP_AT" rig
at_tunnel
load sessions 20 1
ok 'the first sessions are gone' wait_for 10 no_helper
holds_take
mkfifo "$RIG/idle"
"$PYTHON" "$RIG_E2E/load.py" idle 20 <"$RIG/idle" >"$RIG/log/idle.out" 2>"$RIG/log/idle.err" &
rig_pids+=($!)
exec 9>"$RIG/idle"
ok '20 idle sessions' wait_for 20 grep -q ready "$RIG/log/idle.out"
sum=$(session_memory)
note "an idle session: $((sum / 20)) kB of private memory"
is 'two processes for each' "$(helpers | wc -l)" 40
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
ok 'every helper ends' wait_for 20 no_helper
ok 'descriptors, children, forwards and files are as before' wait_for 10 holds_as_before
ok 'tunnel and master do not grow' holds_no_memory $growth
note "$files transfers done, $kills deaths of the master, $(holds_leaks)"
tunnel_stop
finish
