# shellcheck shell=bash
# rig.sh: what a scenario stands on: an sshd of its own, real FTP servers, tunnels, TAP.
#
# A scenario is an executable bash file NN-name.t that can be run alone, or by
# `tests/e2e/run [name ...]`:
#
#	#!/usr/bin/env bash
#	. "$(dirname "$0")/rig.sh"
#	sshd_start				# ssh -F "$RIG/ssh_config" rig
#	ftpd_start vsftpd			# FTP_ADDR FTP_PORT FTP_ROOT FTP_USER FTP_PASS
#	tunnel_start -L "ftp/0:$FTP_AT" rig	# TUNNEL_ADDR TUNNEL_PORT
#	ok 'a file comes' run curl -sS -o "$RIG/got" "$(url a)"
#	ok 'and is whole' same "$FTP_ROOT/a" "$RIG/got"
#	finish
#
# Everything lives in $RIG, a fresh directory with a short path, which also is HOME and
# holds XDG_RUNTIME_DIR; ssh has no agent. When the scenario ends, however it ends, what it
# started is stopped by pid and $RIG is removed; $RIG/log is kept if something failed.
#
# TAP
#	ok NAME CMD...		run CMD; passed if it exits 0, else its output is shown
#	ok_begin NAME CMD...	likewise, beside what follows; ok_end waits for all that have begun, and tells
#	is NAME GOT WANTED	compare two strings
#	like NAME GOT REGEX	GOT matches the extended regular expression
#	fails NAME STATUS REGEX CMD...	CMD exits with STATUS and says exactly one line on
#				stderr, which matches REGEX
#	skip REASON		end here; with CI=true that is a failure
#	note TEXT		a comment
#	finish			end: nothing of ours may be left running, no socket in the
#				runtime directory; prints the plan
# Logs of failed scenarios are kept in FTP_OVER_SSH_LOGS (/tmp/ftp-over-ssh-logs-UID)/NAME.
# Servers
#	sshd_start [-n ALIAS] [LINE...]	an sshd; LINEs of sshd_config win over the rig's own.
#				SSHD_PID SSHD_PORT; the host alias (default rig) reaches it
#	sshd_takes LINE		does this machine's sshd know such a line? Old ones (tests/versions) do not
#	ssh_host ALIAS [LINE...]	another alias for the latest sshd, with LINEs of ssh_config
#	ftpd_start KIND [-6] [EXTRA...]	vsftpd, proftpd, pureftpd or pyftpd (see ftpd_kinds) on
#				127.0.0.1 or ::1. EXTRA: lines of the server's own
#				configuration; options for pureftpd; Python statements
#				about `handler` and `server` for pyftpd. Sets FTP_KIND
#				FTP_ADDR FTP_PORT FTP_AT (address:port) FTP_ROOT FTP_USER
#				FTP_PASS FTP_PID FTP_LOG
#	ftpd_use NAME		set the same variables to those of an earlier server: its
#				FTP_NAME
# RIG_IN=(ip netns exec X) puts the servers started from then on into another place;
# SSHD_ADDR and FTP_LISTEN choose other addresses there.
#	data NAME BYTES		a file of random bytes in $RIG/data, once
#	publish NAME...		files of $RIG/data appear in $FTP_ROOT
# Tunnels
#	tunnel_start ARG...	ftp-over-ssh -F ... -N ARG...; waits until each -L and -R has
#				reported. TUNNEL_PID TUNNEL_ADDR TUNNEL_PORT TUNNEL_OUT
#				TUNNEL_ERR (files); TUNNEL_PORTS and TUNNEL_ADDRS for several
#				FOS_UNDER=(valgrind ...) goes before ftp-over-ssh
#	tunnel_stop [PID]	SIGTERM, wait; the exit status is the tunnel's
#	fos ARG...		ftp-over-ssh -F "$RIG/ssh_config" ARG..., at most RUN_TIMEOUT s
#	url PATH, direct_url PATH	ftp://user:password@... through the tunnel; to the server itself
# Helpers
#	run CMD...		CMD with a time limit of RUN_TIMEOUT (60) seconds
#	spawn NAME CMD...	in the background, output in $RIG/log/NAME.{out,err}; SPAWN_PID
#	wait_for SECONDS CMD...	until CMD succeeds
#	wait_gone SECONDS PID	until the process has ended
#	kill_now PID		SIGKILL and wait until it is gone
#	children PID		all descendants, one pid a line
#	same FILE FILE		byte for byte
#	free_port		a port of 127.0.0.1 and ::1 that nobody uses
#	run_dir			the directory that ftp-over-ssh uses for its sockets
#	fd_count PID		number of open descriptors
# Killing at a chosen point: `wait_for 5 test -s file && kill_now "$TUNNEL_PID"`; the helpers
# are `children "$TUNNEL_PID"`; the master is found with `master_pid`.
#
# Another build of the programs: FTP_OVER_SSH_BUILD=directory (with ctl/ and helper/).
# One that is watched (tests/e2e/watched): RIG_WATCH says by what, RIG_REPORTS is where the
# watchers write. RIG_SLOW is how many times longer than usual everything may take.
# RIG_UNDER is the command that other programs made of its objects are run under, RIG_LINK what
# they are linked with.
#	slowly SECONDS		so many seconds, or more where all is slower
#	not_watched REASON	a scenario that says nothing about watched programs ends here
# One that was built with PORTABLE=1 is told by RIG_PORTABLE: who owns a connection is not asked then.
#	not_portable REASON	a scenario about what is not there then ends here

