#!/usr/bin/env bash
# No memory: where one request for some fails, the reserve helps; where all do from there on, a
# client is served or told, and never left hanging. What it has got is whole; nothing is left.
. "${0%/*}/rig.sh"
. "$RIG_E2E/leaks.sh"
not_watched 'the allocator is another one'

${CC:-cc} -shared -fPIC -o "$RIG/nomemory.so" "$RIG_E2E/nomemory.c" 2>"$RIG/log/cc" ||
    skip 'this C library has an allocator that cannot be replaced so'

session()	# curl options...
{
	rm -f "$RIG/got" "$FTP_ROOT/up"
	timeout -k 1 20 curl --fail-early -sS -o /dev/null "$(url '')" \
	    --next -sS -o "$RIG/got" "$@" "$(url a)" \
	    --next -sS "$@" -T "$RIG/data/a" "$(url up)" >"$RIG/log/curl" 2>&1 </dev/null
}

whole()		# curl's exit status [dry]
{
	case $1,${2:-} in
	0,*) same "$RIG/data/a" "$RIG/got" && same "$RIG/data/a" "$FTP_ROOT/up" ;;
	*,dry) [ "$1" -lt 124 ] ;;
	*) return 1 ;;
	esac
}

sessions()	# kind [dry]
{
	local mode
	for mode in '' '-P -'; do
		# shellcheck disable=SC2086 # words
		session $mode
		whole $? "${2:-}" || { cat "$RIG/log/curl" "$TUNNEL_ERR"; return 1; }
	done
	[ "$number" = 0 ] || grep 'no memory' "$TUNNEL_ERR" || return
	wait_for 15 no_helper
}

without_memory()	# kind number [dry]
{
	local status
	FOS_UNDER=(env LD_PRELOAD="$RIG/nomemory.so" NO_MEMORY="$1" NO_MEMORY_AT="$2"
	    ${3:+NO_MEMORY_DRY=1})
	tunnel_start -S "$RIG/master" -o FtpAbortHold=2 -L "0:$FTP_AT" rig
	FOS_UNDER=()
	sessions "$1" "${3:-}"
	status=$?
	tunnel_stop || return
	[ -z "$(find "$(run_dir)" -type s)" ] && return $status
}

sshd_start
ftpd_start vsftpd
data a 300000
publish a
ssh -F "$RIG/ssh_config" -fNM -S "$RIG/master" rig >"$RIG/log/master" 2>&1 </dev/null

counted()
{
	od -An -td4 "$RIG/count" | tr -d ' '
}

# How many requests are there when all is well, and how many before there is a client?
requests()	# kind
{
	local number=0
	head -c 4 /dev/zero >"$RIG/count"
	FOS_UNDER=(env LD_PRELOAD="$RIG/nomemory.so" NO_MEMORY="$1" NO_MEMORY_AT=0 NO_MEMORY_COUNT="$RIG/count")
	tunnel_start -S "$RIG/master" -o FtpAbortHold=2 -L "0:$FTP_AT" rig
	FOS_UNDER=()
	earlier=$(counted)
	sessions "$1" && tunnel_stop
}

# The first few are what a program cannot begin without; the last fifth is not there each time.
for kind in session:4 broker:9 tunnel:3; do
	ok "${kind%:*}: what it asks for" requests "${kind%:*}"
	low=$((earlier + ${kind#*:})) high=$(counted)
	ok "${kind%:*}: there is something between" test "$high" -gt $((low + 3))
	for part in 0 1 2 3 4; do
		number=$((low + (high - low) * part / 5))
		ok "${kind%:*}: number $number" without_memory "${kind%:*}" $number
		ok "${kind%:*}: number $number and all that follow" without_memory "${kind%:*}" $number dry
	done
done
ssh -O exit -S "$RIG/master" none 2>"$RIG/log/master"
finish
