# shellcheck shell=bash
# hosts.sh: hosts of our own, a network namespace each, all on one cable; needs root.
#
#	hosts NAME...		the first has 10.99.0.1 and fd99::1, the next 10.99.0.2 ...
#				Sets HOST_NAME to the namespace, for ip netns exec

rig_hosts=()

hosts_gone()
{
	local host
	for host in "${rig_hosts[@]}"; do
		ip netns del "$host" 2>/dev/null
	done
}

hosts()
{
	local name number=0 host hub=fosh$$
	[ "$(id -u)" -eq 0 ] || skip 'network namespaces need root'
	ip netns add "$hub" 2>/dev/null || skip 'no network namespaces here'
	rig_hosts=("$hub")
	trap 'rig_stop 2>/dev/null; hosts_gone; rig_exit' EXIT
	ip -n "$hub" link add hub type bridge
	ip -n "$hub" link set hub up
	for name; do
		number=$((number + 1))
		host=fos$number-$$
		ip netns add "$host"
		rig_hosts+=("$host")
		declare -g "HOST_$name=$host"
		ip -n "$host" link add cable type veth peer name "port$number" netns "$hub"
		ip -n "$hub" link set "port$number" master hub up
		ip -n "$host" addr add "10.99.0.$number/24" dev cable
		ip -n "$host" addr add "fd99::$number/64" dev cable nodad
		ip -n "$host" link set lo up
		ip -n "$host" link set cable up
	done
}
