#!/usr/bin/env bash
# -R: the clients are on the ssh server's side, the FTP server is near us.
. "${0%/*}/rig.sh"
. "$RIG_E2E/raw.sh"

all=(pasv epsv port eprt)

# The ports that sshd listens on, as the tunnel has printed them.
remote_ports()
{
	REMOTE=()
	mapfile -t REMOTE < <(sed -n 's/^listening on .*:\([0-9]*\) (remote),.*/\1/p' "$TUNNEL_OUT")
}

sshd_start
for kind in "${ftpd_kinds[@]}"; do
	ftpd_start "$kind"
	tunnel_start -v -R "ftp/0:$FTP_AT" rig
	remote_ports
	like "$kind, port 0: the allocated port is printed" "$(cat "$TUNNEL_OUT")" \
	    "^listening on localhost:[1-9][0-9]* \(remote\), forwarding to $FTP_AT\$"
	script -l "$kind" cases.py modes 127.0.0.1 "${REMOTE[0]}" "${all[@]}"
	script -l "$kind" cases.py in_turn 127.0.0.1 "${REMOTE[0]}" "${all[@]}"
	tunnel_stop
	is "$kind: exit status" $? 0
	is "$kind: what became of each transfer is known" "$(grep 'no reply' "$TUNNEL_ERR")" ''
done

ftpd_use vsftpd1
port=$(free_port)
tunnel_start -R "ftp/$port:$FTP_AT" -R "127.0.0.1:0:$FTP_AT" -R "[::1]:0:$FTP_AT" \
    -R "localhost:0:$FTP_AT" rig
remote_ports
is 'four listeners' "${#REMOTE[@]}" 4
is 'a given port' "${REMOTE[0]}" "$port"
script -l 'given port' cases.py modes 127.0.0.1 "${REMOTE[0]}" "${all[@]}"
script -l 'bound to 127.0.0.1' cases.py modes 127.0.0.1 "${REMOTE[1]}" "${all[@]}"
script -l 'bound to ::1' cases.py modes ::1 "${REMOTE[2]}" "${all[@]}"
script -l 'bound to localhost' cases.py modes 127.0.0.1 "${REMOTE[3]}" "${all[@]}"
fails 'a port that is in use there' 255 "$port.*in use" fos -N -R "ftp/$port:$FTP_AT" rig
tunnel_stop
ok 'the ssh server does not listen any more' wait_for 5 test -z "$(banner 127.0.0.1 "$port")"

for method in mux proxy; do
	tunnel_start -o FtpForward=$method -R "ftp/0:$FTP_AT" rig
	remote_ports
	script -l "method $method" cases.py modes 127.0.0.1 "${REMOTE[0]}" "${all[@]}"
	tunnel_stop
done

# Where the ssh connection is lost, so is the listener: no client could come and wake the tunnel.
greets()	# port
{
	[ -n "$(banner 127.0.0.1 "$1")" ]
}
port=$(free_port)
tunnel_start -R "ftp/$port:$FTP_AT" rig
kill_now "$(master_pid)"
ok 'the ssh connection is lost: the listener comes again' wait_for 30 greets "$port"
script -l 'after that' cases.py modes 127.0.0.1 "$port" pasv port
tunnel_stop

# sshd takes the last byte out of urgent data.
ftpd_start vsftpd async_abor_enable=YES
data big 60000000
publish big
tunnel_start -R "ftp/0:$FTP_AT" rig
remote_ports
script words.py abor 127.0.0.1 "${REMOTE[0]}"
tunnel_stop

# A reset does not come through ssh: the reply tells that the file is broken, and nobody waits.
fake_command()
{
	SERVE=("$PYTHON" "$RIG_E2E/fakeftpd.py" 127.0.0.1 "$1")
}
rig_serve fake 127.0.0.1 fake_command
tunnel_start -R "ftp/0:127.0.0.1:$PORT" rig
remote_ports
for how in '' '-P -'; do
	# shellcheck disable=SC2086 # options
	run curl -sS $how -m "$(slowly 20)" -o "$RIG/got" "ftp://127.0.0.1:${REMOTE[0]}/451-100000-0" \
	    2>"$RIG/log/curl.err"
	is "a download that fails, curl $how" "$? $(wc -c <"$RIG/got")" '18 100000'
done
tunnel_stop

sshd_start -n forbidden 'AllowTcpForwarding local'
fails 'an sshd without remote forwarding' 255 'AllowTcpForwarding' \
    fos -N -R "ftp/0:$FTP_AT" forbidden

# The real thing: two hosts, here a network namespace each.
[ "$(id -u)" -eq 0 ] || finish
. "$RIG_E2E/hosts.sh"
hosts near far
RIG_IN=(ip netns exec "$HOST_far") SSHD_ADDR=10.99.0.2
sshd_start -n other
RIG_IN=(ip netns exec "$HOST_near")
for kind in vsftpd proftpd; do
	ftpd_start "$kind"
	FOS_UNDER=(ip netns exec "$HOST_near")
	tunnel_start -R "ftp/0:$FTP_AT" other
	remote_ports
	SCRIPT_IN=(ip netns exec "$HOST_far")
	script -l "another host, $kind" cases.py modes 127.0.0.1 "${REMOTE[0]}" "${all[@]}"
	tunnel_stop
done
finish
