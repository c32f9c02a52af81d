#!/usr/bin/env bash
# What goes wrong first: one line of ours that says what, why and what to do.
. "$(dirname "$0")/rig.sh"

# No client is run, and stderr has that one line, which is ours.
told()	# name regex arguments...
{
	rm -f "$RIG/ran"
	fails "$1" 255 "^ftp-over-ssh: $2" fos "${@:3}" -- touch "$RIG/ran"
	ok '... no client was run' test ! -e "$RIG/ran"
}

rude()	# kind: PORT
{
	local kind=$1
	rude_command()
	{
		SERVE=("$PYTHON" "$RIG_E2E/rude.py" 127.0.0.1 "$1" "$kind")
	}
	if [ "$kind" != silent ]; then
		rig_serve "rude-$kind" 127.0.0.1 rude_command
		return
	fi
	PORT=$(free_port)
	rude_command "$PORT"
	spawn rude-silent "${SERVE[@]}"
	# shellcheck disable=SC2016 # for the inner shell
	wait_for 10 bash -c 'exec 3<>"/dev/tcp/127.0.0.1/$1"' - "$PORT" 2>/dev/null
}

again()	# one session that gets nowhere
{
	banner "$TUNNEL_ADDR" "$TUNNEL_PORT" >/dev/null
}

sshd_start
ftpd_start vsftpd
free=$(free_port)
tells='-t names another one, ftp-over-ssh-ctl check tells more$'

# --- no FTP server at the target ---
for forward in auto mux; do
	told "no FTP server, $forward" "no FTP server answers at 127.0.0.1:$free on rig: Connection refused; $tells" \
	    -o FtpForward=$forward -t "127.0.0.1:$free" rig
done
# 7.4 says of it that it is prohibited.
told 'a host that does not exist over there' '(no FTP server answers at|.* forbids connections to) no-such-host.invalid:21' \
    -t no-such-host.invalid rig
ssh_host hushed 'LogLevel ERROR'
for forward in auto mux; do
	told "no FTP server, LogLevel ERROR, $forward" \
	    "no FTP server answers at 127.0.0.1:$free on hushed: Connection refused; $tells" \
	    -o FtpForward=$forward -t "127.0.0.1:$free" hushed
done
run ssh -F "$RIG/ssh_config" -fNM -S "$RIG/cm" rig >/dev/null 2>&1
told 'no FTP server, -S' "no FTP server answers at 127.0.0.1:$free on rig: .*; $tells" \
    -S "$RIG/cm" -t "127.0.0.1:$free" rig
fails 'no FTP server, the helper alone' 255 "^ftp-over-ssh-helper: no FTP server answers at 127.0.0.1:$free: " \
    "$HELPER" -S "$RIG/cm" "127.0.0.1:$free"
run ssh -O exit -S "$RIG/cm" rig 2>/dev/null

tunnel_start -L "0:127.0.0.1:$free" rig
for _ in {1..5}; do
	again
done
is 'a tunnel says it once' "$(wc -l <"$TUNNEL_ERR")" 1
like '... without -t, which is not meant' "$(cat "$TUNNEL_ERR")" \
    "no FTP server answers at 127.0.0.1:$free on rig: Connection refused; ftp-over-ssh-ctl check"
tunnel_stop
tunnel_start -R "0:127.0.0.1:$free" rig
for _ in 1 2; do
	banner 127.0.0.1 "${TUNNEL_PORT% (remote)}" >"$RIG/log/reply"
done
like '-R: the client is told' "$(cat "$RIG/log/reply")" '^421 cannot connect to the FTP server 127.0.0.1 port'
like '-R: so are we' "$(cat "$TUNNEL_ERR")" "cannot connect to the FTP server 127.0.0.1 port $free: Connection refused"
tunnel_stop

sshd_start -n sftp 'Subsystem sftp internal-sftp'
told 'no FTP server, but sftp' "no FTP server answers at 127.0.0.1:$free on sftp: Connection refused; sftp sftp may do, -t" \
    -t "127.0.0.1:$free" sftp
told 'nothing is run to find that out, if nothing may be' \
    "no FTP server answers at 127.0.0.1:$free on sftp: Connection refused; -t" \
    -o FtpNoDelay=no -t "127.0.0.1:$free" sftp
rude full
told 'a server that is full' "the FTP server 127.0.0.1:$PORT on rig does not serve: 421 too many users" \
    -t "127.0.0.1:$PORT" rig
rude ssh
fails 'another service' 255 "^ftp-over-ssh: this is no FTP server, .*; it says: .*SSH-2.0-rude" \
    fos -q -t "127.0.0.1:$PORT" rig -- true

