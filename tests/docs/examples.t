#!/usr/bin/env bash
# The examples in contrib/ do what they say, with our sshd and FTP server in the place of theirs.
. "$(dirname "$0")/docs.sh"

here=$(cd "$(dirname "$0")" && pwd)
contrib=$TOP/contrib

listing()	# port
{
	run curl -sS --connect-timeout 10 -u "$FTP_USER:$FTP_PASS" "ftp://127.0.0.1:$1/"
}

# ssh and what runs it read the rig's configuration without -F.
mkdir -p "$RIG/bin"
printf '#!/bin/sh\nexec ssh -F "$RIG/home/config" "$@"\n' >"$RIG/bin/rigssh"
chmod 755 "$RIG/bin/rigssh"
export FTP_OVER_SSH_SSH=$RIG/bin/rigssh
mkdir -p "$HOME/.ssh"

sshd_start
ftpd_start vsftpd
data a 1000
publish a
cp "$RIG/ssh_config" "$HOME/config"

# The example's hosts are ours, its ports free ones.
port=$(free_port)
other=$(free_port)
third=$(free_port)
sed "s/HostName .*/HostName 127.0.0.1/; /User me/d; s/2121:localhost:21/$port:$FTP_AT/; s/2122/$other/; s/2123 localhost:21/$third $FTP_AT/
    s|~/.ssh/cm-|$RIG/cm-|" "$contrib/examples/ssh_config" >"$RIG/hosts"
{
	cat "$RIG/hosts"
	printf 'Host *\n'
	ssh -F "$RIG/ssh_config" -G rig | grep -E '^(port|identityfile|userknownhostsfile|user) '
} >"$HOME/config"
grep -v localhost:21 "$contrib/examples/ssh_config" >"$RIG/bare"
is 'ssh understands the example' "$(ssh -F "$RIG/bare" -G nas 2>&1 | sed -n 's/^hostname //p')" \
    nas.example.org
mkfifo "$RIG/hold"
exec 9<>"$RIG/hold"
spawn session sh -c 'exec 9>&-; exec "$RIG/bin/rigssh" server cat <"$RIG/hold"'
ok 'LocalCommand: the listener is there with the session' wait_for 20 listing "$port"
exec 9>&-
ok 'and ends with it' wait_for 20 eval "! listing $port 2>/dev/null >&2"
like 'LocalForward to port 21 is taken over' "$("$RIG/bin/rigssh" -G nas)" "localforward $other"
spawn nas "$FOS" -N nas
ok 'and listened on' wait_for 20 grep -q "^listening on 127.0.0.1:$other, " "$RIG/log/nas.out"
kill "$SPAWN_PID"
ok 'it ends' wait_gone 10 "$SPAWN_PID"
# Two servers on one port, by address: each with the password that .netrc has for it.
own=()
for host in alpha beta; do
	spawn $host "$FOS" -o FtpConfigForwards=no -N -L "127.0.0.$((2 + ${#own[@]})):$third:$FTP_AT" $host
	own+=("$SPAWN_PID")
	ok "an address of its own: $host" wait_for 20 grep -q "^listening on 127.0.0.[23]:$third" "$RIG/log/$host.out"
done
printf 'machine 127.0.0.%s login %s password %s\n' 2 "$FTP_USER" "$FTP_PASS" 3 "$FTP_USER" wrong >"$HOME/.netrc"
chmod 600 "$HOME/.netrc"
own_login()	# address options...
{
	run curl -svS --netrc --connect-timeout 10 "${@:2}" "ftp://$1:$third/" 2>&1
}
like 'a password by address' "$(own_login 127.0.0.2)" "> PASS $FTP_PASS"
like '... and another one by another' "$(own_login 127.0.0.3)" '> PASS wrong'
like 'data connections are on that address, too' "$(own_login 127.0.0.2 --disable-epsv)" '< 227 .*127,0,0,2,'
kill "${own[@]}"
for pid in "${own[@]}"; do
	ok 'it ends' wait_gone 10 "$pid"
