#!/usr/bin/env bash
# README and the other texts: what they name is there.
. "$(dirname "$0")/docs.sh"

cd "$TOP" || exit 1
like 'README begins with a usage line' "$(sed -n 3p README.md)" '^    ftp-over-ssh '
is 'with the options that there are' "$(sed -n 3p README.md | grep -o -- '-46[A-Za-z]*')" \
    "$("$FOS" -h | sed -n '1s/.*\[\(-46[A-Za-z]*\)\].*/\1/p')"
# shellcheck disable=SC2013 # words
for target in $(grep -ohE '(^    |`)make [a-z]+' README.md contrib/*.md | sed 's/.* //' | sort -u); do
	ok "make $target" grep -qE "^$target:|^all .*\b$target\b" Makefile
done
# What is set for make in the environment reaches the scripts, unless make has a variable of that name.
for name in $(grep -ohE '`(QUICK|WAYS)=' contrib/HACKING.md | tr -d '`=' | sort -u) SIM_COUNT; do
	is "make leaves $name alone" "$(grep -E "^$name *[:!?]?=" Makefile)" ''
done
for file in $(grep -ohE '\]\([^)]*\)|`(tests|contrib|ctl|helper|man)/[A-Za-z0-9_./-]*`' README.md contrib/*.md |
    tr -d ']()`' | grep -v '_NAME\|^http' | sort -u); do
	ok "there is $file" test -e "$file" -o -e "contrib/$file" -o -n "$(ls "$file".[ch] 2>/dev/null)"
done
grep -ohE '^    ftp-over-ssh .*' README.md | sed 's/ *#.*//; s/2121/0/; 1d' >"$RIG/commands"
ok 'README has examples' test "$(wc -l <"$RIG/commands")" -gt 6
taken()	# command: wrong usage would be 64; here ssh cannot connect
{
	local words
	eval "words=(${1#ftp-over-ssh})"
	[ "${words[0]}" = -f ] && words=("${words[@]:1}")
	run "$FOS" -F /dev/null -o ProxyCommand=false "${words[@]}" </dev/null >/dev/null 2>"$RIG/said"
	[ $? -eq 255 ] || cat "$RIG/said" >&2
	grep -q 'cannot connect to' "$RIG/said"
}
export FTP_OVER_SSH_CLIENT=true
while IFS= read -r command; do
	ok "it takes: ${command#    }" taken "${command#    }"
done <"$RIG/commands"
# shellcheck disable=SC2013 # words
for command in $(grep -ohE '^    ftp-over-ssh-ctl [a-z]+' README.md | cut -d ' ' -f 6); do
	like "ftp-over-ssh-ctl $command" "$("$FOSCTL" -h)" "  $command "
done
ok 'markers for the table of measurements' grep -qx '<!-- bench -->' README.md
ok 'both' grep -qx '<!-- /bench -->' README.md
is 'no path of a developer' "$(grep -rnE '/(work|home/[a-z]+/[a-z]+|tmp/bash_jobs)/' README.md man contrib |
    grep -v '/home/me/')" ''
missing=
for file in ctl/*.c ctl/*/*.c helper/*.c helper/*/*.c; do
	name=$(basename "$file" .c)
	grep -qE "(^|[^a-z_-])$name([^a-z_-]|\$)" contrib/HACKING.md || missing+="$file "
done
is 'every module is on the map in HACKING.md' "$missing" ''
stray=
while IFS=: read -r file name; do
	grep -qE "^$name\(" ctl/"$file" ctl/*/"$file" helper/"$file" helper/*/"$file" 2>/dev/null || stray+="$file:$name() "
done < <(grep -oE '`[a-z_-]+\.c:[a-z_]+\(' contrib/HACKING.md | tr -d '`(')
is 'and the functions that it names exist' "$stray" ''
finish
