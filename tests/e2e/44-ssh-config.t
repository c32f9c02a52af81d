#!/usr/bin/env bash
# What users have in their ssh configuration: LocalCommand, forwards to port 21, jump hosts,
# keys with passphrases, ControlPersist, ControlMaster ask.
. "$(dirname "$0")/rig.sh"

fetch()	# [address port]
{
	run curl -sS -o "$RIG/got" "$(rig_url "${1:-$TUNNEL_ADDR}" "${2:-$TUNNEL_PORT}" a)" &&
	    same "$RIG/data/a" "$RIG/got"
}

no_tunnel()
{
	[ -z "$(find "$(run_dir)" -type s -name 's*')" ]
}

closed()	# port
{
	! banner 127.0.0.1 "$1" >/dev/null
}

sshd_start
data a 50000
ftpd_start vsftpd
publish a

# --- LocalCommand ---
port=$(free_port)
ssh_host local 'ControlMaster auto' "ControlPath $RIG/lc-%C" 'PermitLocalCommand yes' \
    "LocalCommand $FOS -F $RIG/ssh_config -S $RIG/lc-%C -f -N -L ftp/127.0.0.1:$port:$FTP_AT %n"
spawn login ssh -F "$RIG/ssh_config" local \
    "echo in; while ! test -e $RIG/logout; do sleep 0.05; done; exit 7"
LOGIN_PID=$SPAWN_PID
ok 'LocalCommand: the login goes on' wait_for 10 grep -q '^in$' "$RIG/log/login.out"
ok 'LocalCommand: the tunnel serves' fetch 127.0.0.1 "$port"
run ssh -F "$RIG/ssh_config" local true >"$RIG/log/second" 2>&1
is 'a second ssh through the master' "$? $(cat "$RIG/log/second")" '0 '
run ssh -F "$RIG/ssh_config" -o ControlMaster=no -o ControlPath=none local true >"$RIG/log/third" 2>&1
is 'one beside it, which runs the LocalCommand again' $? 0
ok 'the tunnel serves on' fetch 127.0.0.1 "$port"
touch "$RIG/logout"
ok 'logout: ssh ends' wait_gone 10 "$LOGIN_PID"
wait "$LOGIN_PID"
is 'logout: with the status of its command' $? 7
ok 'the tunnel ends with it' wait_for 10 no_tunnel
ok '... and its port is closed' wait_for 5 closed "$port"
rm -f "$RIG/logout"
spawn login ssh -F "$RIG/ssh_config" local \
    "echo in; while ! test -e $RIG/logout; do sleep 0.05; done"
ok 'the next login' wait_for 10 grep -q '^in$' "$RIG/log/login.out"
ok '... has its tunnel' fetch 127.0.0.1 "$port"
touch "$RIG/logout"
ok '... and ends' wait_gone 10 "$SPAWN_PID"
ok '... with it' wait_for 10 no_tunnel

