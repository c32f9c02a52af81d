#!/usr/bin/env bash
# Masters that are not ours: used, never stopped, nothing left in them.
. "$(dirname "$0")/rig.sh"
. "$RIG_E2E/clients.sh"

check()	# control path
{
	ssh -F "$RIG/ssh_config" -O check -S "$1" rig 2>&1
}

master_start()	# control path, alias
{
	run ssh -F "$RIG/ssh_config" -fNM -o ControlPath="$1" "$2" >/dev/null 2>&1
	MASTER_PID=$(check "$1" | sed -n 's/.*pid=\([0-9]*\).*/\1/p')
}

use()	# mode
{
	run "$PYTHON" "$RIG_E2E/ftpc.py" "$1" many 5
}

# Listeners are descriptors: a forward that is left over shows.
settled()	# pid descriptors
{
	[ "$(fd_count "$1")" -eq "$2" ]
}

sshd_start
ftpd_start vsftpd

master_start "$RIG/named" rig
like 'the master is there' "$MASTER_PID" '^[0-9]+$'
before=$(fd_count "$MASTER_PID")
like '-S: asked by mux' "$(fos -vv -S "$RIG/named" -t "$FTP_AT" rig -- true 2>&1)" \
    "dialling through the user's ssh connection by mux"
like '-S, FtpForward=proxy: asked by that' "$(fos -vv -S "$RIG/named" -o FtpForward=proxy \
    -t "$FTP_AT" rig -- true 2>&1)" "dialling through the user's ssh connection by proxy"
like 'one of our own: by proxy' "$(fos -vv -t "$FTP_AT" rig -- true 2>&1)" \
    'dialling through our own ssh connection by proxy'
for method in mux proxy; do
	tunnel_start -S "$RIG/named" -o FtpForward=$method -L "0:$FTP_AT" rig
	at_tunnel
	ok "-S $method: passive" use epsv
	ok "-S $method: active" use eprt
	is "-S $method: no master of our own" "$(find "$(run_dir)" -type s -name 'm*')" ''
	tunnel_stop
	ok "-S $method: the master keeps no descriptor" wait_for 5 settled "$MASTER_PID" "$before"
	like "-S $method: the master lives" "$(check "$RIG/named")" "pid=$MASTER_PID"
done
ok 'the wrapper with -S' fos -S "$RIG/named" -t "$FTP_AT" rig -- true
like 'the master lives after it' "$(check "$RIG/named")" "pid=$MASTER_PID"

ssh_host shared "ControlPath $RIG/cm-%C" 'ControlMaster auto'
path=$(ssh -F "$RIG/ssh_config" -G shared 2>/dev/null | sed -n 's/^controlpath //p')
master_start "$path" shared
before=$(fd_count "$MASTER_PID")
tunnel_start -L "0:$FTP_AT" shared
at_tunnel
ok 'ControlPath of the configuration: transfers' use port
is 'ControlPath of the configuration: no master of our own' \
    "$(find "$(run_dir)" -type s -name 'm*')" ''
tunnel_stop
# shellcheck disable=SC2016 # for ssh; before 8.4 it knows no variables there
for named in "$RIG/cm-%C" '${RIG}/cm-%C'; do
	[[ $(ssh -G -o "ControlPath $named" none 2>/dev/null) == *"controlpath $RIG/"* ]] || continue
	for forwards in yes no; do
		like "-S $named, FtpConfigForwards=$forwards" "$(fos -vvv -o FtpConfigForwards=$forwards \
		    -S "$named" -t "$FTP_AT" shared -- true 2>&1)" "using the ControlMaster at .*/cm-[0-9a-f]+"
	done
	like "-S $named: ftp-over-ssh-ctl check too" "$(run "$FOSCTL" check -F "$RIG/ssh_config" \
	    -S "$named" -t "$FTP_AT" shared)" 'ok ssh connection: yours, at .*/cm-[0-9a-f]+'
done
# shellcheck disable=SC2088 # for ssh
fails '-S with a tilde' 255 "no ControlMaster answers at /.*/no-$$: " fos -N -S "~/no-$$" rig
ln -s "$path" "$RIG/100%C"
like '-S names what is there' "$(fos -vvv -S "$RIG/100%C" -t "$FTP_AT" shared -- true 2>&1)" \
    "using the ControlMaster at $RIG/100%C"
like '-S none: our own' "$(fos -vvv -S none -t "$FTP_AT" shared -- true 2>&1)" \
    "using the ControlMaster at $(run_dir)/m"
like 'that master lives' "$(check "$path")" "pid=$MASTER_PID"
ok 'that master keeps no descriptor' wait_for 5 settled "$MASTER_PID" "$before"
run ssh -F "$RIG/ssh_config" -O exit -S "$path" shared 2>/dev/null
ok 'that master is gone when told so' wait_gone 5 "$MASTER_PID"

tunnel_start -L "0:$FTP_AT" shared
at_tunnel
ok 'no master at the ControlPath: our own serves' use pasv
ok 'and does not sit at the user'\''s path' test ! -e "$path"
pid=$(master_pid)
like 'it is found' "$pid" '^[0-9]+$'
starts_with()	# pid variable=value
{
	tr '\0' '\n' <"/proc/$1/environ" | grep -qx "$2"
}
ok 'large blocks of its memory keep their pages' starts_with "$pid" MALLOC_MMAP_THRESHOLD_=33554432
tunnel_stop
ok 'and ends with the tunnel' wait_gone 5 "$pid"

MALLOC_MMAP_THRESHOLD_=1048576 tunnel_start -L "0:$FTP_AT" shared
at_tunnel
ok 'our own master, again' use pasv
ok 'as the user has it, if he has' starts_with "$(master_pid)" MALLOC_MMAP_THRESHOLD_=1048576
tunnel_stop

run ssh -F "$RIG/ssh_config" -O exit -S "$RIG/named" rig 2>/dev/null
fails '-S without a master there' 255 '^ftp-over-ssh: .*named' \
    fos -N -S "$RIG/named" -L "0:$FTP_AT" rig
finish