# --- a server that is fine ---
server="ftp-over-ssh: FTP server $FTP_AT on rig: 220 "
terminal()	# arguments...: what a user at a terminal sees
{
	timeout "$(slowly 60)" "$PYTHON" "$RIG_E2E/typed.py" "$FOS" -F "$RIG/ssh_config" "$@" | tr -d '\r'
}
# shellcheck disable=SC2016 # for the inner shell
shown=$(terminal -u bob -t "$FTP_AT" rig -- sh -c 'echo "client of $FTP_OVER_SSH_USER" >&2')
like 'before the client starts he is told who answers' "$shown" "^${server}[^"$'\n'"]*"$'\n'"client of bob$"
is 'with -q he is not' "$(terminal -q -t "$FTP_AT" rig -- true)" ''
is 'nor is a script' "$(fos -t "$FTP_AT" rig -- true 2>&1)" ''
lines=$(grep -c 'USER bob' "$FTP_LOG")
is 'the server was asked once, for that user' "$lines" 1
is 'without a password' "$(grep -c 'PASS' "$FTP_LOG")" 0
printf 'Behave\nyourself\n' >"$RIG/banner"
sshd_start -n bannered "Banner $RIG/banner"
is 'the banner of sshd, and then who serves' "$(terminal -t "$FTP_AT" bannered -- true | cut -c 1-18)" \
    "$(printf 'Behave\nyourself\nftp-over-ssh: FTP ')"
ssh_host curt 'LogLevel ERROR'
is '... LogLevel ERROR: no banner, as with ssh' "$(terminal -t "$FTP_AT" curt -- true | cut -c 1-18)" 'ftp-over-ssh: FTP '
echo "[127.0.0.1]:$SSHD_PORT $(cut -d' ' -f1,2 "$RIG/ssh/user.pub")" >"$RIG/ssh/wrong"
ssh_host changed "UserKnownHostsFile $RIG/ssh/wrong"
like 'a key that has changed: the advice of ssh in its own lines' "$(terminal -t "$FTP_AT" changed -- true)" \
    $'\nOffending [^\n]*/wrong:1\n.*\nHost key verification failed.\nftp-over-ssh: cannot connect'
like '-vv: what is run' "$(fos -vv -t "$FTP_AT" rig -- true 2>&1)" 'ftp-over-ssh: running ssh .* -M .* -- rig'
is '... without its own -v' "$(fos -vv -t "$FTP_AT" rig -- true 2>&1 | grep -c '^debug1: ')" 0
like '-vvv: ssh gets one' "$(fos -vvv -t "$FTP_AT" rig -- true 2>&1)" 'debug1: Connecting to 127.0.0.1'
rude marks
ok 'marks before the greeting are no words' fos -t "127.0.0.1:$PORT" rig -- true
like 'nor to check' "$(run "$FOSCTL" check -F "$RIG/ssh_config" -t "127.0.0.1:$PORT" rig 2>&1)" \
    'ok +FTP greeting: 220 hello'
rude rude
ok 'a server that takes no leave delays the client, and no more' fos -t "127.0.0.1:$PORT" rig -- true

# --- as README says: the client asks for that user's password, and a file comes ---
ftpd_start proftpd
data a 1234
publish a
mkdir "$RIG/clients"
ln -s "$(command -v inetutils-ftp)" "$RIG/clients/ftp"
ncftp=$rig_deps/ncftp/usr/bin/ncftp3
if [ -x "$ncftp" ]; then
	printf '#!/bin/sh\nLD_LIBRARY_PATH=%s exec %s "$@"\n' \
	    "$(find "$rig_deps/ncftp" -name '*.so*' -printf '%h\n' | sort -u | paste -sd :)" "$ncftp" >"$RIG/clients/ncftp"
	chmod 755 "$RIG/clients/ncftp"
fi
for client in lftp tnftp "$RIG/clients/ftp" "$RIG/clients/ncftp"; do
	[ "${client##*/}" != ncftp ] || [ -x "$client" ] || client=ncftp
	rm -f "$RIG/a"
	TERM=dumb FTP_OVER_SSH_CLIENT=$client ok "${client##*/}: bob's password is asked for, and he is in" \
	    "$PYTHON" "$RIG_E2E/terminal.py" '< ready>' \
	    "> cd $RIG; $FOS -F ssh_config -u $FTP_USER -t $FTP_AT rig" "< FTP server $FTP_AT on rig: 220 " \
	    '< assword: ?' "> $FTP_PASS" '< ftp.*> ' '> get a' '< 1234|1.2' '< ftp.*> ' '> quit' '< ready>' \
	    '> echo status=$?' '< status=0'
	ok '... his file is there' same "$FTP_ROOT/a" "$RIG/a"
