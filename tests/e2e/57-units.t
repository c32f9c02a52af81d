#!/usr/bin/env bash
# The units of contrib/systemd, under a user manager: start, fetch, restart, stop; and by a socket.
. "$(dirname "$0")/rig.sh"
not_watched 'the manager starts the programs'
not_portable 'the manager starts the programs'

for manager in /lib/systemd/systemd /usr/lib/systemd/systemd; do
	[ ! -x "$manager" ] || break
done
[ -x "$manager" ] || skip 'systemd is missing'
if [ "$(id -u)" -ne 0 ] || ! unshare -m true 2>/dev/null; then
	echo '1..0 # SKIP a user manager of our own needs root and a mount namespace here'
	rig_done
	exit 0
fi

sshd_start
ftpd_start vsftpd
data a 50000
publish a
port=$(free_port) by_socket=$(free_port)

units=$RIG/config/systemd/user
mkdir -p "$units" "$RIG/bin"
cp "$TOP"/contrib/systemd/* "$units/"
ln -s "$FOS" "$FOSCTL" "$RIG/bin/"
drop()	# unit: lines on standard input
{
	mkdir -p "$units/$1.d" && cat >"$units/$1.d/ours.conf"
}
drop ftp-over-ssh@rig.service <<END
[Service]
Environment="OPTIONS=-F $RIG/ssh_config -L ftp/$port:$FTP_AT"
RestartSec=0
END
drop ftp-over-ssh-socket@rig.service <<END
[Service]
Environment="OPTIONS=-F $RIG/ssh_config -t $FTP_AT"
END
drop ftp-over-ssh-socket@rig.socket <<END
[Socket]
ListenStream=
ListenStream=127.0.0.1:$by_socket
END
# That neither the program nor its manual is installed is no news.
is 'systemd knows every line of the units' "$(SYSTEMD_UNIT_PATH="$units:" systemd-analyze verify --user \
    ftp-over-ssh@rig.service ftp-over-ssh-socket@rig.socket 2>&1 | grep -v 'is not executable\|Command .man ')" ''

# It runs where it believes that the system was booted with systemd, and finds us in /usr/local/bin.
export XDG_CONFIG_HOME=$RIG/config XDG_STATE_HOME=$RIG/state XDG_CACHE_HOME=$RIG/cache XDG_DATA_HOME=$RIG/share
# shellcheck disable=SC2016 # for that shell
spawn manager unshare -m sh -c 'mount -t tmpfs none /run && mkdir -p /run/systemd/system &&
    mount --bind "$0/bin" /usr/local/bin && exec "$1" --user --log-target=console' "$RIG" "$manager"
ctl()
{
	timeout "$(slowly 60)" systemctl --user "$@"
}
state()	# unit property
{
	ctl show -P "$2" "$1"
}
fetch()	# port
{
	run curl -sS -o "$RIG/got" "$(rig_url 127.0.0.1 "$1" a)" && same "$RIG/data/a" "$RIG/got"
}
strays()
{
	[ -n "$(rig_strays)" ]
}
if ! wait_for 20 ctl list-units >/dev/null 2>&1; then
	echo '1..0 # SKIP no user manager can run here'
	rig_done
	exit 0
fi

service=ftp-over-ssh@rig.service
ok 'start: ends when it listens' ctl start $service
ok 'a file' fetch "$port"
first=$(state $service MainPID)
kill_now "$first"
again()
{
	[ "$(state $service NRestarts)" = 1 ] && [ "$(state $service ActiveState)" = active ]
}
ok 'killed: there is another one' wait_for 30 again
isnt_first()
{
	[ "$(state $service MainPID)" != "$first" ]
}
ok '... a process of its own' isnt_first
ok '... which serves' fetch "$port"
ok 'stop' ctl stop $service
is '... has succeeded' "$(state $service Result)" success
ok '... and nothing is left' wait_for 10 eval '! strays'

ok 'the socket' ctl start ftp-over-ssh-socket@rig.socket
is '... nothing runs yet' "$(state ftp-over-ssh-socket@rig.service ActiveState)" inactive
ok '... a file starts it' fetch "$by_socket"
is '... it runs' "$(state ftp-over-ssh-socket@rig.service ActiveState)" active
ok 'stop' ctl stop ftp-over-ssh-socket@rig.socket ftp-over-ssh-socket@rig.service
ok '... nothing is left' wait_for 10 eval '! strays'
kill "$SPAWN_PID"
wait_gone 10 "$SPAWN_PID"
rm -rf "$RIG"/run/{systemd,bus,gnupg,pk-debconf-socket} # what the manager has left
finish
