#!/usr/bin/env bash
# ftp-over-ssh-ctl top at a terminal: frames in place, bars, and the terminal as it was.
. "${0%/*}/rig.sh"

# A frame comes each second: those that show the same are begun side by side.
screen=$RIG/screen
top()	# how text times: output in $screen
{
	run "$PYTHON" "$RIG_E2E/ctl_pty.py" "$@" "$FOSCTL" top >"$screen" 2>&1
}

declare -A tops
begin()	# name, arguments of top
{
	screen=$RIG/screen.$1
	top "${@:2}" &
	tops[$1]=$!
}

end()	# name
{
	screen=$RIG/screen.$1
	wait "${tops[$1]}"
}

enter=$'\e[?1049h' leave=$'\e[?1049l'

shows()
{
	grep -aqF -- "$1" "$screen"
}

ends_with_leave()
{
	tail -c 12 "$screen" | grep -aqF "$leave"
}

widest()
{
	tr -d '\r' <"$screen" | sed 's/\x1b\[[?0-9]*[A-Za-z]//g' | awk '{ if (length > m) m = length } END { print m }'
}

# Lines of the longest frame.
tallest()
{
	tr -d '\r' <"$screen" |
	    awk '/\x1b\[H/ { n = 0 } { if (++n > m) m = n } END { print m }'
}

sshd_start
ftpd_start proftpd
truncate -s 500M "$RIG/data/big" "$FTP_ROOT/big" # more than anybody fetches here
tunnel_start -o FtpName=one -o FtpAbortHold=2 -L "127.0.0.1:0:$FTP_AT" rig
spawn get curl -sS --limit-rate "$((1000000 / RIG_SLOW))" -o "$RIG/got" "$(url big)"
has_rate()
{
	"$FOSCTL" top | grep -Eq "one/1/1 +$FTP_USER +down +[0-9.]+ MB +[0-9.]+ [kM]B/s"
}
ok 'a rate' wait_for 10 has_rate

widths='40 50 79 80 109 110 140 200'
for how in q ^C ^Z^C TERM; do
	begin "$how" "$how" 'RETR big' 3
done
for width in $widths; do
	RIG_WIDTH=$width begin "$width" q 'RETR big' 2
done
for how in q ^C ^Z^C TERM; do
	end "$how"
	is "$how: exit status, terminal restored" $? 0
	ok "$how: the other screen" shows "$enter"
	ok "$how: and back" ends_with_leave
done
ok 'a percentage, and how long it will take' grep -aEq \
    "one/1/1 +$FTP_USER +down .* [0-9]+% +[0-9]+[smh][0-9smh]* RETR big" "$screen"
for width in $widths; do
	end "$width"
	ok "$width columns: no more" test "$(widest)" -le "$width"
	whole=$(tr -d '\r\n' <"$screen" | sed 's/\x1b\[[?0-9]*[A-Za-z]/ /g')
	like "$width columns: what matters is there" "$whole" \
	    "one/1/1 .*down .*[0-9] [kM]?B/s .*[0-9]+% +[0-9]+[smh][0-9smh]* .*RETR big"
	like "$width columns: so is who" "$whole" "[/ ]$FTP_USER( |:)"
done

# An upload: nobody knows how much it will be.
screen=$RIG/screen
spawn put curl -sS --limit-rate "$((2000000 / RIG_SLOW))" -T "$RIG/data/big" "$(url up)"
top q 'STOR up' 2
ok 'an upload has no bar' grep -aEq 'up .*B/s +STOR up' "$screen"

top hangup 'RETR big' 1
is 'a terminal that hangs up ends it' $(($? != 99)) 1

# More transfers than lines; a tunnel that hangs does not stop it.
for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
	spawn "more$i" curl -sS --limit-rate "$((1000000 / RIG_SLOW))" -o "$RIG/got$i" "$(url big)"
done
sessions()
{
	"$FOSCTL" status -j | "$PYTHON" "$RIG_E2E/ctl_schema.py" "len(t['sessions']) >= 12" | grep -q True
}
wait_for 10 sessions
top q 'transfers 1' 3
ok 'no more lines than the terminal' test "$(tallest)" -le 12
tunnel_start -o FtpName=stuck -L "127.0.0.1:0:$FTP_AT" rig
kill -STOP "$TUNNEL_PID"
top q 'one/' 20
is 'a tunnel that hangs does not stop it' $? 0
like 'it is in trouble' "$(run "$FOSCTL" status)" "$TUNNEL_PID: it does not answer"
is 'in JSON too' "$(run "$FOSCTL" status -j | "$PYTHON" "$RIG_E2E/ctl_schema.py" "j['tunnels'][1]")" \
    "{'pid': $TUNNEL_PID, 'error': 'it does not answer'}"
kill -CONT "$TUNNEL_PID"
finish
