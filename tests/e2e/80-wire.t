#!/usr/bin/env bash
# Two network namespaces joined by a cable: while files go both ways in both modes, nothing but
# ssh's port is on it.
. "$(dirname "$0")/rig.sh"
. "$RIG_E2E/clients.sh"

[ "$(id -u)" -eq 0 ] || skip 'network namespaces need root'
near=fosn$$ far=foss$$
unplug()
{
	ip netns del $near 2>/dev/null
	ip netns del $far 2>/dev/null
}
trap 'unplug; rig_exit' EXIT
ip netns add $near 2>/dev/null || skip 'no network namespaces here'
ip netns add $far
ip -n $near link add cable type veth peer name cable netns $far
ip -n $near addr add 10.99.0.1/24 dev cable
ip -n $far addr add 10.99.0.2/24 dev cable
for end in $near $far; do
	ip -n $end link set lo up
	ip -n $end link set cable up
done

RIG_IN=(ip netns exec "$far")
SSHD_ADDR=10.99.0.2
sshd_start
ftpd_start vsftpd
client_data
RIG_IN=(ip netns exec "$near")
data big 5000000
publish big

spawn tcpdump "${RIG_IN[@]}" tcpdump -Z root -i cable -n -U -w "$RIG/wire.pcap" tcp or udp
capture=$SPAWN_PID
ok 'the capture runs' wait_for 10 grep -q 'listening on' "$RIG/log/tcpdump.err"

near()
{
	FTP_PORT=$FTP_PORT run "${RIG_IN[@]}" "$@"
}

for method in mux proxy; do
	FOS_UNDER=("${RIG_IN[@]}")
	tunnel_start -o FtpForward=$method -L "0:$FTP_AT" rig
	at_tunnel
	for mode in epsv eprt; do
		ok "$method $mode: up" near "$PYTHON" "$RIG_E2E/ftpc.py" $mode send "$RIG/data/big" up
		ok "$method $mode: arrived" same "$RIG/data/big" "$FTP_ROOT/up"
		is "$method $mode: down" "$(near "$PYTHON" "$RIG_E2E/ftpc.py" $mode digest big)" \
		    "$(sha256sum "$RIG/data/big" | cut -d ' ' -f 1)"
	done
	tunnel_stop
done
kill -INT "$capture"
wait_gone 5 "$capture"
packets()	# filter
{
	tcpdump -n -r "$RIG/wire.pcap" "$@" 2>/dev/null | wc -l
}
ok 'the cable was used' test "$(packets "tcp port $SSHD_PORT")" -gt 100
is 'nothing but ssh was on it' "$(packets "not tcp port $SSHD_PORT" | head -n 3)" 0
finish
