#!/usr/bin/env bash
# ftp-over-ssh-ctl check: a good chain, and each way in which it breaks, named.
. "${0%/*}/rig.sh"

check()
{
	run "$FOSCTL" check -F "$RIG/ssh_config" "$@"
}

# FTP works, but: warns NAME REGEX ARG...
warns()
{
	local name=$1 regex=$2 out
	shift 2
	out=$(check "$@" 2>&1)
	is "$name: exit status" $? 0
	like "$name: the warning" "$(grep ^warn <<<"$out")" "^warn $regex"
}

# The last line of a check that must fail: like NAME REGEX ARG...
breaks()
{
	local name=$1 regex=$2 out status
	shift 2
	out=$(check "$@" 2>"$RIG/log/check.err")
	status=$?
	is "$name: exit status" "$status" 255
	like "$name: the reason" "$(tail -n 1 <<<"$out")" "^FAIL $regex"
	is "$name: one failure, nothing on stderr" \
	    "$(grep -c ^FAIL <<<"$out") $(cat "$RIG/log/check.err")" '1 '
}

steps()
{
	sed 's/:.*//' | tr '\n' ,
}

all_good='ok ssh configuration,ok control path,ok ssh connection,ok connection to the FTP port,'
all_good+='ok FTP greeting,ok FTP login,ok passive data connection,ok listener on the ssh server,'
all_good+='ok active data connection,ok small files,ok idle connections,'

sshd_start
ftpd_start vsftpd
out=$(check -t "$FTP_AT" rig 2>&1)
is 'a good chain: exit status' $? 0
is 'a good chain: every step' "$(steps <<<"$out")" "$all_good"
like 'it starts a master' "$out" 'ok ssh connection: started for this check'
like 'it logs in' "$out" 'ok FTP login: anonymous'
like 'the server connects back' "$out" 'ok active data connection: the server has connected to it'
like 'it dials the data port' "$out" 'data port [0-9]+ can be reached'
ok 'and leaves nothing behind' wait_for 5 rig_clean

ssh -F "$RIG/ssh_config" -fNM -S "$RIG/master" rig
out=$(check -S "$RIG/master" -t "$FTP_AT" rig 2>&1)
is 'with -S: every step' "$(steps <<<"$out")" "$all_good"
slow='small files: each takes some 50 ms more .*; -o FtpNoDelay=yes runs one'
like 'with -S: small files wait, and what helps' "$out" "$slow"
like 'with FtpNoDelay=no, too' "$(check -o FtpNoDelay=no -t "$FTP_AT" rig)" "$slow"
like 'with -S: yours' "$out" "ok ssh connection: yours, at $RIG/master"
ok 'with -S: it still lives' ssh -O check -S "$RIG/master" none
dead=$(free_port)
breaks 'closed port, your master' "connection to the FTP port: localhost:$dead: refused, while another port can be reached: is an FTP server" \
    -S "$RIG/master" -t "localhost:$dead" rig
ssh -O exit -S "$RIG/master" none 2>/dev/null

DISPLAY=none SSH_ASKPASS=$(command -v false) ssh -F "$RIG/ssh_config" -fN -MM -S "$RIG/asking" rig
asking=$(ssh -O check -S "$RIG/asking" none 2>&1 | sed 's/.*pid=\([0-9]*\).*/\1/')
breaks 'ControlMaster ask, and nobody says yes' "connection to the FTP port: $FTP_AT: the ControlMaster asks for every forward" \
    -S "$RIG/asking" -t "$FTP_AT" rig
kill "$asking"

breaks 'closed port' "connection to the FTP port: localhost:$dead: connect failed: Connection refused: is an FTP server running" \
    -t "localhost:$dead" rig
breaks 'a host unknown to ssh' 'ssh connection: cannot connect' -o HostName=nowhere.invalid rig
breaks 'no such master' 'ssh connection: no ControlMaster answers' -S "$RIG/none" rig
breaks 'a control path that is too long' 'control path: too long' -S "/$(printf '%0150d' 0)" rig
breaks 'an unreadable configuration' 'ssh configuration: .*ssh -G' -F "$RIG/nothing" rig
breaks 'no FTP server' "FTP greeting: this is no FTP server; it says: SSH-2.0" \
    -t "localhost:$SSHD_PORT" rig

# Servers that say the wrong thing, or nothing.
cat >"$RIG/mute.py" <<'END'
import socket, sys, time
s = socket.create_server(("127.0.0.1", 0))
print(s.getsockname()[1], flush=True)
kept = []
while True:
    c = s.accept()[0]
    if sys.argv[1] == "silent":
        kept.append(c)
    else:
        c.sendall(sys.argv[1].encode() + b"\r\n")
        c.close()
END
mute()	# word: PORT
{
	spawn "mute-$1" "$PYTHON" "$RIG/mute.py" "$2"
	wait_for 5 test -s "$RIG/log/mute-$1.out"
	PORT=$(cat "$RIG/log/mute-$1.out")
}
mute silent silent
breaks 'a server that wants TLS at once' 'FTP greeting: the server says nothing .*TLS' \
    -t "localhost:$PORT" rig