done
ftpd_use vsftpd1

# --- forwarding is forbidden ---
sshd_start -n forbidden 'AllowTcpForwarding no'
told 'forbidden' "the ssh server forbids connections to $FTP_AT: look at AllowTcpForwarding" \
    -t "$FTP_AT" forbidden
sshd_start -n permitted "PermitOpen 127.0.0.1:$free"
told 'PermitOpen names another one' "the ssh server forbids connections to $FTP_AT: .*PermitOpen" \
    -t "$FTP_AT" permitted

# --- TLS ---
rude tls
told 'a server that wants TLS' "the FTP server at 127.0.0.1:$PORT on rig wants TLS, .*FtpTls=pass" \
    -t "127.0.0.1:$PORT" rig
tunnel_start -L "0:127.0.0.1:$PORT" rig
for _ in 1 2 3; do
	run curl -s -u a:b "ftp://$TUNNEL_ADDR:$TUNNEL_PORT/"
done
is '... is told once in a tunnel' "$(grep -c 'wants TLS' "$TUNNEL_ERR")" 1
tunnel_stop
for kind in vsftpd proftpd; do
	ftpd_start $kind
	tunnel_start -L "0:$FTP_AT" rig
	run curl -s -u nobody:wrong "ftp://$TUNNEL_ADDR:$TUNNEL_PORT/"
	is "$kind: a wrong password is not taken for that" "$(cat "$TUNNEL_ERR")" ''
	tunnel_stop
done
if openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=rig -days 2 -keyout "$RIG/data/key" \
    -out "$RIG/data/cert" 2>/dev/null; then
	chmod 644 "$RIG/data/key"
	ftpd_start vsftpd ssl_enable=YES force_anon_logins_ssl=YES allow_anon_ssl=YES \
	    "rsa_cert_file=$RIG/data/cert" "rsa_private_key_file=$RIG/data/key"
	told 'vsftpd that insists on TLS' "the FTP server at $FTP_AT on rig wants TLS, " \
	    -t "$FTP_AT" rig
fi
rude silent
tunnel_start -L "0:127.0.0.1:$PORT" rig
spawn waiting curl -s --connect-timeout 30 -u a:b "ftp://$TUNNEL_ADDR:$TUNNEL_PORT/"
spawn waiting2 curl -s --connect-timeout 30 -u a:b "ftp://$TUNNEL_ADDR:$TUNNEL_PORT/"
ok 'a silent server: FTPS is named' wait_for 20 \
    grep -q "the server at 127.0.0.1:$PORT on rig says nothing: .*FTPS" "$TUNNEL_ERR"
kill "$SPAWN_PID"
tunnel_stop
is '... once' "$(wc -l <"$TUNNEL_ERR")" 1

# --- nothing to run, nowhere to go ---
mkdir "$RIG/bin"
for program in ssh env timeout; do
	ln -s "$(command -v $program)" "$RIG/bin/"
done
fails 'no FTP client' 255 'no FTP client found: .*install one of them, set FTP_OVER_SSH_CLIENT' \
    env "PATH=$RIG/bin" "$FOS" -F "$RIG/ssh_config" rig
rm "$RIG/bin/ssh"
fails 'no ssh' 255 'ssh: No such file or directory; install the OpenSSH client, or name it in FTP_OVER_SSH_SSH$' \
    env "PATH=$RIG/bin" "$FOS" -F "$RIG/ssh_config" -N rig
fails 'a host that does not exist' 255 'cannot connect to no-such-host.invalid: .*no-such-host.invalid' \
    fos no-such-host.invalid -- true

# --- what belongs to the terminal ---
ssh-keygen -q -t ed25519 -N '' -C other -f "$RIG/ssh/other"
ssh_host stranger "UserKnownHostsFile $RIG/ssh/empty" 'StrictHostKeyChecking ask'
sed -i '/StrictHostKeyChecking yes/d' "$RIG/ssh/stranger.conf"
timeout "$(slowly 60)" "$PYTHON" "$RIG_E2E/answer.py" 'continue connecting.*\? $' no "$FOS" \
    -F "$RIG/ssh_config" -N stranger >"$RIG/log/ask.out" 2>"$RIG/log/ask.err"
is 'the host key is not taken: 255' $? 255
like '... the question was at the terminal' "$(cat "$RIG/log/ask.out")" 'authenticity of host'
is '... stderr has our line alone' "$(grep -vc '^ftp-over-ssh: cannot connect to stranger: ' "$RIG/log/ask.err")" 0
finish
