#!/usr/bin/env bash
# Status under fire: helpers that flood, readers that do not read, what the dead left behind,
# many tunnels.
. "${0%/*}/rig.sh"

json()	# expression tunnel
{
	run "$FOSCTL" status -j "$2" | "$PYTHON" "$RIG_E2E/ctl_schema.py" "$1"
}

# Hundredths of a second of CPU time that a process has used.
cpu()
{
	# shellcheck disable=SC2046 # fields
	set -- $(sed 's/.*) //' "/proc/$1/stat")
	echo $((${12} + ${13}))
}

socket_of()	# kind pid
{
	find "$(run_dir)" -name "$1$2.*"
}

holding=()
hold()	# name argument...: ctl_hostile.py with a stdin that stays
{
	local name=$1
	shift
	mkfifo "$RIG/$name.in"
	"$PYTHON" "$RIG_E2E/ctl_hostile.py" "$@" <"$RIG/$name.in" >"$RIG/log/$name.out" 2>&1 &
	rig_pids+=($!)
	exec {hold_fd}>"$RIG/$name.in"
	holding+=("$hold_fd")
	wait_for 10 test -s "$RIG/log/$name.out"
}

sshd_start
data big 30000000
ftpd_start vsftpd
publish big

# A helper that a hostile peer has taken over.
printf '#!/bin/sh\nexec "%s" "%s" "$@"\n' "$PYTHON" "$RIG_E2E/ctl_hostile.py" >"$RIG/helper"
chmod +x "$RIG/helper"
real=$FTP_OVER_SSH_HELPER
export FTP_OVER_SSH_HELPER=$RIG/helper
tunnel_start -o FtpName=flooded -L "127.0.0.1:0:$FTP_AT" rig
export FTP_OVER_SSH_HELPER=$real
exec 6<>"/dev/tcp/$TUNNEL_ADDR/$TUNNEL_PORT"
read -r line <&6
like 'the flood is on' "$line" '220 flood'
mallory()
{
	[ "$(json "s['user'], c['number']" flooded 2>&1)" = "('mallory', 1)" ]
}
ok 'its good reports are taken' wait_for 10 mallory
is 'what is known better is not believed' "$(json "s['number'], s['server'], s['peer'] != 'peer'" flooded)" \
    "(1, '$FTP_AT', True)"
before=$(cpu "$TUNNEL_PID")
json_works=0
for _ in 1 2 3 4 5 6 7 8 9 10; do
	json "t['name']" flooded >/dev/null && json_works=$((json_works + 1))
	sleep 0.2
done
is 'status answers all the time' $json_works 10
is 'and is printable' "$(run "$FOSCTL" status | LC_ALL=C tr -d '\n -~' | wc -c)" 0
used=$(($(cpu "$TUNNEL_PID") - before))
note "$used hundredths of a second in more than 2 s of flood"
ok 'the flood costs the tunnel little' test $used -lt 40
exec 6>&-
ok 'the tunnel is told to stop' run "$FOSCTL" stop flooded
ok 'and does' wait_gone 10 "$TUNNEL_PID"

# Readers: a transfer runs meanwhile.
tunnel_start -o FtpName=read -L "127.0.0.1:0:$FTP_AT" rig
base=$(fd_count "$TUNNEL_PID")
hold reader reader "$(socket_of s "$TUNNEL_PID")"
is 'nonsense and silence are survived' "$(cat "$RIG/log/reader.out")" 'done'
ok 'a transfer meanwhile' run curl -sS -o "$RIG/got" "$(url big)"
ok 'is whole' same "$RIG/data/big" "$RIG/got"
ok 'status is still there' json "t['name']" read
descriptors()
{
	[ "$(fd_count "$TUNNEL_PID")" -le "$base" ]
}
ok 'readers that say nothing are dropped' wait_for 20 descriptors
hold readers reader "$(socket_of s "$TUNNEL_PID")"
kill -0 "$TUNNEL_PID"
is 'the tunnel lives' $? 0

# Killed tunnels leave sockets; whoever comes along removes them, but not a living master.
tunnel_start -o FtpName=killed -L "127.0.0.1:0:$FTP_AT" rig
sleep 100 &
dead=$!
kill_now $dead
hold dead bind "$(run_dir)/s$dead.1"
hold master bind "$(run_dir)/m$dead.1" listen
hold stale bind "$(run_dir)/m$dead.2"
kill_now "${rig_pids[-1]}"
kill_now "$TUNNEL_PID"
is 'list does not show the killed one' "$(run "$FOSCTL" list)" read
is 'its socket is gone, and what else is stale' "$(socket_of s "$TUNNEL_PID")$(socket_of s $dead)$(socket_of m $dead | grep -v '\.1$')" ''
is 'a master that serves is left alone' "$(socket_of m $dead)" "$(run_dir)/m$dead.1"
rm -f "$(run_dir)/m$dead.1"

# The directory must be ours alone.
chmod 755 "$(run_dir)"
fails 'a directory open to others' 255 'open to others; chmod 700' "$FOSCTL" list
chmod 700 "$(run_dir)"
is 'the directory is private' "$(stat -c %a "$(run_dir)")" 700

# Many tunnels, one master.
ssh -F "$RIG/ssh_config" -fNM -S "$RIG/master" rig
for i in $(seq 50); do
	tunnel_start -S "$RIG/master" -o "FtpName=t$i" -L "127.0.0.1:0:$FTP_AT" rig
done
began=$(rig_ms)
is 'list of 50 and one' "$(RUN_TIMEOUT=20 run "$FOSCTL" list | wc -l)" 51
note "$(($(rig_ms) - began)) ms"
is 'JSON of 50 and one' "$(run "$FOSCTL" status -j | "$PYTHON" "$RIG_E2E/ctl_schema.py" "len(j['tunnels'])")" 51
ssh -O exit -S "$RIG/master" none 2>/dev/null
for hold_fd in "${holding[@]}"; do
	exec {hold_fd}>&-
done
finish
