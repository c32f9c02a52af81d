#!/usr/bin/env bash
# Tunnel and helper under valgrind for 200 transfers: no leak, no bad access, no descriptor,
# child or socket left. Without the sandbox, which does not know valgrind's own system calls.
. "$(dirname "$0")/rig.sh"
. "$RIG_E2E/clients.sh"
not_watched 'a build of its own'

grind=(valgrind --leak-check=full "--show-leak-kinds=definite,indirect,possible"
    --errors-for-leak-kinds=none --track-fds=yes "--log-file=$RIG/log/grind.%p")

# The objects of the program, but that one.
build()
{
	${CC:-cc} -std=c11 -D_GNU_SOURCE -DNO_SANDBOX -I"$TOP/helper" -o "$RIG/ftp-over-ssh-helper" \
	    "$BUILD/helper/ftp-over-ssh-helper.o" "$TOP/helper/sandbox/sandbox_none.c" \
	    "$BUILD/helper/libhelper.a" "$BUILD/ctl/libctl.a" -lbsd
}

transfers()	# mode
{
	run "$PYTHON" "$RIG_E2E/ftpc.py" "$1" many 25
}

# What a report says of lost memory. Forks do not free what they have from their parents: in
# them the session's own work counts, all of which is done in run_session().
leaks()	# report
{
	local parent frame=.
	parent=$(sed -n 's/.*Parent PID: //p' "$1")
	[ ! -e "$RIG/log/grind.$parent" ] || frame=run_session
	sed 's/^==[0-9]*== *//' "$1" |
	    awk -v frame="$frame" -v RS= '/lost in loss record/ && $0 ~ frame { print; n++ }
	    END { exit n == 0 }'
}

# A process that became another program has no summary. What is open at the end is closed by
# it; but what every transfer left open would be many.
clean_reports()
{
	local report open bad=0
	while read -r report; do
		open=$(sed -n 's/.*FILE DESCRIPTORS: \([0-9]*\) open.*/\1/p' "$report")
		grep -q 'ERROR SUMMARY: 0 errors' "$report" && [ "${open:-0}" -lt 30 ] &&
		    ! leaks "$report" && continue
		echo "$report"
		bad=1
	done < <(grep -l 'ERROR SUMMARY' "$RIG"/log/grind.*)
	return $bad
}

ok 'a helper without the sandbox' build
printf '#!/bin/sh\nexec %s "%s" "$@"\n' "${grind[*]}" "$RIG/ftp-over-ssh-helper" >"$RIG/helper"
chmod 755 "$RIG/helper"
export FTP_OVER_SSH_HELPER=$RIG/helper

sshd_start
ftpd_start vsftpd
FOS_UNDER=("${grind[@]}")
RUN_TIMEOUT=120
for method in mux proxy; do
	tunnel_start -o FtpForward=$method -L "0:$FTP_AT" rig
	at_tunnel
	for mode in pasv eprt; do
		ok "$method $mode: 50 transfers under valgrind" transfers $mode
	done
	tunnel_stop
	is "$method: exit status of the tunnel" $? 0
done
# A helper may end after its tunnel, and reports at its very end.
ok 'helpers and tunnels have ended' wait_for 30 eval '[ -z "$(rig_strays)" ]'
ok 'they have reported' \
    test "$(grep -l 'ERROR SUMMARY' "$RIG"/log/grind.* | wc -l)" -ge 10
ok 'valgrind finds nothing' clean_reports
finish
