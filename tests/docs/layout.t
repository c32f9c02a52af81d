#!/usr/bin/env bash
# The map in HACKING.md is the tree: a folder includes what is above it in the table and named in
# its row, so that there is no circle; and every folder has its row.
. "$(dirname "$0")/docs.sh"
cd "$TOP" || exit 1

# folder, and the folders that it may use
rows()
{
	sed -n 's/^| `\(\(ctl\|helper\)\/[a-z]*\)` |.*|\([^|]*\)|$/\1\3/p' contrib/HACKING.md
}

# The folders whose headers a folder includes.
includes()	# folder
{
	cat "$1"/*.[ch] | sed -n 's/^#include "\([a-z]*\)\/.*/\1/p' | LC_ALL=C sort -u |
	    grep -vx "${1#*/}"
}

rows >"$RIG/rows"
ok 'the map has rows' test "$(wc -l <"$RIG/rows")" -gt 10
is 'of every folder' "$(cut -d' ' -f1 "$RIG/rows" | LC_ALL=C sort)" \
    "$(printf '%s\n' ctl/*/ helper/*/ | sed 's/\/$//' | LC_ALL=C sort)"
above=' ' circles='' bad=''
while read -r folder uses; do
	for use in $uses; do
		[[ $above == *" $use "* ]] || circles+="$folder: $use "
	done
	above+="${folder#*/} "
	found=$(includes "$folder")
	[ "$(tr ' ' '\n' <<<"$uses" | LC_ALL=C sort)" = "$found" ] ||
	    bad+="$folder: has $(paste -sd' ' <<<"$found"), not $uses"$'\n'
done <"$RIG/rows"
is 'each uses what is above it' "$circles" ''
is 'and includes what its row says' "$bad" ''
is 'a header is included by its folder' "$(grep -rnE '^#include "[^/"]*"' ctl helper --include='*.[ch]')" ''
many=
for folder in ctl/*/ helper/*/; do
	n=$(find "$folder" -name '*.[ch]' | wc -l)
	[ "$n" -le 22 ] || many+="$folder: $n "
done
is 'no folder has more than 22 files' "$many" ''
finish
