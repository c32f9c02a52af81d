# bash completion for ftp-over-ssh(1); the options come from the program itself.
# Needs the bash-completion package.
# shellcheck shell=bash disable=SC2034 # _init_completion sets prev

# The words before the current one: sets configfile (of -F), argument (the name of what the
# current word is, if that belongs to an option) and command (the index of the first word
# behind the destination). takes: "-E" => "log_file".
_ftp_over_ssh_scan()
{
	local i word destination=
	command='' argument=''
	for ((i = 1; i < cword; i++)); do
		word=${words[i]}
		if [[ $word != -?* ]]; then
			[[ -n $destination ]] && command=$i && return
			destination=$word
		elif [[ $word == -- ]]; then
			[[ -n $destination ]] && command=$((i + 1)) && return
		else
			_ftp_over_ssh_option "$word" || return
		fi
	done
	[[ -z $destination || ${words[cword]} == -* ]] || command=$cword
}

# One word of options: "-fNL" takes the next word, "-Fpath" has its argument inside.
_ftp_over_ssh_option()
{
	local word=${1#-} value
	while [[ -n $word && -z ${takes[-${word:0:1}]-} ]]; do
		word=${word:1}
	done
	[[ -n $word ]] || return 0
	value=${word:1}
	if [[ -z $value ]]; then
		((++i < cword)) || { argument=${takes[-$word]}; return 1; }
		value=${words[i]}
	fi
	[[ ${word:0:1} != F ]] || configfile=$value
}

# -o: names and values of our own options, and names of those that ssh prints.
_ftp_over_ssh_ftp_option()
{
	local table names=() values='' name rest skip=''
	table=$("${words[0]}" -o help 2>/dev/null)
	while read -r name rest; do
		names+=("${name%%=*}=")
		[[ ${name%%=*} != "${cur%%=*}" ]] || values=${name#*=}
	done <<<"$table"
	if [[ $cur != *=* ]]; then
		mapfile -t -O "${#names[@]}" names < <(ssh -F /dev/null -G x 2>/dev/null | sed 's/ .*/=/' | sort -u)
		mapfile -t COMPREPLY < <(compgen -W "${names[*]} help" -- "$cur")
		[[ ${COMPREPLY[*]} != *= ]] || compopt -o nospace
		return
	fi
	# words in capitals only stand for something
	values=$(tr '|' '\n' <<<"$values" | grep -v '[A-Z]')
	[[ $COMP_WORDBREAKS == *=* ]] || skip=${cur%%=*}=
	mapfile -t COMPREPLY < <(compgen -P "$skip" -W "$values" -- "${cur#*=}")
}

_ftp_over_ssh()
{
	local cur prev words cword configfile command argument letter name hosts=()
	local -A takes=()
	_init_completion -n := || return
	while IFS=' ' read -r letter name; do
		takes[$letter]=$name
	done < <("${words[0]}" -h 2>/dev/null | sed -n 's/^  \(-[^ ]\) \([^ ]*\).*/\1 \2/p')
	_ftp_over_ssh_scan
	if [[ -n $command ]]; then
		_command_offset "$command"
		return
	fi
	[[ -z $configfile ]] || hosts=(-F "${configfile/#\~/$HOME}")
	case $argument in
	log_file|configfile|identity|ctl_path)
		_filedir ;;
	option)
		_ftp_over_ssh_ftp_option ;;
	login)
		mapfile -t COMPREPLY < <(compgen -u -- "$cur") ;;
	jump)
		_known_hosts_real -a ${hosts[@]+"${hosts[@]}"} -- "$cur" ;;
	?*) # ports, specs, FTP hosts on the far side: nothing is known
		;;
	*)
		if [[ $cur == -* ]]; then
			mapfile -t COMPREPLY < <(compgen -W "${!takes[*]}" -- "$cur")
		else
			_known_hosts_real -a ${hosts[@]+"${hosts[@]}"} -- "$cur"
		fi ;;
	esac
} &&
	complete -F _ftp_over_ssh ftp-over-ssh
