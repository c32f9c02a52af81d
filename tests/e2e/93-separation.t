#!/usr/bin/env bash
# What a subverted session process can do: nothing. tests/hostile stands in the session's place,
# behind the real sandbox and the real broker; then in the broker's place. And the sandboxes are on in
# the real ones. Watched builds have none: there the broker alone is asked.
. "${0%/*}/rig.sh"
not_portable 'there is no sandbox'
. "$RIG_E2E/clients.sh"

[ "$(uname)" = Linux ] || skip 'seccomp is Linux'

build()	# program option...
{
	# shellcheck disable=SC2086 # options
	${CC:-cc} -std=c11 -D_GNU_SOURCE -g -I"$TOP/ctl" -I"$TOP/helper" -DLIBEXECDIR='"/none"' \
	    -DMADE="\"$RIG/made\"" \
	    "${@:2}" -o "$1" "$TOP/tests/hostile/hostile_session.c" \
	    "$BUILD/helper/ftp-over-ssh-helper.o" "$BUILD/helper/libhelper.a" "$BUILD/ctl/libctl.a" \
	    -Wl,--wrap=broker_serve -lbsd $RIG_LINK
}

hostile()	# deed [program]
{
	# shellcheck disable=SC2086 # a command
	HOSTILE=$1 timeout --foreground "$(slowly 60)" $RIG_UNDER "${2:-$RIG/hostile}" -S "$RIG/ctl" \
	    "$FTP_AT" <"$RIG/fifo" 2>"$RIG/log/hostile.err" >/dev/null
	STATUS=$?
	SAID=$(tr '\n' ' ' <"$RIG/log/hostile.err")
}

at_terminal()	# deed [program]
{
	HOSTILE=$1 timeout --foreground "$(slowly 60)" "$PYTHON" "$RIG_E2E/typed.py" \
	    "${2:-$RIG/hostile}" -S "$RIG/ctl" "$FTP_AT" <"$RIG/fifo" >"$RIG/log/terminal" \
	    2>"$RIG/log/typed.err"
	SAID=$(tr '\n' ' ' <"$RIG/log/terminal")
}

settled()
{
	[ "$(fd_count "$MASTER_PID")" -le "$MASTER_FDS" ] &&
	    [ -z "$(find "$(run_dir)" -type s -name 'd*')" ]
}

sshd_start
ftpd_start vsftpd
client_data
run ssh -F "$RIG/ssh_config" -fNM -o ControlPath="$RIG/ctl" rig >/dev/null 2>&1
MASTER_PID=$(ssh -O check -S "$RIG/ctl" none 2>&1 | sed -n 's/.*pid=\([0-9]*\).*/\1/p')
MASTER_FDS=$(fd_count "$MASTER_PID")
mkfifo "$RIG/fifo"
exec 9<>"$RIG/fifo" # a client that says nothing and does not go

ok 'the hostile session is built' build "$RIG/hostile"

the_kernel()
{
	ok 'and once more without a sandbox' build "$RIG/free" -DNO_SANDBOX "$TOP/helper/sandbox/sandbox_none.c"

	deeds='open creat memory socket unix_socket connect exec fork ptrace kill vm_readv code mprotect tty
	    mark congestion unlink chmod prctl dup pass bind accept io_uring fastopen address receive pipe
	    linger'
	for deed in $deeds; do
		hostile "$deed"
		like "the kernel: $deed" "$SAID" 'hostile: refused|killed by signal 31'
	done
	for deed in open socket exec kill code mark dup pass bind accept fastopen receive pipe linger; do
		hostile "$deed" "$RIG/free"
		# the broker may have ended it for what it was passed before it says so
		like "without a sandbox it would work: $deed" "$SAID" 'SUCCEEDED|asked for something that is no request'
	done
	hostile core "$RIG/free"
	like 'nor is a core dump left without one' "$SAID" 'hostile: refused'
	rm -f "$RIG/made"
	for program in hostile free; do
		at_terminal keyboard "$RIG/$program"
		like "$program: what is typed at the terminal cannot be read" "$SAID" 'hostile: refused'
		at_terminal escape "$RIG/$program"
		like "$program: the terminal is told to do nothing" "$SAID" '^[^[:cntrl:]]*hostile: SUCCEEDED'
	done
	HOSTILE_MASTER=$RIG/ctl hostile look "$RIG/free"
	like 'no descriptor of the ControlMaster' "$SAID" 'masters 0 hostile: forwards [1-9]'
}
[ -n "$RIG_WATCH" ] || the_kernel

the_broker_itself()
{
	for deed in exec creat memory ptrace kill vm_readv owner limit rename chmod tty namespace io_uring; do
		HOSTILE_BROKER=$deed hostile '' "$RIG/hostile"
		like "the kernel, of a subverted broker: $deed" "$SAID" 'hostile: refused'
	done
	for deed in exec creat kill vm_readv owner rename chmod; do
		HOSTILE_BROKER=$deed hostile '' "$RIG/free"
		like "without a sandbox it would work: $deed" "$SAID" SUCCEEDED
	done
	rm -f "$RIG/made"
}
[ -n "$RIG_WATCH" ] || the_broker_itself

