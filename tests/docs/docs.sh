# shellcheck shell=bash
# docs.sh: what the programs say about themselves, and what the manuals say about them, as
# sorted lists that can be compared. TAP comes from the rig of the end-to-end tests.

. "$(dirname "${BASH_SOURCE[0]}")/../e2e/rig.sh"
export PATH=$BUILD/ctl:$PATH

page()	# name.section: as plain text
{
	mandoc -Tascii -Owidth=200 "$TOP/man/$1" | sed "s/.$(printf '\b')//g"
}

# "-E log_file", as -h has them.
help_options()
{
	sed -n 's/^  \(-[^ ]\) \([^ ]*\).*/\1 \2/p' | sed 's/ $//' | LC_ALL=C sort -u
}

# The same from the items of a page, those of its messages left out.
page_options()
{
	page "$1" | sed '/^EXIT STATUS/,$d' | sed -n 's/^     \(-[^ ]\) \{0,1\}\([^ ]*\).*/\1 \2/p' | sed 's/ $//' |
	    LC_ALL=C sort -u
}

# The same from a synopsis: "[-gq] [-E log_file] ... -S ctl_path".
synopsis_options()
{
	tr -s '\n\t' '  ' | grep -oE -- '(^| |\[)-[A-Za-z0-9]+( [^] -][^] ]*(\[[^]]*\])?)?' |
	    sed 's/^[[ ]*//' | while read -r flags argument; do
		if [ ${#flags} -gt 2 ]; then
			printf '%s\n' "${flags#-}" | grep -o . | sed 's/^/-/'
		else
			echo "$flags${argument:+ $argument}"
		fi
	done | LC_ALL=C sort -u
}

page_synopsis()
{
	page "$1" | sed -n '/^SYNOPSIS/,/^DESCRIPTION/{/^[A-Z]/d;s/--//;p;}' | synopsis_options
}

# "FtpTls=refuse|pass"
help_ftp_options()
{
	sed -n 's/^  \(Ftp[^ ]*\)\( .*\)\{0,1\}$/\1/p' | LC_ALL=C sort -u
}

page_ftp_options()
{
	page "$1" | sed 's/ *| */|/g' | sed -n 's/^     \(Ftp[^ ]*=[^ ]*\).*/\1/p' | LC_ALL=C sort -u
}