# --- LocalForward and RemoteForward to port 21 ---
if [ "$(id -u)" -eq 0 ]; then
	FTP_LISTEN=127.$((RANDOM % 200 + 20)).$((RANDOM % 250)).$((RANDOM % 250 + 2))
	eval "rig_$(declare -f free_port)"
	free_port() { echo 21; }
	ftpd_start pyftpd
	publish a
	eval "$(declare -f rig_free_port | sed '1s/rig_//')"
	near=$(free_port) far=$(free_port) other=$(free_port)
	ssh_host taken "LocalForward 127.0.0.1:$near $FTP_AT" "RemoteForward $far $FTP_AT" \
	    "LocalForward $other 127.0.0.1:22"
	tunnel_start -L "127.0.0.1:0:$FTP_AT" taken
	is 'taken over: ours and two of the configuration' "$(wc -l <"$TUNNEL_OUT")" 3
	like 'LocalForward: announced' "$(cat "$TUNNEL_OUT")" "listening on 127.0.0.1:$near, forwarding to $FTP_AT"
	like 'RemoteForward: announced' "$(cat "$TUNNEL_OUT")" "localhost:$far \(remote\), forwarding to $FTP_AT"
	ok 'LocalForward: serves' fetch 127.0.0.1 "$near"
	ok 'RemoteForward: serves' fetch 127.0.0.1 "$far"
	ok 'one to another port is not opened' closed "$other"
	tunnel_start -v -L "0:$FTP_AT" taken
	ok 'a second tunnel, its ports are taken: serves' fetch
	like '... and says so with -v' "$(cat "$TUNNEL_ERR")" \
	    "LocalForward of ssh's configuration: cannot listen on 127.0.0.1:$near"
	tunnel_stop
	tunnel_stop "${rig_tunnel_pids[0]}"
	tunnel_start taken
	is '-N alone: they are all there is' "$(grep -c "^listening" "$TUNNEL_OUT")" 2
	ok '... and serve' fetch 127.0.0.1 "$near"
	tunnel_stop
	ok 'the wrapper too: an FTP client, and they serve' fos -t "$FTP_AT" taken -- \
	    curl -sS -o "$RIG/got" "$(rig_url 127.0.0.1 "$near" a)"
	tunnel_start -L "127.0.0.1:$near:$FTP_AT" rig
	ssh_host held "LocalForward 127.0.0.1:$near $FTP_AT"
	fails '-N alone: the only port is taken' 255 \
	    "LocalForward of ssh's configuration: cannot listen on 127.0.0.1:$near: the port is in use" \
	    fos -N held
	ok '... which is nothing to a client' fos -t "$FTP_AT" held -- true
	ssh_host held "RemoteForward 127.0.0.1:$near $FTP_AT"
	fails '... over there' 255 "cannot listen on 127.0.0.1:$near of the ssh server" fos -N held
	tunnel_stop
	for way in Local Remote; do
		ssh_host held "${way}Forward *:$near $FTP_AT"
		fails "${way}Forward for other hosts, no -g" 255 \
		    "${way}Forward of ssh's configuration: listening on \* lets other hosts in; add -g" \
		    fos -N held
	done
	tunnel_start -g held
	like '... with it' "$(cat "$TUNNEL_OUT")" "listening on \*:$near \(remote\)"
	tunnel_stop
	tunnel_start -o FtpConfigForwards=no -t "$FTP_AT" taken
	is 'FtpConfigForwards=no' "$(wc -l <"$TUNNEL_OUT")" 1
	ok '... the LocalForward is not there' closed "$near"
	ok '... what was asked for serves' fetch
	tunnel_stop
	FTP_LISTEN=
	ftpd_use vsftpd1
fi

# --- jump hosts ---
sshd_start -n jump
jumps()
{
	grep -c 'Accepted publickey' "$RIG/log/sshd-jump.err"
}
before=$(jumps)
rig_port=$(sed -n 's/^Port //p' "$RIG/ssh/rig.conf")
ssh_host behind "Port $rig_port" 'ProxyJump jump'
tunnel_start -L "0:$FTP_AT" behind
ok 'ProxyJump: serves' fetch
is '... through the jump host' "$(jumps)" $((before + 1))
tunnel_stop
ok '-J: serves' fos -J jump -t "$FTP_AT" rig -- curl -sS -u "$FTP_USER:$FTP_PASS" -o "$RIG/got" %u/a
is '... through the jump host' "$(jumps)" $((before + 2))
fails 'an unknown jump host: said, with status 255' 255 'cannot connect to rig: .*no-such-host.invalid' \
    fos -J no-such-host.invalid -N -L "0:$FTP_AT" rig
ssh_host commanded "ProxyCommand sh -c 'echo come back on Monday >&2'"
fails 'what a ProxyCommand says is heard' 255 'cannot connect to commanded: .*come back on Monday' \
    fos -N -L "0:$FTP_AT" commanded

# --- a key with a passphrase ---
ssh-keygen -q -t ed25519 -N open.sesame -C locked -f "$RIG/ssh/locked"
cat "$RIG/ssh/locked.pub" >>"$RIG/ssh/authorized_keys"
ssh_host locked "IdentityFile $RIG/ssh/locked"
sed -i "\\|IdentityFile $RIG/ssh/user|d; s/^Port .*/Port $rig_port/" "$RIG/ssh/locked.conf"
at_terminal()
{
	timeout "$(slowly 60)" "$PYTHON" "$RIG_E2E/answer.py" 'passphrase for key.*: $' "$@"
}
ok 'a passphrase is asked for at the terminal' at_terminal open.sesame "$FOS" -F "$RIG/ssh_config" \
    -t "$FTP_AT" locked -- curl -sS -u "$FTP_USER:$FTP_PASS" -o "$RIG/got3" %u/a
