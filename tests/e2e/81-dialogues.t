#!/usr/bin/env bash
# Hundreds of dialogues between a scripted client and a scripted server, each played direct and
# through the tunnel, with -L and with -R: both of them must see the same. What may differ stands
# in dialogues/table.py. FTP_METHODS are the values of FtpForward, each of which gets its share; all of them
# with WAYS=all (.ci/run). DIALOGUES chooses some by parts of their names, SHOW=1 shows both views of those
# that differ.
. "${0%/*}/rig.sh"
. "$RIG_E2E/raw.sh"

read -ra methods <<<"$(forward_methods)"
RUN_TIMEOUT=${RIG_TIMEOUT:-250}
export FOS
FTP_USER='' FTP_PASS='' FTP_ROOT='' FTP_KIND=''
sshd_start
script dialogues/play.py "${methods[@]}"
finish
