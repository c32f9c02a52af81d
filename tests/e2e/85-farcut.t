#!/usr/bin/env bash
# Deaths behind somebody's back. A far client cannot be reset: a 226 must not come before the data are
# its own. And whoever of ours is killed, half an upload never ends cleanly at the server.
. "${0%/*}/rig.sh"
. "$RIG_E2E/raw.sh"

RUN_TIMEOUT=250
export FOS SSHD_PID
FTP_USER='' FTP_PASS='' FTP_ROOT='' FTP_KIND=''
sshd_start
downs=() ups=()
for victim in master sshd tunnel broker session; do
	downs+=("down/$victim/20000000/9" "down/$victim/1000000/2" "down/$victim/20000000/1")
done
downs+=(down/further/9000000/1 down/further/20000000/1)
# (After a pause of more than 5 s that much may be in ssh, and nobody's any more when that dies.)
for victim in tunnel broker session; do
	downs+=("down/$victim/1000000/9")
	for way in -L -R; do
		ups+=("up/$victim/$way")
	done
done
script farcut.py "$(forward_methods)" "${downs[@]}" "${ups[@]}"
ok 'every hold ends' wait_for 40 eval '[ -z "$(rig_strays)" ]'
run "$FOSCTL" list >"$RIG/log/list" # it removes what those who were killed have left
finish
