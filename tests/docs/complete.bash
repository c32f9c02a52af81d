# complete.bash COMPLETION_FILE WORD...: what bash offers for the last WORD, one on each line.
# An interactive bash would do the same with these variables set.
# shellcheck shell=bash disable=SC1090,SC1091,SC2034
shopt -s extglob progcomp
set +u
. /usr/share/bash-completion/bash_completion
. "$1"
shift
COMP_LINE="$*"
COMP_POINT=${#COMP_LINE}
COMP_TYPE=9
# split as readline does: at the characters of COMP_WORDBREAKS that are in our words
COMP_WORDS=()
for word; do
	while [[ $word == *[=:]* ]]; do
		head=${word%%[=:]*}
		[[ -z $head ]] || COMP_WORDS+=("$head")
		COMP_WORDS+=("${word:${#head}:1}")
		word=${word:${#head}+1}
	done
	[[ -z $word && ${#COMP_WORDS[@]} -gt 0 && ${COMP_WORDS[-1]} == [=:] ]] || COMP_WORDS+=("$word")
done
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
function compopt() { :; }
case $1 in
*-ctl) function=_ftp_over_ssh_ctl ;;
*) function=_ftp_over_ssh ;;
esac
$function "$1" "${COMP_WORDS[-1]}" "${COMP_WORDS[-2]}"
printf '%s\n' "${COMPREPLY[@]}" | sort -u
