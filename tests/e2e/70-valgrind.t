#!/usr/bin/env bash
# Tunnel and helper under valgrind for 200 transfers: no leak, no bad access, no descriptor,
# child or socket left.
. "$(dirname "$0")/rig.sh"
. "$RIG_E2E/clients.sh"

kinds=definite,indirect,possible
grind=(valgrind --leak-check=full --show-leak-kinds=$kinds --errors-for-leak-kinds=$kinds
    --track-fds=yes "--log-file=$RIG/log/grind.%p")

transfers()	# mode
{
	run "$PYTHON" "$RIG_E2E/ftpc.py" "$1" many 25
}

clean_reports()
{
	local report status=0
	for report in "$RIG"/log/grind.*; do
		grep -q 'ERROR SUMMARY' "$report" || continue # became another program
		grep -q 'ERROR SUMMARY: 0 errors' "$report" && ! extra_fds "$report" && continue
		cat "$report"
		status=1
	done
	return $status
}

# Descriptors that are neither inherited nor 0, 1, 2.
extra_fds()	# report
{
	awk '/Open (file descriptor|AF_|pipe)/ { fd = $0; next }
	    fd != "" { if ($0 !~ /inherited from parent/) { print fd; n++ } fd = "" }
	    END { exit n == 0 }' "$1"
}

printf '#!/bin/sh\nexec %s "%s" "$@"\n' "${grind[*]}" "$HELPER" >"$RIG/helper"
chmod 755 "$RIG/helper"
export FTP_OVER_SSH_HELPER=$RIG/helper

sshd_start
ftpd_start vsftpd
FOS_UNDER=("${grind[@]}")
RUN_TIMEOUT=120
for method in mux exec; do
	tunnel_start -o FtpForward=$method -L "0:$FTP_AT" rig
	at_tunnel
	for mode in pasv eprt; do
		ok "$method $mode: 50 transfers under valgrind" transfers $mode
	done
	tunnel_stop
	is "$method: exit status of the tunnel" $? 0
done
ok 'there are reports' test "$(grep -l 'ERROR SUMMARY' "$RIG"/log/grind.* | wc -l)" -ge 10
ok 'valgrind finds nothing' clean_reports
finish
