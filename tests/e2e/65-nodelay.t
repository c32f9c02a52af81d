#!/usr/bin/env bash
# FtpNoDelay: true is run once on each ssh connection of our own, and on the user's only if he says so.
. "$(dirname "$0")/rig.sh"

ran()	# alias number: so many commands has that sshd run by now
{
	[ "$(grep -c 'Starting session: \(forced-\)\{0,1\}command' "$RIG/log/sshd-$1.err")" -eq "$2" ]
}
fetch()
{
	run curl -sS -o /dev/null "$(url a)"
}

sshd_start
ftpd_start vsftpd
data a 1000
publish a

tunnel_start -vv -L "ftp/0:$FTP_AT" rig
ok 'by default one command is run' wait_for 10 ran rig 1
ok 'true has succeeded' wait_for 10 grep -q 'FtpNoDelay.* exited with 0' "$TUNNEL_ERR"
ok 'a file comes' fetch
ok 'and another one' fetch
ok 'once and no more' ran rig 1
tunnel_stop

tunnel_start -o FtpMasters=2 -L "ftp/0:$FTP_AT" rig
ok 'on each of several connections' wait_for 10 ran rig 3
tunnel_stop

tunnel_start -o FtpNoDelay=no -L "ftp/0:$FTP_AT" rig
ok 'with no a file comes' fetch
ok 'and no command was run' ran rig 3
tunnel_stop

# --- the hint ---
many()	# count: small files one behind the other, in one session
{
	local i files=()
	for ((i = 0; i < $1; i++)); do
		files+=(-o /dev/null "$(url a)")
	done
	run curl -sS "${files[@]}"
}
tunnel_start -o FtpNoDelay=no -L "ftp/0:$FTP_AT" rig
hinted()
{
	many 10 && grep -q 'small files wait some 50 ms each, .* to rig yet; FtpNoDelay=yes' "$TUNNEL_ERR"
}
ok 'small files that wait are told' wait_for 30 hinted
ok 'more of them' many 20
is 'once' "$(wc -l <"$TUNNEL_ERR")" 1
tunnel_stop
tunnel_start -L "ftp/0:$FTP_AT" rig
ok 'small files that do not' many 40
is 'are not' "$(cat "$TUNNEL_ERR")" ''
tunnel_stop

ssh -F "$RIG/ssh_config" -fNM -S "$RIG/own" rig 2>/dev/null
tunnel_start -S "$RIG/own" -L "ftp/0:$FTP_AT" rig
ok 'a file comes through the user'"'"'s own master' fetch
ok 'where nothing is run' ran rig 4
tunnel_stop
tunnel_start -vv -S "$RIG/own" -o FtpNoDelay=yes -L "ftp/0:$FTP_AT" rig
ok 'unless he says yes' wait_for 10 ran rig 5
ok 'true has succeeded' wait_for 10 grep -q 'FtpNoDelay.* exited with 0' "$TUNNEL_ERR"
tunnel_stop
ssh -F "$RIG/ssh_config" -S "$RIG/own" -O exit rig 2>/dev/null

# --- accounts that run something else ---
sshd_start -n forced "ForceCommand cat >$RIG/input; echo over >$RIG/over"
tunnel_start -L "ftp/0:$FTP_AT" forced
ok 'what is run instead has an empty input' wait_for 10 test -s "$RIG/over"
is 'nothing at all' "$(cat "$RIG/input")" ''
tunnel_stop
sshd_start -n menu "ForceCommand exec sleep 20"
tunnel_start -vv -L "ftp/0:$FTP_AT" menu
ok 'a file comes meanwhile' fetch
ok 'what does not end is closed' wait_for 15 grep -q 'FtpNoDelay: what the ssh server runs does not end' \
    "$TUNNEL_ERR"
ok 'and files come after it' fetch
exec 3<>"/dev/tcp/$TUNNEL_ADDR/$TUNNEL_PORT"
read -r greeting <&3
like 'a session is there when the tunnel is told to end' "$greeting" '^220'
tunnel_stop
ok '... and the master goes with it, though that command runs' wait_for 5 \
    eval '[ -z "$(find "$(run_dir)" -type s)" ]'
exec 3<&-
sshd_start -n nosession 'MaxSessions 0'
for level in '' -vv; do
	tunnel_start $level -o FtpForward=mux -L "ftp/0:$FTP_AT" nosession
	ok "where it is refused a file comes $level" fetch
	[ -z "$level" ] || ok 'with -vv that is told' wait_for 10 grep -q 'FtpNoDelay: .* exited with 255' "$TUNNEL_ERR"
	tunnel_stop
	[ -n "$level" ] || is 'and nothing is said' "$(cat "$TUNNEL_ERR")" ''
done
finish