the_old_kernel()
{
	for deed in socket code; do
		like "i386: $deed" "$("$RIG/old" $deed 2>&1 || echo "killed $?")" 'hostile: refused|killed 159'
	done
	like 'i386: a session cannot receive' "$("$RIG/old" receive 2>&1 || echo "killed $?")" \
	    'hostile: refused|killed 159'
}
[ -n "$RIG_WATCH" ] || ! ${CC:-cc} -m32 -std=c11 -D_GNU_SOURCE -I"$TOP/helper" -o "$RIG/old" \
    "$TOP/tests/hostile/old_calls.c" "$TOP/helper/sandbox/sandbox_seccomp.c" 2>"$RIG/log/m32" || the_old_kernel

# What no honest session asks for ends it, at once.
for deed in dial_ftp dial_ssh dial_low dial_zero client_ssh client_other then_low; do
	hostile "$deed"
	like "the broker ends: $deed" "$SAID" 'it asked for a connection that the policy forbids'
done
for deed in kind kind_timer verb end end_huge mask channel_zero channel_control family short long; do
	hostile "$deed"
	like "the broker ends: $deed" "$SAID" 'it asked for something that is no request'
done
hostile twice
like 'the broker ends: twice' "$SAID" 'it asked for an end that is there already'
for end in near far; do
	hostile many_$end
	like "the broker ends: many_$end" "$SAID" 'it asked for a channel too many'
done

spawn other "$PYTHON" -c '
import socket
s = socket.create_server(("127.0.0.2", 0))
print(s.getsockname()[1], flush=True)
s.accept()
print("reached", flush=True)'
wait_for 5 test -s "$RIG/log/other.out"
HOSTILE_PORT=$(head -n 1 "$RIG/log/other.out")
export HOSTILE_PORT
hostile dial_other
is 'the broker: another host is not dialled' "$(wc -l <"$RIG/log/other.out")" 1
HOSTILE_PORT=$FTP_PORT hostile dial_data
like 'the broker: what is allowed works' "$SAID" 'hostile: answer 2 '

for deed in listen near dial; do
	hostile storm_$deed
	note "storm_$deed: $SAID; the master: $(fd_count "$MASTER_PID") descriptors"
	ok "the broker: it outlives a storm of $deed" test $STATUS -ne 124
	ok "the broker: $deed: it leaves little in the master" \
	    test "$(fd_count "$MASTER_PID")" -le $((MASTER_FDS + 70))
done
for deed in check dial listen cancel; do
	hostile flood_$deed
	ok "the broker: it outlives or ends a flood of $deed" test $STATUS -ne 124
done
note "the master: $(fd_count "$MASTER_PID") descriptors, at first $MASTER_FDS"
ok 'nothing is left of it all in the master and the runtime directory' wait_for 20 settled

session_of()	# tunnel
{
	local pid
	for pid in $(children "$1"); do
		[ "$(ps -o comm= -p "$(ps -o ppid= -p "$pid" | tr -d ' ')")" = "$(ps -o comm= -p "$pid")" ] &&
		    ps -o args= -p "$pid" | grep -q helper && echo "$pid"
	done
}
the_real_one()
{
	tunnel_start -S "$RIG/ctl" -L "0:$FTP_AT" rig
	exec 8<>"/dev/tcp/$TUNNEL_ADDR/$TUNNEL_PORT"
	IFS= read -r -t 10 greeting <&8
	like 'a session greets' "$greeting" '^220 '
	pid=$(session_of "$TUNNEL_PID")
	like 'it has a session process' "$pid" '^[0-9]+$'
	is 'seccomp is on there' "$(awk '/^Seccomp:/ { print $2 }' "/proc/$pid/status")" 2
	is 'and in the broker' \
	    "$(awk '/^Seccomp:/ { print $2 }' "/proc/$(ps -o ppid= -p "$pid" | tr -d ' ')/status")" 2
	is 'no new privileges' "$(awk '/^NoNewPrivs:/ { print $2 }' "/proc/$pid/status")" 1
	fds=$(readlink "/proc/$pid/fd/"* | sed 's/:.*//' | sort | uniq -c |
	    tr -s ' \n' ' ')
	note "descriptors of the session process: $fds"
	ok 'no descriptor of it is a directory, a terminal or an own file' \
	    test "$(readlink "/proc/$pid/fd/"[3-9] | grep -cv '^socket:\|^pipe:')" -eq 0
	is 'and it has few of them' "$(($(fd_count "$pid") <= 8))" 1
	exec 8>&-
	tunnel_stop
}
[ -n "$RIG_WATCH" ] || the_real_one
exec 9>&-
run ssh -O exit -S "$RIG/ctl" none 2>/dev/null
finish
