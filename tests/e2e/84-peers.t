#!/usr/bin/env bash
# Clients that live by what a tunnel can spoil: lynx (a listing over the data connection of a refused
# RETR), Tcl's ftp (small files that are closed before their 150), node's ftp and basic-ftp (the data
# connection has to be closed before the 226).
. "${0%/*}/rig.sh"
. "$RIG_E2E/raw.sh"

RUN_TIMEOUT=40
modules=$rig_deps/node
sshd_start
data file 70001

lynx_shows()	# address port path regex
{
	run lynx -cfg=/dev/null -dump -nolist "ftp://$1:$2$3" >"$RIG/log/lynx$4" 2>&1 && grep -q "$4" "$RIG/log/lynx$4" &&
	    return
	cat "$RIG/log/lynx$4"
	return 1
}

lynx_fetches()	# address port path
{
	run lynx -cfg=/dev/null -source "ftp://$1:$2$3" >"$RIG/got" 2>/dev/null && same "$RIG/got" "$3"
}

# (lynx forgets the port where a user is named: it has to be the anonymous one.)
lynx_at()	# name address port
{
	[ "$FTP_KIND" = vsftpd ] || return 0
	ok_begin "$1: lynx lists a directory" lynx_shows "$2" "$3" "$FTP_ROOT/" dir
	ok_begin "$1: lynx lists another" lynx_shows "$2" "$3" "$FTP_ROOT/dir" inside
	ok_begin "$1: lynx fetches a file" lynx_fetches "$2" "$3" "$FTP_ROOT/file"
}

is_done()	# command...: it says so at last
{
	local said
	said=$(run "$@")
	[ "${said##*$'\n'}" = 'done' ] || { tail -n 3 <<<"$said"; return 1; }
}

# All of them at once: they mostly wait, and have names of their own for their files.
clients_at()	# name address port
{
	local mode
	lynx_at "$@"
	for mode in passive active; do
		ok_begin "$1: Tcl's ftp, $mode" is_done tclsh "$RIG_E2E/peers/tclftp.tcl" "$2" "$3" \
		    "$FTP_USER" "$FTP_PASS" $mode 12
	done
	ok_begin "$1: basic-ftp" is_done node "$RIG_E2E/peers/basic-ftp.js" "$2" "$3" "$FTP_USER" "$FTP_PASS" 20
	ok_begin "$1: ftp of node" is_done node "$RIG_E2E/peers/node-ftp.js" "$2" "$3" "$FTP_USER" "$FTP_PASS" 40
	ok_end
}

# The versions are those that showed the faults.
if [ ! -e "$modules/node_modules/basic-ftp" ] || [ ! -e "$modules/node_modules/ftp" ]; then
	mkdir -p "$modules"
	run npm install --prefix "$modules" --no-audit --no-fund --ignore-scripts --silent \
	    basic-ftp@5 ftp@0.3.10 >"$RIG/log/npm" 2>&1 || skip "npm's registry cannot be reached"
fi
export NODE_PATH=$modules/node_modules

for kind in proftpd vsftpd pureftpd; do
	[[ " ${ftpd_kinds[*]} " == *" $kind "* ]] || continue
	ftpd_start $kind
	publish file
	mkdir "$FTP_ROOT/dir" && cp "$RIG/data/file" "$FTP_ROOT/dir/inside"
	chown -R "$RIG_FTP_USER" "$FTP_ROOT"
	clients_at "$kind direct" "$FTP_ADDR" "$FTP_PORT"
	for method in $(forward_methods); do
		tunnel_start -o FtpForward="$method" -o FtpAbortHold=3 -L "127.0.0.1:0:$FTP_AT" -R "127.0.0.1:0:$FTP_AT" rig
		clients_at "$kind -L $method" 127.0.0.1 "$TUNNEL_PORT"
		clients_at "$kind -R $method" 127.0.0.1 \
		    "$(sed -n 's/^listening on .*:\([0-9]*\) (remote).*/\1/p' "$TUNNEL_OUT")"
		tunnel_stop
	done
done
finish
