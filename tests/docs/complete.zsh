# complete.zsh DIRECTORY WORD...: what zsh offers for the last WORD, one on each line.
# An interactive zsh in a pseudo terminal, whose compadd also writes down what is added.
zmodload zsh/zpty
directory=$1
shift
work=$(mktemp -d)
cat >$work/.zshrc <<-END
	PROMPT= ; unsetopt beep; stty -echo
	fpath=('$directory' \$fpath)
	autoload -Uz compinit; compinit -u -d $work/dump
	compadd()
	{
		# with -O, -A or -D it only matches, and adds nothing
		if [[ \${@[1,(i)(-|--)]} == *-[OAD]* ]]; then
			builtin compadd "\$@"
			return
		fi
		local -a __matches
		builtin compadd -A __matches "\$@"
		(( \$#__matches )) && print -rl -- \$__matches >>$work/matches
		builtin compadd "\$@"
	}
	_capture() { _main_complete; print done >>$work/done }
	zle -C capture list-choices _capture
	bindkey '^I' capture
	print ready >>$work/ready
END
export ZDOTDIR=$work
zpty shell zsh -d -i

# The terminal must be read meanwhile; only the files tell what happened.
await()
{
	local end=$((SECONDS + 20)) text
	until [[ -s $1 ]]; do
		(( SECONDS < end )) || { print -u2 "complete.zsh: no ${1:t}: $seen"; rm -rf $work; exit 1 }
		zpty -r -t shell text && seen+=$text
		zselect -t 2
	done
}
zmodload zsh/zselect
await $work/ready
zpty -n -w shell "${(j: :)@}"$'\t'
await $work/done
zpty -d shell
sort -u $work/matches 2>/dev/null
rm -rf $work
