#!/usr/bin/env bash
# Every program that is installed is built with what the compiler offers against exploits.
. "${0%/*}/rig.sh"
not_watched 'built without hardening'

[ "$(uname -m)" = x86_64 ] || [ "$(uname -m)" = aarch64 ] || skip 'the flags differ elsewhere'
readelf=$(command -v readelf) || skip 'no readelf'

symbol()	# file regex
{
	"$readelf" --wide --dyn-syms "$1" | grep -Eq "$2"
}

shows()	# file option regex
{
	"$readelf" --wide "$2" "$1" | grep -Eq "$3"
}

shows_not()
{
	! shows "$@"
}

# What make would do to compile it all.
all_protected()
{
	make -n -B V=1 -C "$RIG/tree" all 2>/dev/null | grep ' -c ' >"$RIG/compiled"
	[ "$(wc -l <"$RIG/compiled")" -gt 100 ] && ! grep -v -e -fstack-protector-strong "$RIG/compiled"
}

# In a copy, for another PREFIX is another program, and others use this one meanwhile. What was built
# with the same options is not built again.
mkdir "$RIG/tree"
(cd "$TOP" && tar cf - Makefile ctl helper man contrib build/flags build/question build/cflags build/ldflags build/paths build/libexecdir) |
    tar xpf - -C "$RIG/tree"
RUN_TIMEOUT=150 ok 'make install' make -s -C "$RIG/tree" -j 2 DESTDIR="$RIG/inst" PREFIX=/some/where install
fails 'it finds its helper, whatever PREFIX it was built with' 255 'cannot connect to 127.0.0.1: .*refused' \
    env -u FTP_OVER_SSH_HELPER "$RIG/inst/some/where/bin/ftp-over-ssh" -p "$(free_port)" -N 127.0.0.1
ok '-fstack-protector-strong everywhere' all_protected
installed()
{
	find "$RIG/inst/$1" -type f | sed 's|.*/||' | sort | paste -sd ' '
}
is 'completions: where bash, zsh and fish look' \
    "$(installed some/where/share/bash-completion/completions), $(installed some/where/share/zsh/site-functions), $(
    installed some/where/share/fish/vendor_completions.d)" \
    'ftp-over-ssh ftp-over-ssh-ctl, _ftp-over-ssh, ftp-over-ssh-ctl.fish ftp-over-ssh.fish'
like "and fish of Debian, which has no vendor's folder in /usr/local" \
    "$(make -n -C "$RIG/tree" install PREFIX=/usr/local)" "\(\*\.fish\) d='/etc/fish/completions' "
mapfile -t programs < <(find "$RIG/inst" -type f -perm -100 | sort)
is 'the programs' "$(basename -a "${programs[@]}" | paste -s -d ' ')" \
    'ftp-over-ssh ftp-over-ssh-ctl ftp-over-ssh-helper'
for program in "${programs[@]}"; do
	name=${program##*/}
	ok "$name: position independent" shows "$program" -h 'Type: +DYN'
	ok "$name: relocations are read-only" shows "$program" -l GNU_RELRO
	ok "$name: bound at once" shows "$program" -d 'BIND_NOW|Flags: .*NOW'
	ok "$name: no stack that can be run" shows_not "$program" -l 'GNU_STACK.* RWE '
	ok "$name: no segment to write and to run" shows_not "$program" -l 'LOAD.* RWE '
	ok "$name: stack protector" symbol "$program" '__stack_chk_(fail|guard)'
	ok "$name: _FORTIFY_SOURCE" symbol "$program" '__(v?snprintf|v?fprintf|printf|memcpy|read|recv|recvfrom|poll)_chk'
	ok "$name: no path to libraries inside" shows_not "$program" -d 'RPATH|RUNPATH'
	ok "$name: no text relocation" shows_not "$program" -d TEXTREL
done
finish
