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
# Does x_private.h include x_part.h?
is_part()	# x_part
{
	[ -e "${1%_*}_private.h" ] && grep -q "^#include \"${1#*/}\.h\"" "${1%_*}_private.h"
}

# The module that a file belongs to: x.c, x.h and x_private.h are one, and so are the x_part.c that have
# no header of their own, or one that is included by x_private.h.
module()	# file
{
	local m=${1%.[ch]}
	m=${m%_private}
	while [[ ${m##*/} == *_* ]] && { is_part "$m" || { [ ! -e "$m.h" ] && [ ! -e "${m}_private.h" ]; }; }; do
		m=${m%_*}
	done
	echo "$m"
}

# What tsort(1) says of the modules and what they include: nothing, unless there is a circle.
module_circles()	# folder...
{
	local from to file include
	grep -rE '^#include "[^"]*"' "$@" --include='*.[ch]' | tr -d '"' | while IFS=: read -r file include; do
		from=$(module "$file")
		include=${include#\#include }
		for to in ctl/"$include" helper/"$include"; do
			[ ! -e "$to" ] || echo "$from $(module "$to")"
		done
	done | sort -u | { tsort >/dev/null; } 2>&1
}

# Files that are longer than that.
long()	# lines name folder...
{
	local most=$1 name=$2
	shift 2
	find "$@" -name "$name" -exec wc -l {} + | awk -v most="$most" '$2 != "total" && $1 > most'
}

is 'no circle of modules' "$(module_circles ctl helper)" ''
is 'no file is longer than 400 lines' "$(long 400 '*.[ch]' ctl helper)" ''
is 'and no header longer than 60' "$(long 60 '*.h' ctl helper)" ''
# A module has a unit test that includes it, or what it is a part of; or it is one that HACKING.md says has none,
# by itself or by its folder. The session machine has its tests by concern.
row=$(grep '^| `tests/unit`' contrib/HACKING.md)
untested=
for header in ctl/*/*.h helper/*/*.h; do
	module=${header%.h} folder=${header%/*}
	name=${module#*/}
	[[ -e $module.c && $folder != helper/s[et]* ]] || continue
	grep -qE "\"($name|${name%_*})\.[ch]\"" tests/unit/*.[ch] || grep -qwE "${module##*/}|\`$folder\`" <<<"$row" ||
	    untested+="$module "
done
is 'no module without a unit test, but for those that HACKING.md names' "$untested" ''
many=
for folder in ctl/*/ helper/*/; do
	n=$(find "$folder" -name '*.[ch]' | wc -l)
	[ "$n" -le 22 ] || many+="$folder: $n "
done
is 'no folder has more than 22 files' "$many" ''
finish
