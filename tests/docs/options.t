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

options=$("$FOS" -o help | help_ftp_options)
like '-o help lists options' "$options" '^FtpAbortHold=SECONDS'
is '-h has the same' "$("$FOS" -h | help_ftp_options)" "$options"
is 'the manual has them all, and no others' "$(page_ftp_options ftp-over-ssh.1)" "$options"

options=$("$HELPER" 2>&1 | sed 's/^usage: ftp-over-ssh-helper//' | synopsis_options)
like 'the helper shows its usage' "$options" '-S ctl_path'
is 'the manual has them all, and no others' "$(page_options ftp-over-ssh-helper.8)" "$options"
is 'the synopsis of the manual too' "$(page_synopsis ftp-over-ssh-helper.8)" "$options"

for page in "$TOP"/man/*.[18]; do
	is "mandoc has no complaint about ${page##*/}" "$(mandoc -Tlint -Wwarning "$page" 2>&1)" ''
done
finish
