#!/usr/bin/env bash
# Hostile FTP servers and clients over the whole chain: right answers, bounded memory, no hanging.
. "${0%/*}/rig.sh"

serve_command()
{
	SERVE=("$PYTHON" "$RIG_E2E/hostile.py" serve 127.0.0.1 "$1")
}

no_helper()
{
	[ -z "$(pgrep -P "$TUNNEL_PID" -f -- "$(basename "$HELPER")")" ]
}

sshd_start
FTP_USER=fine FTP_PASS=x
rig_serve hostile 127.0.0.1 serve_command
FTP_AT=127.0.0.1:$PORT
tunnel_start -L "0:$FTP_AT" rig
export FTP_USER FTP_PASS AT_ADDR=$TUNNEL_ADDR AT_PORT=$TUNNEL_PORT
while IFS= read -r deed; do
	ok "$deed" run "$PYTHON" "$RIG_E2E/hostile.py" client "$deed"
done < <("$PYTHON" "$RIG_E2E/hostile.py" list)
ok 'every helper ends' wait_for 45 no_helper
ok 'the tunnel serves as before' run "$PYTHON" "$RIG_E2E/hostile.py" client '227 of several lines'
tunnel_stop
finish
