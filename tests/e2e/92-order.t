#!/usr/bin/env bash
# The final reply of a download never overtakes its data: slow readers with small windows, and
# many small files in active mode.
. "${0%/*}/rig.sh"
. "$RIG_E2E/clients.sh"

order()	# name size pace times
{
	run "$PYTHON" "$RIG_E2E/order.py" "$@"
}

small_files_lftp()
{
	mkdir "$RIG/lftp" && run lftp -c "set cmd:fail-exit yes; set net:max-retries 1
	    set ftp:passive-mode no; open -u $FTP_USER,$FTP_PASS -p $AT_PORT $AT_ADDR
	    mirror --parallel=1 --no-perms small $RIG/lftp" &&
	    diff -r "$FTP_ROOT/small" "$RIG/lftp"
}

small_files_curl()
{
	local urls=() n
	mkdir "$RIG/curl"
	for n in {1..60}; do
		urls+=(-o "$RIG/curl/$n" "$(url "small/$n")")
	done
	run curl -sS -P - "${urls[@]}" && diff -r "$FTP_ROOT/small" "$RIG/curl"
}

sshd_start
data slow 3000000
data quick 400000
for kind in vsftpd proftpd; do
	ftpd_start $kind
	publish slow quick
	mkdir "$FTP_ROOT/small"
	for n in {1..60}; do
		head -c $((n * 13)) "$RIG/data/quick" >"$FTP_ROOT/small/$n"
	done
	chmod 755 "$FTP_ROOT/small"
	for method in mux proxy; do
		tunnel_start -o FtpForward=$method -L "0:$FTP_AT" rig
		at_tunnel
		ok "$kind $method: readers of 2 MB/s" order quick 400000 2000000 5
		if [ $method = mux ]; then
			ok "$kind: readers of 600 kB/s" order slow 3000000 600000 1
			rm -rf "$RIG/lftp" "$RIG/curl"
			ok "$kind: 60 small files, lftp in active mode" small_files_lftp
			ok "$kind: 60 small files, curl in active mode" small_files_curl
		fi
		tunnel_stop
	done
done
finish
