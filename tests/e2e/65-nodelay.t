#!/usr/bin/env bash
# FtpNoDelay=yes runs the command true once, over an ssh connection of our own and no other.
. "$(dirname "$0")/rig.sh"

commands()	# number: so many has sshd run by now
{
	[ "$(grep -c 'Starting session: command' "$RIG/log/sshd-rig.err")" -eq "$1" ]
}
fetch()
{
	run curl -sS -o /dev/null "$(url a)"
}

sshd_start
ftpd_start vsftpd
data a 1000
publish a

tunnel_start -L "ftp/0:$FTP_AT" rig
ok 'by default a file comes' fetch
ok 'and no command was run' commands 0
tunnel_stop

tunnel_start -vvv -o FtpNoDelay=yes -L "ftp/0:$FTP_AT" rig
ok 'with FtpNoDelay one command is run' wait_for 10 commands 1
ok 'true has succeeded' wait_for 10 grep -q 'FtpNoDelay.* exited with 0' "$TUNNEL_ERR"
ok 'a file comes' fetch
tunnel_stop

ssh -F "$RIG/ssh_config" -fNM -S "$RIG/own" rig 2>/dev/null
tunnel_start -S "$RIG/own" -o FtpNoDelay=yes -L "ftp/0:$FTP_AT" rig
ok 'a file comes through the user'"'"'s own master' fetch
ok 'where nothing is run' commands 1
tunnel_stop
ssh -F "$RIG/ssh_config" -S "$RIG/own" -O exit rig 2>/dev/null
finish
