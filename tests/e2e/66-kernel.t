#!/usr/bin/env bash
# A kernel without seccomp filters, and one that does not tell who owns a connection: nobody is
# served who would not be with them, and what to do is said.
. "${0%/*}/rig.sh"
not_portable 'it asks for neither'
not_watched 'there is no sandbox'
. "$RIG_E2E/raw.sh"

[ "$(uname)" = Linux ] || skip 'seccomp and sock_diag are Linux'
ok 'what takes them away is built' ${CC:-cc} -std=c11 -D_GNU_SOURCE -Wall -Wextra -Werror -o "$RIG/lacks" \
    "$TOP/tests/hostile/lacks.c"

sshd_start
ftpd_start vsftpd
data a 100000
publish a

get()		# curl's options ...
{
	run curl -sS -o "$RIG/got" "$@" "$(url a)" && same "$RIG/data/a" "$RIG/got"
}

refuses()	# what words of the 421, and of the log
{
	is "no $1: the client is told" "$(banner "$TUNNEL_ADDR" "$TUNNEL_PORT" | tr -d '\r')" "421 $2"
	ok "no $1: the user is told" wait_for 5 grep -F "$3" "$TUNNEL_ERR"
	fails "no $1: nothing is transferred" 28 '^curl: ' get # that is what it says of a 421
}

# --- seccomp ----------------------------------------------------------------------------

FOS_UNDER=("$RIG/lacks" seccomp)
tunnel_start -L "0:$FTP_AT" rig
refuses seccomp 'Sessions are not served: their process cannot be confined here.' \
    'it takes a kernel with seccomp filters, or a build with CPPFLAGS=-DNO_SANDBOX that does without'
is 'no seccomp: the FTP server hears nothing' "$(grep -c 'FTP command' "$FTP_LOG")" 0
tunnel_stop

# --- sock_diag --------------------------------------------------------------------------

FOS_UNDER=("$RIG/lacks" sock_diag)
tunnel_start -L "0:$FTP_AT" rig
why='refused: its owner cannot be told; FtpAllowUsers=any would let it in'
refuses sock_diag "This connection is $why" "$why"
tunnel_stop
tunnel_start -o FtpAllowUsers=any -L "0:$FTP_AT" rig
script -l 'no sock_diag, any user, -L' cases.py in_turn "$TUNNEL_ADDR" "$TUNNEL_PORT" pasv epsv port eprt
tunnel_stop
tunnel_start -R "0:$FTP_AT" rig
script -l 'no sock_diag, -R' cases.py in_turn 127.0.0.1 "${TUNNEL_PORT% (*}" pasv epsv port eprt
tunnel_stop
finish
