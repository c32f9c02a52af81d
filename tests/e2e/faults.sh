# shellcheck shell=bash
# faults.sh: for scenarios in which machine or neighbours fail: an sshd and a server, what clients do.
#
#	transfers MODE		three files come and go, in that mode of the client
#	ends SECONDS CMD...	it ends within so many, whatever it says, which is in $RIG/log/ends
#	not CMD...
#	fd_limit PID		how many descriptors it may have
. "$RIG_E2E/clients.sh"
. "$RIG_E2E/leaks.sh"

transfers()
{
	run "$PYTHON" "$RIG_E2E/ftpc.py" "$1" many 3
}

ends()
{
	timeout --foreground -k 1 "$(slowly "$1")" "${@:2}" >"$RIG/log/ends" 2>&1 </dev/null
	[ $? -lt 124 ] && cat "$RIG/log/ends"
}

not()
{
	! "$@"
}

fd_limit()
{
	prlimit --pid "$1" --nofile --noheadings --output SOFT | tr -d ' '
}

sshd_start
ftpd_start vsftpd accept_timeout=5
client_data
