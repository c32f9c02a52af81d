#!/usr/bin/env bash
# lftp with several sessions at once: mirror both ways, and one file in pieces (pget).
. "$(dirname "$0")/rig.sh"
. "$RIG_E2E/clients.sh"

lftp_do()	# settings commands
{
	run lftp -c "set cmd:fail-exit yes; set net:max-retries 2; set net:timeout 20
	    set ftp:auto-passive-mode no; set ftp:auto-sync-mode ''; $1
	    open -u $FTP_USER,$FTP_PASS -p $AT_PORT $AT_ADDR; $2"
}

mirror_up()	# settings
{
	rm -rf "$FTP_ROOT/tree"
	lftp_do "$1" "mirror -R -P 5 $RIG/tree tree" && diff -r "$RIG/tree" "$FTP_ROOT/tree"
}

mirror_down()	# settings
{
	rm -rf "$RIG/copy"
	lftp_do "$1" "mirror -P 5 tree $RIG/copy" && diff -r "$RIG/tree" "$RIG/copy"
}

pieces()	# settings
{
	rm -f "$RIG/pieces"
	lftp_do "$1" "pget -n 4 big -o $RIG/pieces" && same "$RIG/data/big" "$RIG/pieces"
}

mkdir -p "$RIG/tree/a/b" "$RIG/tree/empty"
for n in {1..25}; do
	head -c $((n * 1211)) /dev/urandom >"$RIG/tree/f$n"
	echo "$n" >"$RIG/tree/a/g$n"
	: >"$RIG/tree/a/b/h$n"
done
data big 8000000

sshd_start
for kind in vsftpd proftpd; do
	ftpd_start "$kind"
	publish big
	[ $kind = vsftpd ] && delay=no || delay=yes
	tunnel_start -o FtpNoDelay=$delay -L "ftp/0:$FTP_AT" rig
	at_tunnel
	for passive in yes no; do
		for sync in yes no; do
			settings="set ftp:passive-mode $passive; set ftp:sync-mode $sync"
			ok "$kind passive $passive, sync $sync: mirror up" mirror_up "$settings"
			ok "$kind passive $passive, sync $sync: mirror down" mirror_down "$settings"
			ok "$kind passive $passive, sync $sync: pget" pieces "$settings"
		done
	done
	tunnel_stop
done
finish
