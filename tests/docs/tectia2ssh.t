#!/usr/bin/env bash
# contrib/tectia2ssh: what it makes of a configuration, and that ssh and ftp-over-ssh take it.
. "$(dirname "$0")/docs.sh"

here=$(dirname "$0")
convert=$TOP/contrib/tectia2ssh

"$convert" "$here/tectia.xml" >"$RIG/out" 2>"$RIG/err"
is 'exit status when something is left out' $? 1
value()	# host keyword
{
	ssh -F "$RIG/out" -G "$1" | sed -n "s/^$2 //p" | head -n 1
}
is 'host name' "$(value Sales-server hostname)" sshserver.example.com
is 'port' "$(value Sales-server port)" 2222
is 'user' "$(value Sales-server user)" user7
is 'a tcp tunnel' "$(value Sales-server localforward)" '143 [imap.example.com]:143'
is 'an IPv6 host' "$(value id2 hostname)" 2001:db8::1
is 'the port that is the default' "$(value id2 port)" 22
like 'a user that only Tectia knows is named' "$(cat "$RIG/out")" 'USERNAME.*left out'
is 'commands' "$(sed -n 's/^#	//p' "$RIG/out")" \
"ftp-over-ssh -f -N -L ftp/1234:localhost:21 -R ftp/2121:127.0.0.1:21 Sales-server
ftp-over-ssh -f -N -o FtpConnect=first -L ftp/1236:localhost:21 Sales-server
ftp-over-ssh -f -N -g -L 'ftp/*:1235:ftp.example.com:21' id2
ftp-over-ssh -f -N -o FtpConnect=first -L 'ftp/127.0.0.2:1238:[::1]:2021' id2"
for wanted in '70000' 'oProxyCommand' 'x;rm' 'no-such'; do
	like "left out: $wanted" "$(cat "$RIG/err")" "left out: .*$wanted"
	ok "said in the output too: $wanted" grep -q "^# left out: .*$wanted" "$RIG/out"
done
taken()	# command: bad usage would be 64; no such host is 255
{
	eval "run ${1/-f /} -F '$RIG/out' -o ProxyCommand=false" 2>/dev/null
	[ $? -eq 255 ]
}
sed -n 's/^#	//p' "$RIG/out" | grep -v FtpConnect >"$RIG/commands"
while IFS= read -r command; do
	ok "ftp-over-ssh takes: $command" taken "$command"
done <"$RIG/commands"
fails 'no file' 1 'no-such.xml' "$convert" "$RIG/no-such.xml"
fails 'no XML' 1 'tectia2ssh: -: ' sh -c "echo '<a' | '$convert' 2>&1 >/dev/null | sed 1q >&2; exit 1"
ok 'a good file: exit status 0' sh -c "sed '/70000/d; /id3/d; /rm/d; /no-such/d' '$here/tectia.xml' | '$convert' >/dev/null"
finish
