#!/usr/bin/env bash
# Options: -h, synopsis, -o help and the manuals name the same, with the same arguments.
. "$(dirname "$0")/docs.sh"

options=$("$FOS" -h | help_options)
like 'ftp-over-ssh -h lists options' "$options" '^-4'
is 'its synopsis has them, but for -h' "$("$FOS" -h | sed '/^$/,$d' |
    sed 's/^usage: ftp-over-ssh//; s/^  *ftp-over-ssh \[options\]//; /spec: /d' | synopsis_options)" \
    "$(grep -v '^-h' <<<"$options")"
is 'the manual has them all, and no others' "$(page_options ftp-over-ssh.1)" "$options"
is 'the synopsis of the manual too' "$(page_synopsis ftp-over-ssh.1)" "$options"

is '-h fits a terminal of 80 columns' "$({ "$FOS" -h; "$FOSCTL" -h; } | awk 'length > 80')" ''

options=$("$FOS" -o help | help_ftp_options)
like '-o help lists options' "$options" '^FtpAbortHold=SECONDS'
is '-h has the same' "$("$FOS" -h | help_ftp_options)" "$options"
is 'the manual has them all, and no others' "$(page_ftp_options ftp-over-ssh.1)" "$options"

options=$("$HELPER" 2>&1 | sed 's/^usage: ftp-over-ssh-helper//' | synopsis_options)
like 'the helper shows its usage' "$options" '-S ctl_path'
is 'the manual has them all, and no others' "$(page_options ftp-over-ssh-helper.8)" "$options"
is 'the synopsis of the manual too' "$(page_synopsis ftp-over-ssh-helper.8)" "$options"

commands=$("$FOSCTL" -h | sed -n 's/^  \([a-z].*\)/\1/p' | sed 's/ *$//' | LC_ALL=C sort)
like 'ftp-over-ssh-ctl -h lists commands' "$commands" 'status \[-j\] \[tunnel\]'
is 'the manual has them all, and no others' "$(page ftp-over-ssh-ctl.1 |
    sed -n '/^DESCRIPTION/,/options are as follows/{s/^     \([a-z]*\)\(  .*\| [^a-z].*\| tunnel.*\|\)$/\1\2/p;}' |
    sed 's/  .*//' | grep . | LC_ALL=C sort)" "$commands"
is 'the synopsis of the manual too' "$(page ftp-over-ssh-ctl.1 |
    sed -n '/^SYNOPSIS/,/^DESCRIPTION/s/^ *ftp-over-ssh-ctl \([a-z]\)/\1/p' | LC_ALL=C sort)" "$commands"

for page in "$TOP"/man/*.[18]; do
	is "mandoc has no complaint about ${page##*/}" "$(mandoc -Tlint -Wwarning "$page" 2>&1)" ''
done
finish
