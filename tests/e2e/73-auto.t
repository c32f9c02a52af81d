#!/usr/bin/env bash
# What the ssh server or the network refuse, or the server to an active client: another mode is
# found, and the client does not notice. Where the server refuses what a passive client has said, both
# speaking IPv4, the client reads that, as direct, and its other modes go on working.
. "${0%/*}/rig.sh"
. "$RIG_E2E/raw.sh"
. "$RIG_E2E/clients.sh"

all=(pasv epsv port eprt)
declare -A says=() # the server's own words for the modes that it refuses to passive clients

through()	# label [option...]: every mode of the client, by a tunnel to the latest server
{
	local label=$1 mode modes=()
	shift
	tunnel_start "$@" -L "ftp/0:$FTP_AT" "${dest:-rig}"
	for mode in "${all[@]}"; do
		[ -n "${says[$mode]-}" ] || modes+=("$mode")
	done
	script -l "$label" cases.py modes "$TUNNEL_ADDR" "$TUNNEL_PORT" "${modes[@]}"
	is "$label: nothing on stderr" "$(grep -v "${but:-^$}" "$TUNNEL_ERR")" ''
	script -l "$label" cases.py refused "$TUNNEL_ADDR" "$TUNNEL_PORT" "${modes[@]}"
	for mode in "${!says[@]}"; do
		script -l "$label" cases.py refusal "$TUNNEL_ADDR" "$TUNNEL_PORT" "${says[$mode]}" "$mode" \
		    "${modes[@]}"
	done
	tunnel_stop
}

asked()	# the data commands that the server saw, each with its count
{
	log_since | data_commands | sort | uniq -c | tr -s '\n ' ' ' | sed 's/^ //; s/ $//'
}

sshd_start
ftpd_start vsftpd
plain=$FTP_NAME

# Refused by sshd.
for line in 'AllowTcpForwarding local' 'PermitListen none' 'PermitListen localhost:*'; do
	sshd_takes "$line" || continue
	sshd_start -n nolisten "$line"
	ftpd_use "$plain"
	dest=nolisten through "sshd: $line"
	log_mark
	tunnel_start -L "ftp/0:$FTP_AT" nolisten
	script -l "sshd: $line" cases.py several "$TUNNEL_ADDR" "$TUNNEL_PORT" port
	is "sshd: $line: the server sees passive mode" "$(asked)" '3 PASV'
	ok "sshd: $line: asked for one listener only" \
	    test "$(grep -c 'Received request.*forward' "$RIG/log/sshd-nolisten.err")" -le 14
	tunnel_stop
done
# Refused by the FTP server: what passive clients read, and the server.
refusals()
{
	cat <<-'END'
	-:vsftpd port_enable=NO
	pasv=550 Permission denied.,epsv=550 Permission denied.:vsftpd pasv_enable=NO
	-:proftpd <Limit PORT EPRT>;DenyAll;</Limit>
	pasv=501 PASV,epsv=501 EPSV:proftpd <Limit PASV EPSV>;DenyAll;</Limit>
	epsv=501 EPSV:proftpd <Limit EPSV EPRT>;DenyAll;</Limit>
	pasv=501 PASV:proftpd <Limit PASV PORT EPRT>;DenyAll;</Limit>
	-:pyftpd handler.ftp_PORT = handler.ftp_EPRT = lambda self, line: self.respond('502 No.')
	pasv=502 No.,epsv=502 No.:pyftpd handler.ftp_PASV = handler.ftp_EPSV = lambda self, line: self.respond('502 No.')
	END
}
while IFS=: read -r words server; do
	read -r kind lines <<<"$server"
	mapfile -t lines < <(tr ';' '\n' <<<"$lines")
	while IFS="=" read -r mode text; do
		[ "$mode" = - ] || says[$mode]=$text
	done < <(tr ',' '\n' <<<"$words")
	ftpd_start "$kind" "${lines[@]}" </dev/null
	through "$kind ${lines[*]}" </dev/null
	says=()
done < <(refusals)

# What was refused once is not asked again.
ftpd_start proftpd '<Limit PORT EPRT>' DenyAll '</Limit>'
for mode in port eprt; do
	tunnel_start -L "ftp/0:$FTP_AT" rig
	log_mark
	script -l learning cases.py several "$TUNNEL_ADDR" "$TUNNEL_PORT" $mode
	is "learning: $mode is refused twice at most" \
	    "$(($(log_since | data_commands | grep -c 'PORT\|EPRT') <= 2))" 1
	tunnel_stop
done

# An address of the ssh host other than the usual one.
FTP_LISTEN=127.0.0.5
ftpd_start vsftpd
through 'server on 127.0.0.5'
FTP_LISTEN=

# Modes that were asked for.
for mode in passive active same; do
	ftpd_use "$plain"
	through "FtpServerMode=$mode" -o FtpServerMode=$mode
done
tunnel_start -o FtpServerMode=passive -L "ftp/0:$FTP_AT" rig
log_mark
script -l 'FtpServerMode=passive' cases.py several "$TUNNEL_ADDR" "$TUNNEL_PORT" port
is 'FtpServerMode=passive: the server sees' "$(asked)" '3 PASV'
script -l 'FtpServerMode=passive' cases.py epsv_all "$TUNNEL_ADDR" "$TUNNEL_PORT"
tunnel_stop
tunnel_start -o FtpServerMode=active -L "ftp/0:$FTP_AT" rig
log_mark
script -l 'FtpServerMode=active' cases.py several "$TUNNEL_ADDR" "$TUNNEL_PORT" pasv
is 'FtpServerMode=active: the server sees' "$(asked)" '3 PORT'
script -l 'FtpServerMode=active' cases.py says "$TUNNEL_ADDR" "$TUNNEL_PORT" 502 'EPSV ALL'
tunnel_stop
for kind in "${ftpd_kinds[@]}"; do
	ftpd_start "$kind"
	tunnel_start -L "ftp/0:$FTP_AT" rig
	script -l "$kind" cases.py epsv_all "$TUNNEL_ADDR" "$TUNNEL_PORT"
	tunnel_stop
done

# The FTP server is behind the ssh server, on a host of its own.
[ "$(id -u)" -eq 0 ] || finish
. "$RIG_E2E/hosts.sh"
hosts near gate server
RIG_IN=(ip netns exec "$HOST_gate") SSHD_ADDR=10.99.0.2
sshd_start -n gate 'GatewayPorts clientspecified'
RIG_IN=(ip netns exec "$HOST_server")
FOS_UNDER=(ip netns exec "$HOST_near") SCRIPT_IN=(ip netns exec "$HOST_near")
FTP_LISTEN=10.99.0.3
ftpd_start vsftpd
dest=gate through 'server behind the ssh host'
dest=gate through 'server behind it, FtpAdvertise' -o FtpAdvertise=10.99.0.2 -o FtpServerMode=active
RIG_IN=(ip netns exec "$HOST_gate")
sshd_start -n permits 'GatewayPorts clientspecified' "PermitOpen $FTP_AT"
RIG_IN=(ip netns exec "$HOST_server")
for method in proxy mux; do
	but='the ssh server forbids' dest=permits through "server behind it, PermitOpen, $method" -o FtpAdvertise=10.99.0.2 -o FtpForward=$method
done
FTP_LISTEN=fd99::3
ftpd_start vsftpd -6
dest=gate through 'IPv6 server behind the ssh host'
dest=gate through 'IPv6 server behind it, FtpAdvertise' -o FtpAdvertise=fd99::2 \
    -o FtpServerMode=active
finish
