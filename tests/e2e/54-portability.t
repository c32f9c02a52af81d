#!/usr/bin/env bash
# Builds without a warning: by another compiler and another make, for 32 bits, without optimisation,
# and without what only Linux has; and that portable build at work. (gcc and GNU make, optimised,
# build what .ci/run tests.)
. "${0%/*}/rig.sh"
not_watched 'builds of its own'
not_portable 'builds of its own, and one of them is this one'

# No options of a make that runs this.
unset MAKEFLAGS MFLAGS MAKELEVEL MAKE CPPFLAGS CFLAGS LDFLAGS

# A copy of the sources alone.
tree()		# name
{
	mkdir -p "$RIG/$1"
	tar cf - -C "$TOP" --exclude='*.[oad]' --exclude='*.test' --exclude='*.log' \
	    --exclude=ftp-over-ssh --exclude=ftp-over-ssh-ctl --exclude=ftp-over-ssh-helper \
	    Makefile ctl helper tests/unit tests/fuzz tests/cross/include man | tar xf - -C "$RIG/$1"
}

built()		# name make [NAME=value ...] target ...
{
	tree "$1"
	(cd "$RIG/$1" && RUN_TIMEOUT=250 run "$2" -j 2 WERROR=-Werror "${@:3}")
}

ok 'clang, bmake, no optimisation' built clang bmake CC=clang CFLAGS=-O0 all
ok 'the portable parts' built portable make CFLAGS=-O0 PORTABLE=1 all
if [ "$(uname -m)" = x86_64 ]; then
	# with the parsers at work, and without libbsd: no library of 32 bits is there but that of C
	bits=(CC=gcc CFLAGS='-m32 -O0' LIBBSD= HARDEN_CFLAGS= HARDEN_LDFLAGS= PKG_CONFIG=true
	    CPPFLAGS='-Itests/cross/include -DMUTANTS=2000 -DRUNS=400'
	    UNIT_SRC="$(echo tests/unit/test_{ask,chanmsg,compat,counts,ftp,line,mux,muxmsg,packet,spec,status,window,wire}.c)")
	ok '32 bits, without libbsd' built bits make "${bits[@]}" all unit
	# what clang says of all that, without code of it
	parts=$(cd "$TOP" && echo ctl/*/*.c helper/*/*.c)
	ok '32 bits, clang, the portable parts' built bits2 make CC=clang CFLAGS='-m32 -fsyntax-only' \
	    PORTABLE=1 HARDEN_CFLAGS= ${parts//.c/.o}
else
	# Linux for the rest
	ok 'without libbsd' built bare make CFLAGS=-O0 LIBBSD= all tests/unit/test_compat.test
	ok 'what stands in its place' run "$RIG/bare/tests/unit/test_compat.test"
fi

# Those that ask the system for something, but not those that need ssh. What is pure is the same everywhere.
quick=
for t in channel client client_process compat counts keep kept log loop memory near packet peer proc proxy relay requests run rundir; do
	quick="$quick tests/unit/test_$t.c"
done
unit()
{
	(cd "$RIG/portable" && RUN_TIMEOUT=250 run make -j 2 WERROR=-Werror CFLAGS=-O0 \
	    PORTABLE=1 UNIT_SRC="${quick# }" FUZZ_SRC= unit)
}
ok 'unit tests of the portable parts' unit

# Scenarios that take little time and go through most of what is other code there.
scenarios()
{
	RUN_TIMEOUT=400 run env -u FTP_OVER_SSH_HELPER -u RIG RIG_PORTABLE=1 JOBS=2 \
	    FTP_OVER_SSH_BUILD="$RIG/portable" FTP_OVER_SSH_LOGS="$RIG/log/portable" \
	    "$RIG_E2E/run" 40-wrapper 41-tunnel 42-master 55-guard 60-helper 75-relay 86-refusals
}
ok 'scenarios of the portable build' scenarios

FOS=$RIG/portable/ctl/ftp-over-ssh
export FTP_OVER_SSH_HELPER=$RIG/portable/helper/ftp-over-ssh-helper
sshd_start
ftpd_start vsftpd
data a 100000
publish a
get()		# curl's options ...
{
	run curl -sS --connect-timeout 20 -o "$RIG/got" "$@" "$(url a)" && same "$RIG/data/a" "$RIG/got"
}
tunnel_start -o FtpAllowUsers=any -L "ftp/0:$FTP_AT" rig
ok 'portable: passive' get
ok 'portable: active' get -P -
kill_now "$(master_pid)"
ok 'portable: the end of the ssh connection is noticed' wait_for 5 test -s "$TUNNEL_ERR"
ok 'portable: and the next client has a new one' get
tunnel_stop
tunnel_start -L "ftp/0:$FTP_AT" rig
like 'portable: who cannot be told is not let in' "$(get 2>&1)" 'curl: '
is 'portable: ... and is told why' "$(banner "$TUNNEL_ADDR" "$TUNNEL_PORT" | tr -d '\r')" \
    '421 This connection is refused: its owner cannot be told; FtpAllowUsers=any would let it in'
tunnel_stop
finish