done
is 'a destination of the wrapper' "$(fos -F "$HOME/config" -t "$FTP_AT" gateway -- echo yes)" yes
run "$RIG/bin/rigssh" -O exit gateway 2>/dev/null

# fetch
mkdir "$FTP_ROOT/sub"
cp "$RIG/data/a" "$FTP_ROOT/sub/a"
cp "$RIG/ssh_config" "$HOME/config"
sed "s/login .*/login $FTP_USER/; s/password .*/password $FTP_PASS/" "$contrib/examples/netrc" \
    >"$HOME/.netrc"
chmod 600 "$HOME/.netrc"
sed "s/^exec ftp-over-ssh/& -t $FTP_AT/" "$contrib/examples/fetch" >"$RIG/fetch"
ok 'fetch mirrors a directory' run sh "$RIG/fetch" rig sub "$RIG/mirror"
ok 'its file is whole' same "$RIG/data/a" "$RIG/mirror/a"
mkdir "$FTP_ROOT/it's \"odd\" \\ %p \$HOME"
cp "$RIG/data/a" "$FTP_ROOT/it's \"odd\" \\ %p \$HOME/a"
ok 'fetch: a name with quotes' run sh "$RIG/fetch" rig "it's \"odd\" \\ %p \$HOME" "$RIG/it's \"here\""
ok 'its file is whole' same "$RIG/data/a" "$RIG/it's \"here\"/a"
ok 'fetch fails where there is none' run sh -c "! sh '$RIG/fetch' rig no-such '$RIG/mirror2' 2>/dev/null"

# units
unit_command()	# unit
{
	local options
	options=$(sed -n 's/^Environment="OPTIONS=\(.*\)"/\1/p' "$1" | tail -n 1)
	sed -n 's/^ExecStart=//p' "$1" | sed "s|\$OPTIONS|$options|; s/%I/rig/
	    s/2121:localhost:21/0:$FTP_AT/; s/-t localhost:21/-t $FTP_AT/"
}

start_unit()	# name words...
{
	mkfifo "$RIG/$1.hold"
	exec 8<>"$RIG/$1.hold"
	# shellcheck disable=SC2016 # for the inner shell
	spawn "$1" sh -c 'exec 8>&-; hold=$1; shift; exec "$@" <"$hold"' sh "$RIG/$1.hold" \
	    "$PYTHON" "$here/started.py" "${@:2}"
	wait_for 20 grep -q READY=1 "$RIG/log/$1.out"
}

stops()	# name
{
	exec 8>&-
	wait_for 20 grep -q '^status' "$RIG/log/$1.out"
	is 'and stops' "$(sed -n 's/^status //p' "$RIG/log/$1.out")" 0
}

# shellcheck disable=SC2046 # a command line
ok 'ftp-over-ssh@.service: ready' start_unit unit $(unit_command "$contrib/systemd/ftp-over-ssh@.service")
rig_ports "$RIG/log/unit.out"
like 'it serves' "$(listing "$TUNNEL_PORT")" ' a'
stops unit
# shellcheck disable=SC2046 # a command line
ok 'ftp-over-ssh-socket@: ready' start_unit socket -l $(unit_command "$contrib/systemd/ftp-over-ssh-socket@.service")
like 'it serves on the socket' "$(listing "$(sed -n 's/^port //p' "$RIG/log/socket.out")")" ' a'
stops socket

mapfile -t words < <("$PYTHON" -c 'import plistlib, sys
print("\n".join(plistlib.load(open(sys.argv[1], "rb"))["ProgramArguments"]))' \
    "$contrib/launchd/ftp-over-ssh.plist" | sed "s|^/usr/local/bin/||; s/^-y$/-v/
    s/2121:localhost:21/0:$FTP_AT/; s/^server$/rig/")
ok 'launchd: the command of the plist starts' start_unit launchd "${words[@]}"
stops launchd
finish
