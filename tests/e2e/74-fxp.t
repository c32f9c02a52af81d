#!/usr/bin/env bash
# FXP: data from one FTP server to the other, both reached through tunnels, or one of them
# directly.
. "${0%/*}/rig.sh"
. "$RIG_E2E/raw.sh"

tunnelled()	# variable destination [option...]: the latest server, for fxp.py and lftp
{
	local -n place=$1
	tunnel_start "${@:3}" -L "ftp/0:$FTP_AT" "$2"
	place=$TUNNEL_ADDR:$TUNNEL_PORT:$FTP_USER:$FTP_PASS:$FTP_ROOT
}

as_url()	# place path
{
	local address port user password root
	IFS=: read -r address port user password root <<<"$1"
	echo "ftp://$user:$password@$address:$port/$2"
}

lftp_fxp()	# from to passive-source
{
	rm -f "${2##*:}/lftp-to"
	cp "$RIG/data/fxp" "${1##*:}/lftp-from"
	run lftp -d -c "set cmd:fail-exit yes; set net:max-retries 1; set net:timeout 20
	    set ftp:use-fxp yes; set ftp:fxp-force yes; set ftp:fxp-passive-source $3
	    set xfer:clobber yes
	    get $(as_url "$1" lftp-from) -o $(as_url "$2" lftp-to)" >"$RIG/log/lftp" 2>&1
	! grep -qi 'data \(socket\|connection from\)' "$RIG/log/lftp" && same "$RIG/data/fxp" "${2##*:}/lftp-to"
}

couple()	# label from to
{
	script -l "$1" fxp.py copy "$2" "$3"
	for how in yes no; do
		ok "$1: lftp, passive source $how" lftp_fxp "$2" "$3" $how
	done
}

data fxp 3000000
sshd_start
sshd_start -n other
# Not to pyftpdlib: it connects when it reads PORT, and closes that connection if data come before STOR.
for kind in vsftpd:proftpd proftpd:vsftpd pyftpd:pureftpd; do
	ftpd_start "${kind%:*}"
	a=$FTP_NAME
	tunnelled from rig
	ftpd_start "${kind#*:}"
	b=$FTP_NAME
	tunnelled to other
	couple "$kind, two ssh servers" "$from" "$to"
	tunnelled same_sshd rig
	couple "$kind, one ssh server" "$from" "$same_sshd"
done

# Modes of the servers that are not those of the client.
ftpd_use "$a"
tunnelled active rig -o FtpServerMode=active
tunnelled passive rig -o FtpServerMode=passive
ftpd_use "$b"
tunnelled to_active other -o FtpServerMode=active
tunnelled to_passive other -o FtpServerMode=passive
couple 'active to passive' "$active" "$to_passive"
couple 'passive to active' "$passive" "$to_active"
couple 'passive to passive' "$passive" "$to_passive"
couple 'active to active' "$active" "$to_active"

# One of the two is reached directly, and belongs to another user than we do.
ftpd_start vsftpd pasv_promiscuous=YES port_promiscuous=YES
tunnelled any rig -o FtpAllowUsers=any
ftpd_start proftpd 'AllowForeignAddress on'
direct=$FTP_ADDR:$FTP_PORT:$FTP_USER:$FTP_PASS:$FTP_ROOT
couple 'from a tunnel to a server reached directly' "$any" "$direct"
couple 'from a server reached directly to a tunnel' "$direct" "$any"
finish
