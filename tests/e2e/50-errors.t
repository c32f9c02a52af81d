#!/usr/bin/env bash
# Bad input and bad surroundings: one line that says what and why, and the exit status.
. "$(dirname "$0")/rig.sh"

usage()	# name regex arguments...
{
	fails "$1" 64 "^ftp-over-ssh: .*$2" fos "${@:3}"
}

tunnel()	# name regex arguments...
{
	fails "$1" 255 "^ftp-over-ssh: .*$2" fos "${@:3}"
}

in_vain()	# name regex arguments: no client is run, and we say why
{
	fails "$1" 255 "^ftp-over-ssh: .*$2" fos "${@:3}" -- touch "$RIG/ran"
	ok '... no client was run' test ! -e "$RIG/ran"
}

sshd_start
ftpd_start vsftpd
free=$(free_port)

usage 'a spec without host' "'?\"?foo" -N -L ftp/foo rig
usage 'a spec with too few parts' '1:2' -N -L 1:2 rig
usage 'a port too big' 70000 -N -L 70000:localhost:21 rig
usage 'target port 0' 'localhost:0' -N -L 1234:localhost:0 rig
usage 'a port that is no number' 'abc' -N -L abc:localhost:21 rig
usage 'an unclosed bracket' '\[::1' -N -L '[::1:0:localhost:21' rig
usage 'an unknown option' '-Z' -Z rig
usage 'an option without its argument' '-L' -N rig -L
usage 'an unknown Ftp option' 'FtpNonsense' -o FtpNonsense=1 -N rig
usage 'a bad value' 'FtpForward.*mux' -o FtpForward=maybe -N rig
usage 'no destination' 'destination' -N -L 0:localhost:21
usage 'a destination with a dash' '-oProxyCommand' -N -L 0:localhost:21 -- "-oProxyCommand=touch $RIG/bad"
usage 'a user with a dash' '-l' -N -L 0:localhost:21 -- -lroot@rig
usage 'a port in it' 'me@rig:22": the port is for -p' -N me@rig:22
usage 'a URL of FTP' 'no login of ssh; -t and -u are for the FTP server' -N ftp://bob@rig
usage 'a port alone for -t' '"2121": that is a port without its host' -t 2121 -N rig
usage 'a URL for -t' '"ftp://nas": no URL' -t ftp://nas -N rig
usage 'the destination taken by -t' "\"me@rig\": .* or '@'" -N -t me@rig
usage 'a host with a dash' '-F' -N -L 0:localhost:21 root@-Fx
usage 'a host with a dash, as a URI' '-F' -N -L 0:localhost:21 ssh://root@-Fx
ok 'nothing was run' test ! -e "$RIG/bad"

if ssh -G 'ssh://[::1]:22' 2>&1 | grep -q '^usage: '; then
	tunnel 'an IPv6 address that ssh does not read' 'such a destination.*-p' -N 'ssh://[::1]:22'
fi
tunnel 'an unknown host' 'no-such-host.invalid' -N -L "0:$FTP_AT" no-such-host.invalid
ssh_host stranger "IdentityFile $RIG/ssh/stranger" 'BatchMode yes'
sed -i "\\|IdentityFile $RIG/ssh/user|d" "$RIG/ssh/stranger.conf"
tunnel 'a refused login' '[Pp]ermission denied' -N -L "0:$FTP_AT" stranger
ssh_host closed "Port $free"
tunnel 'no sshd there' '[Rr]efused' -N -L "0:$FTP_AT" closed
ssh_host changed "UserKnownHostsFile /dev/null" 'BatchMode yes'
tunnel 'an unknown host key' '[Hh]ost key' -N -L "0:$FTP_AT" changed
ssh_host spelt 'ServerAliveIntervall 5'
tunnel 'an error in the configuration of ssh' 'spelt.conf.*[Bb]ad configuration option: serveraliveintervall$' \
    -N -L "0:$FTP_AT" rig
rm "$RIG/ssh/spelt.conf"
tunnel 'a port in use' "$FTP_PORT.*in use" -N -L "$FTP_PORT:localhost:21" rig
tunnel 'an address that is not ours' '192\.0\.2\.1' -g -N -L "192.0.2.1:0:localhost:21" rig
tunnel 'an address for others without -g' '-g' -N -L "0.0.0.0:0:localhost:21" rig
fails 'a client that is not there: told before ssh is run' 255 \
    '^ftp-over-ssh: no-such-client: cannot run it: it is not in PATH$' fos -t "$FTP_AT" closed -- no-such-client %h
fails 'one at a path' 255 "^ftp-over-ssh: $RIG/none: cannot run it: No such file" fos -t "$FTP_AT" rig -- "$RIG/none"
ok 'without PATH it is looked for as execvp does' env -u PATH "$FOS" -F "$RIG/ssh_config" -t "$FTP_AT" rig -- true

in_vain 'no FTP server at the target' "127\.0\.0\.1:$free" -t "127.0.0.1:$free" rig

long=$RIG/$(printf 'x%.0s' {1..110})
mkdir "$long"
tunnel 'a control path that is too long' 'long' -S "$long/x" -N -L "0:$FTP_AT" rig
mkdir -p "$RIG/others/ftp-over-ssh"
if [ "$(id -u)" -eq 0 ]; then
	chown daemon "$RIG/others/ftp-over-ssh"
else
	rmdir "$RIG/others/ftp-over-ssh"
	chmod 500 "$RIG/others"
fi
XDG_RUNTIME_DIR=$RIG/others tunnel 'a runtime directory of somebody else' "$RIG/others" \
    -N -L "0:$FTP_AT" rig
mkdir -m 500 "$RIG/frozen"
frozen=(env)
if [ "$(id -u)" -eq 0 ]; then # to whom that mode is nothing
	# shellcheck disable=SC2016 # for the inner shell
	frozen=(unshare -m sh -c 'mount -t tmpfs -o ro,mode=500 none "$0" && exec "$@"' "$RIG/frozen")
fi
if "${frozen[@]}" true 2>/dev/null; then
	fails 'a runtime directory that cannot be made' 255 "frozen/ftp-over-ssh: cannot make it: .*; set XDG_RUNTIME_DIR to" \
	    env XDG_RUNTIME_DIR="$RIG/frozen" "${frozen[@]}" "$FOS" -F "$RIG/ssh_config" -N -L "0:$FTP_AT" rig
fi

for line in 'AllowTcpForwarding no' 'DisableForwarding yes'; do
	sshd_start -n forbidden "$line"
	in_vain "sshd says $line" 'AllowTcpForwarding' -t "$FTP_AT" forbidden
done
finish
