#!/usr/bin/env bash
# Servers on port 21 and on other ports, behind NAT (their 227 names an address where nobody
# is), with either mode turned off: passive and active clients are all served.
. "${0%/*}/rig.sh"
. "$RIG_E2E/raw.sh"
. "$RIG_E2E/hosts.sh"

rows()	# server|port|what is special|lines of its configuration
{
	local kind
	for kind in "${ftpd_kinds[@]}"; do
		echo "$kind|21||"
		echo "$kind|other||"
	done
	cat <<-'END'
	vsftpd|21|static address|pasv_address=203.0.113.9
	vsftpd|other|static address|pasv_address=203.0.113.9
	proftpd|21|static address|MasqueradeAddress 203.0.113.9
	proftpd|other|static address|MasqueradeAddress 203.0.113.9
	pureftpd|21|static address|--forcepassiveip;203.0.113.9
	pureftpd|other|static address|--forcepassiveip;203.0.113.9
	pyftpd|21|static address|handler.masquerade_address = '203.0.113.9'
	pyftpd|other|static address|handler.masquerade_address = '203.0.113.9'
	vsftpd|21|passive mode only|port_enable=NO
	vsftpd|21|active mode only|pasv_enable=NO
	proftpd|21|passive mode only|<Limit PORT EPRT>;DenyAll;</Limit>
	proftpd|21|active mode only|<Limit PASV EPSV>;DenyAll;</Limit>
	vsftpd|21|port 20 for data|connect_from_port_20=YES
	pureftpd|21|passive ports|--passiveportrange;30100:30200
	END
}

cell()	# mode: yes or no
{
	local before=$rig_failed
	script -l "$kind, port $port${special:+, $special}" cases.py modes \
	    "$TUNNEL_ADDR" "$TUNNEL_PORT" "$1" >&3
	[ "$rig_failed" -eq "$before" ] && CELL=yes || CELL=no
}

exec 3>&1
hosts near server
RIG_IN=(ip netns exec "$HOST_server") SSHD_ADDR=10.99.0.2
"${RIG_IN[@]}" sh -c 'echo 0 >/proc/sys/net/ipv4/ip_unprivileged_port_start'
sshd_start
FOS_UNDER=(ip netns exec "$HOST_near") SCRIPT_IN=(ip netns exec "$HOST_near")
# shellcheck disable=SC1090
eval "rig_$(declare -f free_port)"
free_port()
{
	[ "${port:-other}" = other ] && rig_free_port || echo "$port"
}

table=()
while IFS='|' read -r kind port special lines; do
	mapfile -t lines < <(tr ';' '\n' <<<"$lines" | grep .)
	ftpd_start "$kind" ${lines[@]+"${lines[@]}"} </dev/null
	tunnel_start -t "localhost:$FTP_PORT" rig </dev/null
	cell pasv
	row=$(printf '%-10s %-6s %-18s %-5s' "$kind" "$port" "$special" "$CELL")
	cell port
	table+=("$row $CELL")
	tunnel_stop
	kill "$FTP_PID"; wait_gone 5 "$FTP_PID"
done < <(rows)
note "$(printf '%-10s %-6s %-18s %-5s %s' Server Port '' PASV PORT)"
for row in "${table[@]}"; do
	note "$row"
done
finish
