#!/usr/bin/env bash
# The packages in contrib/: of this version, and with the files that are installed.
. "$(dirname "$0")/docs.sh"
not_portable 'the packages are the same'
not_watched 'the packages are the same'

version=$(sed -n 's/^VERSION = //p' "$TOP/Makefile")
cd "$TOP/contrib" || exit 1
is_version()	# file regex with \(\)
{
	is "$1: the version" "$(sed -n "s/$2/\1/p" "$1")" "$version"
}
is_version arch/PKGBUILD '^pkgver=\(.*\)'
is_version alpine/APKBUILD '^pkgver=\(.*\)'
is_version debian/changelog '^ftp-over-ssh (\(.*\)-1) .*'
is_version freebsd/net/ftp-over-ssh/Makefile '^DISTVERSION=	\(.*\)'
is_version homebrew/ftp-over-ssh.rb '^  url .*ftp-over-ssh-\(.*\)\.tar.gz"'
is_version nix/default.nix '^  version = "\(.*\)";'
is_version openbsd/net/ftp-over-ssh/Makefile '^DISTNAME =	ftp-over-ssh-\(.*\)'
is_version rpm/ftp-over-ssh.spec '^Version: *\(.*\)'
ok 'what builds them is a script without a mistake' shellcheck arch/PKGBUILD alpine/APKBUILD

# A tree that counts as built.
tree=$RIG/ftp-over-ssh-$version
mkdir -p "$tree/ctl" "$tree/helper"
cp -r "$TOP/Makefile" "$TOP/man" "$TOP/contrib" "$TOP/LICENSE" "$TOP/README.md" "$tree/"
for program in ctl/ftp-over-ssh ctl/ftp-over-ssh-ctl helper/ftp-over-ssh-helper; do
	touch "$tree/$program.c" "$tree/$program"
done
export -n MAKEFLAGS
make()
{
	command make -s -o all "$@"
}
installed()
{
	(cd "$RIG/pkg" && find . -type f ! -path '*/systemd/*' ! -path '*/licenses/*' | sed 's/^\.//' | LC_ALL=C sort)
}
put()	# make's arguments
{
	rm -rf "$RIG/pkg"
	make -C "$tree" install DESTDIR="$RIG/pkg" "$@"
}

arch()
{
	# shellcheck disable=SC2034 # the function's
	pkgdir=$RIG/pkg
	cd "$RIG" && . "$TOP/contrib/arch/PKGBUILD" && package
}
alpine()
{
	# shellcheck disable=SC2034 # the function's
	pkgdir=$RIG/pkg startdir=$RIG
	cd "$tree" && . "$TOP/contrib/alpine/APKBUILD" && package
}
CFLAGS='' CPPFLAGS='' LDFLAGS=''

ok 'make install' put PREFIX=/usr
wanted=$(installed)
is '... with all programs, pages and completions' "$(wc -l <<<"$wanted")" 11
for what in arch alpine; do
	rm -rf "$RIG/pkg"
	ok "$what: package()" eval "($what)"
	is "$what: its files" "$(installed | sed 's|lib/ftp-over-ssh/|libexec/|')" "$wanted"
	ok "$what: ... and the licence" test -s "$RIG/pkg/usr/share/licenses/ftp-over-ssh/LICENSE"
done

# The lists of files.
ports()	# file
{
	sed -n '/\/$/d; s/^@[a-z]* //; s|^[a-z]|/usr/local/&|; s/\.gz$//; p' "$1" | LC_ALL=C sort
}
mkdir "$RIG/mk"
touch "$RIG/mk/sys.mk" "$RIG/mk/bsd.port.mk"
port()	# system variable list
{
	local dir=$1/net/ftp-over-ssh
	eval "put $(bmake -m "$RIG/mk" -f "$dir/Makefile" -V "\${$2}" PREFIX=/usr/local CC=cc)" >"$RIG/log/put"
	is "$1: its list" "$(ports "$dir/$3")" "$(installed)"
}
port freebsd MAKE_ARGS pkg-plist
port openbsd MAKE_FLAGS pkg/PLIST

# Patterns: for each file one, and for each one a file.
put PREFIX=/usr >"$RIG/log/put"
mapfile -t patterns < <(sed -n '/^%files/,/^$/{/systemd/d;s/%{_prefix}/\/usr/;s/%{_bindir}/\/usr\/bin/
    s/%{_libexecdir}/\/usr\/libexec/;s/%{_mandir}/\/usr\/share\/man/;s/%{_datadir}/\/usr\/share/;/^\//p;}' rpm/ftp-over-ssh.spec)
stray=()
for file in $(installed); do
	hit=
	for pattern in "${patterns[@]}"; do
		# shellcheck disable=SC2053 # a pattern
		[[ $file != $pattern ]] || hit=yes
	done
	[ -n "$hit" ] || stray+=("$file")
done
for pattern in "${patterns[@]}"; do
	compgen -G "$RIG/pkg$pattern" >/dev/null || stray+=("$pattern")
done
is 'rpm: %files' "${stray[*]-}" ''
finish