set -u

RIG_E2E=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
TOP=${RIG_E2E%/tests/e2e}
BUILD=${FTP_OVER_SSH_BUILD:-$TOP}
FOS=$BUILD/ctl/ftp-over-ssh
# shellcheck disable=SC2034 # for scenarios
FOSCTL=$BUILD/ctl/ftp-over-ssh-ctl
export FTP_OVER_SSH_HELPER=${FTP_OVER_SSH_HELPER:-$BUILD/helper/ftp-over-ssh-helper}
HELPER=$FTP_OVER_SSH_HELPER

RIG_NAME=$(basename "$0" .t)
RIG_KEEP=${FTP_OVER_SSH_LOGS:-/tmp/ftp-over-ssh-logs-$(id -u)}/$RIG_NAME
RIG_SLOW=${RIG_SLOW:-1}
RIG_WATCH=${RIG_WATCH:-} RIG_UNDER=${RIG_UNDER:-} RIG_LINK=${RIG_LINK:-}
RIG_PORTABLE=${RIG_PORTABLE:-}
RUN_TIMEOUT=60
RIG_IN=()
FOS_UNDER=()
SSHD_ADDR=127.0.0.1
FTP_LISTEN=
ftpd_kinds=(vsftpd proftpd pureftpd pyftpd)
[ "$(id -u)" -eq 0 ] || ftpd_kinds=(vsftpd proftpd pyftpd) # pure-ftpd wants root

rig_tests=0
rig_failed=0
rig_finished=
rig_pids=()
rig_servers=0
rig_tunnels=0

# --- the scratch directory and the environment ----------------------------------------

rig_deps=$("${BASH_SOURCE[0]%/*}/../deps" bin)
rig_deps=${rig_deps%/bin}
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin:$rig_deps/bin
RIG=$(mktemp -d /tmp/fos.XXXXXX) || exit 1
export RIG RIG_SLOW PATH LC_ALL=C HOME=$RIG/home XDG_RUNTIME_DIR=$RIG/run
unset SSH_AUTH_SOCK SSH_ASKPASS DISPLAY FTP_OVER_SSH_CLIENT XDG_CONFIG_HOME XDG_CACHE_HOME
unset ftp_proxy FTP_PROXY http_proxy all_proxy ALL_PROXY no_proxy NO_PROXY FTPMODE FTPSERVER
mkdir -p "$RIG/log" "$RIG/home" "$RIG/data" "$RIG/ssh"
mkdir -m 700 "$RIG/run"
mkfifo "$RIG/never"
chmod 711 "$RIG" "$RIG/home"

