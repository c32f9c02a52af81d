#!/usr/bin/env bash
# Completions in real shells: they offer the options that the programs have, their values, the
# hosts that ssh knows, and the running tunnels.
. "$(dirname "$0")/docs.sh"

here=$(dirname "$0")
completions=$TOP/contrib/completions

# Another ftp-over-ssh-ctl, for its tunnels.
mkdir "$RIG/bin" "$HOME/.ssh"
ln -s "$FOS" "$RIG/bin/ftp-over-ssh"
cat >"$RIG/bin/ftp-over-ssh-ctl" <<'END'
#!/bin/sh
[ "$*" = list ] && printf '%s\n' server:2121 nas
[ "$*" = '-U root list' ] && echo theirs
END
chmod 755 "$RIG/bin/ftp-over-ssh-ctl"
PATH=$RIG/bin:$PATH
printf 'Include more.conf\nHost docs-alpha docs-beta\n\tPort 1\nHost *\n' >"$HOME/.ssh/config"
echo 'Host docs-gamma' >"$HOME/.ssh/more.conf"
echo 'docs-delta ssh-ed25519 AAAA' >"$HOME/.ssh/known_hosts"

# What the shell offers for the last word, one on each line, sorted.
offer()	# shell program word...
{
	case $1 in
	bash)	run bash "$here/complete.bash" "$completions/$2.bash" "${@:2}" ;;
	zsh)	run zsh -f "$here/complete.zsh" "$completions" "${@:2}" ;;
	fish)	run fish -c "source '$completions/$2.fish'; complete -C '${*:2}'" | cut -f 1 ;;
	esac | LC_ALL=C sort -u
}

offers()	# shell name words(of the answer) program word...
{
	is "$1: $2" "$(offer "$1" "${@:4}" | tr '\n' ' ')" "$3 "
}

hosts()	# those of ours
{
	grep -o 'docs-[a-z]*' | LC_ALL=C sort -u | tr '\n' ' '
}

options=$("$FOS" -h | help_options | cut -d ' ' -f 1)
names=$("$FOS" -o help | help_ftp_options | cut -d = -f 1)
commands=$("$FOSCTL" -h | sed -n 's/^  \([a-z][a-z]*\)\( .*\)\{0,1\}$/\1/p' | LC_ALL=C sort | tr '\n' ' ' | sed 's/ $//')
for shell in bash zsh fish; do
	ok "$shell is there" command -v $shell
	is "$shell: all options, and no others" "$(offer $shell ftp-over-ssh -)" "$options"
	is "$shell: all Ftp options, and no others" \
	    "$(offer $shell ftp-over-ssh -o Ftp | cut -d = -f 1 | LC_ALL=C sort -u)" "$names"
	is "$shell: their values" "$(offer $shell ftp-over-ssh -o FtpTls= | sed 's/.*=//')" \
	    $'pass\nrefuse'
	is "$shell: a value begun" "$(offer $shell ftp-over-ssh -o FtpServerMode=p | sed 's/.*=//')" passive
	is "$shell: a number has no values" \
	    "$(offer $shell ftp-over-ssh -o FtpTimeout= | sed 's/.*=//')" ''
	is "$shell: hosts" "$(offer $shell ftp-over-ssh '' | hosts)" \
	    'docs-alpha docs-beta docs-delta docs-gamma '
	offers $shell 'a host behind options' docs-alpha ftp-over-ssh -fN -L 1:a:2 docs-al
	is "$shell: a host behind a user" \
	    "$(offer $shell ftp-over-ssh user@docs-g | sed 's/.*@//')" docs-gamma
	is "$shell: no hosts for a port" "$(offer $shell ftp-over-ssh -p '' | hosts)" ''
	like "$shell: a command" "$(offer $shell ftp-over-ssh docs-alpha tim)" timeout
	like "$shell: a command behind --" "$(offer $shell ftp-over-ssh docs-alpha -- tim)" timeout
	offers $shell 'commands of ftp-over-ssh-ctl' "$commands" ftp-over-ssh-ctl ''
	for command in status close stop; do
		offers $shell "tunnels to $command" 'nas server:2121' ftp-over-ssh-ctl $command ''
	done
	like "$shell: -U" "$(offer $shell ftp-over-ssh-ctl -)" '^-U'
	like "$shell: users for it" "$(offer $shell ftp-over-ssh-ctl -U roo)" '^root$'
	offers $shell 'commands behind it' stop ftp-over-ssh-ctl -U root sto
	offers $shell 'their tunnels' theirs ftp-over-ssh-ctl -U root stop ''
	offers $shell 'check -t and -u' '-t -u' ftp-over-ssh-ctl check -
	offers $shell 'status -j' -j ftp-over-ssh-ctl status -
	offers $shell 'list -j' -j ftp-over-ssh-ctl list -
	like "$shell: options of ssh" "$(offer $shell ftp-over-ssh -o serveralivec)" '^serveralivecountmax=?$'
	offers $shell 'a destination to check' docs-gamma ftp-over-ssh-ctl check docs-g
done
finish
