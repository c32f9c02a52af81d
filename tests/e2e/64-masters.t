#!/usr/bin/env bash
# FtpMasters: data connections take several ssh connections in turn; one that dies takes along
# what it carried, and nothing else.
. "$(dirname "$0")/rig.sh"

masters()	# pids of the tunnel's masters, the first one first
{
	pgrep -f -- "^[^ ]*ssh -S $(run_dir)/m.* -M " | sort -n
}
up()	# number
{
	[ "$(find "$(run_dir)" -name 'm*' -type s | wc -l)" -eq "$1" ]
}
fetch_many()	# number of files over one control connection
{
	local urls=()
	for ((n = 0; n < $1; n++)); do
		urls+=(-o /dev/null "$(url a)")
	done
	run curl -sS "${urls[@]}"
}
# Each is used when the one command that it runs is over.
ran()	# number
{
	[ "$(grep -c '^Close session' "$RIG/log/sshd-rig.err")" -ge "$1" ]
}
bytes_in()	# pid
{
	sed -n 's/^rchar: //p' "/proc/$1/io"
}

sshd_start
ftpd_start vsftpd
data a 100000
publish a
tunnel_start -v -o FtpMasters=3 -L "ftp/0:$FTP_AT" rig
ok 'three ssh connections are up' wait_for 15 up 3
ok 'they have run a command' wait_for 15 ran 3
before=$(grep -c 'Accepted publickey' "$RIG/log/sshd-rig.err")
is 'sshd has seen as many logins' "$before" 3
ok 'files come, one after the other' fetch_many 9
ok 'a file comes, passive' run curl -sS -o "$RIG/got" "$(url a)"
ok 'it is whole' same "$FTP_ROOT/a" "$RIG/got"
ok 'and active' run curl -sS -P - -o "$RIG/got" "$(url a)"

# shellcheck disable=SC2046 # pids
set -- $(masters)
is 'there are three processes' $# 3
for pid; do
	ok 'each has had its share of the data' test "$(bytes_in "$pid")" -gt 150000
done
kill_now "$3"
ok 'without one of them files come' fetch_many 7
ok 'it is replaced' wait_for 15 up 3
kill_now "$1"
ok 'without the first one they come, too' wait_for 20 fetch_many 1
tunnel_stop
finish