if [ -n "$RIG_PORTABLE" ]; then
	mkdir "$RIG/portable"
	printf '#!/bin/sh\nexec %s -o FtpAllowUsers=any "$@"\n' "$HELPER" >"$RIG/portable/ftp-over-ssh-helper"
	chmod 755 "$RIG/portable/ftp-over-ssh-helper"
	HELPER=$RIG/portable/ftp-over-ssh-helper
	export FTP_OVER_SSH_HELPER=$HELPER FTP_OVER_SSH_OPTIONS='-o FtpAllowUsers=any'
fi

if [ "$(id -u)" -eq 0 ]; then
	RIG_FTP_USER=daemon # on every Unix, with a home directory (vsftpd wants one)
else
	RIG_FTP_USER=$(id -un)
fi
RIG_FTP_GROUP=$(id -gn "$RIG_FTP_USER")

# Each report is named after the scenario: many of them run at once.
if [ -n "$RIG_WATCH" ]; then
	rig_reports="log_path='$RIG_REPORTS/$RIG_NAME'"
	export ASAN_OPTIONS="$rig_reports:detect_leaks=1:detect_stack_use_after_return=1"
	export UBSAN_OPTIONS="$rig_reports:print_stacktrace=1"
	export RIG_NAME
fi

PYTHON=python3
[ -x /usr/bin/python3 ] && PYTHON=/usr/bin/python3

# --- the end ---------------------------------------------------------------------------

children()
{
	local pid
	for pid in $(pgrep -P "$1"); do
		echo "$pid"
		children "$pid"
	done
}

