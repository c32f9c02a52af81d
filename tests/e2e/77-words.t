#!/usr/bin/env bash
# Rare commands, names, offsets and ends of transfers, with every kind of server.
. "${0%/*}/rig.sh"
. "$RIG_E2E/raw.sh"

# The compressing module of ProFTPD is beside the unpacked program or in the system.
deflate=('LoadModule mod_deflate.c' 'DeflateEngine on')
[ ! -d "$rig_deps/proftpd-core" ] ||
    deflate=("ModulePath $rig_deps/proftpd-core/usr/lib/proftpd" "${deflate[@]}")

data big 30000000
sshd_start
for kind in "${ftpd_kinds[@]}"; do
	extra=()
	[ "$kind" != proftpd ] || extra=("${deflate[@]}")
	ftpd_start "$kind" ${extra[@]+"${extra[@]}"}
	publish big
	tunnel_start -L "0:$FTP_AT" rig
	script -l "$kind" cases.py modes "$TUNNEL_ADDR" "$TUNNEL_PORT" pasw lprt
	# None of them knows LPSV, and says so, as direct.
	script -l "$kind" cases.py says "$TUNNEL_ADDR" "$TUNNEL_PORT" 500,502 LPSV
	for what in names telnet plain beyond abor; do
		[ $kind-$what != pyftpd-telnet ] || continue # it takes UTF-8 only
		script -l "$kind" words.py $what "$TUNNEL_ADDR" "$TUNNEL_PORT"
	done
	[ "$kind" != proftpd ] || script -l "$kind" words.py mode_z "$TUNNEL_ADDR" "$TUNNEL_PORT"
	tunnel_stop
done

ftpd_start pyftpd "exec(open('$RIG_E2E/pylong.py').read(), globals())"
tunnel_start -L "0:$FTP_AT" rig
script -l 'LPSV and LPRT only' cases.py modes "$TUNNEL_ADDR" "$TUNNEL_PORT" lpsv lprt
script -l 'LPSV and LPRT only' cases.py says "$TUNNEL_ADDR" "$TUNNEL_PORT" 502 PASV
tunnel_stop
finish
