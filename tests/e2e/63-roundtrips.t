#!/usr/bin/env bash
# Round trips of a small transfer, counted on the ssh connection (see turns.py). Direct FTP has
# three: PASV or PORT, RETR, and the handshake of the data connection.
. "$(dirname "$0")/rig.sh"

sshd_start
ftpd_start vsftpd
data a 1000
publish a
coproc turns { exec "$PYTHON" "$RIG_E2E/turns.py" "$SSHD_PORT"; }
rig_pids+=("$turns_PID")
read -r -t "$(slowly 10)" relay_port <&"${turns[0]}" || bail 'turns.py does not start'
SSHD_PORT=$relay_port
echo "[$SSHD_ADDR]:$SSHD_PORT $(cat "$RIG/ssh/host.pub")" >>"$RIG/ssh/known_hosts"
ssh_host turning
tunnel_start -L "ftp/0:$FTP_AT" turning

count()	# passive|active
{
	echo "$TUNNEL_PORT $1" >&"${turns[1]}"
	read -r -t "$(slowly "$RUN_TIMEOUT")" first second third <&"${turns[0]}"
	note "$1: $first $second $third"
}

count passive
ok 'passive: as direct FTP, until it is known that sshd permits data connections' test "$first" -le 3
ok 'from the second transfer on one less, the handshake is over there' test "$second" -le 2
ok 'in the third as well' test "$third" -le 2
count passive
ok 'another session knows' test "$first" -le 2
count active
ok 'active: the first has to ask sshd for a listener' test "$first" -le 4
ok 'from the second transfer on, none beyond direct FTP' test "$second" -le 3
ok 'the third is the same' test "$third" -le 3
finish
