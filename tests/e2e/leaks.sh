# shellcheck shell=bash
# leaks.sh: what is held by a tunnel, its master, the sshd process that serves it, and the runtime
# directory: descriptors, children, listeners (of the master and of sshd: the forwards), files.
#
#	holds_take		remember it; MEMORY is the tunnel's and the master's private memory
#	holds_as_before		is it no more than that?
#	holds_no_memory KB	tunnel and master have at most so much more
#	holds_leaks		how much of it has become more, for people
#	private PID		kB of memory that are a process's own

private()
{
	awk '/^Private/ { n += $2 } END { print n + 0 }' "/proc/$1/smaps_rollup" 2>/dev/null
}

no_helper()
{
	[ -z "$(pgrep -P "$TUNNEL_PID" -f -- "$(basename "$HELPER")")" ]
}

helpers()	# their pids, two for each session
{
	local pid
	for pid in $(children "$TUNNEL_PID"); do
		[[ $(tr '\0' ' ' <"/proc/$pid/cmdline") != *helper* ]] || echo "$pid"
	done 2>/dev/null
}

listeners()	# pid
{
	ss -Hlxtpn | grep -c "pid=$1,"
}

sshd_pid()
{
	children "$SSHD_PID" | tail -n 1
}

holds()
{
	local pid
	echo "tunnel $(fd_count "$TUNNEL_PID") descriptors"
	echo "tunnel $(children "$TUNNEL_PID" | wc -l) children"
	for pid in master_pid sshd_pid; do
		echo "${pid%_pid} $(fd_count "$($pid)") descriptors"
		echo "${pid%_pid} $(listeners "$($pid)") listeners"
	done
	echo "directory $(find "$(run_dir)" | wc -l) files"
}

holds_memory()
{
	echo "$(private "$TUNNEL_PID") $(private "$(master_pid)")"
}

holds_take()
{
	holds >"$RIG/holds.before"
	MEMORY=$(holds_memory)
}

holds_as_before()
{
	holds >"$RIG/holds.after"
	! holds_more | grep .
}

# Fewer are no leak: valgrind, for one, has descriptors of its own at times.
holds_more()
{
	awk 'NR == FNR { before[$1, $3] = $2; next }
	    $2 > before[$1, $3] { print $0 ", before: " before[$1, $3] }' \
	    "$RIG/holds.before" "$RIG/holds.after"
}

# ssh's highest mark for many sessions at once is not reached at the first time.
holds_no_memory()	# kB
{
	local before now
	read -ra before <<<"$MEMORY"
	read -ra now <<<"$(holds_memory)"
	echo "private memory: tunnel ${before[0]}, then ${now[0]} kB;" \
	    "master ${before[1]}, then ${now[1]} kB"
	[ "${now[0]}" -le $((before[0] + $1)) ] && [ "${now[1]}" -le $((before[1] * 5 / 4 + 4 * $1)) ]
}

holds_leaks()
{
	echo "leaks $(holds_more | wc -l): $(paste -s -d , "$RIG/holds.after" | sed 's/,/, /g')"
}
