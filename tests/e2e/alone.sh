# Source this first of all: the scenario begins anew in a network of its own, in which no connection of
# the last minute is remembered. An ssh server that listens on both loopbacks is content with ::1
# where 127.0.0.1 has the port in use, as each of those connections has.
# shellcheck shell=bash
if [ "$(id -u)" -eq 0 ] && [ -z "${RIG_ALONE-}" ] && unshare -n true 2>/dev/null; then
	RIG_ALONE=1 exec unshare -n sh -c 'ip link set lo up &&
		echo 0 >/proc/sys/net/ipv4/tcp_max_tw_buckets && exec "$0" "$@"' "$BASH" "$0" "$@"
fi
