#!/usr/bin/env bash
# What an sshd may forbid: for each setting, what ftp-over-ssh-ctl check says and what transfers do, by
# a master of our own and by the user's. Each ends in a transfer or in a sentence that says why, in words
# that only a refusal has: no time that has passed ends anything. The FTP server waits for a data
# connection for longer than a client here has patience: its giving up ends nothing either.
. "${0%/*}/alone.sh"
. "${0%/*}/rig.sh"
. "$RIG_E2E/raw.sh"
RUN_TIMEOUT=40

sshd_start
ftpd_start vsftpd accept_timeout=600 connect_timeout=600
data a 100000
publish a
p=$(free_port)
key=$(cat "$RIG/ssh/user.pub")
echo "restrict,port-forwarding,permitopen=\"$FTP_AT\",permitlisten=\"$p\" $key" >"$RIG/ssh/restricted"

# The setting; the step at which check complains, and how (- = no complaint); what a passive client
# gets, and an active one; what comes of -R 0 and of -R with that port (if that is asked). "ok", or
# a part of the sentence.
forbids='(forbids connections to|no FTP server answers at)'
no_open='passive data connection: .*PermitOpen.*permitopen'
no_listen='listener on the ssh server: .*PermitListen'
# To a passive client the refusal may come so soon that curl takes the port for one where nobody listens, as it
# would directly.
no_passive='(425 .*: the ssh server allows no way to it|port [0-9]+ failed: Connection reset)'
no_active='425 .*: (administratively prohibited|the ssh server could not connect to it)'
no_port='425 .*: no port to listen on'
table()
{
	cat <<-END
	PermitOpen $FTP_AT@warn $no_open@ok@ok
	PermitOpen none@FAIL connection to the FTP port: .*PermitOpen@$forbids@$forbids
	AllowTcpForwarding local@warn $no_listen@ok@ok@PermitListen@PermitListen
	PermitOpen $FTP_AT;PermitListen none@FAIL $no_listen@$no_passive@$no_active@PermitListen@PermitListen
	PermitListen localhost:*@-@ok@ok@ok@ok
	PermitListen $p@warn $no_listen@ok@ok@PermitListen@$no_port
	AuthorizedKeysFile $RIG/ssh/restricted@FAIL $no_listen@$no_passive@$no_active@PermitListen@$no_port
	END
}

outcome()	# name wanted status output
{
	if [ "$2" = ok ]; then
		is "$1: it works" "$3 $4" '0 '
	else
		like "$1: it says why" "$3 $4" "^[1-9][0-9]* .*$2"
	fi
}

transfer()	# name wanted option of curl
{
	local out status
	rm -f "$RIG/got"
	out=$(fos "${with[@]}" -t "$FTP_AT" row -- curl -sS -v "$3" -o "$RIG/got" -u "$FTP_USER:$FTP_PASS" \
	    %u/a 2>&1)
	status=$?
	[ "$status" -ne 0 ] || out=$(same "$RIG/got" "$FTP_ROOT/a")
	outcome "$1" "$2" "$status" "$out"
}

settled()
{
	grep -qs '^listening on' "$RIG/log/remote.out" || rig_gone "$1"
}

remote()	# name wanted port
{
	local status=0 out=''
	rm -f "$RIG/log/remote.out"
	spawn remote "$FOS" -F "$RIG/ssh_config" "${with[@]}" -N -R "$3:$FTP_AT" row
	wait_for 20 settled "$SPAWN_PID"
	if rig_alive "$SPAWN_PID"; then
		rig_ports "$RIG/log/remote.out"
		out=$(run curl -sSv -o "$RIG/got" "$(rig_url 127.0.0.1 "${TUNNEL_PORT% (*}" a)" 2>&1)
		status=$?
		[ "$status" -ne 0 ] || out=''
		kill "$SPAWN_PID"
	fi
	wait "$SPAWN_PID" 2>/dev/null || [ "$status" -ne 0 ] || status=$?
	outcome "$1" "$2" "$status" "$out$(cat "$RIG/log/remote.err")"
	[ "$2" != PermitListen ] || is "$1: in one line" "$(wc -l <"$RIG/log/remote.err")" 1
}

checked()	# name wanted
{
	local out
	out=$(run "$FOSCTL" check -F "$RIG/ssh_config" "${with[@]}" -t "$FTP_AT" row 2>&1)
	[ "$2" != - ] || is "$1: check is content" "$(grep -v '^ok' <<<"$out")" ''
	[ "$2" = - ] || like "$1: check says so" "$(grep -v '^ok' <<<"$out")" "$2"
}

row()	# whose master
{
	checked "$1, $lines" "$complaint"
	transfer "$1, $lines: passive" "$passive" --ftp-pasv
	transfer "$1, $lines: active" "$active" -P-
	[ -n "$remote0" ] || return 0
	remote "$1, $lines: -R 0" "$remote0" 0
	remote "$1, $lines: -R $p" "$remoteP" "$p"
}

sshd_takes 'PermitListen none' && without='^$' || without='PermitListen|restricted'
while IFS=@ read -r lines complaint passive active remote0 remoteP; do
	[[ ! $lines =~ $without ]] || continue
	mapfile -t set < <(tr ';' '\n' <<<"$lines")
	sshd_start -n row "${set[@]}" </dev/null
	with=()
	row ours </dev/null
	ssh -nF "$RIG/ssh_config" -fNM -S "$RIG/master" row
	with=(-S "$RIG/master")
	row 'the user'"'"'s' </dev/null
	ssh -n -O exit -S "$RIG/master" none 2>/dev/null
	kill "$SSHD_PID"
done < <(table)

# Over there is far away, and these clients say what they want as soon as they have connected.
at_once()	# whose master
{
	tunnel_start "${with[@]}" -L "ftp/0:$FTP_AT" away
	script -l "PermitOpen, far away, $1" cases.py modes "$TUNNEL_ADDR" "$TUNNEL_PORT" pasv epsv
	script -l "PermitOpen, far away, $1" cases.py closed "$TUNNEL_ADDR" "$TUNNEL_PORT" pasv epsv
	tunnel_stop
}

sshd_start -n away "PermitOpen $FTP_AT"
ssh_host away "ProxyCommand $PYTHON $RIG_E2E/longer.py $SSHD_PORT"
with=()
at_once ours
ssh -nF "$RIG/ssh_config" -fNM -S "$RIG/master" away
with=(-S "$RIG/master")
at_once 'the user'"'"'s'
ssh -n -O exit -S "$RIG/master" none 2>/dev/null
finish
