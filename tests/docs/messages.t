#!/usr/bin/env bash
# Messages: each that a manual explains is in the sources, and the sources' are in a manual.
. "$(dirname "$0")/docs.sh"

# String literals of C sources, those that stand beside each other joined; formats as "...",
# an inner quote as '. With a pattern: only those that are the first in what it begins.
literals()	# pattern file...
{
	perl -0777 -ne '
		BEGIN { $begin = shift @ARGV }
		my $string = qr/"(?:\\.|[^"\\])*"/s;
		s{($string)|/\*.*?\*/|^\#include[^\n]*|\x27(?:\\.|[^\x27\\])\x27}{$1 // ""}gsme;
		while (m{$begin($string(?:\s*$string)*)}gs) {
			my $text = $1;
			$text =~ s/"\s*"//g;
			$text =~ s/^"|"$//g;
			$text =~ s/\\"/\x27/g;
			$text =~ s/\\[rn]//g;
			$text =~ s/%[-0-9.*]*[hlzjt]*[usdcmxgf]/.../g;
			print "$text\n";
		}' "$@" | LC_ALL=C sort -u
}

# The items of the diagnostic lists of all pages; what stands for something is "...".
explained()
{
	sed -n '/^\.Bl -diag/,/^\.El/s/^\.It //p' "$TOP"/man/*.[18] |
	    sed "s/\\\\(dq/'/g" | LC_ALL=C sort -u
}

# Whole words of a message: its longest part that is no "...".
core()
{
	sed 's/\.\.\.*\|: /\n/g' | awk 'length > length(longest) { longest = $0 } END { print longest }' |
	    sed "s/^[^A-Za-z0-9-]*//; s/[^A-Za-z0-9)-]*$//"
}

sources=("$TOP"/ctl/*.c "$TOP"/ctl/*/*.c "$TOP"/helper/*.c "$TOP"/helper/*/*.c)
literals '' "${sources[@]}" >"$RIG/literals"
explained >"$RIG/explained"
ok 'the manuals explain messages' test "$(wc -l <"$RIG/explained")" -gt 100
stray=
while IFS= read -r message; do
	grep -qF -- "$(core <<<"$message")" "$RIG/literals" || stray+="$message"$'\n'
done <"$RIG/explained"
is 'every message of the manuals exists' "$stray" ''

# What is given to the functions that report something, or is a reason or a reply.
reports='\b(?:log_error|log_at|tunnel_fail|refuse|session_fail|session_answer|setup_end|reply_release'
reports+='|usage_error|mux_over|log_why|master_failed|snprintf(?=\((?:why|reason|message|\w+->reason)\b))\([^";]*'
literals "$reports" "${sources[@]}" >"$RIG/reported"
ok 'the sources report something' test "$(wc -l <"$RIG/reported")" -gt 40
{ cat "$RIG/explained"; tr -s '\n' ' ' <"$TOP/man/ftp-over-ssh-helper.8"; } >"$RIG/pages"
stray=
while IFS= read -r message; do
	part=$(core <<<"$message")
	[ ${#part} -lt 8 ] || grep -qF -- "$part" "$RIG/pages" || stray+="$message"$'\n'
done <"$RIG/reported"
is 'every message is in a manual' "$stray" ''
finish
