#!/usr/bin/env bash
# A thousand random cuts and more (FTP_ANYCUTS), of downloads and uploads, with -L and -R, by proxy and mux:
# whoever dies, nobody takes a part for the whole. FTP_SEED chooses others.
# shellcheck disable=SC1091 # it is looked at by itself
. "${0%/*}/../e2e/rig.sh"

# shellcheck disable=SC2034 # run() has it
RUN_TIMEOUT=${RIG_TIMEOUT:-7200}
export FOS SSHD_PID SSHD_PORT
sshd_start
run "$PYTHON" "$RIG_E2E/anycut.py" "${FTP_ANYCUTS:-1000}" "${FTP_SEED:-1}" >"$RIG/cuts" 2>"$RIG/log/anycut.err"
note "$(grep -v '^so far' "$RIG/cuts")"
like 'no lie' "$(tail -n 1 "$RIG/cuts")" ' lies=0 .* failed=0$'
cuts=$(sed -n '$s/.* cut=\([0-9]*\) .*/\1/p' "$RIG/cuts")
ok '... in as many cuts as were asked for' test "${cuts:-0}" -ge "${FTP_ANYCUTS:-1000}"
over()
{
	[ -z "$(rig_strays)" ]
}
ok 'every hold ends' wait_for 60 over
run "$FOSCTL" list >"$RIG/log/list" # it removes what those who were killed have left
finish