rig_stop()
{
	local pid all=()
	for pid in ${rig_pids[@]+"${rig_pids[@]}"}; do
		kill -0 "$pid" 2>/dev/null || continue
		# shellcheck disable=SC2207 # pids
		all+=("$pid" $(children "$pid"))
	done
	# shellcheck disable=SC2207 # masters that went to the background, for example
	all+=($(rig_strays))
	[ ${#all[@]} -gt 0 ] || return 0
	kill "${all[@]}" 2>/dev/null
	wait_for 3 rig_all_gone "${all[@]}" && return
	kill -KILL "${all[@]}" 2>/dev/null
	wait_for 3 rig_all_gone "${all[@]}"
}

rig_all_gone()
{
	local pid
	for pid; do
		rig_alive "$pid" && return 1
	done
	return 0
}

# A zombie is gone. (Asked again and again: without another process.)
rig_alive()
{
	local state=''
	kill -0 "$1" 2>/dev/null || return 1
	read -r state 2>/dev/null <"/proc/$1/stat"
	state=${state##*) }
	[ -n "$state" ] && [ "${state%% *}" != Z ]
}

# Processes of this scenario, wherever they have gone: their environment names $RIG.
rig_strays()
{
	local pid
	grep -lzx "RIG=$RIG" /proc/[0-9]*/environ 2>/dev/null | cut -d / -f 3 | while read -r pid; do
		case $(tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline") in
		*ftp-over-ssh*|ssh\ *|*/ssh\ *|ssh:*) echo "$pid" ;;
		esac
	done
}

rig_exit()
{
	local status=$?
	trap '' HUP INT TERM
	trap - EXIT
	rig_stop 2>/dev/null
	rm -rf "$RIG_KEEP"
	if [ "$status" -ne 0 ] || [ -z "$rig_finished" ] || [ "$rig_failed" -gt 0 ]; then
		rig_keep_logs
		[ "$status" -ne 0 ] || status=1
	fi
	rm -rf "$RIG"
	[ -z "${RIG_TIMES:-}" ] || echo "$SECONDS $RIG_NAME" >>"$RIG_TIMES"
	exit "$status"
}

rig_keep_logs()
{
	mkdir -p "$RIG_KEEP" && cp -r "$RIG/log/." "$RIG_KEEP/" && echo "# logs are in $RIG_KEEP" >&2
	[ "${CI:-}" = true ] || return 0
	(cd "$RIG_KEEP" && tail -n 40 ./* 2>/dev/null | sed 's/^/# /') >&2
}

trap rig_exit EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# --- TAP -------------------------------------------------------------------------------

note()
{
	printf '%s\n' "$*" | sed 's/^/# /'
}

rig_result()	# status name [file with an explanation]
{
	rig_tests=$((rig_tests + 1))
	if [ "$1" -eq 0 ]; then
		echo "ok $rig_tests - $2"
		return 0
	fi
	rig_failed=$((rig_failed + 1))
	echo "not ok $rig_tests - $2"
	[ -z "${3:-}" ] || tail -n 30 "$3" | tr -d '\r' | sed 's/^/#   /' >&2
	return 1
}

ok()
{
	local name=$1 status
	shift
	"$@" >"$RIG/log/last" 2>&1
	status=$?
	[ $status -eq 0 ] || echo "exit status $status: $*" >>"$RIG/log/last"
	rig_result $status "$name" "$RIG/log/last"
}

rig_begun=()
ok_begin()
{
	"${@:2}" >"$RIG/log/begun.${#rig_begun[@]}" 2>&1 &
	rig_pids+=($!)
	rig_begun+=("$! $1")
}

ok_end()
{
	local n status
	for n in "${!rig_begun[@]}"; do
		wait "${rig_begun[n]%% *}"
		status=$?
		[ $status -eq 0 ] || echo "exit status $status" >>"$RIG/log/begun.$n"
		rig_result $status "${rig_begun[n]#* }" "$RIG/log/begun.$n"
	done
	rig_begun=()
}

is()
{
	printf 'got:    %s\nwanted: %s\n' "$2" "$3" >"$RIG/log/last"
	[ "$2" = "$3" ]
	rig_result $? "$1" "$RIG/log/last"
}

like()
{
	printf 'got:  %s\nlike: %s\n' "$2" "$3" >"$RIG/log/last"
	[[ $2 =~ $3 ]]
	rig_result $? "$1" "$RIG/log/last"
}

fails()
{
	local name=$1 wanted=$2 regex=$3 status lines
	shift 3
	"$@" >"$RIG/log/fails.out" 2>"$RIG/log/fails.err" </dev/null
	status=$?
	lines=$(wc -l <"$RIG/log/fails.err")
	{
		echo "exit status $status, wanted $wanted; $lines lines on stderr, wanted one like: $regex"
		cat "$RIG/log/fails.err"
	} >"$RIG/log/last"
	[ "$status" -eq "$wanted" ] && [ "$lines" -eq 1 ] && grep -Eq -- "$regex" "$RIG/log/fails.err"
	rig_result $? "$name" "$RIG/log/last"
}

# The end is as it should be: no logs are kept.
rig_done()
{
	rig_finished=1
}

skip()
{
	if [ "${CI:-}" = true ]; then
		echo "Bail out! $1"
		exit 1
	fi
	echo "1..0 # SKIP $1"
	rig_done
	exit 0
}

not_watched()
{
	[ -n "$RIG_WATCH" ] || return 0
	echo "1..0 # SKIP $RIG_WATCH: $1"
	rig_done
	exit 0
}

not_portable()
{
	[ -n "$RIG_PORTABLE" ] || return 0
	echo "1..0 # SKIP portable: $1"
	rig_done
	exit 0
}

bail()
{
	echo "not ok $((rig_tests + 1)) - $1"
	exit 1
}

finish()
{
	local pid
	for pid in ${rig_tunnel_pids[@]+"${rig_tunnel_pids[@]}"}; do
		kill "$pid" 2>/dev/null
	done
	ok 'nothing is left running, no socket either' wait_for 10 rig_clean
	echo "1..$rig_tests"
	rig_done
	exit $((rig_failed > 0))
}

rig_clean()
{
	local strays sockets
	strays=$(rig_strays)
	sockets=$(find "$XDG_RUNTIME_DIR" -type s)
	[ -z "$strays$sockets" ] && return
	# shellcheck disable=SC2086 # pids
	[ -z "$strays" ] || ps -o pid,ppid,args -p "$(echo $strays | tr ' ' ,)"
	echo "$sockets"
	return 1
}

# --- helpers ---------------------------------------------------------------------------

rig_ms()
{
	local now=${EPOCHREALTIME/[.,]/}
	echo "${now%???}"
}

slowly()
{
	echo $(($1 * RIG_SLOW))
}

# Nobody writes into $RIG/never: reading it is a pause that costs no process. Who has waited long asks less
# often: each pause is a sixteenth of that, and half a second at most.
wait_for()
{
	local begun=${EPOCHREALTIME/[.,]/} waited pause limit=$(($1 * RIG_SLOW * 1000000))
	shift
	until "$@"; do
		waited=$((${EPOCHREALTIME/[.,]/} - begun))
		[ $waited -lt $limit ] || return 1
		pause=$((waited < 320000 ? 20000 : waited < 8000000 ? waited / 16 : 500000))
		printf -v pause '0.%06d' $pause
		read -rt "$pause" <>"$RIG/never" || :
	done
}

rig_gone()
{
	! rig_alive "$1"
}

wait_gone()
{
	wait_for "$1" rig_gone "$2"
}

kill_now()
{
	kill -KILL "$1" 2>/dev/null
	wait_gone 5 "$1"
}

run()
{
	timeout --foreground -k 5 "$(slowly "$RUN_TIMEOUT")" "$@" </dev/null
}

# Background processes of a script are born with SIGINT ignored: give it back.
spawn()
{
	local name=$1
	shift
	: >"$RIG/log/$name.out" # there at once, for who looks
	env --default-signal=INT,QUIT "$@" >"$RIG/log/$name.out" 2>"$RIG/log/$name.err" </dev/null &
	SPAWN_PID=$!
	rig_pids+=("$SPAWN_PID")
}

same()
{
	cmp "$1" "$2" && return
	echo "$1 and $2 differ: $(wc -c <"$1") and $(wc -c <"$2") bytes"
	return 1
}

data()
{
	[ -e "$RIG/data/$1" ] || head -c "$2" /dev/urandom >"$RIG/data/$1"
}

publish()
{
	local name
	for name; do
		cp "$RIG/data/$name" "$FTP_ROOT/$name"
	done
}

fd_count()
{
	find "/proc/$1/fd" -mindepth 1 2>/dev/null | wc -l
}

run_dir()
{
	echo "$XDG_RUNTIME_DIR/ftp-over-ssh"
}

# --- ports -----------------------------------------------------------------------------

# Below the range that connect(2) takes its ports from.
free_port()
{
	local port
	while :; do
		port=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
		(exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && continue
		(exec 3<>"/dev/tcp/::1/$port") 2>/dev/null && continue
		echo "$port"
		return
	done
}

# The first bytes that the server at address port says.
banner()
{
	# shellcheck disable=SC2016 # for the inner shell
	${RIG_IN[@]+"${RIG_IN[@]}"} timeout --foreground "$(slowly 5)" bash -c \
	    'exec 3<>"/dev/tcp/$1/$2" && IFS= read -r line <&3 && echo "$line"' - "$1" "$2" 2>/dev/null
}

rig_ready()	# pid address port
{
	rig_alive "$1" || return 0
	[ -n "$(banner "$2" "$3")" ]
}

# Start a server on a free port: rig_serve NAME ADDRESS FUNCTION. The function prints
# nothing and sets SERVE to the command, given the port in $1. Sets PORT, SPAWN_PID.
rig_serve()
{
	local try
	for try in 1 2 3 4 5; do
		PORT=$(free_port)
		"$3" "$PORT"
		spawn "$1" ${RIG_IN[@]+"${RIG_IN[@]}"} "${SERVE[@]}"
		wait_for 10 rig_ready "$SPAWN_PID" "$2" "$PORT" && rig_alive "$SPAWN_PID" && return
		note "$1 did not start on port $PORT (try $try)"
		kill_now "$SPAWN_PID"
	done
	tail -n 5 "$RIG/log/$1".* >&2
	bail "$1 does not start"
}

# --- sshd ------------------------------------------------------------------------------

rig_keys()
{
	[ -e "$RIG/ssh/user" ] && return
	ssh-keygen -q -t ed25519 -N '' -C rig -f "$RIG/ssh/host"
	ssh-keygen -q -t ed25519 -N '' -C rig -f "$RIG/ssh/user"
	ssh-keygen -q -t ed25519 -N '' -C stranger -f "$RIG/ssh/stranger"
	# Its shell must not read what the startup files of whoever runs this hold.
	printf 'environment="HOME=%s" %s\n' "$HOME" "$(cat "$RIG/ssh/user.pub")" >"$RIG/ssh/authorized_keys"
	# sshd wants it for its unprivileged half, also where no service was ever started.
	[ "$(id -u)" -ne 0 ] || mkdir -p /run/sshd
}

sshd_takes()	# line
{
	rig_keys
	"$(command -v sshd)" -t -f /dev/null -h "$RIG/ssh/host" -o "$1" 2>/dev/null
}

# The account may count as locked (no password); PAM, as an ordinary user, sees that better.
rig_sshd_command()	# port; lines come from sshd_lines
{
	cat >"$RIG/ssh/sshd_config.$sshd_alias" <<-END
	$(printf '%s\n' ${sshd_lines[@]+"${sshd_lines[@]}"})
	Port $1
	ListenAddress $SSHD_ADDR
	HostKey $RIG/ssh/host
	AuthorizedKeysFile $RIG/ssh/authorized_keys
	PidFile none
	PermitUserEnvironment yes
	StrictModes no
	UsePAM $([ "$(id -u)" -eq 0 ] && echo no || echo yes)
	PasswordAuthentication no
	KbdInteractiveAuthentication no
	PermitRootLogin prohibit-password
	MaxStartups 1000
	MaxSessions 1000
	LogLevel VERBOSE
	END
	SERVE=("$(command -v sshd)" -D -e -f "$RIG/ssh/sshd_config.$sshd_alias")
}

sshd_start()
{
	local sshd_alias=rig sshd_lines
	if [ "${1:-}" = -n ]; then
		sshd_alias=$2
		shift 2
	fi
	sshd_lines=("$@")
	rig_keys
	rig_serve "sshd-$sshd_alias" "$SSHD_ADDR" rig_sshd_command
	SSHD_PORT=$PORT
	SSHD_PID=$SPAWN_PID
	echo "[$SSHD_ADDR]:$SSHD_PORT $(cat "$RIG/ssh/host.pub")" >>"$RIG/ssh/known_hosts"
	ssh_host "$sshd_alias"
}

# (A login with ssh's default key exchange takes ten times the processor's time of this one, and there are
# some thousand of them; of the ciphers this takes least.)
ssh_host()
{
	local alias=$1
	shift
	cat >"$RIG/ssh/$alias.conf" <<-END
	Host $alias
	$(printf '%s\n' "$@")
	HostName $SSHD_ADDR
	Port $SSHD_PORT
	User $(id -un)
	IdentityFile $RIG/ssh/user
	IdentitiesOnly yes
	UserKnownHostsFile $RIG/ssh/known_hosts
	GlobalKnownHostsFile /dev/null
	StrictHostKeyChecking yes
	KexAlgorithms curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256
	Ciphers aes128-gcm@openssh.com,aes128-ctr,chacha20-poly1305@openssh.com
	END
	echo "Include $RIG/ssh/*.conf" >"$RIG/ssh_config"
}

# --- FTP servers -----------------------------------------------------------------------

rig_crypt()
{
	# shellcheck disable=SC2016 # perl's
	perl -e 'print crypt($ARGV[0], q($5$rig))' "$FTP_PASS"
}

rig_ids()
{
	echo "$(id -u "$RIG_FTP_USER"):$(id -g "$RIG_FTP_USER")"
}

# An anonymous login needs neither PAM nor an account, but vsftpd lets it write into the
# top directory only where it does not chroot: so it is started without root.
vsftpd_command()
{
	local v4=YES v6=NO key=listen_address
	[ "$ftpd_family" = 4 ] || v4=NO v6=YES key=listen_address6
	cat >"$ftpd_dir/conf" <<-END
	listen=$v4
	listen_ipv6=$v6
	$key=$FTP_ADDR
	listen_port=$1
	background=NO
	anonymous_enable=YES
	anon_root=$FTP_ROOT
	anon_upload_enable=YES
	anon_mkdir_write_enable=YES
	anon_other_write_enable=YES
	anon_world_readable_only=NO
	anon_umask=022
	write_enable=YES
	ftp_username=$RIG_FTP_USER
	run_as_launching_user=YES
	max_clients=0
	max_per_ip=0
	isolate=NO
	isolate_network=NO
	seccomp_sandbox=NO
	xferlog_enable=YES
	dual_log_enable=YES
	log_ftp_protocol=YES
	vsftpd_log_file=$FTP_LOG
	xferlog_file=/dev/null
	$(printf '%s\n' ${ftpd_extra[@]+"${ftpd_extra[@]}"})
	END
	SERVE=(vsftpd "$ftpd_dir/conf")
	[ "$(id -u)" -ne 0 ] && return
	: >"$FTP_LOG"
	chown "$RIG_FTP_USER" "$ftpd_dir/conf" "$FTP_LOG"
	SERVE=(setpriv --reuid "$RIG_FTP_USER" --regid "$RIG_FTP_GROUP" --clear-groups "${SERVE[@]}")
}

proftpd_command()
{
	echo "$FTP_USER:$(rig_crypt):$(rig_ids)::$FTP_ROOT:/bin/sh" >"$ftpd_dir/users"
	chmod 600 "$ftpd_dir/users"
	cat >"$ftpd_dir/conf" <<-END
	ServerType standalone
	ServerName rig
	DefaultAddress $FTP_ADDR
	SocketBindTight on
	Port $1
	UseIPv6 on
	User $RIG_FTP_USER
	Group $RIG_FTP_GROUP
	AuthOrder mod_auth_file.c
	AuthUserFile $ftpd_dir/users
	RootLogin on
	RequireValidShell off
	AllowOverwrite on
	AllowRetrieveRestart on
	AllowStoreRestart on
	MaxInstances 3000
	UseReverseDNS off
	DelayEngine off
	WtmpLog off
	PidFile $ftpd_dir/pid
	ScoreboardFile $ftpd_dir/scoreboard
	SystemLog $ftpd_dir/system.log
	TransferLog none
	LogFormat rig "%P %r -> %s"
	ExtendedLog $FTP_LOG ALL rig
	$(printf '%s\n' ${ftpd_extra[@]+"${ftpd_extra[@]}"})
	END
	SERVE=(proftpd --nodaemon --config "$ftpd_dir/conf")
}

# pure-pw would hash the password with 3 s of argon2; pure-ftpd takes crypt(3) as well.
pureftpd_command()
{
	echo "$FTP_USER:$(rig_crypt):$(rig_ids)::$FTP_ROOT/./::::::::::::" >"$ftpd_dir/users"
	pure-pw mkdb "$ftpd_dir/db" -f "$ftpd_dir/users"
	SERVE=(pure-ftpd --bind "$FTP_ADDR,$1" --login "puredb:$ftpd_dir/db" --noanonymous
	    --dontresolve --minuid 1 --maxclientsnumber 3000 --umask 133:022 --pidfile "$ftpd_dir/pid"
	    --altlog "clf:$FTP_LOG" ${ftpd_extra[@]+"${ftpd_extra[@]}"})
}

pyftpd_command()
{
	SERVE=("$PYTHON" "$RIG_E2E/pyftpd.py" "$FTP_ADDR" "$1" "$FTP_ROOT" "$FTP_USER" "$FTP_PASS"
	    "$FTP_LOG" ${ftpd_extra[@]+"${ftpd_extra[@]}"})
}

ftpd_start()
{
	local ftpd_dir ftpd_family=4 ftpd_extra
	FTP_KIND=$1
	shift
	if [ "${1:-}" = -6 ]; then
		ftpd_family=6
		shift
	fi
	ftpd_extra=("$@")
	rig_servers=$((rig_servers + 1))
	FTP_NAME=$FTP_KIND$rig_servers
	ftpd_dir=$RIG/$FTP_NAME
	FTP_ROOT=$ftpd_dir/files
	FTP_LOG=$RIG/log/$FTP_NAME.ftp
	FTP_USER=tester FTP_PASS=se.cret
	[ "$FTP_KIND" != vsftpd ] || FTP_USER=ftp
	FTP_ADDR=${FTP_LISTEN:-127.0.0.1}
	[ "$ftpd_family" = 4 ] || FTP_ADDR=${FTP_LISTEN:-::1}
	mkdir -p "$FTP_ROOT"
	chown "$RIG_FTP_USER" "$FTP_ROOT"
	rig_serve "$FTP_NAME" "$FTP_ADDR" "${FTP_KIND}_command"
	FTP_PORT=$PORT
	FTP_PID=$SPAWN_PID
	FTP_AT=$FTP_ADDR:$FTP_PORT
	[ "$ftpd_family" = 4 ] || FTP_AT=[$FTP_ADDR]:$FTP_PORT
	declare -p FTP_KIND FTP_NAME FTP_ROOT FTP_LOG FTP_USER FTP_PASS FTP_ADDR FTP_PORT FTP_PID \
	    FTP_AT | sed 's/^declare --/declare -g/' >"$ftpd_dir/vars"
}

ftpd_use()
{
	# shellcheck disable=SC1090 # written by ftpd_start
	. "$RIG/$1/vars"
}

# --- tunnels ---------------------------------------------------------------------------

rig_listening()	# pid file count
{
	rig_alive "$1" || return 0
	[[ $(grep -c '^listening on ' "$2" 2>/dev/null) -ge $3 ]]
}

rig_ports()	# file
{
	local at
	TUNNEL_ADDRS=() TUNNEL_PORTS=()
	while read -r at; do
		TUNNEL_PORTS+=("${at##*:}")
		at=${at%:*}
		at=${at#[}
		TUNNEL_ADDRS+=("${at%]}")
	done < <(sed -n 's/^listening on \([^,]*\),.*/\1/p' "$1")
	TUNNEL_ADDR=${TUNNEL_ADDRS[0]:-}
	TUNNEL_PORT=${TUNNEL_PORTS[0]:-}
}

tunnel_start()
{
	local arg count=0 name
	for arg; do
		case $arg in
		-L|-R) count=$((count + 1)) ;;
		esac
	done
	[ $count -gt 0 ] || count=1
	rig_tunnels=$((rig_tunnels + 1))
	name=tunnel$rig_tunnels
	spawn $name ${FOS_UNDER[@]+"${FOS_UNDER[@]}"} "$FOS" -F "$RIG/ssh_config" -N "$@"
	TUNNEL_PID=$SPAWN_PID
	rig_tunnel_pids+=("$TUNNEL_PID")
	TUNNEL_OUT=$RIG/log/$name.out
	TUNNEL_ERR=$RIG/log/$name.err
	if ! wait_for 20 rig_listening "$TUNNEL_PID" "$TUNNEL_OUT" $count ||
	    ! rig_alive "$TUNNEL_PID"; then
		tail -n 5 "$TUNNEL_OUT" "$TUNNEL_ERR" >&2
		bail "the tunnel does not start: $*"
	fi
	rig_ports "$TUNNEL_OUT"
}
rig_tunnel_pids=()

tunnel_stop()
{
	local pid=${1:-$TUNNEL_PID}
	kill "$pid" 2>/dev/null
	if ! wait_gone 10 "$pid"; then
		echo 'the tunnel does not end after SIGTERM' >&2
		kill_now "$pid"
		return 124
	fi
	wait "$pid" 2>/dev/null
}

fos()
{
	run "$FOS" -F "$RIG/ssh_config" "$@"
}

rig_url()	# address port path
{
	case $1 in
	*:*) echo "ftp://$FTP_USER:$FTP_PASS@[$1]:$2/$3" ;;
	*) echo "ftp://$FTP_USER:$FTP_PASS@$1:$2/$3" ;;
	esac
}

url()
{
	rig_url "$TUNNEL_ADDR" "$TUNNEL_PORT" "$1"
}

direct_url()
{
	rig_url "$FTP_ADDR" "$FTP_PORT" "$1"
}

# The pid of the ControlMaster that the tunnel (default: the latest) started.
master_pid()
{
	local path
	path=$(find "$(run_dir)" -type s -name "m${1:-$TUNNEL_PID}.*" | head -n 1)
	[ -n "$path" ] || return 1
	ssh -O check -S "$path" none 2>&1 | sed -n 's/.*(pid=\([0-9]*\)).*/\1/p'
}
