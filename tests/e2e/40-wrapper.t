#!/usr/bin/env bash
# ftp-over-ssh host -- command: tokens, environment, exit status.
. "$(dirname "$0")/rig.sh"

sshd_start
ftpd_start vsftpd
data a 100000
publish a

ok 'curl fetches with %u' fos -t "$FTP_AT" rig -- \
    curl -sS -u "$FTP_USER:$FTP_PASS" -o "$RIG/got" %u/a
ok 'the file is whole' same "$RIG/data/a" "$RIG/got"
ok 'curl sends, active' fos -t "$FTP_AT" rig -- \
    curl -sS -P - -u "$FTP_USER:$FTP_PASS" -T "$RIG/data/a" %u/up
ok 'the file is whole there' same "$RIG/data/a" "$FTP_ROOT/up"

# shellcheck disable=SC2016 # for the inner shell
got=$(fos -t "$FTP_AT" rig -- sh -c 'echo "$1|$2|$3|$4|$5"; echo "$FTP_OVER_SSH_HOST"
    echo "$FTP_OVER_SSH_PORT"; echo "$FTP_OVER_SSH_URL"' sh %h %p %u '100%%' '%x %d')
mapfile -t line <<<"$got"
port=${line[2]:-}
like 'a port was chosen' "$port" '^[0-9]+$'
is 'tokens' "${line[0]}" "127.0.0.1|$port|ftp://127.0.0.1:$port|100%|%x %d"
is 'FTP_OVER_SSH_HOST' "${line[1]:-}" 127.0.0.1
is 'FTP_OVER_SSH_URL' "${line[3]:-}" "ftp://127.0.0.1:$port"

for status in 0 7 255; do
	fos -t "$FTP_AT" rig -- sh -c "exit $status"
	is "exit status $status of the command" $? $status
done
fos -t "$FTP_AT" rig sh -c 'exit 9'
is 'exit status of a command without --' $? 9

FTP_OVER_SSH_CLIENT="curl -sS -o $RIG/got2 ftp://$FTP_USER:$FTP_PASS@%h:%p/a" \
    ok 'FTP_OVER_SSH_CLIENT with tokens' fos -t "$FTP_AT" rig
ok 'its file is whole' same "$RIG/data/a" "$RIG/got2"

echo "open -u $FTP_USER,$FTP_PASS; get a -o $RIG/got3" >"$RIG/script"
got=$(echo hello | timeout "$(slowly 30)" "$FOS" -F "$RIG/ssh_config" -t "$FTP_AT" rig -- cat)
is 'the command has our stdin' "$got" hello
finish
