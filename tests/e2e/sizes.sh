# shellcheck shell=bash
# sizes.sh: one big file each way, and many small ones in one session, in every mode.

big_down()	# mode
{
	[ "$(run "$PYTHON" "$RIG_E2E/ftpc.py" "$1" digest big)" = "$big_sum" ]
}

big_up()	# mode
{
	run "$PYTHON" "$RIG_E2E/ftpc.py" "$1" send "$RIG/data/big" "big-$1" &&
	    same "$RIG/data/big" "$FTP_ROOT/big-$1" && rm "$FTP_ROOT/big-$1"
}

# Each mode with a server of its own, so that all of them get their share; pyftpdlib is not
# reliable with so many active connections.
# Each small file costs the 40 ms for which TCP acknowledgements of replies are delayed.
sizes()	# method, number of small files for each server
{
	local kind modes=(port eprt pasv epsv) mode count small=("${@:2}")
	RUN_TIMEOUT=200
	sshd_start
	data big 104857600
	big_sum=$(sha256sum "$RIG/data/big" | cut -d ' ' -f 1)
	for kind in "${ftpd_kinds[@]}"; do
		mode=${modes[0]}
		modes=("${modes[@]:1}")
		count=${small[0]}
		small=("${small[@]:1}")
		ftpd_start "$kind"
		publish big
		tunnel_start -o "FtpForward=$1" -L "ftp/0:$FTP_AT" rig
		at_tunnel
		ok "$1 $kind $mode: 100 MB down" big_down "$mode"
		ok "$1 $kind $mode: 100 MB up" big_up "$mode"
		ok "$1 $kind $mode: $count small files up and down in one session" \
		    run "$PYTHON" "$RIG_E2E/ftpc.py" "$mode" many "$count"
		tunnel_stop
		rm "$FTP_ROOT/big"
	done
}
