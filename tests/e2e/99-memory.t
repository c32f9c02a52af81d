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
	[ "$1" = tunnel ] || grep 'no memory' "$TUNNEL_ERR" || return
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
for number in 4 12 19 24 31; do
	ok "session: number $number" without_memory session $number
	ok "session: number $number and all that follow" without_memory session $number dry
done
for number in 9 15 20 26 33; do
	ok "broker: number $number" without_memory broker $number
	ok "broker: number $number and all that follow" without_memory broker $number dry
done
for number in 44 50 56; do
	ok "tunnel: number $number" without_memory tunnel $number
	ok "tunnel: number $number and all that follow" without_memory tunnel $number dry
done
ssh -O exit -S "$RIG/master" none 2>"$RIG/log/master"
finish
