#!/usr/bin/env bash
# -g: other hosts may come; who gets the data; FtpAdvertise, FtpDataPorts, FtpAllowUsers.
. "${0%/*}/rig.sh"
. "$RIG_E2E/raw.sh"
. "$RIG_E2E/hosts.sh"

all=(pasv epsv port eprt)
hosts near client
ip -n "$HOST_client" addr add 10.99.0.12/24 dev cable
RIG_IN=(ip netns exec "$HOST_near") FOS_UNDER=(ip netns exec "$HOST_near")
elsewhere=(ip netns exec "$HOST_client")
here=(ip netns exec "$HOST_near")
sshd_start
ftpd_start vsftpd
at_near=10.99.0.1

fails 'a listener for others without -g' 255 '-g' \
    "${here[@]}" "$FOS" -F "$RIG/ssh_config" -N -L "$at_near:0:$FTP_AT" rig

tunnel_start -g -L "$at_near:0:$FTP_AT" -L "127.0.0.1:0:$FTP_AT" -L "[fd99::1]:0:$FTP_AT" rig
SCRIPT_IN=("${elsewhere[@]}")
script -l 'another host' cases.py modes $at_near "${TUNNEL_PORTS[0]}" "${all[@]}"
script -l 'another host, IPv6' cases.py modes fd99::1 "${TUNNEL_PORTS[2]}" epsv eprt
script relay.py stranger $at_near "${TUNNEL_PORTS[0]}" 10.99.0.2 10.99.0.12
script relay.py stranger $at_near "${TUNNEL_PORTS[0]}" 10.99.0.12 10.99.0.2
script relay.py bounce $at_near "${TUNNEL_PORTS[0]}" 10.99.0.1 10.99.0.12 127.0.0.1 8.8.8.8 0.0.0.0
script cases.py says fd99::1 "${TUNNEL_PORTS[2]}" 425 PASV
SCRIPT_IN=("${here[@]}")
script -l 'this host' cases.py modes 127.0.0.1 "${TUNNEL_PORTS[1]}" "${all[@]}"
script -l 'this host by its address' cases.py modes $at_near "${TUNNEL_PORTS[0]}" "${all[@]}"
script relay.py told $at_near "${TUNNEL_PORTS[0]}" $at_near
script relay.py told 127.0.0.1 "${TUNNEL_PORTS[1]}" 127.0.0.1
tunnel_stop

tunnel_start -g -L "*:0:$FTP_AT" rig
SCRIPT_IN=("${elsewhere[@]}")
script -l 'any address' cases.py modes $at_near "$TUNNEL_PORT" "${all[@]}"
script relay.py told $at_near "$TUNNEL_PORT" $at_near
tunnel_stop

tunnel_start -g -o FtpAdvertise=192.0.2.7 -L "$at_near:0:$FTP_AT" rig
script relay.py told $at_near "$TUNNEL_PORT" 192.0.2.7
script -l FtpAdvertise cases.py modes $at_near "$TUNNEL_PORT" epsv port eprt
tunnel_stop

SCRIPT_IN=("${here[@]}")
low=$(free_port)
for gateway in '' -g; do
	tunnel_start $gateway -o FtpDataPorts="$low-$((low + 3))" -L "0:$FTP_AT" rig
	script -l "FtpDataPorts $gateway" relay.py data_ports 127.0.0.1 "$TUNNEL_PORT" "$low" $((low + 3))
	tunnel_stop
done

if [ -z "$RIG_PORTABLE" ]; then # which cannot tell who it is
	tunnel_start -L "0:$FTP_AT" rig
	script -l 'FtpAllowUsers=self' relay.py users 127.0.0.1 "$TUNNEL_PORT" 1 mustnot
	tunnel_stop
fi
tunnel_start -o FtpAllowUsers=any -L "0:$FTP_AT" rig
script -l 'FtpAllowUsers=any' relay.py users 127.0.0.1 "$TUNNEL_PORT" 1 may
tunnel_stop
finish
