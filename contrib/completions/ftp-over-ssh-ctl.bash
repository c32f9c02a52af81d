# bash completion for ftp-over-ssh-ctl(1); tunnels come from the program itself.
# Needs the bash-completion package.
# shellcheck shell=bash disable=SC2034 # _init_completion sets prev

_ftp_over_ssh_ctl()
{
	local cur prev words cword user=()
	_init_completion -n : || return
	if [[ ${words[1]} == -U ]]; then
		if ((cword == 2)); then
			mapfile -t COMPREPLY < <(compgen -u -- "$cur")
			return
		fi
		user=(-U "${words[2]}")
		words=("${words[0]}" "${words[@]:3}")
		((cword -= 2))
	fi
	if ((cword == 1)); then
		mapfile -t COMPREPLY < <(compgen -W "list status top close stop check ${cur:+-U}" -- "$cur")
		return
	fi
	case ${words[1]} in
	list)
		COMPREPLY=(-j) ;;
	status|close|stop)
		if [[ ${words[1]} == status && $cur == -* ]]; then
			COMPREPLY=(-j)
			return
		fi
		mapfile -t COMPREPLY < <(compgen -W "$("${words[0]}" ${user[@]+"${user[@]}"} list 2>/dev/null)" -- "$cur")
		__ltrim_colon_completions "$cur" ;;
	check)
		if [[ $cur == -* ]]; then
			mapfile -t COMPREPLY < <(compgen -W '-t -u' -- "$cur")
			return
		fi
		_known_hosts_real -a -- "$cur" ;;
	esac
} &&
	complete -F _ftp_over_ssh_ctl ftp-over-ssh-ctl