mute full '421 Too many users'
breaks 'a server that is full' 'FTP greeting: the server will not serve: 421 Too many users' \
    -t "localhost:$PORT" rig
mute rude ''
breaks 'a server that hangs up' 'FTP greeting: ' -t "localhost:$PORT" rig
mute escape $'\e[31m220 red'
breaks 'a terminal sequence is escaped' 'FTP greeting: .*033\[31m220 red' -t "localhost:$PORT" rig

ftpd_start vsftpd pasv_enable=NO
warns 'no passive mode' 'passive data connection: the server has no passive mode: 550' -t "$FTP_AT" rig
ftpd_start vsftpd pasv_enable=NO port_enable=NO
breaks 'no mode at all' 'active data connection: the server refuses active mode: 550' -t "$FTP_AT" rig
ftpd_start vsftpd port_enable=NO
warns 'no active mode' 'active data connection: the server refuses active mode: 550' -t "$FTP_AT" rig
ftpd_start pyftpd
out=$(check -t "$FTP_AT" rig)
is 'no anonymous login is fine' $? 0
like 'it says that it cannot tell' "$out" 'ok passive data connection: needs a login'
out=$(check -u "$FTP_USER" -t "$FTP_AT" rig </dev/null 2>&1)
is 'no password to be had: exit status' $? 0
like '... is a warning' "$out" "warn FTP login: no password for $FTP_USER: none in ~/.netrc"
printf '# mine\nmachine example.org login %s password no\nmachine 127.0.0.1\n\tlogin %s\n\tpassword "%s"\n' \
    "$FTP_USER" "$FTP_USER" "$FTP_PASS" >"$HOME/.netrc"
out=$(check -u "$FTP_USER" -t "$FTP_AT" rig 2>&1)
is '-u: exit status' $? 0
is '-u: every step' "$(steps <<<"$out")" "$all_good"
like '-u: logged in' "$out" "ok FTP login: $FTP_USER"
like '-u: data ports are tried' "$out" 'data port [0-9]+ can be reached'
echo 'default login nobody password wrong' >"$HOME/.netrc"
breaks 'a user who is not let in' 'FTP login: user nobody is not let in: 530' -u nobody -t "$FTP_AT" rig
rm "$HOME/.netrc"
timeout "$(slowly 60)" "$PYTHON" "$RIG_E2E/answer.py" 'FTP password of .*: $' "$FTP_PASS" "$FOSCTL" check \
    -F "$RIG/ssh_config" -u "$FTP_USER" -t "$FTP_AT" rig >"$RIG/log/asked" 2>&1
is '-u: the password is asked for' "$?" 0
is '... and not shown' "$(grep -c "$FTP_PASS" "$RIG/log/asked")" 0
rude_command()
{
	SERVE=("$PYTHON" "$RIG_E2E/rude.py" 127.0.0.1 "$1" tls)
}
rig_serve rude-tls 127.0.0.1 rude_command
breaks 'a server that wants TLS' 'FTP login: the server wants TLS before the login' -t "localhost:$PORT" rig

# What sshd may forbid.
ftpd_start vsftpd
sshd_start -n closed 'AllowTcpForwarding no'
breaks 'AllowTcpForwarding no' 'connection to the FTP port: .*administratively prohibited.*AllowTcpForwarding' \
    -t "$FTP_AT" closed
sshd_start -n local 'AllowTcpForwarding local'
warns 'AllowTcpForwarding local' 'listener on the ssh server: .*AllowTcpForwarding' -t "$FTP_AT" local
if sshd_takes 'PermitListen none'; then
	sshd_start -n listen 'PermitListen none'
	warns 'PermitListen none' 'listener on the ssh server: .*PermitListen' -t "$FTP_AT" listen
	sshd_start -n numeric 'PermitListen 127.0.0.1:*'
	is 'PermitListen with an address: no warning' "$(check -t "$FTP_AT" numeric | grep -c ^ok)" \
	    "$(tr ',' '\n' <<<"$all_good" | grep -c ok)"
fi
sshd_start -n one "PermitOpen $FTP_AT"
warns 'PermitOpen the FTP port only' 'passive data connection: .*administratively prohibited.*PermitOpen' \
    -t "$FTP_AT" one
sshd_start -n none
dead=$SSHD_PORT
sshd_start -n other "PermitOpen localhost:$SSHD_PORT" # its own port is none of these
breaks 'PermitOpen another port' 'connection to the FTP port: .*administratively prohibited' \
    -t "$FTP_AT" other

fails 'a command is not taken' 64 'check: ' "$FOSCTL" check rig ls
fails 'an unknown option' 64 'check: ' "$FOSCTL" check -Z rig
fails 'no destination' 64 'usage: ftp-over-ssh-ctl check' "$FOSCTL" check
finish
