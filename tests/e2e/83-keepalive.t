#!/usr/bin/env bash
# Commands in the middle of transfers, as keepalives of clients are: what real servers answer, and
# what becomes of the files, is the same through the tunnel as direct. ProFTPD answers at once. (By which
# method ssh dials is nothing to the commands: by mux there are some of them, in every mode.)
. "${0%/*}/rig.sh"
. "$RIG_E2E/raw.sh"

export AT_ADDR AT_PORT
RUN_TIMEOUT=80
data big 16000000
sshd_start
for kind in proftpd vsftpd; do
	case $kind in
	proftpd) ftpd_start proftpd 'UseSendfile off' && what=(download upload) ways=(-L -R) ;;
	vsftpd) ftpd_start vsftpd && what=(download) ways=(-L) ;; # answers when the upload is over
	esac
	publish big
	AT_ADDR=$FTP_ADDR AT_PORT=$FTP_PORT
	script keepalive.py record "$RIG/$kind" "${what[@]}"
	for method in $(forward_methods); do
		[ "$method" = mux ] && how=some || how=compare
		for way in "${ways[@]}"; do
			tunnel_start -o FtpForward="$method" -o FtpAbortHold=3 $way "127.0.0.1:0:$FTP_AT" rig
			AT_ADDR=127.0.0.1 AT_PORT=${TUNNEL_PORTS[0]}
			[ "$way" = -L ] || AT_PORT=$(sed -n 's/^listening on .*:\([0-9]*\) (remote).*/\1/p' "$TUNNEL_OUT")
			script -l "$kind, $way, $method" keepalive.py $how "$RIG/$kind" "${what[@]}"
			tunnel_stop
		done
	done
done
finish
