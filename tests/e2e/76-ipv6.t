#!/usr/bin/env bash
# IPv6 near, far and mixed, and what the commands can say about it.
. "${0%/*}/rig.sh"
. "$RIG_E2E/raw.sh"
. "$RIG_E2E/clients.sh"

all=(pasv epsv port eprt)

asked()
{
	log_since | data_commands | tr '\n' ' '
}


sshd_start
ftpd_start vsftpd
tunnel_start -4 -t "$FTP_AT" rig
is '-4: the listener is on 127.0.0.1' "$TUNNEL_ADDR" 127.0.0.1
script -l '-4' cases.py says 127.0.0.1 "$TUNNEL_PORT" 229 'EPSV 1'
script -l '-4' cases.py says 127.0.0.1 "$TUNNEL_PORT" 522 'EPSV 2'
tunnel_stop

# An sshd that forwards over one family only.
SSHD_ADDR=127.0.0.1
sshd_start -n inet 'AddressFamily inet'
for target in "127.0.0.1:$FTP_PORT" "localhost:$FTP_PORT"; do
	tunnel_start -L "0:$target" -L "[::1]:0:$target" -R "0:$FTP_AT" inet
	script -l "AddressFamily inet, $target" cases.py modes 127.0.0.1 "${TUNNEL_PORTS[0]}" "${all[@]}"
	tunnel_stop
done

# An ssh server that is itself reached over IPv6, and for which localhost is ::1. By its name
# nobody here knows which family the FTP server has: PORT and EPRT |1| are refused before
# EPRT |2|::1| is found, and found once.
[ "$(id -u)" -eq 0 ] || finish
echo '::1 localhost' >"$RIG/hosts"
RIG_IN=(unshare -m sh -c 'mount --bind "$0" /etc/hosts && exec "$@"' "$RIG/hosts")
SSHD_ADDR=::1
sshd_start -n six
RIG_IN=()
ftpd_use vsftpd1
tunnel_start -6 -t "$FTP_AT" six
is '-6: the listener is on ::1' "$TUNNEL_ADDR" ::1
script -l '-6' cases.py modes ::1 "$TUNNEL_PORT" "${all[@]}" lpsv lprt
script -l '-6' cases.py says ::1 "$TUNNEL_PORT" 522 'EPSV 1'
script -l '-6' cases.py says ::1 "$TUNNEL_PORT" 229 'EPSV 2'
script -l '-6' cases.py says ::1 "$TUNNEL_PORT" 522 'EPSV 3'
script -l '-6' cases.py says ::1 "$TUNNEL_PORT" 522 'EPRT |3|::1|30000|'
script -l '-6' cases.py says ::1 "$TUNNEL_PORT" 501 'EPRT |2|::1%lo|30000|'
script -l '-6' cases.py says ::1 "$TUNNEL_PORT" 500 'EPRT |2|fe80::1|30000|'
tunnel_stop
for kind in "${ftpd_kinds[@]}"; do
	ftpd_start "$kind" -6
	tunnel_start -L "ftp/[::1]:0:localhost:$FTP_PORT" -L "0:localhost:$FTP_PORT" six
	for n in 0 1; do
		script -l "$kind at localhost, client ${TUNNEL_ADDRS[n]}" cases.py modes \
		    "${TUNNEL_ADDRS[n]}" "${TUNNEL_PORTS[n]}" "${all[@]}" lpsv lprt
	done
	log_mark
	script -l "$kind at localhost" cases.py several 127.0.0.1 "${TUNNEL_PORTS[1]}" port
	[ "$kind" = pureftpd ] || is "$kind: refused commands are not repeated" "$(asked)" \
	    'PORT EPRT EPRT EPRT EPRT '
	tunnel_stop
	is "$kind: nothing on stderr" "$(cat "$TUNNEL_ERR")" ''
done
finish