ok '... and the client runs' same "$RIG/data/a" "$RIG/got3"
at_terminal open.sesame "$FOS" -F "$RIG/ssh_config" -f -N -L "0:$FTP_AT" locked >"$RIG/log/f.out" 2>&1
is '-f: asked for before it goes to the background' $? 0
rig_ports "$RIG/log/f.out"
like '... at the terminal' "$(cat "$RIG/log/f.out")" 'passphrase for key'
ok '-f: serves' fetch
pid=$(find "$(run_dir)" -type s -name 's*' | sed 's/.*\/s\([0-9]*\).*/\1/')
kill_now "$(master_pid "$pid")"
like 'the connection lost in the background: nothing is asked, 421 says why' \
    "$(banner "$TUNNEL_ADDR" "$TUNNEL_PORT")" '^421 cannot connect to locked: .*Permission denied'
kill "$pid"
ok 'ended' wait_gone 5 "$pid"
at_terminal wrong "$FOS" -F "$RIG/ssh_config" -f -N -L "0:$FTP_AT" locked >"$RIG/log/f.out" 2>&1
is 'the wrong one, three times: 255' $? 255
like '... and why' "$(cat "$RIG/log/f.out")" 'ftp-over-ssh: cannot connect to locked: .*Permission denied'
fails 'nobody to ask: the reason' 255 'cannot connect to locked: .*Permission denied' \
    setsid -w "$FOS" -F "$RIG/ssh_config" -N -L "0:$FTP_AT" locked

# --- ControlPersist, ControlMaster ask ---
ssh_host persist "Port $rig_port" 'ControlMaster auto' "ControlPath $RIG/cp-%C" 'ControlPersist 60'
run ssh -T -F "$RIG/ssh_config" persist true >/dev/null 2>&1
path=$(ssh -F "$RIG/ssh_config" -G persist 2>/dev/null | sed -n 's/^controlpath //p')
connections()	# to that master, by the name that it first gave to its socket
{
	grep -c " 03 *[0-9]* $path\.[^ ]*\$" /proc/net/unix
}
tunnel_start -L "0:$FTP_AT" persist
is 'ControlPersist: an idle tunnel holds a connection, without which the master would time out' "$(connections)" 1
ok 'ControlPersist: serves' fetch
is '... by the user'\''s master' "$(find "$(run_dir)" -type s -name 'm*')" ''
tunnel_stop
like '... which lives on' "$(ssh -O check -S "$path" persist 2>&1)" 'Master running'
run ssh -O exit -S "$path" persist 2>/dev/null
tunnel_start -L "0:$FTP_AT" persist
ok 'ControlPersist without a master: one of our own serves' fetch
like '... found' "$(master_pid)" '^[0-9]+$'
pid=$(master_pid)
tunnel_stop
ok '... and does not persist' wait_gone 5 "$pid"
ssh_host ask "Port $rig_port" 'ControlMaster ask' "ControlPath $RIG/ask"
tunnel_start -L "0:$FTP_AT" ask
ok 'ControlMaster ask in the configuration: our own does not ask' fetch
tunnel_stop

# --- RemoteCommand, ForkAfterAuthentication ---
cat >"$RIG/old-ssh" <<'END'
#!/bin/sh
case " $* " in (*" RemoteCommand="*) echo 'Bad configuration option: remotecommand' >&2; exit 255 ;; esac
exec ssh "$@"
END
chmod 755 "$RIG/old-ssh"
FTP_OVER_SSH_SSH=$RIG/old-ssh tunnel_start -L "ftp/0:$FTP_AT" rig
ok 'an ssh that does not know RemoteCommand is not told of it' fetch
tunnel_stop
# ssh before 7.6 knows the one as little as ssh before 8.7 the other, and ends on what it does not know.
ssh_host command 'IgnoreUnknown RemoteCommand,ForkAfterAuthentication' \
    'RemoteCommand echo ran >/dev/tty; false' 'ForkAfterAuthentication yes'
tunnel_start -L "ftp/0:$FTP_AT" command
ok 'RemoteCommand, ForkAfterAuthentication: the tunnel serves' fetch
tunnel_stop
finish
