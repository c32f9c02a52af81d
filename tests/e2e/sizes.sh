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

# Each mode with a server of its own, so that all of them get their share. The first ones move more
# than all windows and buffers hold. Without Nagle, for it costs 40 ms for each small file.
sizes()	# method
{
	local kind modes=(port pasv eprt epsv) mode sizes=(100 100 20 20)
	RUN_TIMEOUT=200
	sshd_start
	for kind in "${ftpd_kinds[@]}"; do
		mode=${modes[0]} size=${sizes[0]}
		modes=("${modes[@]:1}") sizes=("${sizes[@]:1}")
		[ -e "$RIG/data/big" ] && truncate -s "${size}M" "$RIG/data/big"
		data big "${size}M"
		big_sum=$(sha256sum <"$RIG/data/big" | cut -d ' ' -f 1)
		ftpd_start "$kind"
		publish big
		tunnel_start -o FtpNoDelay=yes -o "FtpForward=$1" -L "ftp/0:$FTP_AT" rig
		at_tunnel
		ok "$1 $kind $mode: $size MB down" big_down "$mode"
		ok "$1 $kind $mode: $size MB up" big_up "$mode"
		ok "$1 $kind $mode: 50 small files up and down in one session" \
		    run "$PYTHON" "$RIG_E2E/ftpc.py" "$mode" many 50
		tunnel_stop
		rm "$FTP_ROOT/big"
	done
}
