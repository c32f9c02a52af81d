# shellcheck shell=bash
# raw.sh: scenarios whose client is a Python script on raw.py.
#
#	script FILE.py NAME ARG...	run it; each line "ok NAME" or "not ok NAME: why" is one
#					test, "# ..." is a comment; it must end with status 0
#	forward_methods			the values of FtpForward, without auto: "proxy mux"
#	SCRIPT_IN=(ip netns exec X)	where the script runs

SCRIPT_IN=()

script()
{
	local line label='' status
	if [ "$1" = -l ]; then
		label="$2: "
		shift 2
	fi
	while IFS= read -r line; do
		case $line in
		ok\ *)	rig_result 0 "$label${line#ok }" ;;
		not\ ok\ *)
			printf '%s\n' "${line#not ok }" >"$RIG/log/last"
			rig_result 1 "$label${line#not ok }" "$RIG/log/last"
			;;
		'exit status '*) status=${line#exit status } ;;
		*)	echo "$line" ;;
		esac
	done < <(FTP_USER=$FTP_USER FTP_PASS=$FTP_PASS FTP_ROOT=$FTP_ROOT FTP_KIND=$FTP_KIND \
	    run ${SCRIPT_IN[@]+"${SCRIPT_IN[@]}"} "$PYTHON" "$RIG_E2E/$1" "${@:2}" 2>"$RIG/log/script.err"
	    echo "exit status $?")
	[ "${status:-1}" -eq 0 ] && return
	cat "$RIG/log/script.err" >&2
	is "$label$1 $2: exit status" "$status" 0
}

# The values of FtpForward that name a way: FTP_METHODS, or all that the program knows.
forward_methods()
{
	if [ -n "${FTP_METHODS:-}" ]; then
		echo "$FTP_METHODS"
		return
	fi
	"$FOS" -o help | sed -n 's/^ *FtpForward=\([^ ]*\).*/\1/p' | tr '|' '\n' | grep -vx auto | paste -s -d ' '
}
