#!/usr/bin/env bash
# Other ssh servers than OpenSSH's: every mode works, or a sentence says what does not.

. "${0%/*}/alone.sh"
. "${0%/*}/rig.sh"
. "$RIG_E2E/raw.sh"

rig_keys
ftpd_start vsftpd lock_upload_files=NO
data a 100000
publish a

host()	# alias
{
	SSHD_PORT=$PORT
	echo "[127.0.0.1]:$PORT $(cat "$RIG/ssh/$2.pub")" >>"$RIG/ssh/known_hosts"
	ssh_host "$1"
}

modes()	# label mode...
{
	script -l "$1" cases.py modes "$TUNNEL_ADDR" "${TUNNEL_PORT% (*}" "${@:2}"
}

through()	# alias whose -L|-R port mode...
{
	local with=()
	[ "$2" = ours ] || with=(-S "$RIG/$1.master")
	tunnel_start "${with[@]}" "$3" "ftp/$4:$FTP_AT" "$1"
	[ "$3" = -L ] || TUNNEL_ADDR=127.0.0.1
	modes "$1, $2, $3" "${@:5}"
	tunnel_stop
}

both()	# alias function: by a master of our own, and by the user's
{
	"$2" "$1" ours
	ssh -F "$RIG/ssh_config" -fNM -S "$RIG/$1.master" "$1" 2>"$RIG/log/$1.master"
	"$2" "$1" user
	ssh -O exit -S "$RIG/$1.master" none 2>/dev/null
}

says()	# name alias whose regex option...: in one line, which ends in words
{
	local name="$2, $3: $1" with=()
	[ "$3" = ours ] || with=(-S "$RIG/$2.master")
	fails "$name" 255 "$4" fos "${with[@]}" "${@:5}" "$2"
	is "$name: nothing is empty" "$(grep -c ': *[;:]\|()' "$RIG/log/fails.err")" 0
}

# One that looks for authorized_keys in the account's home directory gets another one there.
at_home=(unshare -m sh -c "mount --bind $RIG/home $(getent passwd "$(id -u)" | cut -d : -f 6) && exec \"\$@\"" -)
mkdir -m 700 "$HOME/.ssh"
cp "$RIG/ssh/user.pub" "$HOME/.ssh/authorized_keys"

# --- dropbear ---------------------------------------------------------------------------

dropbear_command()
{
	SERVE=("${at_home[@]}" dropbear -F -E -r "$RIG/ssh/dropbear" -p "127.0.0.1:$1" -P "$RIG/pid"
	    ${how:+"$how"})
}
dropbear_all()
{
	through "$@" -L 0 pasv epsv port eprt
	through "$@" -R 0 pasv epsv port eprt
}
dropbear_j()
{
	says 'dropbear -j' "$@" 'forbids connections to|no FTP server answers at' -t "$FTP_AT"
	through "$@" -R 0 pasv epsv
}
dropbear_k()
{
	through "$@" -L 0 pasv epsv port eprt
	says 'dropbear -k' "$@" 'cannot listen on localhost:0 of the ssh server: .*forbidden' -N -R "0:$FTP_AT"
}
if [ "$(id -u)" -eq 0 ]; then
	dropbearkey -t ed25519 -f "$RIG/ssh/dropbear" 2>/dev/null | grep '^ssh-' >"$RIG/ssh/dropbear.pub"
	for how in '' -j -k; do
		rig_serve "dropbear$how" 127.0.0.1 dropbear_command
		host "dropbear$how" dropbear
		both "dropbear$how" "dropbear_$([ -n "$how" ] && echo "${how#-}" || echo all)"
	done
fi

# --- in Python --------------------------------------------------------------------------

python_command()
{
	SERVE=("$PYTHON" "$RIG_E2E/otherssh.py" "$kind" "$1" "$RIG/ssh/host")
}
paramiko_all()
{
	dropbear_all "$@"
}
# It names port 0 with the connections of a listener on any port: ssh does not know them.
asyncssh_all()
{
	through "$@" -L 0 pasv epsv
	through "$@" -R "$(free_port)" port eprt
}
# So in active mode the FTP server's connection is lost, and it takes the end of that for the file's.
asyncssh_active()
{
	tunnel_start -o FtpServerMode=active -L "0:$FTP_AT" asyncssh
	like 'asyncssh, active: an upload that is lost is no success' \
	    "$(run curl -sSv -T "$RIG/data/a" "$(url lost)" 2>&1)" "425 Cannot open .*: the server's connection has not come"
	tunnel_stop
}
for kind in asyncssh paramiko; do
	rig_serve "$kind" 127.0.0.1 python_command
	host "$kind" host
	both "$kind" "${kind}_all"
	[ "$kind" != asyncssh ] || asyncssh_active
done

# --- tinysshd: it forwards nothing --------------------------------------------------------

tinysshd_command()
{
	SERVE=("${at_home[@]}" socat "TCP-LISTEN:$1,bind=127.0.0.1,reuseaddr,fork" "EXEC:tinysshd -v $RIG/tiny")
}
# It ends the connection when it is asked to.
ends()	# name option...: an error, and nobody hangs
{
	local out status
	out=$(fos "${@:2}" tinysshd 2>&1)
	status=$?
	like "tinysshd: $1" "$status $out" '^255 .*(is lost|is gone|no FTP server answers|forbids)'
}
if [ "$(id -u)" -eq 0 ]; then
	tinysshd-makekey -q "$RIG/tiny"
	tinysshd-printkey "$RIG/tiny" >"$RIG/ssh/tiny.pub"
	rig_serve tinysshd 127.0.0.1 tinysshd_command
	host tinysshd tiny
	ends '-L' -t "$FTP_AT"
	ends '-R' -N -R "0:$FTP_AT"
	ssh -F "$RIG/ssh_config" -fNM -S "$RIG/tiny.master" tinysshd 2>/dev/null
	ends '-L, by mux' -S "$RIG/tiny.master" -t "$FTP_AT"
fi
finish
